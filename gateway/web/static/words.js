// Words in both languages, times in the site's zone, and numbers as people read them.

import { h } from "./dom.js";

const words = await (await fetch("/static/words.json")).json();
const zone = document.body.dataset.timezone ?? "Asia/Tokyo";
const KEPT = "kyoten-language";

export function t(key) {
  const [ja, en] = words[key] ?? [key, key];
  return both({ ja, en });
}

export function known(key) {
  return key in words;
}

// Both languages; the stylesheet shows what the reader chose.
export function both({ ja, en }) {
  return h("span", { class: "both" }, h("span", { class: "ja", lang: "ja" }, ja), " ",
    h("span", { class: "en", lang: "en" }, en));
}

// One language at a time, where two would be noise.
export function solo({ ja, en }, attributes = {}) {
  return h("span", { ...attributes, class: `solo ${attributes.class ?? ""}` },
    h("span", { class: "ja", lang: "ja" }, ja), h("span", { class: "en", lang: "en" }, en));
}

// A word of the list, one language at a time.
export function word(key) {
  const [ja, en] = words[key];
  return solo({ ja, en });
}

export function plain(key) {
  return pick({ ja: words[key][0], en: words[key][1] });
}

export function pick({ ja, en }) {
  return document.documentElement.dataset.lang === "en" ? en : ja;
}

export function followLanguage(button) {
  const show = (language) => {
    document.documentElement.dataset.lang = language;
    document.documentElement.lang = language;
  };
  show(localStorage.getItem(KEPT) ?? "ja");
  button.addEventListener("click", () => {
    const other = document.documentElement.dataset.lang === "en" ? "ja" : "en";
    localStorage.setItem(KEPT, other);
    show(other);
  });
}

// Times ------------------------------------------------------------------------------------------

const clockFormat = new Intl.DateTimeFormat("ja-JP", { timeZone: zone, hour: "2-digit", minute: "2-digit", hour12: false });
const secondFormat = new Intl.DateTimeFormat("ja-JP", { timeZone: zone, hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
const dayFormat = new Intl.DateTimeFormat("sv-SE", { timeZone: zone });
const dayNames = {
  ja: new Intl.DateTimeFormat("ja-JP", { timeZone: zone, month: "numeric", day: "numeric", weekday: "short" }),
  en: new Intl.DateTimeFormat("en-GB", { timeZone: zone, month: "short", day: "numeric", weekday: "short" }),
};
const offsetFormat = new Intl.DateTimeFormat("en-US", { timeZone: zone, timeZoneName: "longOffset" });

export const clock = (moment) => clockFormat.format(new Date(moment));
export const clockSeconds = (moment) => secondFormat.format(new Date(moment));
export const isoDay = (moment) => dayFormat.format(new Date(moment));
export const dayName = (moment) => ({ ja: dayNames.ja.format(new Date(moment)), en: dayNames.en.format(new Date(moment)) });

// The moment at which the site's clocks show this day and time ("2026-11-24", "13:00").
export function atSite(day, time) {
  const noon = new Date(`${day}T12:00:00Z`);
  const offset = offsetFormat.formatToParts(noon).find((part) => part.type === "timeZoneName").value.slice(3) || "+00:00";
  return new Date(`${day}T${time}:00${offset}`);
}

export function span(start, end) {
  return `${clock(start)}–${clock(end)}`;
}

export function age(seconds) {
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return { ja: `${s}秒前`, en: `${s} s ago` };
  if (s < 3600) return { ja: `${Math.floor(s / 60)}分前`, en: `${Math.floor(s / 60)} min ago` };
  if (s < 86400) return { ja: `${Math.floor(s / 3600)}時間前`, en: `${Math.floor(s / 3600)} h ago` };
  return { ja: `${Math.floor(s / 86400)}日前`, en: `${Math.floor(s / 86400)} d ago` };
}

// An age that goes on ticking; board.js calls tick once a second.
export function ticking(at) {
  return solo(age(0), { class: "age", "data-at": at });
}

export function tick(now) {
  for (const element of document.querySelectorAll("[data-at]")) {
    const says = age((now - Date.parse(element.dataset.at)) / 1000);
    const [ja, en] = element.children;
    if (ja.textContent !== says.ja) { ja.textContent = says.ja; en.textContent = says.en; }
  }
}

export function since(from, now) {
  if (!from) return null;
  if (from.at_least && now - Date.parse(from.at) > 23 * 3_600_000) return t("day_or_more");
  const today = isoDay(from.at) === isoDay(now);
  const day = dayName(from.at);
  const time = clock(from.at);
  // What was so when it was first heard of, was so before.
  return solo({
    ja: `${today ? "" : `${day.ja} `}${time} ${from.at_least ? "より前から" : "から"}`,
    en: `since ${from.at_least ? "before " : ""}${today ? "" : `${day.en} `}${time}`,
  }, { class: "since" });
}

// Numbers ----------------------------------------------------------------------------------------

const UNITS = { Cel: "℃", "%RH": "%", "%EL": "%", "ug/m3": "µg/m³", deg: "°", count: "", "/": "", "/100": "%", um: "µm", m: "m" };
const PLACES = { Cel: 1, "%RH": 0, "m/s": 1, "/": 2, "mm/h": 1, hPa: 0, "ug/m3": 0, V: 2 };

export function number(value, unit) {
  return value.toLocaleString("en-US", { maximumFractionDigits: PLACES[unit] ?? 0, minimumFractionDigits: unit === "Cel" ? 1 : 0 });
}

export const unitWord = (unit) => UNITS[unit] ?? unit;

// A fact's value, or which kind of nothing there is.
export function valueOf(fact) {
  if (fact.value === null) {
    const why = fact.standing === "current" ? `nothing.${fact.nothing}` : `standing.${fact.standing}`;
    return h("span", { class: "nothing" }, t(why));
  }
  if (typeof fact.value === "string") {
    const key = [`state.${fact.quantity}.${fact.value}`, `state.${fact.value}`].find(known);
    return h("span", { class: "value" }, key ? t(key) : fact.value);
  }
  return h("span", { class: "value" }, number(fact.value, fact.unit), h("span", { class: "unit" }, unitWord(fact.unit)));
}
