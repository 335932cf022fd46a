/** What stands under the form: save; of a conversation that is changed also back, and delete. */

import { removeConversation, save, stopChanging } from "./deeds.js";
import { h } from "./dom.js";
import { state } from "./state.js";
import { t } from "./words.js";

export const savebar = () =>
  h("div", { class: "savebar" }, state.form.id
    ? [h("button", { type: "button", id: "stop", class: "button quiet", onclick: stopChanging }, t("log.stop")), h("button", { type: "button", id: "delete", class: "button danger", onclick: confirmed }, t("log.delete")), h("button", { type: "button", id: "save", class: "button", onclick: save }, t("log.save-change"))]
    : h("button", { type: "button", id: "save", class: "button save", onclick: save }, t("log.save")));

/** The first tap asks, the second deletes. @param {any} event */
function confirmed(event) {
  const button = event.currentTarget;
  if (button.dataset.asked) return removeConversation(/** @type {string} */ (state.form.id));
  button.dataset.asked = "yes";
  button.textContent = t("log.delete-really");
}
