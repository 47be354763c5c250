// Tell a door to unlock or lock, and say what becomes of it. "Unlocked" is said only when the lock's
// own state was read back.

import { ask, newKey } from "./api.js";
import { h, mark } from "./dom.js";
import { both, clockSeconds, plain, t } from "./words.js";

const REASONS = ["visitor", "forgot", "delivery", "check"];
const MARKS = { verified: "fine", failed: "alarm", refused: "alarm", expired: "alarm" };
const dialog = document.getElementById("door-dialog");
let followed = null; // the id of the command whose steps are shown

export function openDoor(status, door, action) {
  followed = null;
  const reason = h("input", { id: "door-reason", name: "reason", maxlength: "200", autocomplete: "off", "aria-describedby": "door-reason-says" });
  const problem = h("p", { class: "problem", role: "alert", hidden: true });
  const choices = REASONS.map((key) => h("button", {
    type: "button", class: "choice", "data-reason": key,
    onclick: (event) => {
      reason.value = plain(`reason.${key}`);
      for (const button of event.currentTarget.parentElement.children) button.setAttribute("aria-pressed", button === event.currentTarget);
    },
  }, t(`reason.${key}`)));
  const form = h("form", {},
    h("div", { class: "choices" }, choices),
    h("label", { for: "door-reason" }, t("reason"), h("span", { id: "door-reason-says", class: "hint" }, t("reason_says"))),
    reason, problem,
    h("div", { class: "buttons" },
      h("button", { type: "button", class: "plain", onclick: () => dialog.close() }, t("close")),
      h("button", { type: "submit", class: "primary", id: "door-send" }, mark(action === "unlock" ? "unlocked" : "locked"), t(action))));
  const key = newKey();
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    problem.hidden = true;
    if (!reason.value.trim()) { say(problem, t("reason_missing")); reason.focus(); return; }
    form.querySelector("#door-send").disabled = true;
    try {
      const command = await ask("POST", `/api/v1/doors/${encodeURIComponent(door)}/commands`, { action, reason: reason.value.trim() }, key);
      followed = command.id;
      showSteps(await ask("GET", `/api/v1/commands/${command.id}`));
    } catch (error) {
      say(problem, error.message || t("failed"));
      form.querySelector("#door-send").disabled = false;
    }
  });
  dialog.replaceChildren(h("h2", { id: "door-title" }, both(title(status.space.name, action))), form);
  dialog.showModal();
}

export function heardOfCommand(command) {
  if (command.id === followed) showSteps(command);
}

function showSteps(command) {
  const shown = dialog.querySelector("[data-steps]");
  if (shown && Number(shown.dataset.steps) > command.steps.length) return; // an older answer came later
  const steps = command.steps.map((step) => h("li", { "data-outcome": step.outcome },
    mark(MARKS[step.outcome] ?? "occupied"), both(step), h("time", {}, clockSeconds(step.at))));
  const title = dialog.querySelector("#door-title");
  dialog.replaceChildren(title,
    h("div", { class: "steps", "data-steps": command.steps.length, "data-state": command.state, "aria-live": "assertive" },
      h("ol", {},
        h("li", { "data-outcome": "sent" }, mark("occupied"), t("step.sent"), h("time", {}, clockSeconds(command.issued_at))),
        steps,
        command.ended ? null : h("li", { class: "waiting", "data-outcome": "waiting" }, mark("empty"), t("waiting")))),
    h("div", { class: "buttons" }, h("button", { type: "button", class: "primary", id: "door-close", onclick: () => dialog.close() }, t("close"))));
}

function say(problem, text) {
  problem.replaceChildren(text);
  problem.hidden = false;
}

const title = ({ ja, en }, action) => ({ ja: `${ja}の鍵を${action === "unlock" ? "開けます" : "閉めます"}`, en: `${en}: ${action}` });
