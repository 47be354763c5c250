import { ask } from "./api.js";
import { followLanguage, t } from "./words.js";

const SAYS = { "wrong-password": "wrong_password", "too-many-tries": "too_many_tries" };
const form = document.getElementById("sign-in");
const problem = document.getElementById("problem");

followLanguage(document.getElementById("language"));

// Only to a page of ours: "//elsewhere" and "/\elsewhere" would lead away.
function then() {
  const wanted = new URLSearchParams(location.search).get("then") ?? "/";
  return new URL(wanted, location.origin).origin === location.origin ? wanted : "/";
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  problem.hidden = true;
  try {
    await ask("POST", "/api/v1/session", { name: form.elements.name.value, password: form.elements.password.value });
    location.assign(then());
  } catch (error) {
    problem.replaceChildren(SAYS[error.code] ? t(SAYS[error.code]) : (error.message || t("failed")));
    problem.hidden = false;
    form.elements.password.select();
  }
});
