/** The languages of the app, side by side. */

import { h } from "./dom.js";
import { show } from "./stage.js";
import { state } from "./state.js";
import { chooseLanguage, language, t, told } from "./words.js";

export const languageChoice = () =>
  h("div", { class: "segments languages", role: "group", "aria-label": t("more.language") }, ...told.languages.map((one) =>
    h("button", { type: "button", class: "chip", id: `language-${one.code}`, lang: one.code, "aria-pressed": String(one.code === language), onclick: async () => { await chooseLanguage(one.code); show(state.view); } }, one.name)));
