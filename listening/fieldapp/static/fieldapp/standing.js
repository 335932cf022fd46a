/**
 * Where the phone stands with the service: epoch, cursor, buckets, limits.
 * @typedef {{epoch: string | null, cursor: string | null, buckets: string[], limits: Limits}} Standing
 * @typedef {{ops: number, body_bytes: number, rows: number, lookup: number, keep_acked_days: number}} Limits
 */

import { asked } from "./store.js";

/** Until hello has told them. */
export const LIMITS = { ops: 200, body_bytes: 1_048_576, rows: 500, lookup: 1_000, keep_acked_days: 14 };

/** @param {IDBObjectStore} meta @returns {Promise<Standing>} */
export async function standingIn(meta) {
  const kept = (await asked(meta.get("standing"))) ?? {};
  return { epoch: null, cursor: null, buckets: [], ...kept, limits: { ...LIMITS, ...kept.limits } };
}

/**
 * Another epoch than before: the service was restored, and may have lost what it acknowledged since (C6).
 * @param {Standing} standing is changed
 * @param {string} epoch
 * @param {IDBObjectStore} ops
 */
export async function meet(standing, epoch, ops) {
  if (standing.epoch !== null && standing.epoch !== epoch) {
    for (const one of await asked(ops.getAll())) {
      if (one.state === "acknowledged") ops.put({ ...one, state: "queued" });
    }
  }
  standing.epoch = epoch;
}
