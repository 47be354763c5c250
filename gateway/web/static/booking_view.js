// One booking: what it is, and how to cancel it.

import { ask } from "./api.js";
import { h } from "./dom.js";
import { both, clock, dayName, solo, t } from "./words.js";

const dialog = document.getElementById("booking-dialog");

export function openBooking(status, id, mayCancel) {
  const booking = [status.now, status.next, ...status.bookings].find((one) => one?.id === id);
  const problem = h("p", { class: "problem", role: "alert", hidden: true });
  const buttons = h("div", { class: "buttons" }, close(),
    mayCancel ? h("button", { type: "button", class: "danger", id: "booking-cancel", onclick: sure }, t("cancel_booking")) : null);

  function sure() {
    buttons.replaceChildren(close(), h("button", { type: "button", class: "danger", id: "booking-cancel-sure", onclick: cancel }, t("cancel_do")));
    buttons.before(h("p", { class: "consequence" }, t("cancel_sure")));
    buttons.querySelector("#booking-cancel-sure").focus();
  }

  async function cancel() {
    try {
      await ask("DELETE", `/api/v1/bookings/${id}`);
      dialog.querySelector("h2").replaceChildren(t("cancelled_done"));
      dialog.querySelector(".consequence")?.remove();
      dialog.dataset.cancelled = id;
      buttons.replaceChildren(close());
    } catch (error) {
      problem.replaceChildren(error.message || t("failed"));
      problem.hidden = false;
    }
  }

  dialog.replaceChildren(h("h2", { id: "booking-title" }, t("plan")),
    h("div", { class: "slip" },
      h("p", { class: "slip-space" }, both(status.space.name)),
      h("p", { class: "slip-time" }, solo(dayName(booking.starts_at)), " ", h("strong", {}, `${clock(booking.starts_at)}–${clock(booking.ends_at)}`)),
      h("p", { class: "slip-group" }, booking.title ?? t("booked")),
      booking.contact ? h("p", { class: "slip-contact" }, "☎ ", booking.contact) : null),
    problem, buttons);
  dialog.showModal();
}

const close = () => h("button", { type: "button", class: "plain", onclick: () => dialog.close() }, t("close"));
