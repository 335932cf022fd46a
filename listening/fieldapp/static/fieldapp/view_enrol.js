/** Add this phone: by the code on the page of one's phones. */

import { codeIn, enrol } from "./device.js";
import { h } from "./dom.js";
import { announce, wake } from "./schedule.js";
import { show } from "./stage.js";
import { state, waiting } from "./state.js";
import { keep, transact } from "./store.js";
import { NoAnswer } from "./transport.js";
import { languageChoice } from "./language_choice.js";
import { t } from "./words.js";

export function enrolView() {
  const error = h("p", { class: "warning", id: "enrol-error", role: "alert" });
  const code = h("input", { id: "code", name: "code", autocomplete: "off", autocapitalize: "off", spellcheck: "false", required: true, value: codeIn(location.hash) });
  const name = h("input", { id: "phone-name", maxlength: 80, required: true, value: t("enrol.phone") });
  const own = waiting() + state.ops.filter((one) => one.state === "refused" || one.state === "aside").length;
  const button = h("button", { class: "button save", id: "enrol" }, t("enrol.do"));
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    error.textContent = "";
    button.setAttribute("disabled", "");
    try {
      await enrol(codeIn(code.value), name.value.trim());
      await keep("told-to-forget", undefined);
      history.replaceState(null, "", location.pathname);
      navigator.storage?.persist?.();
      state.view = "log";
      announce();
      wake();
    } catch (problem) {
      error.textContent = t(problem instanceof NoAnswer ? "enrol.no-answer" : "enrol.gone");
    }
    button.removeAttribute("disabled");
  };
  return h("section", { class: "enrol", "aria-labelledby": "title" }, h("h1", { id: "title" }, t("enrol.title")),
    state.toldToForget && h("p", { class: "notice" }, t("enrol.forgot")),
    h("ol", {}, ...[1, 2, 3].map((step) => h("li", {}, t(`enrol.step${step}`)))),
    own > 0 && h("section", { class: "notice" }, h("p", {}, t("enrol.left", { n: own })),
      h("div", { class: "buttons" }, h("button", { type: "button", class: "button quiet", onclick: async () => (await import("./export.js")).exportQueue() }, t("more.export")), h("button", { type: "button", id: "not-mine", class: "button danger", onclick: notMine }, t("enrol.not-mine")))),
    h("form", { onsubmit: submit }, h("label", { for: "code" }, t("enrol.code")), code, h("label", { for: "phone-name" }, t("enrol.name")), name, error, button),
    languageChoice());
}

/** What another person left behind is theirs: it is not sent in one's own name. @param {any} event */
async function notMine(event) {
  const button = event.currentTarget;
  if (!button.dataset.asked) {
    button.dataset.asked = "yes";
    button.textContent = t("enrol.not-mine-really");
    return;
  }
  await transact(["ops", "photos", "meta"], "readwrite", (ops, photos, meta) => {
    ops.clear();
    photos.clear();
    meta.delete("recent");
  });
  announce();
  show("log");
}
