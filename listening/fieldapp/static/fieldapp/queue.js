/**
 * Ops: changes made on this phone. An op is queued, then acknowledged, or refused, or set aside; it is never dropped but by
 * the person. `listening/sync/client/store.py` is the same for programs, and says why each rule is as it is.
 *
 * @typedef {Record<string, any>} Body
 * @typedef {{seq: number, op: string, record: string, body: Body, state: "queued" | "acknowledged" | "refused" | "aside",
 *   isSent: boolean, isSeen: boolean, isDone?: boolean, outcome: any, at: string | null, made: number}} Op
 */

import { meet, standingIn } from "./standing.js";
import { asked, transact } from "./store.js";
import { uuid7 } from "./uuid7.js";

export const SCHEMA = 1;
const ENVELOPE_BYTES = 200;
const ACKNOWLEDGED = new Set(["accepted", "conflict", "deferred", "quarantined"]);

/** What an op changes: the conversation of a finding, otherwise what it names. @param {Body} body @returns {string} */
export const recordOf = (body) => body.conversation ?? body.id;

/** @param {Body} body without op and schema @returns {Body} */
const named = (body) => ({ op: uuid7(), schema: SCHEMA, ...body });

/** @param {IDBObjectStore} ops @param {Body} told */
function add(ops, told) {
  const body = named(told);
  ops.put({ op: body.op, record: recordOf(body), body, state: "queued", isSent: false, isSeen: false, outcome: null, at: null, made: Date.now() });
}

/** Keep changes that were made on this phone, together. @param {Body[]} bodies */
export const queue = (bodies) =>
  transact(["ops"], "readwrite", (ops) => { for (const body of bodies) add(ops, body); });

/** @param {IDBObjectStore} ops @returns {Promise<Op[]>} in their order */
const allIn = (ops) => asked(ops.getAll());

/**
 * Change a conversation of this phone. What was never sent is changed where it stands; otherwise `bodies` are queued.
 * @param {string} record
 * @param {Body} fields the conversation as it shall be
 * @param {Body[]} bodies the changes that lead there
 * @returns {Promise<void>}
 */
export const amend = (record, fields, bodies) =>
  transact(["ops"], "readwrite", async (ops) => {
    const own = (await allIn(ops)).filter((one) => one.record === record);
    const unsent = own.find((one) => isCreate(one) && one.state === "queued" && !one.isSent);
    const failed = own.find((one) => isCreate(one) && (one.state === "refused" || one.state === "aside"));
    if (unsent) {
      ops.put({ ...unsent, body: { ...unsent.body, fields } });
      return;
    }
    for (const one of own) {
      if (one.state === "refused" || one.state === "aside") ops.delete(one.seq);
    }
    // The service remembers an op that it refused, by its id: what is put right is another op.
    if (failed) add(ops, { kind: "create", type: "conversation", id: record, fields });
    else for (const body of bodies) add(ops, body);
  });

/**
 * Delete a conversation: what was never sent is gone, what may have arrived is deleted by an op.
 * @param {string} record
 */
export const remove = (record) =>
  transact(["ops", "photos"], "readwrite", async (ops, photos) => {
    const own = (await allIn(ops)).filter((one) => one.record === record);
    const create = own.find(isCreate);
    const isHereOnly = create !== undefined && !create.isSent && create.state === "queued";
    const wasRefused = create !== undefined && (create.state === "refused" || create.state === "aside");
    for (const one of own) {
      if (one.state !== "acknowledged" && (isHereOnly || wasRefused || !one.isSent)) ops.delete(one.seq);
    }
    for (const photo of await asked(photos.getAll())) {
      if (photo.conversation === record) photos.delete(photo.id);
    }
    if (!isHereOnly && !wasRefused) add(ops, { kind: "delete", type: "conversation", id: record });
  });

/** @param {Op} one */
const isCreate = (one) => one.body.kind === "create" && one.body.type === "conversation";

/**
 * The next ops to send, in the order in which they were made; from now on they may have arrived. Of each record only the
 * first: the version that it makes is what the next one is a change of, and only the answer tells it.
 * @returns {Promise<Body[]>}
 */
export const batch = () =>
  transact(["ops", "meta"], "readwrite", async (ops, meta) => {
    const { limits } = await standingIn(meta);
    const records = new Set();
    const taken = [];
    let room = limits.body_bytes - ENVELOPE_BYTES;
    for (const one of await allIn(ops)) {
      if (one.state !== "queued" || records.has(one.record)) continue;
      records.add(one.record);
      room -= new TextEncoder().encode(JSON.stringify(one.body)).length + 1;
      // One that is too large by itself is sent alone: the service says so, and it is set aside (C8).
      if (taken.length === limits.ops || (room < 0 && taken.length)) break;
      taken.push(one);
    }
    for (const one of taken) ops.put({ ...one, isSent: true });
    return taken.map((one) => one.body);
  });

