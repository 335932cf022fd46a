/** What the person does: save, take back, change, delete. Each touches the phone alone; sending follows by itself. */

import { leave } from "./device.js";
import { dropDraft, keepDraft } from "./draft.js";
import { changes, fieldsOf, formOf, isWorthSaving, newForm } from "./form.js";
import { mayLocate } from "./locate.js";
import * as ops from "./queue.js";
import { announce, wake } from "./schedule.js";
import { refresh, show } from "./stage.js";
import { load, state } from "./state.js";
import { keep } from "./store.js";
import { t } from "./words.js";
import { uuid7 } from "./uuid7.js";
import { locate } from "./view_log.js";

const UNDO_MS = 10_000;
let toastTimer = 0;
let isSaving = false;

/** @param {string} words @param {(() => void) | null} [undo] @param {(() => void) | null} [again] */
export function say(words, undo = null, again = null) {
  clearTimeout(toastTimer);
  state.toast = { words, undo, again };
  toastTimer = setTimeout(() => { state.toast = null; refresh(); }, UNDO_MS);
  refresh();
}

/** Save the form. It is on the phone when this resolves; two taps save once. */
export async function save() {
  const { form } = state;
  if (isSaving) return;
  if (!isWorthSaving(form)) return say(t("save.nothing"));
  isSaving = true;
  try {
    await (form.id ? saveChange(form) : saveNew(form));
  } finally {
    isSaving = false;
  }
  announce();
  wake();
}

/** The photos of a form go with its conversation. @param {string[]} ids @param {string} conversation */
async function hand(ids, conversation) {
  if (ids.length) await (await import("./photos.js")).hand(ids, conversation);
}

/** @param {import("./form.js").Form} form */
async function saveNew(form) {
  const id = uuid7();
  await ops.queue([{ kind: "create", type: "conversation", id, fields: fieldsOf(form, new Date()) }]);
  await hand(form.photos, id);
  await remember(form);
  await dropDraft();
  const heard = form.findings.map(({ kind, themes, severity }) => ({ kind, themes, severity }));
  await begin();
  navigator.vibrate?.(30);
  say(t("save.done"), () => undo(id), () => {
    state.form.findings = heard.map((one) => ({ ...newForm().findings[0], ...one }));
    state.toast = null;
    keepDraft(state.form);
    show("log");
  });
  scrollTo({ top: 0 });
}

/** @param {import("./form.js").Form} form */
async function saveChange(form) {
  const id = /** @type {string} */ (form.id);
  await load();
  const before = state.shown.get(id);
  if (before) {
    const fields = fieldsOf(form, new Date(), before);
    await ops.amend(id, fields, changes(id, before, fields, version(id)));
    await hand(form.photos, id);
  }
  await dropDraft();
  await begin();
  show("today");
  say(t(before ? "save.changed" : "save.gone"));
}

/** @param {string} id */
const version = (id) => ops.versionOf(id, state.rows.get(id), state.ops);

/** Keep what was used, so that it comes first the next time. @param {import("./form.js").Form} form */
async function remember(form) {
  const themes = [...form.findings.flatMap((one) => one.themes), ...state.recent.themes];
  const places = form.place.kind === "none" ? state.recent.places : [form.place, ...state.recent.places];
  const { place, placeFrom, preset, channel, language, venue } = form;
  state.recent = {
    themes: [...new Set(themes)].slice(0, 8),
    places: [...new Map(places.map((one) => [JSON.stringify(one), one])).values()].slice(0, 4),
    form: { place, placeFrom: placeFrom === "found" ? "found" : "last", preset, channel, language, venue },
  };
  await keep("recent", state.recent);
}

/** An empty form, with what stays the same. */
export async function begin() {
  state.form = newForm(state.recent.form);
  state.isOpenMore = state.isOpenPlaces = state.isOpenThemes = false;
  await load();
  if (state.view === "log") show("log");
  if (state.form.preset !== "desk" && (await mayLocate())) locate();
}

/** @param {string} id */
async function undo(id) {
  await ops.remove(id);
  await load();
  say(t("save.undone"));
  announce();
  wake();
}

/** Change a conversation. @param {string} id */
export async function open(id) {
  const shown = state.shown.get(id);
  if (!shown) return;
  state.form = formOf(shown);
  state.isOpenMore = state.isOpenPlaces = state.isOpenThemes = false;
  keepDraft(state.form);
  show("log");
}

export async function stopChanging() {
  await dropDraft();
  await begin();
  show("today");
}

/** @param {string} id */
export async function removeConversation(id) {
  await ops.remove(id);
  if (state.form.id === id) await stopChanging();
  await load();
  say(t("save.deleted"));
  announce();
  wake();
}

/** @param {string} id */
export async function retry(id) {
  await ops.sendAgain(id);
  announce();
  wake();
}

/** @param {string} id */
export async function forgetRefused(id) {
  await ops.letGo(id);
  announce();
}

/** Leave this phone; what was not sent stays until somebody adds it anew. */
export async function leavePhone() {
  await leave();
  announce();
}

/** @param {string} id */
export async function understood(id) {
  await ops.noteClash(id);
  announce();
}
