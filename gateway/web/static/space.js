// One space on the board.

import { h, mark } from "./dom.js";
import { strip } from "./strip.js";
import { both, dayName, isoDay, known, number, pick, since, solo, span, t, ticking, unitWord, valueOf, word } from "./words.js";

// What a road and a sky show as tiles, in the order in which a driver asks; and what a room does.
const OUTDOORS = [
  "road_surface", "road_temperature", "freezing_point", "friction", "snow_depth", "distance", "water_level",
  "water_film", "visibility", "rain_intensity", "rainfall", "wind_speed", "air_temperature",
  "relative_humidity", "air_pressure", "pm25", "pm10", "illuminance",
];
const INDOORS = ["pm25", "pm10", "sound_level", "water_level"];
// For the technician: last in the table of all readings.
const OF_THE_DEVICE = ["frames_heard", "frames_broken", "transmit_power", "signal_strength", "device_temperature"];
// Which trouble is about which measure, so that its tile stands out too.
const TROUBLE_OF = {
  snow_depth: "heavy_snow", water_level: "high_water", visibility: "poor_visibility", rain_intensity: "heavy_rain",
  wind_speed: "strong_wind", friction: "slippery", pm25: "dust", road_temperature: "may_freeze",
};
const OUTSIDE = ["road", "outdoors", "shoulder", "bay"];
const DOOR_MARKS = { half_locked: "jammed", locking: "unlocked", unlocking: "unlocked" };

export function renderSpace(status, now, may) {
  const { space } = status;
  const outside = OUTSIDE.includes(space.kind);
  const wanted = outside ? OUTDOORS : INDOORS;
  const measures = mains(status.facts.filter((fact) => wanted.includes(fact.quantity)))
    .sort((a, b) => wanted.indexOf(a.quantity) - wanted.indexOf(b.quantity));
  return h("article", {
    class: "space", id: `space-${space.id}`, "data-space": space.id, "data-severity": status.severity,
    "aria-labelledby": `name-${space.id}`,
  },
    h("header", {}, heading(status), troubles(status, now)),
    h("div", { class: "facts" },
      status.occupancy.why === "no_sensor" && !space.bookable ? null : occupancy(status, now),
      status.air && !outside ? air(status) : null,
      status.door ? door(status, now) : null,
      measures.length ? tiles(measures, status) : null,
      space.bookable ? plan(status, now) : usage(status, now),
      actions(status, may)),
    details(status));
}

function heading({ space, severity, simulated }) {
  return h("div", { class: "heading" },
    h("h2", { id: `name-${space.id}` }, mark(severity), both(space.name)),
    h("p", { class: "about" },
      space.capacity ? h("span", {}, solo({ ja: `定員 ${space.capacity}人`, en: `for ${space.capacity}` })) : null,
      space.phone ? h("a", { class: "phone", href: `tel:${space.phone.replaceAll("-", "")}` }, "☎ ", space.phone) : null,
      simulated ? h("span", { class: "virtual" }, word("simulated")) : null));
}

function troubles({ troubles: found }, now) {
  if (!found.length) return null;
  return h("ul", { class: "troubles" }, found.map((trouble) =>
    h("li", { "data-severity": trouble.severity, "data-code": trouble.code },
      mark(trouble.severity), h("span", { class: "degree" }, t(`severity.${trouble.severity}`)),
      both(trouble), trouble.since ? since({ at: trouble.since }, now) : null)));
}

function cell(name, label, state, ...children) {
  return h("section", { class: `cell ${name}`, "data-state": state }, h("h3", {}, t(label)), ...children);
}

function occupancy({ occupancy: who, facts }, now) {
  const state = who.why === "no_sensor" ? "none" : who.state;
  const counted = freshest(facts, ["people"]);
  const source = freshest(facts, [who.why === "silent" ? ["presence", "motion", "people"] : [who.why]].flat());
  return cell("who", "use", state,
    h("p", { class: "word" }, mark(state), t(state === "none" ? "no_sensor" : who.state)),
    who.people !== null ? h("p", { class: "people" }, h("b", {}, String(who.people)), t("people"), counted ? ticking(counted.at) : null) : null,
    h("p", { class: "fine-print" }, since(who.since, now),
      source ? h("span", {}, who.why === "silent" ? t("last_heard") : t(`why.${who.why}`), " ", ticking(source.at)) : null));
}

function air({ air: state, facts }) {
  const gauge = (name, value, unit) => {
    const own = facts.filter((fact) => fact.quantity === name);
    if (!own.length) return null;
    const content = value === null ? valueOf(own[0]) : h("span", { class: "value" }, number(value, unit), h("span", { class: "unit" }, unitWord(unit)));
    return h("li", {}, h("span", { class: "label" }, both(own[0].name)), content, ticking(freshest(own, [name]).at));
  };
  return cell("air", "air", state.verdict,
    h("p", { class: "word" }, state.verdict === "unknown" ? mark("unknown") : null, t(`air.${state.verdict}`)),
    h("ul", { class: "gauges" },
      gauge("co2", state.co2, "ppm"), gauge("air_temperature", state.temperature, "Cel"), gauge("relative_humidity", state.humidity, "%RH")));
}

