/** The form: a theme, how pressing, save. Everything else is there already, or can wait below. */

import { chip, h, icon, replace, svg } from "./dom.js";
import { keepDraft } from "./draft.js";
import { CHANNELS, KINDS, isEmpty, looksPersonal, newFinding, PRESETS } from "./form.js";
import { areaAt, pathOf, scaled, whereAmI } from "./locate.js";
import { state } from "./state.js";
import { labelled, languageName, number, t, timeOfDay } from "./words.js";

const SPOKEN = ["it", "en", "ar", "ro", "zh", "ur", "bn", "uk", "sq", "fr", "es", "pt", "ru", "pa", "tl", "ti"];

/** Sections that are drawn by themselves, so that a tap on one leaves a note that is being dictated alone. */
const sections = { place, presets, findings, themes, severity, kind, note, more };

/** @param {...keyof typeof sections} names */
function redraw(...names) {
  for (const name of names) {
    const old = document.getElementById(`s-${name}`);
    if (old) replace(old, sections[name]());
  }
  keepDraft(state.form);
}

export function logView() {
  const { form } = state;
  return h("section", { class: "log", "aria-labelledby": "title" },
    h("h1", { id: "title", class: form.id ? "" : "unseen" }, form.id ? t("log.change") : t("nav.log")),
    place(), presets(), findings(), themes(), severity(), kind(), note(), more());
}

const finding = () => state.form.findings[state.form.current];

// --- where ---------------------------------------------------------------------------------------------------

/** @param {any} one a place @returns {string} */
export function placeName(one) {
  if (one?.kind === "district") {
    return state.reference.boundaries.areas.find((area) => area.code === one.code)?.name ?? one.code;
  }
  return one?.kind === "city" ? t("place.city") : one?.kind === "point" ? t("place.point") : t("place.none");
}

function place() {
  const { form } = state;
  const from = { found: t("place.found"), last: t("place.last"), chosen: t("place.chosen") }[form.placeFrom] ?? t("place.tap");
  return h("div", { id: "s-place", class: "card where" },
    h("button", { type: "button", id: "place", class: "place", "aria-expanded": String(state.isOpenPlaces), onclick: () => { state.isOpenPlaces = !state.isOpenPlaces; redraw("place"); } },
      locator() ?? icon("place"), h("span", {}, h("strong", {}, placeName(form.place)), h("small", {}, from))),
    h("button", { type: "button", id: "locate", class: "square", "aria-label": t("place.locate"), onclick: locate }, icon("locate")),
    state.isOpenPlaces && picker());
}

/** The area as a small picture, and the phone in it. */
function locator() {
  const area = state.reference.boundaries.areas.find((one) => one.code === state.form.place.code);
  if (!area) return null;
  const { height, place: at } = scaled(area.box, 100);
  const drawing = svg("svg", { viewBox: `-6 -6 112 ${(height + 12).toFixed(0)}`, class: "locator", "aria-hidden": "true" }, svg("path", { d: pathOf(area, area.box, 100) }));
  if (state.here) {
    const [cx, cy] = at(state.here.x, state.here.y);
    drawing.append(svg("circle", { cx, cy, r: 9 }));
  }
  return drawing;
}

function picker() {
  const { layer, areas } = state.reference.boundaries;
  const known = state.recent.places.filter((one) => one.kind === "district");
  const list = h("div", { class: "chips" });
  const fill = (/** @type {string} */ text) => {
    const wanted = plain(text);
    const found = areas.filter((area) => plain(area.name).includes(wanted)).map((area) => ({ kind: "district", layer, code: area.code }));
    const offered = text ? found : [...known, ...found.filter((one) => !known.some((other) => other.code === one.code))];
    list.replaceChildren(...offered.map((one) => chip(`p-${one.code}`, state.form.place.code === one.code, () => choose(one), placeName(one))));
  };
  fill("");
  return h("div", { class: "picker" },
    h("label", { for: "place-search" }, t("place.search")),
    h("input", { id: "place-search", type: "search", autocomplete: "off", enterkeyhint: "search", oninput: (/** @type {any} */ event) => fill(event.target.value) }),
    h("div", { class: "chips" }, ...["city", "none"].map((kind) => chip(`p-${kind}`, state.form.place.kind === kind, () => choose({ kind }), placeName({ kind })))),
    list);
}

