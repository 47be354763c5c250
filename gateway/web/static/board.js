// The live board: takes each status, redraws what has changed, and keeps the reader's place.

import { ask } from "./api.js";
import { openBooking } from "./booking_view.js";
import { openBook } from "./book.js";
import { h, mark } from "./dom.js";
import { heardOfCommand, openDoor } from "./door.js";
import { listen } from "./live.js";
import { renderSpace } from "./space.js";
import { legend } from "./strip.js";
import { both, clock, followLanguage, pick, since, t, tick, valueOf } from "./words.js";

const site = document.body.dataset.site;
const by = (id) => document.getElementById(id);
const drawn = new Map(); // space -> what it was drawn from
let status = null;
let aheadOfUs = 0; // milliseconds by which the service's clock is ahead of the browser's
let may = { door: false, book: false };
let alarms = new Set();

const now = () => Date.now() + aheadOfUs;

followLanguage(by("language"));
by("sign-out").addEventListener("click", async () => {
  await ask("DELETE", "/api/v1/session").catch(() => null);
  location.assign("/sign-in");
});
by("book").addEventListener("click", () => openBook(status, null, now()));
by("spaces").addEventListener("click", act);
setInterval(() => tick(now()), 1000);

const who = await ask("GET", "/api/v1/session").catch(() => ({ scopes: [] }));
may = { door: who.scopes.includes("door"), book: who.scopes.includes("book") };
listen(site, { onStatus: show, onCommand: heardOfCommand, onBroken: broken, onSignedOut: signedOut });

function act(event) {
  const button = event.target.closest("button");
  const space = status?.spaces.find((one) => one.space.id === event.target.closest(".space")?.dataset.space);
  if (!button || !space) return;
  const { door, book, booking, action } = button.dataset;
  if (door) openDoor(space, door, action);
  else if (book) openBook(status, book, now());
  else if (booking) openBooking(space, booking, may.book);
}

function show(next) {
  status = next;
  aheadOfUs = Date.parse(next.at) - Date.now();
  document.title = document.title.replace(/^(\(\d+\) )?/, urgent(next) ? `(${urgent(next)}) ` : "");
  by("broken").hidden = true;
  by("live").dataset.live = "live";
  by("live-word").replaceChildren(t("live"));
  by("live-time").replaceChildren(clock(next.at));
  by("simulated").hidden = !next.simulated;
  by("book").hidden = !may.book || !next.spaces.some((space) => space.space.bookable);
  summary(next);
  nodes(next);
  spaces(next);
  unplaced(next);
  tell(next);
  tick(now());
}

function spaces(next) {
  const list = by("spaces");
  for (const space of next.spaces) {
    const id = space.space.id;
    const key = JSON.stringify([{ ...space, facts: space.facts.map(({ age, ...rest }) => rest) }, Math.floor(now() / 60_000)]);
    if (drawn.get(id) === key) continue;
    drawn.set(id, key);
    replace(list, by(`space-${id}`), renderSpace(space, now(), may));
  }
  next.spaces.forEach((space, place) => {
    const element = by(`space-${space.space.id}`);
    if (list.children[place] !== element) list.insertBefore(element, list.children[place] ?? null);
  });
  if (!by("legend")) list.after(h("div", { id: "legend" }, legend()));
}

// Redraw without losing the reader's place: what was open stays open, what had the focus keeps it.
function replace(list, old, fresh) {
  if (!old) { list.append(fresh); return; }
  const focused = old.contains(document.activeElement) ? document.activeElement.dataset.action : null;
  const open = old.querySelector("details")?.open;
  old.replaceWith(fresh);
  if (open) fresh.querySelector("details").open = true;
  if (focused) fresh.querySelector(`[data-action="${CSS.escape(focused)}"]`)?.focus();
}

function summary(next) {
  const count = (degree) => next.spaces.filter((space) => space.severity === degree).length;
  const parts = ["alarm", "warning", "notice"].filter(count).map((degree) =>
    h("span", { class: "count", "data-severity": degree }, mark(degree), t(`severity.${degree}`), " ", h("b", {}, String(count(degree)))));
  by("summary").replaceChildren(...(parts.length ? parts
    : [h("span", { class: "count", "data-severity": "fine" }, mark("fine"), t("all_fine"))]));
}

function nodes(next) {
  const away = next.nodes.filter((node) => node.online === false);
  by("nodes").replaceChildren(...away.map((node) => h("p", { class: "away" },
    mark("unknown"), t("node_offline"), h("code", {}, node.id), since(node.since && { at: node.since }, now()))));
}

// What a node says of itself is for the technician.
function unplaced(next) {
  const nodes = next.nodes.map((node) => `${next.site}.${node.id}`);
  const strangers = next.unplaced.filter((fact) => !nodes.includes(fact.device));
  by("unplaced").hidden = !strangers.length;
  by("unplaced").replaceChildren(h("h2", {}, t("unplaced")),
    h("ul", {}, strangers.map((fact) => h("li", {}, both(fact.device_name), " ", both(fact.name), " ", valueOf(fact)))));
}

const urgent = (next) => next.spaces.filter((space) => space.severity === "alarm").length;

// Read a new alarm out once, not with every redraw.
function tell(next) {
  const found = next.spaces.flatMap((space) => space.troubles
    .filter((trouble) => trouble.severity === "alarm")
    .map((trouble) => `${pick(space.space.name)}: ${pick(trouble)}`));
  const fresh = found.filter((says) => !alarms.has(says));
  alarms = new Set(found);
  if (fresh.length) by("told").textContent = fresh.join(" / ");
}

function broken() {
  by("live").dataset.live = "broken";
  by("live-word").replaceChildren(t("broken"));
  if (!status) return;
  by("broken").replaceChildren(mark("alarm"), h("strong", {}, t("broken")), " ", t("broken_since"),
    " ", h("b", {}, clock(status.at)), h("span", { class: "says" }, t("broken_says")));
  by("broken").hidden = false;
}

function signedOut() {
  location.assign(`/sign-in?then=${encodeURIComponent(location.pathname)}`);
}