/**
 * Keep what the service answered to a push, and forget ops that it has had for long enough (C6), by its own clock.
 * @param {any} pushed
 */
export const settle = (pushed) =>
  transact(["ops", "meta"], "readwrite", async (ops, meta) => {
    const standing = await standingIn(meta);
    await meet(standing, pushed.epoch, ops);
    const at = new Date(pushed.received_at);
    for (const result of pushed.results) await settleOne(ops, result, at.toISOString());
    const before = new Date(at.getTime() - standing.limits.keep_acked_days * 86_400_000).toISOString();
    for (const one of await allIn(ops)) {
      if (one.state === "acknowledged" && one.outcome.status !== "deferred" && one.at && one.at < before) ops.delete(one.seq);
    }
    meta.put(standing, "standing");
  });

/**
 * Keep what the service answered to a lookup. What is not in the answer never came: it is queued again.
 * @param {string[]} looked ids of ops
 * @param {any[]} results
 */
export const learn = (looked, results) =>
  transact(["ops"], "readwrite", async (ops) => {
    for (const result of results) await settleOne(ops, result, null);
    const known = new Set(results.map((result) => result.op));
    for (const one of await allIn(ops)) {
      if (looked.includes(one.op) && !known.has(one.op)) ops.put({ ...one, state: "queued", outcome: null });
    }
  });

/** @param {IDBObjectStore} ops @param {any} result @param {string | null} at */
async function settleOne(ops, result, at) {
  const one = await asked(ops.index("op").get(result.op));
  const outcome = result.status === "duplicate" ? result.outcome : result;
  const state = ACKNOWLEDGED.has(outcome.status) ? "acknowledged" : outcome.status === "rejected" ? "refused" : null;
  // "retry", and what a later service may say: it has not been taken, so it is kept and sent again.
  if (!one || state === null) return;
  ops.put({ ...one, state, outcome, at: at ?? one.at });
  if (outcome.status !== "accepted" || outcome.merged) return;
  // An own change made the very next version: changes that wait behind it are changes of that one.
  for (const other of await allIn(ops)) {
    if (other.record === one.record && other.state === "queued" && !other.isSent && other.body.base === outcome.version - 1) {
      ops.put({ ...other, body: { ...other.body, base: outcome.version } });
    }
  }
}

/** An envelope with nothing but this op was refused (C8): keep it, show it, do not send it. @param {string} op @param {any} problem */
export const setAside = (op, problem) =>
  transact(["ops"], "readwrite", async (ops) => {
    const one = await asked(ops.index("op").get(op));
    if (one) ops.put({ ...one, state: "aside", outcome: problem });
  });

/** Queue ops that were refused or set aside: the person wants to try once more. @param {string} record */
export const sendAgain = (record) =>
  transact(["ops"], "readwrite", async (ops) => {
    for (const one of await allIn(ops)) {
      if (one.record === record && (one.state === "refused" || one.state === "aside")) ops.put({ ...one, state: "queued", outcome: null });
    }
  });

/** The person has seen that it was refused, and lets it go. @param {string} record */
export const letGo = (record) =>
  transact(["ops"], "readwrite", async (ops) => {
    for (const one of await allIn(ops)) {
      if (one.record === record && (one.state === "refused" || one.state === "aside")) ops.delete(one.seq);
    }
  });

/**
 * The version that this phone has: of the row, and of own changes that made the very next ones since; 1 for what was logged
 * here and not pulled yet.
 * @param {string} record
 * @param {{version: number} | undefined} row
 * @param {Op[]} ops
 */
export function versionOf(record, row, ops) {
  let version = row?.version ?? 1;
  const own = ops.filter((one) => one.record === record && one.state === "acknowledged" && one.outcome.status === "accepted" && !one.outcome.merged);
  for (const made of own.map((one) => one.outcome.version).sort((a, b) => a - b)) {
    if (made === version + 1) version = made;
  }
  return version;
}

/** The person has read that a change clashed. @param {string} record */
export const noteClash = (record) =>
  transact(["ops"], "readwrite", async (ops) => {
    for (const one of await allIn(ops)) {
      if (one.record === record && one.outcome?.status === "conflict") ops.put({ ...one, isDone: true });
    }
  });