/** Without case and accents. @param {string} text */
const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

/** @param {any} made @param {string} [from] */
function choose(made, from = "chosen") {
  Object.assign(state.form, { place: made, placeFrom: from });
  state.isOpenPlaces = false;
  redraw("place");
}

/** Find the area by the phone's position; the position stays here. */
export async function locate() {
  const { form } = state;
  const here = await whereAmI();
  if (form !== state.form || !here) return;
  state.here = here;
  const area = areaAt(state.reference.boundaries.areas, here.x, here.y);
  if (area) choose({ kind: "district", layer: state.reference.boundaries.layer, code: area.code }, "found");
}

// --- what goes without saying --------------------------------------------------------------------------------

function presets() {
  const { form } = state;
  const spoken = [...new Set([form.language, ...SPOKEN])].filter(Boolean);
  return h("div", { id: "s-presets", class: "given" },
    h("div", { class: "segments", role: "group", "aria-label": t("preset.label") },
      ...Object.entries(PRESETS).map(([name, channel]) => chip(`preset-${name}`, form.preset === name && form.channel === channel, () => {
        Object.assign(form, { preset: name, channel });
        redraw("presets");
        if (name === "door") locate();
      }, t(`preset.${name}`)))),
    h("div", { class: "pair" },
      select("language", t("field.language"), [["", t("language.unknown")], ...spoken.map((tag) => [tag, languageName(tag)])], form.language, (value) => { form.language = value; }),
      h("label", { class: "field" }, h("span", {}, t("field.when")),
        form.occurredAt
          ? h("input", { id: "when", type: "datetime-local", value: local(form.occurredAt), max: local(new Date().toISOString()), onchange: (/** @type {any} */ event) => { form.occurredAt = event.target.value ? new Date(event.target.value).toISOString() : null; redraw("presets"); } })
          : h("button", { type: "button", id: "when", class: "as-input", onclick: () => { form.occurredAt = new Date().toISOString(); redraw("presets"); } }, t("when.now", { time: timeOfDay(new Date()) })))),
    form.channel === "venue_desk" && state.reference.venues.length > 0 &&
      select("venue", t("field.venue"), [["", t("venue.none")], ...state.reference.venues.map((one) => [one.code, one.name])], form.venue ?? "", (value) => { form.venue = value || null; }));
}

