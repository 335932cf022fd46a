/**
 * What is being logged, and how it becomes a conversation, or changes of one. Pure.
 * @typedef {{id: string, kind: string, themes: string[], severity: number | null, text: string}} Finding
 * @typedef {{id: string | null, place: any, placeFrom: string, occurredAt: string | null, preset: string, channel: string,
 *   language: string, venue: string | null, people: number, bands: Record<string, Record<string, number>>,
 *   mayBeCounted: boolean, consents: Record<string, {mode: string, notice_version: string}>, receipt: string,
 *   findings: Finding[], current: number, photos: string[]}} Form
 */

import { uuid7 } from "./uuid7.js";

export const KINDS = ["need", "challenge", "proposal", "asset", "question", "thanks"];
export const CHANNELS = ["street", "door", "venue_desk", "event", "phone", "sms", "email", "paper", "web"];
export const BANDS = {
  age: ["0-13", "14-17", "18-34", "35-64", "65+", "unknown"],
  gender: ["female", "male", "other", "unknown"],
  tie: ["lives", "works", "studies", "passes", "unknown"],
  citizenship: ["it", "eu", "non_eu", "unknown"],
};
/** Where people are listened to, and what goes without saying there. */
export const PRESETS = { stall: "street", door: "door", desk: "venue_desk" };
export const MODES = ["spoken", "written", "guardian"];
const PLAIN = ["channel", "language", "people_count", "bands", "may_be_counted", "consents", "venue", "place"];

/** @returns {Finding} */
export const newFinding = () => ({ id: uuid7(), kind: "need", themes: [], severity: null, text: "" });

/**
 * A new form; what stays the same from one conversation to the next is taken over.
 * @param {Partial<Form>} last
 * @returns {Form}
 */
export const newForm = (last = {}) => ({
  id: null, place: last.place ?? { kind: "none" }, placeFrom: last.placeFrom ?? "", occurredAt: null,
  preset: last.preset ?? "stall", channel: last.channel ?? PRESETS.stall, language: last.language ?? "", venue: last.venue ?? null,
  people: 1, bands: {}, mayBeCounted: true, consents: {}, receipt: "", findings: [newFinding()], current: 0, photos: [],
});

/** The form of a conversation that is to be changed. @param {any} shown @returns {Form} */
export const formOf = (shown) => ({
  id: shown.id, place: shown.place, placeFrom: "chosen", occurredAt: shown.occurred_at,
  preset: Object.entries(PRESETS).find(([, channel]) => channel === shown.channel)?.[0] ?? "",
  channel: shown.channel, language: shown.language ?? "", venue: shown.venue ?? null, people: shown.people_count ?? 1,
  bands: structuredClone(shown.bands ?? {}), mayBeCounted: shown.may_be_counted ?? true,
  consents: Object.fromEntries((shown.consents ?? []).map((/** @type {any} */ { purpose, ...rest }) => [purpose, rest])), receipt: shown.receipt ?? "",
  findings: shown.findings?.length
    ? shown.findings.map((/** @type {any} */ one) => ({ id: one.id, kind: one.kind, themes: one.themes ?? [], severity: one.severity ?? null, text: one.text ?? "" }))
    : [newFinding()],
  current: 0, photos: [],
});

/** @param {Finding} finding */
export const isEmpty = (finding) => !finding.themes.length && finding.severity === null && !finding.text.trim();

/** Whether something was heard: a theme, or some words. @param {Form} form */
export const isWorthSaving = (form) => form.findings.some((finding) => finding.themes.length || finding.text.trim());

/**
 * The conversation as `POST /api/v1/conversations` takes it, without its id.
 * @param {Form} form
 * @param {Date} now
 * @param {any} [before] the conversation as it was: what the form does not show stays
 */
