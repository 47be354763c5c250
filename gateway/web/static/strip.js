// One day of a space: booked as an outline, used as a fill, unknown as a hatch.

import { h } from "./dom.js";
import { clock, pick, t } from "./words.js";

const HOURS = [0, 6, 9, 12, 15, 18, 21, 24];

export function strip(day, now) {
  const from = Date.parse(day.whole.start);
  const whole = Date.parse(day.whole.end) - from;
  const part = (moment) => Math.min(1, Math.max(0, (new Date(moment) - from) / whole)) * 100;
  const bar = (kind) => (span) => {
    const element = h("i", { class: kind, title: `${clock(span.start)}–${clock(span.end)}` });
    element.style.left = `${part(span.start)}%`;
    element.style.width = `${part(span.end) - part(span.start)}%`;
    return element;
  };
  const line = h("i", { class: "time" });
  line.style.left = `${part(now)}%`;
  const marks = HOURS.map((hour) => {
    const element = h("span", {}, String(hour));
    element.style.left = `${(hour / 24) * 100}%`;
    return element;
  });
  return h("div", { class: "strip", role: "img", "aria-label": says(day) },
    h("div", { class: "bar" },
      (day.used ?? []).map(bar("used")), day.unknown.map(bar("unseen")), day.booked.map(bar("booked")), line),
    h("div", { class: "hours", "aria-hidden": "true" }, marks));
}

function says(day) {
  const hours = (spans) => spans.reduce((sum, span) => sum + Date.parse(span.end) - Date.parse(span.start), 0) / 3_600_000;
  const used = hours(day.used ?? []).toFixed(1);
  const unknown = hours(day.unknown).toFixed(1);
  return pick({
    ja: `今日 予約 ${day.booked.length} 件、利用 ${used} 時間、不明 ${unknown} 時間`,
    en: `today: ${day.booked.length} bookings, used ${used} h, unknown ${unknown} h`,
  });
}

export function legend() {
  return h("p", { class: "legend", "aria-hidden": "true" },
    h("span", {}, h("i", { class: "booked" }), t("strip_booked")),
    h("span", {}, h("i", { class: "used" }), t("strip_used")),
    h("span", {}, h("i", { class: "unseen" }), t("strip_unknown")));
}
