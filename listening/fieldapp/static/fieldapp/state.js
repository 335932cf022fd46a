/**
 * What the views show: one object, read from the database, and the form that is being filled.
 * @typedef {import("./queue.js").Op} Op
 */

import { device } from "./device.js";
import { overlay } from "./overlay.js";
import { reference } from "./reference.js";
import { read, readAll } from "./store.js";
import { told } from "./words.js";

export const state = {
  /** @type {import("./stage.js").View} */
  view: "log",
  /** @type {import("./device.js").Device | undefined} */
  device: undefined,
  toldToForget: false,
  isReady: false,
  /** @type {Op[]} */
  ops: [],
  /** @type {Map<string, {id: string, version: number, fields: any}>} */
  rows: new Map(),
  /** @type {Map<string, any>} conversations as the person sees them */
  shown: new Map(),
  /** @type {any[]} */
  photos: [],
  /** @type {import("./reference.js").Reference} */
  reference: { themes: [], boundaries: { layer: "", areas: [] }, venues: [], notices: [], targets: null, targetsAt: 0 },
  /** @type {{themes: string[], places: any[], form: any}} what was used last */
  recent: { themes: [], places: [], form: {} },
  /** @type {import("./form.js").Form} what is being filled; there is none before the form has come */
  form: /** @type {any} */ (null),
  /** @type {{x: number, y: number, accuracy_m: number} | null} where the phone was found; never stored, never sent */
  here: null,
  isOpenPlaces: false,
  isOpenThemes: false,
  isOpenMore: false,
  /** @type {{words: string, undo: (() => void) | null, again: (() => void) | null} | null} */
  toast: null,
  /** @type {ServiceWorker | null} a new version that waits */
  update: null,
};

/** Read what is on the phone. */
export async function load() {
  const [known, forgotten, ops, rows, photos, recent] = await Promise.all([
    device(), read("meta", "told-to-forget"), readAll("ops"), readAll("rows"), readAll("photos"), read("meta", "recent"),
  ]);
  state.device = known;
  state.toldToForget = !known && Boolean(forgotten);
  state.ops = ops;
  state.rows = new Map(rows.map((row) => [row.id, row]));
  state.shown = overlay(rows, ops);
  state.photos = photos;
  state.recent = { themes: [], places: [], form: { language: told.language }, ...recent };
  state.isReady = true;
}

export async function loadReference() {
  state.reference = await reference();
}

/** How many changes wait to be sent. */
export const waiting = () => new Set(state.ops.filter((one) => one.state === "queued").map((one) => one.record)).size
  + state.photos.filter((one) => one.conversation && one.state === "waiting").length;

/** What the person has to look at, by record: refused, set aside, clashed. @returns {Map<string, Op>} */
export const needsAttention = () =>
  new Map(state.ops.filter((one) => one.state === "refused" || one.state === "aside" || (one.outcome?.status === "conflict" && !one.isDone)).map((one) => [one.record, one]));

/** What became of a conversation. @param {string} id @returns {"attention" | "waiting" | "coordinator" | "sent"} */
export function standingOf(id) {
  const own = state.ops.filter((one) => one.record === id);
  if (needsAttention().has(id)) return "attention";
  if (own.some((one) => one.state === "queued")) return "waiting";
  if (own.some((one) => ["quarantined", "deferred"].includes(one.outcome?.status))) return "coordinator";
  return "sent";
}
