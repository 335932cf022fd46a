/**
 * The form while it is being filled, kept at each key. Each tab has a draft of its own, held by a lock; what a tab left
 * behind that was closed, or that the phone ended, is taken up by the next one.
 */

import { asked, keep, transact } from "./store.js";

const PREFIX = "draft:";
let name = "";
/** @type {Promise<void> | null} */
let writing = null;
/** @type {any} */
let latest;

/** Take up a draft that nobody holds. @returns {Promise<any>} the form, or undefined */
export async function takeUp() {
  const kept = await transact(["meta"], "readonly", (meta) => asked(meta.getAllKeys(IDBKeyRange.bound(PREFIX, `${PREFIX}\uffff`))));
  for (const key of [...kept.map(String), PREFIX + crypto.randomUUID()]) {
    if (await hold(key)) {
      name = key;
      return transact(["meta"], "readonly", (meta) => asked(meta.get(key)));
    }
  }
}

/** Hold a lock as long as this tab lives. @param {string} key @returns {Promise<boolean>} */
const hold = (key) =>
  new Promise((resolve) => {
    navigator.locks.request(key, { ifAvailable: true }, (lock) => {
      resolve(lock !== null);
      return lock && new Promise(() => {});
    });
  });

/** @param {any} form is written at once, and what is typed meanwhile right after it */
export function keepDraft(form) {
  latest = form;
  document.documentElement.dataset.draft = "writing";
  writing ??= write().finally(() => { writing = null; });
}

async function write() {
  while (latest !== undefined && name) {
    const form = latest;
    latest = undefined;
    await keep(name, form);
  }
  document.documentElement.dataset.draft = "kept";
}

/** Until all is written: the page may be about to go. */
export const flush = async () => { await writing; };

/** What was being filled is saved, or was let go. */
export async function dropDraft() {
  latest = undefined;
  await writing;
  if (name) await keep(name, undefined);
}

