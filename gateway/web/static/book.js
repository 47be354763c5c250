// Book in three presses: the space, the time, the name of the group. A clerk does it for somebody
// who stands at the counter, so everything is on one sheet and nothing times out.

import { ask, newKey } from "./api.js";
import { h } from "./dom.js";
import { atSite, both, clock, dayName, isoDay, solo, span, t } from "./words.js";

const DAY = 86_400_000;
const DAYS = 14;
const SLOTS = [["morning", "09:00", "12:00"], ["afternoon", "13:00", "17:00"], ["evening", "18:00", "21:00"]];
const dialog = document.getElementById("book-dialog");

export async function openBook(status, space, now) {
  const wish = { site: status.site, space, day: isoDay(now), slot: null };
  const spaces = status.spaces.map((one) => one.space).filter((one) => one.bookable);
  const parts = {
    spaces: h("div", { class: "choices spaces-choice", role: "group", "aria-labelledby": "book-space" }),
    days: h("div", { class: "days", role: "group", "aria-label": "days" }),
    slots: h("div", { class: "choices slots", role: "group", "aria-labelledby": "book-time" }),
    own: ownTimes(),
    title: h("input", { id: "book-name", maxlength: "80", autocomplete: "off", required: true }),
    contact: h("input", { id: "book-contact", maxlength: "200", autocomplete: "off" }),
    problem: h("div", { class: "problem", role: "alert", hidden: true }),
  };
  const form = h("form", { novalidate: true },
    h("h3", { id: "book-space" }, h("b", {}, "1"), t("choose_space")), parts.spaces,
    h("h3", { id: "book-time" }, h("b", {}, "2"), t("choose_time")), parts.days, parts.slots, parts.own,
    h("h3", {}, h("b", {}, "3"), h("label", { for: "book-name" }, t("choose_name"))), parts.title,
    h("label", { for: "book-contact", class: "small" }, t("contact")), parts.contact,
    parts.problem,
    h("div", { class: "buttons" },
      h("button", { type: "button", class: "plain", onclick: () => dialog.close() }, t("close")),
      h("button", { type: "submit", class: "primary", id: "book-send" }, t("confirm_book"))));
  parts.own.addEventListener("change", () => { wish.slot = "own"; press(parts.slots, null); });
  form.addEventListener("submit", (event) => { event.preventDefault(); send(parts, wish, spaces); });
  dialog.replaceChildren(h("h2", { id: "book-title" }, t("book_title")), form);
  dialog.showModal();
  wish.space ??= spaces[0].id;
  await draw();

  async function draw() {
    parts.spaces.replaceChildren(...spaces.map((one) => h("button", {
      type: "button", class: "choice", "data-choose-space": one.id, "aria-pressed": one.id === wish.space,
      onclick: () => { wish.space = one.id; draw(); },
    }, both(one.name))));
    parts.days.replaceChildren(...Array.from({ length: DAYS }, (_, ahead) => dayChoice(now + ahead * DAY, wish, draw)));
    const held = await bookings(wish, spaces);
    parts.slots.replaceChildren(...SLOTS.map((slot) => slotChoice(slot, wish, held, now, () => { press(parts.slots, wish.slot); parts.title.focus(); })));
  }
}

function dayChoice(moment, wish, draw) {
  const day = isoDay(moment);
  return h("button", {
    type: "button", class: "choice day", "data-day": day, "aria-pressed": day === wish.day,
    onclick: () => { wish.day = day; wish.slot = null; draw(); },
  }, solo(dayName(moment)));
}

function slotChoice([name, from, to], wish, held, now, chosen) {
  const [start, end] = [atSite(wish.day, from), atSite(wish.day, to)];
  const over = end <= now;
  const clash = held.find((booking) => Date.parse(booking.starts_at) < end && start < Date.parse(booking.ends_at));
  return h("button", {
    type: "button", class: "choice slot", "data-slot": name, "data-free": !over && !clash, disabled: over,
    "aria-pressed": wish.slot === name, onclick: () => { wish.slot = name; chosen(); },
  },
    h("strong", {}, t(`slot.${name}`)), h("span", { class: "when" }, span(start, end)),
    over ? t("slot.past") : clash
      ? h("span", { class: "clash" }, span(clash.starts_at, clash.ends_at), " ", clash.title ?? t("booked"))
      : h("span", { class: "free" }, t("free")));
}

