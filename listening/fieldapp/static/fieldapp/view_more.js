/** The language, the state of the phone, the file of what has not arrived. */

import { leavePhone } from "./deeds.js";
import { exportQueue } from "./export.js";
import { h } from "./dom.js";
import { wake } from "./schedule.js";
import { show } from "./stage.js";
import { state, waiting } from "./state.js";
import { languageChoice } from "./language_choice.js";
import { day, t, timeOfDay, told } from "./words.js";

export function moreView() {
  const phone = state.device;
  const until = phone ? new Date(phone.leaseUntil) : new Date();
  const kept = h("span", {}, "…");
  navigator.storage?.persisted?.().then((is) => { kept.textContent = t(is ? "more.kept" : "more.not-kept"); });
  const trouble = phone?.state === "revoked" || phone?.state === "expired";
  return h("section", { class: "settings", "aria-labelledby": "title" }, h("h1", { id: "title" }, t("nav.more")),
    trouble && h("section", { class: "notice" }, h("p", {}, t(`phone.${phone?.state}`)), h("button", { type: "button", id: "anew", class: "button", onclick: leavePhone }, t("phone.anew"))),
    languageChoice(),
    h("section", { class: "card" }, h("h2", {}, t("more.queue")), h("p", {}, t("more.waiting", { n: waiting() })),
      h("div", { class: "buttons" }, h("button", { type: "button", id: "send", class: "button", onclick: () => wake() }, t("net.now")),
        h("button", { type: "button", id: "export", class: "button quiet", onclick: exportQueue }, t("more.export"))),
      h("p", { class: "hint" }, t("more.export-hint"))),
    phone && h("section", { class: "card" }, h("h2", {}, t("more.phone")),
      h("dl", {}, h("dt", {}, t("enrol.name")), h("dd", {}, phone.name),
        h("dt", {}, t("more.lease")), h("dd", {}, `${day(until)}, ${timeOfDay(until)}`),
        h("dt", {}, t("more.storage")), h("dd", {}, kept)),
      h("p", { class: "hint" }, t("more.lease-hint")),
      h("button", { type: "button", id: "leave", class: "button danger", onclick: twice }, t("more.leave")), h("p", { class: "hint" }, t("more.leave-hint"))),
    h("p", { class: "hint" }, t("more.install")), told.demo && h("p", { class: "hint" }, t("more.demo")));
}

/** The first tap asks, the second does. @param {any} event */
function twice(event) {
  const button = event.currentTarget;
  if (button.dataset.asked) return leavePhone();
  button.dataset.asked = "yes";
  button.textContent = t("more.leave-really");
}