/** The time of the phone's clock, as such an input wants it. @param {string} instant */
function local(instant) {
  const at = new Date(instant);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** @param {string} id @param {string} label @param {string[][]} options @param {string} value @param {(value: string) => void} change */
const select = (id, label, options, value, change) =>
  h("label", { class: "field" }, h("span", {}, label),
    h("select", { id, onchange: (/** @type {any} */ event) => { change(event.target.value); keepDraft(state.form); } },
      ...options.map(([code, words]) => h("option", { value: code, selected: code === value }, words))));

// --- what was heard ------------------------------------------------------------------------------------------

/** Findings beside the one that is being written. */
function findings() {
  const { form } = state;
  return h("div", { id: "s-findings", class: "others" }, form.findings.length > 1 && h("ol", {}, ...form.findings.map((one, index) =>
    h("li", {},
      h("button", { type: "button", id: `finding-${index}`, class: "other", "aria-current": String(index === form.current), onclick: () => { form.current = index; redraw("findings", "themes", "severity", "kind", "note"); } },
        isEmpty(one) ? t("finding.new") : [t(`kind.${one.kind}`), one.themes.map(themeName).join(", ") || one.text.slice(0, 40)].filter(Boolean).join(" · ")),
      h("button", { type: "button", class: "square", "aria-label": t("finding.remove", { n: index + 1 }), onclick: () => {
        form.findings.splice(index, 1);
        form.current = Math.max(0, Math.min(form.current, form.findings.length - 1));
        redraw("findings", "themes", "severity", "kind", "note");
      } }, icon("remove"))))));
}

/** @param {string} code */
export function themeName(code) {
  const theme = state.reference.themes.find((one) => one.code === code);
  return theme ? labelled(theme.labels) : code;
}

function themes() {
  const all = state.reference.themes;
  const chosen = finding().themes;
  const recent = state.recent.themes.map((code) => all.find((one) => one.code === code)).filter((one) => one !== undefined);
  const tops = all.filter((one) => !one.parent);
  const shown = state.isOpenThemes ? [] : [...new Set([...recent, ...tops, ...all.filter((one) => chosen.includes(one.code))])];
  const press = (/** @type {string} */ code) => () => {
    const one = finding();
    one.themes = one.themes.includes(code) ? one.themes.filter((other) => other !== code) : [...one.themes, code].slice(-10);
    redraw("themes", "findings");
  };
  const one = (/** @type {import("./reference.js").Theme} */ theme) => chip(`t-${theme.code}`, chosen.includes(theme.code), press(theme.code), labelled(theme.labels));
  return h("fieldset", { id: "s-themes" }, h("legend", {}, t("field.themes")),
    !all.length && h("p", { class: "hint" }, t("themes.missing")),
    !state.isOpenThemes && h("div", { class: "chips themes" }, ...shown.map(one)),
    state.isOpenThemes && tops.map((top) => h("div", { class: "family" }, h("div", { class: "chips" }, one(top), ...all.filter((theme) => theme.parent === top.code).map(one)))),
    all.some((theme) => theme.parent) && h("button", { type: "button", id: "all-themes", class: "link", "aria-expanded": String(state.isOpenThemes), onclick: () => { state.isOpenThemes = !state.isOpenThemes; redraw("themes"); } }, t(state.isOpenThemes ? "themes.fewer" : "themes.all")));
}

function severity() {
  const now = finding().severity;
  return h("fieldset", { id: "s-severity" }, h("legend", {}, t("field.severity")),
    h("div", { class: "scale" }, ...[1, 2, 3, 4, 5].map((value) =>
      chip(`severity-${value}`, now === value, () => { const one = finding(); one.severity = one.severity === value ? null : value; redraw("severity", "findings"); },
        h("b", {}, number(value)), h("span", {}, t(`severity.${value}`))))));
}

function kind() {
  return h("fieldset", { id: "s-kind" }, h("legend", {}, t("field.kind")),
    h("div", { class: "chips" }, ...KINDS.map((name) => chip(`kind-${name}`, finding().kind === name, () => { finding().kind = name; redraw("kind", "findings"); }, t(`kind.${name}`)))));
}

function note() {
  const warning = h("p", { class: "warning", role: "status" });
  const judge = (/** @type {string} */ text) => { warning.textContent = looksPersonal(text) ? t("note.personal") : ""; };
  judge(finding().text);
  return h("div", { id: "s-note", class: "note" },
    h("label", { for: "note" }, t("field.note")),
    h("textarea", { id: "note", rows: 3, maxlength: 10_000, enterkeyhint: "done", autocapitalize: "sentences", autocomplete: "off", dir: "auto", "aria-describedby": "note-hint", value: finding().text,
      oninput: (/** @type {any} */ event) => { finding().text = event.target.value; judge(event.target.value); keepDraft(state.form); } }),
    h("p", { class: "hint", id: "note-hint" }, t("note.hint")), warning,
    h("button", { type: "button", id: "another", class: "button quiet", onclick: () => {
      const { form } = state;
      const empty = form.findings.findIndex(isEmpty);
      form.current = empty >= 0 ? empty : form.findings.push(newFinding()) - 1;
      redraw("findings", "themes", "severity", "kind", "note");
      document.getElementById("s-findings")?.scrollIntoView({ block: "start" });
    } }, icon("plus"), t("finding.another")));
}

// --- what can wait -------------------------------------------------------------------------------------------

/** @type {typeof import("./view_people.js") | null} loaded when it is opened first */
let people = null;

function more() {
  const { form } = state;
  if (state.isOpenMore && !people) loadPeople().then(() => redraw("more"), () => {});
  return h("div", { id: "s-more", class: "more" },
    h("button", { type: "button", id: "more", class: "button quiet wide", "aria-expanded": String(state.isOpenMore), onclick: () => { state.isOpenMore = !state.isOpenMore; redraw("more"); } }, t(state.isOpenMore ? "more.fewer" : "more.open")),
    state.isOpenMore && people && h("div", { class: "card" }, ...people.peopleView(form, (...names) => redraw(...names)),
      select("channel", t("field.channel"), CHANNELS.map((name) => [name, t(`channel.${name}`)]), form.channel, (value) => { form.channel = value; redraw("presets"); }),
      people.photoField(() => redraw("more"))));
}

export const loadPeople = async () => { people = await import("./view_people.js"); };