function door({ door: state, facts }, now) {
  const source = freshest(facts, state.state === "open" || state.lock === "none" ? ["door"] : ["lock_state"]);
  const other = state.contact !== "none" && state.lock !== "none" && state.state !== state.contact;
  return cell("door", "door", state.state,
    h("p", { class: "word" }, mark(DOOR_MARKS[state.state] ?? state.state), t(`door.${state.state}`)),
    other ? h("p", { class: "contact", "data-state": state.contact }, mark(state.contact), t(`door.contact.${state.contact}`)) : null,
    h("p", { class: "fine-print" }, since(state.since, now),
      source ? h("span", {}, t(state.proved || state.state === "unknown" ? "seen" : "reported"), " ", ticking(source.at)) : null));
}

function tiles(measures, { facts, troubles: found }) {
  const degree = (fact) => found.find((trouble) => TROUBLE_OF[fact.quantity] === trouble.code)?.severity;
  const wind = facts.find((fact) => fact.quantity === "wind_direction");
  return h("ul", { class: "tiles" }, measures.map((fact) =>
    h("li", { "data-quantity": fact.quantity, "data-state": fact.value === null ? "unknown" : fact.value, "data-severity": degree(fact), title: pick(fact.device_name) },
      h("span", { class: "label" }, both(fact.name)), valueOf(fact),
      highest(fact, facts),
      fact.quantity === "wind_speed" && typeof wind?.value === "number" ? windMark(wind.value) : null,
      ticking(fact.at))));
}

// Of a quantity that a device tells in several channels (min, mean, max) the main one has the tile.
function mains(facts) {
  const first = new Map();
  for (const fact of facts) {
    const key = `${fact.device} ${fact.quantity}`;
    if (!first.has(key) || fact.channel === "") first.set(key, fact);
  }
  return [...first.values()];
}

function highest(fact, facts) {
  const most = facts.find((other) => other.device === fact.device && other.quantity === fact.quantity
    && ["max", "peak"].includes(other.channel) && other.channel !== fact.channel);
  return typeof most?.value === "number"
    ? h("span", { class: "from" }, word(`channel.${most.channel}`), number(most.value, most.unit)) : null;
}

// The wind comes from there; the arrow shows where it blows to.
function windMark(degrees) {
  const arrow = mark("wind");
  arrow.style.transform = `rotate(${degrees}deg)`;
  const names = { ja: ["北", "北東", "東", "南東", "南", "南西", "西", "北西"], en: ["N", "NE", "E", "SE", "S", "SW", "W", "NW"] };
  const eighth = Math.round(degrees / 45) % 8;
  return h("span", { class: "from" }, arrow, solo({ ja: names.ja[eighth], en: names.en[eighth] }));
}

function plan(status, now) {
  return cell("plan", "plan", status.now ? "booked" : "free",
    h("ul", { class: "held" },
      status.now ? held("now", status.now, now) : null,
      status.next ? held("next", status.next, now) : null,
      status.now || status.next ? null : h("li", { class: "none" }, t("none_booked"))),
    strip(status.day, now));
}

function usage(status, now) {
  if (status.day.used === null) return null;
  return cell("plan", "today", "none", strip(status.day, now));
}

function held(which, booking, now) {
  const day = isoDay(booking.starts_at) === isoDay(now) ? null : solo(dayName(booking.starts_at), { class: "day" });
  return h("li", {}, h("span", { class: "when-word" }, t(which)),
    h("button", { type: "button", class: "booking", "data-booking": booking.id, "data-action": `booking-${booking.id}` },
      day, h("span", { class: "when" }, span(booking.starts_at, booking.ends_at)), " ",
      h("span", { class: "group" }, booking.title ?? t("booked"))));
}

function actions({ space, door: state }, may) {
  const order = (action) => state?.actions.includes(action) && may.door
    ? h("button", { type: "button", class: "act", "data-action": action, "data-door": state.device }, mark(action === "unlock" ? "unlocked" : "locked"), t(action))
    : null;
  const book = space.bookable && may.book
    ? h("button", { type: "button", class: "act", "data-action": "book", "data-book": space.id }, t("book"))
    : null;
  const all = [order("unlock"), order("lock"), book].filter(Boolean);
  return all.length ? h("div", { class: "acts" }, all) : null;
}

function details({ facts, space }) {
  if (!facts.length) return null;
  const rank = (fact) => OF_THE_DEVICE.indexOf(fact.quantity);
  const rows = [...facts].sort((a, b) => rank(a) - rank(b)).map((fact) => h("tr", { "data-standing": fact.standing },
    h("td", {}, both(fact.device_name), fact.simulated ? h("span", { class: "virtual" }, word("simulated")) : null),
    h("td", {}, both(fact.name), fact.channel ? h("span", { class: "channel" }, known(`channel.${fact.channel}`) ? word(`channel.${fact.channel}`) : fact.channel) : null),
    h("td", { class: "amount" }, valueOf(fact)),
    h("td", {}, ticking(fact.at))));
  return h("details", { "data-keep": space.id },
    h("summary", {}, t("details")),
    h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": pick(space.name) }, h("table", {},
      h("thead", {}, h("tr", {}, ["device", "quantity", "value", "age"].map((key) => h("th", { scope: "col" }, t(key))))),
      h("tbody", {}, rows))));
}

function freshest(facts, quantities) {
  const own = facts.filter((fact) => quantities.includes(fact.quantity));
  return own.sort((a, b) => Date.parse(b.at) - Date.parse(a.at))[0];
}
