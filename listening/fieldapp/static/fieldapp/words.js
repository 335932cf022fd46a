/** Words, numbers and times in the language that the person chose. Catalogues are `messages/*.json`. */

import { keep, read } from "./store.js";

/** @typedef {{code: string, name: string, dir: "ltr" | "rtl", address: string}} Language */

/** @type {{city: string, demo: boolean, language: string, basis: string, worker: string, languages: Language[]}} */
export const told = JSON.parse(document.getElementById("told")?.textContent ?? "{}");

/** @type {Record<string, string | Record<string, string>>} */
let catalogue = {};
export let language = told.language;
/** @type {Intl.PluralRules} */
let plurals;

/** Load the language that was chosen, else one of the phone's, else the city's. */
export async function loadWords() {
  const chosen = await read("meta", "language").catch(() => undefined);
  const wanted = [chosen, ...navigator.languages.map((tag) => tag.split("-")[0]), told.language];
  const found = wanted.map((code) => told.languages.find((one) => one.code === code)).find(Boolean) ?? told.languages[0];
  catalogue = await (await fetch(found.address)).json();
  language = found.code;
  plurals = new Intl.PluralRules(language);
  document.documentElement.lang = found.code;
  document.documentElement.dir = found.dir;
}

/** @param {string} code */
export async function chooseLanguage(code) {
  await keep("language", code);
  await loadWords();
}

/**
 * The words of a key; `n` among the values chooses the plural form.
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 * @returns {string}
 */
export function t(key, values = {}) {
  const entry = catalogue[key] ?? key;
  const text = typeof entry === "string" ? entry : (entry[plurals.select(Number(values.n))] ?? entry.other);
  return text.replace(/\{(\w+)\}/g, (_, name) => {
    const value = values[name];
    return typeof value === "number" ? number(value) : (value ?? "");
  });
}

/** Whether the catalogue has a key: codes that a later service brings have no words yet. @param {string} key */
export const has = (key) => key in catalogue;

/** @param {number} value */
export const number = (value) => new Intl.NumberFormat(language).format(value);

/** @param {Date} at */
export const timeOfDay = (at) => new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit" }).format(at);

/** @param {Date} at */
export const day = (at) => new Intl.DateTimeFormat(language, { weekday: "long", day: "numeric", month: "long" }).format(at);

/** The name of a language in the language of the app. @param {string} tag */
export function languageName(tag) {
  try {
    const name = new Intl.DisplayNames([language], { type: "language" }).of(tag) ?? tag;
    return name.charAt(0).toLocaleUpperCase(language) + name.slice(1);
  } catch {
    return tag;
  }
}

/** A label in several languages. @param {Record<string, string>} labels */
export const labelled = (labels) => labels[language] ?? labels[told.language] ?? labels.en ?? Object.values(labels)[0] ?? "";
