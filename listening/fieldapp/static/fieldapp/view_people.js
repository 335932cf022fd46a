/** Part of the form that can wait: how many people, of which ages, what they agree to, their card, a photo. */

import { codeOf } from "./card.js";
import { h, icon } from "./dom.js";
import { keepDraft } from "./draft.js";
import { BANDS, MODES } from "./form.js";
import { addPhotos, dropPhoto } from "./photos.js";
import { state } from "./state.js";
import { language, number, t, told } from "./words.js";

/** @typedef {(...names: ("more" | "presets")[]) => void} Redraw */

/** @param {import("./form.js").Form} form @param {Redraw} redraw */
export const peopleView = (form, redraw) => [
  stepper("people", t("field.people"), form.people, 1, 500, (value) => { form.people = value; }, redraw),
  ...Object.entries(BANDS).map(([variable, bands]) => h("fieldset", { class: "bands" }, h("legend", {}, t(`band.${variable}`)),
    ...bands.map((band) => stepper(`${variable}-${band}`, t(`band.${variable}.${band}`), form.bands[variable]?.[band] ?? 0, 0, form.people, (value) => {
      form.bands[variable] ??= {};
      if (value) form.bands[variable][band] = value;
      else delete form.bands[variable][band];
    }, redraw)))),
  told.basis !== "consent" && h("label", { class: "tick" }, h("input", { id: "counted", type: "checkbox", checked: form.mayBeCounted, onchange: (/** @type {any} */ event) => { form.mayBeCounted = event.target.checked; keepDraft(form); } }), h("span", {}, t("field.counted"))),
  consents(form, redraw),
  !isKnown(form.id) && card(form),
];

// --- what they agree to --------------------------------------------------------------------------------------

/** What residents are told, in the language they speak, else in that of the app, else in any. */
function notice() {
  const { notices } = state.reference;
  const spoken = state.form.language;
  return [spoken, language, told.language].map((tag) => notices.find((one) => one.language === tag)).find(Boolean) ?? notices[0];
}

/** Only what needs their word: counting is asked about where the city counts by consent alone. */
const purposes = () => [...(told.basis === "consent" ? ["statistics"] : []), "quote", "recontact"];

/** @param {import("./form.js").Form} form @param {Redraw} redraw */
function consents(form, redraw) {
  const shown = notice();
  form.consents ??= {};
  const agreed = Object.values(form.consents);
  return h("fieldset", { class: "consents" }, h("legend", {}, t("consent.title")),
    !shown && h("p", { class: "hint" }, t("consent.no-notice")),
    shown && h("details", { id: "notice" }, h("summary", {}, t("consent.notice")), h("p", { lang: shown.language, dir: "auto", class: "told" }, shown.text)),
    shown && purposes().map((purpose) => h("label", { class: "tick" },
      h("input", { id: `consent-${purpose}`, type: "checkbox", checked: purpose in form.consents, onchange: (/** @type {any} */ event) => {
        if (event.target.checked) form.consents[purpose] = { mode: agreed[0]?.mode ?? "spoken", notice_version: shown.version };
        else delete form.consents[purpose];
        redraw("more");
      } }), h("span", {}, t(`consent.${purpose}`)))),
    agreed.length > 0 && h("label", { class: "field" }, h("span", {}, t("consent.mode")),
      h("select", { id: "consent-mode", onchange: (/** @type {any} */ event) => { for (const one of Object.values(form.consents)) one.mode = event.target.value; keepDraft(form); } },
        ...MODES.map((mode) => h("option", { value: mode, selected: mode === agreed[0].mode }, t(`consent.mode.${mode}`))))),
    "recontact" in form.consents && h("p", { class: "hint" }, t("consent.recontact-hint")));
}

/** A card is for a conversation that the service has not: later nobody can give it one. @param {string | null} id */
const isKnown = (id) => id !== null && (state.rows.has(id) || state.ops.some((one) => one.record === id && one.isSent));

/** @param {import("./form.js").Form} form */
function card(form) {
  const wrong = h("p", { class: "warning", id: "card-wrong", role: "status" });
  const read = async (/** @type {any} */ event) => {
    const typed = event.target.value.trim();
    const code = await codeOf(typed);
    form.receipt = code ?? "";
    wrong.textContent = typed && !code ? t("card.wrong") : "";
    keepDraft(form);
  };
  return h("div", { class: "field" }, h("label", { for: "card" }, t("card.title")),
    h("input", { id: "card", autocomplete: "off", autocapitalize: "characters", spellcheck: "false", maxlength: 60, dir: "ltr", value: form.receipt ?? "", "aria-describedby": "card-hint", onchange: read }),
    wrong, h("p", { class: "hint", id: "card-hint" }, t("card.hint")));
}

// --- photos, and numbers of people ---------------------------------------------------------------------------

/** @param {() => void} redraw */
export function photoField(redraw) {
  const own = state.photos.filter((one) => state.form.photos.includes(one.id));
  return h("div", { class: "photos" },
    h("label", { class: "button quiet file" }, icon("photo"), h("span", {}, t("photo.add")),
      h("input", { id: "photo", type: "file", accept: "image/jpeg,image/png,image/webp,image/heic", capture: "environment", onchange: async (/** @type {any} */ event) => { await addPhotos(event.target.files); redraw(); } })),
    own.length > 0 && h("ul", {}, ...own.map((one) => h("li", {}, t("photo.one", { n: Math.ceil(one.blob.size / 1024) }),
      h("button", { type: "button", class: "square", "aria-label": t("photo.remove"), onclick: async () => { await dropPhoto(one.id); redraw(); } }, icon("remove"))))),
    h("p", { class: "hint" }, t("photo.hint")));
}

/**
 * @param {string} id @param {string} label @param {number} value @param {number} least @param {number} most
 * @param {(value: number) => void} change @param {Redraw} redraw
 */
function stepper(id, label, value, least, most, change, redraw) {
  const shown = h("output", { id: `${id}-value`, for: `${id}-less ${id}-more` }, number(value));
  const step = (/** @type {number} */ by) => () => {
    value = Math.max(least, Math.min(most, value + by));
    change(value);
    shown.textContent = number(value);
    if (id === "people") redraw("more");
    else keepDraft(state.form);
  };
  return h("div", { class: "stepper", role: "group", "aria-label": label }, h("span", {}, label),
    h("button", { type: "button", id: `${id}-less`, class: "square", "aria-label": t("step.less", { what: label }), onclick: step(-1) }, "−"), shown,
    h("button", { type: "button", id: `${id}-more`, class: "square", "aria-label": t("step.more", { what: label }), onclick: step(1) }, "+"));
}
