/** What was pulled: pages of rows, each stored together with its cursor. */

import { meet, standingIn } from "./standing.js";
import { asked, transact } from "./store.js";

/**
 * Store a page and its cursor in one transaction (C1); nothing when the cursor that it was asked with is not the local one
 * any more (C2). The app is for one's own conversations: rows of others, which coordinators may read, are not kept.
 * @param {any} page
 * @param {string | null} askedWith
 */
export const apply = (page, askedWith) =>
  transact(["rows", "ops", "meta"], "readwrite", async (rows, ops, meta) => {
    const standing = await standingIn(meta);
    if (standing.cursor !== askedWith) return;
    await meet(standing, page.epoch, ops);
    if (page.reset) rows.clear(); // C4
    /** @type {Map<string, number>} */
    const came = new Map();
    for (const row of page.rows) {
      came.set(row.id, row.version);
      if (row.buckets.includes("own")) rows.put({ id: row.id, version: row.version, buckets: row.buckets, fields: row.fields });
      else rows.delete(row.id);
    }
    for (const gone of page.gone) {
      came.set(gone.id, Infinity);
      rows.delete(gone.id);
    }
    for (const row of await asked(rows.getAll())) {
      if (!row.buckets.some((/** @type {string} */ bucket) => page.buckets.includes(bucket))) rows.delete(row.id); // C3
    }
    const deleted = new Set(page.gone.filter((gone) => gone.deleted).map((gone) => gone.id));
    // Changes that are in what was pulled need not be shown over it any longer.
    for (const one of await asked(ops.getAll())) {
      if (one.state === "acknowledged" && deleted.has(one.record) && one.body.kind !== "delete") {
        ops.delete(one.seq); // C10: what was said leaves the phone, too
        continue;
      }
      if (one.state === "acknowledged" && (one.outcome.version ?? 0) <= (came.get(one.record) ?? -1)) ops.put({ ...one, isSeen: true });
    }
    meta.put({ ...standing, cursor: page.cursor, buckets: page.buckets }, "standing");
  });

/** Forget the rows and the cursor, keep the ops: the next pull brings everything. */
export const beginAnew = () =>
  transact(["rows", "meta"], "readwrite", async (rows, meta) => {
    rows.clear();
    meta.put({ ...(await standingIn(meta)), cursor: null, buckets: [] }, "standing");
  });