function ownTimes() {
  const times = Array.from({ length: 13 * 4 + 1 }, (_, quarter) => {
    const minutes = 9 * 60 + quarter * 15;
    return `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
  });
  const select = (id, chosen) => h("select", { id }, times.map((time) => h("option", { value: time, selected: time === chosen }, time)));
  return h("div", { class: "own" }, h("span", {}, t("slot.own")),
    h("label", {}, t("from"), select("book-from", "13:00")), h("label", {}, t("until"), select("book-until", "15:00")));
}

function press(group, slot) {
  for (const button of group.children) button.setAttribute("aria-pressed", button.dataset.slot === slot);
}

// What is booked that day in the space, its whole or its parts.
async function bookings(wish, spaces) {
  const from = atSite(wish.day, "00:00");
  const query = new URLSearchParams({ site: wish.site, from: from.toISOString(), to: new Date(from.getTime() + DAY).toISOString() });
  const list = await ask("GET", `/api/v1/bookings?${query}`).catch(() => ({ bookings: [] }));
  const space = spaces.find((one) => one.id === wish.space);
  const atoms = space.parts.length ? space.parts : [space.id];
  return list.bookings.filter((booking) => booking.parts.some((part) => atoms.includes(part)));
}

function times(wish) {
  const slot = SLOTS.find(([name]) => name === wish.slot);
  if (slot) return [atSite(wish.day, slot[1]), atSite(wish.day, slot[2])];
  if (wish.slot !== "own") return null;
  return [atSite(wish.day, document.getElementById("book-from").value), atSite(wish.day, document.getElementById("book-until").value)];
}

async function send(parts, wish, spaces, exact = times(wish)) {
  const missing = !exact ? "choose_time_first" : exact[0] >= exact[1] ? "bad_times" : parts.title.value.trim() ? null : "name_missing";
  if (missing) { say(parts.problem, t(missing)); return; }
  parts.problem.hidden = true;
  const body = {
    site: wish.site, space: wish.space, starts_at: exact[0].toISOString(), ends_at: exact[1].toISOString(),
    title: parts.title.value.trim(), contact: parts.contact.value.trim(),
  };
  try {
    done(await ask("POST", "/api/v1/bookings", body, newKey()), spaces);
  } catch (error) {
    if (error.code === "double-booking") offer(parts, wish, spaces, error.body.alternatives);
    else say(parts.problem, error.message || t("failed"));
  }
}

function offer(parts, wish, spaces, { before, after }) {
  const choices = [before, after].filter(Boolean).map((free) => h("button", {
    type: "button", class: "choice alternative", "data-alternative": free === before ? "before" : "after",
    onclick: () => send(parts, wish, spaces, [new Date(free.start), new Date(free.end)]),
  }, solo(dayName(free.start)), h("strong", {}, span(free.start, free.end))));
  say(parts.problem, h("p", {}, t("taken")),
    choices.length ? h("div", { class: "choices" }, choices) : h("p", {}, t("taken_no_free")));
}

function done(booking, spaces) {
  const space = spaces.find((one) => one.id === booking.space);
  dialog.replaceChildren(h("h2", { id: "book-title" }, t("booked_done")),
    h("div", { class: "slip", "data-booked": booking.id, role: "status" },
      h("p", { class: "slip-space" }, both(space.name)),
      h("p", { class: "slip-time" }, solo(dayName(booking.starts_at)), " ", h("strong", {}, `${clock(booking.starts_at)}–${clock(booking.ends_at)}`)),
      h("p", { class: "slip-group" }, booking.title)),
    h("div", { class: "buttons" }, h("button", { type: "button", class: "primary", id: "book-close", onclick: () => dialog.close() }, t("close"))));
  dialog.querySelector("#book-close").focus();
}

function say(problem, ...content) {
  problem.replaceChildren(...content);
  problem.hidden = false;
  problem.scrollIntoView({ block: "center" });
}