export function fieldsOf(form, now, before = {}) {
  const known = new Map((before.findings ?? []).map((/** @type {any} */ one) => [one.id, one]));
  /** @type {Record<string, any>} */
  const fields = {
    occurred_at: form.occurredAt ?? now.toISOString(), channel: form.channel, place: form.place, people_count: form.people,
    may_be_counted: form.mayBeCounted,
    findings: form.findings.filter((one) => !isEmpty(one)).map((one) => {
      const { shared_by, place } = known.get(one.id) ?? {};
      return {
        id: one.id, kind: one.kind, themes: one.themes, ...(one.text.trim() && { text: one.text.trim() }),
        ...(one.severity !== null && { severity: one.severity }), ...(shared_by != null && { shared_by }), ...(place && { place }),
      };
    }),
  };
  if (form.language) fields.language = form.language;
  if (form.venue && form.channel === "venue_desk") fields.venue = form.venue;
  const bands = Object.fromEntries(Object.entries(form.bands).filter(([, of]) => Object.keys(of).length));
  if (Object.keys(bands).length) fields.bands = bands;
  const agreed = Object.keys(form.consents ?? {}).sort().map((purpose) => ({ purpose, ...form.consents[purpose] }));
  if (agreed.length) fields.consents = agreed;
  if (form.receipt) fields.receipt = form.receipt;
  for (const name of ["summary", "session", "is_test"]) if (before[name]) fields[name] = before[name];
  return fields;
}

/**
 * The ops that make one conversation of another.
 * @param {string} id
 * @param {any} before as it is shown
 * @param {any} after fields
 * @param {number} base the version that the phone has
 * @returns {Record<string, any>[]}
 */
export function changes(id, before, after, base) {
  /** @type {Record<string, any>} */
  const set = {};
  for (const name of PLAIN) {
    if (!same(before[name], after[name])) set[name] = after[name] ?? null;
  }
  if (Date.parse(before.occurred_at) !== Date.parse(after.occurred_at)) set.occurred_at = after.occurred_at;
  const ops = [];
  if (Object.keys(set).length) ops.push({ kind: "update", type: "conversation", id, base, set });
  const was = new Map((before.findings ?? []).map((/** @type {any} */ one) => [one.id, one]));
  for (const finding of after.findings) {
    const old = was.get(finding.id);
    was.delete(finding.id);
    const { id: own, ...fields } = finding;
    if (!old) ops.push({ kind: "create", type: "finding", id: own, conversation: id, fields });
    else ops.push(...changesOfFinding(id, old, finding, base));
  }
  for (const own of was.keys()) ops.push({ kind: "delete", type: "finding", id: own, conversation: id });
  return ops;
}

/** @param {string} conversation @param {any} old @param {any} made @param {number} base */
function changesOfFinding(conversation, old, made, base) {
  /** @type {Record<string, any>} */
  const set = {};
  for (const name of ["kind", "text", "severity"]) if (!same(old[name], made[name])) set[name] = made[name] ?? null;
  const added = made.themes.filter((/** @type {string} */ code) => !old.themes?.includes(code));
  const removed = (old.themes ?? []).filter((/** @type {string} */ code) => !made.themes.includes(code));
  if (!Object.keys(set).length && !added.length && !removed.length) return [];
  return [{
    kind: "update", type: "finding", id: made.id, conversation, base, set,
    ...(added.length && { add: { themes: added } }), ...(removed.length && { remove: { themes: removed } }),
  }];
}

/** Whether two values of a member are the same; what is empty is what is left out. @param {any} one @param {any} other */
function same(one, other) {
  const plain = (/** @type {any} */ value) => (value == null || value === "" || (typeof value === "object" && !Object.keys(value).length) ? null : value);
  return JSON.stringify(sorted(plain(one))) === JSON.stringify(sorted(plain(other)));
}

/** @param {any} value @returns {any} */
function sorted(value) {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
  return Object.fromEntries(Object.keys(value).sort().map((name) => [name, sorted(value[name])]));
}

/** What a note should not hold: something like an address of mail or a telephone number. @param {string} text */
export const looksPersonal = (text) => /\S@\S+\.\w|(?:\+|\b00|\b)\d[\d\s./-]{7,}\d/.test(text);
