/**
 * Push until the queue is empty, then pull (C5). It may be cut off at any moment, and called again.
 * Called by `schedule.js` alone, which sees to it that one tab at a time does this.
 */

import { apply, beginAnew } from "./pages.js";
import { askAsPhone, keepLease } from "./device.js";
import { batch, learn, setAside, settle } from "./queue.js";
import { LIMITS, meet, standingIn } from "./standing.js";
import { readAll, transact } from "./store.js";
import { NoAnswer, Refused } from "./transport.js";

const SYNC = "/api/v1/sync";
const PURPOSE = { "X-Purpose": "coordination" };
const SPOILED = new Set([400, 413]); // what one op can do to the envelope of all

/** @param {string} method @param {string} path @param {any} [body] */
async function ask(method, path, body) {
  let answer = await askAsPhone(method, `${SYNC}/${path}`, { body, compress: true });
  // A coordinator's pull brings what others logged; this app keeps none of it, but the city may ask what it is read for.
  if (answer.slug === "purpose-required") answer = await askAsPhone(method, `${SYNC}/${path}`, { body, compress: true, headers: PURPOSE });
  if (!answer.ok) throw new Refused(answer);
  return answer.body;
}

/**
 * @param {() => void} progress is called when something on the phone has changed
 */
export async function sync(progress) {
  await keepLease();
  await greet();
  await push(progress);
  await lookUp();
  await pull();
  progress();
  // A pull may have met another epoch, and so have queued what was acknowledged before.
  while ((await readAll("ops")).some((one) => one.state === "queued")) {
    await push(progress);
    await pull();
    progress();
  }
}

/** Ask for the limits, and whether the epoch is still the same. */
async function greet() {
  const hello = await ask("GET", "hello");
  await transact(["ops", "meta"], "readwrite", async (ops, meta) => {
    const standing = await standingIn(meta);
    await meet(standing, hello.epoch, ops);
    meta.put({ ...standing, limits: { ...LIMITS, ...hello.limits, keep_acked_days: hello.keep_acked_days } }, "standing");
  });
}

/** @param {() => void} progress */
async function push(progress) {
  for (let ops = await batch(); ops.length; ops = await batch()) {
    await send(ops);
    progress();
  }
}

/** @param {import("./queue.js").Body[]} ops */
async function send(ops) {
  let answer;
  try {
    answer = await ask("POST", "push", { sent_at: new Date().toISOString(), ops });
  } catch (error) {
    if (!(error instanceof Refused) || !SPOILED.has(error.answer.status)) throw error;
    // One of the ops spoils the envelope: send halves until it is alone, then set it aside (C8).
    if (ops.length === 1) return setAside(ops[0].op, error.answer.body ?? {});
    const middle = ops.length >> 1;
    await send(ops.slice(0, middle));
    await send(ops.slice(middle));
    return;
  }
  await settle(answer);
  const waits = answer.results.filter((/** @type {any} */ one) => one.status === "retry");
  if (waits.length) throw new NoAnswer("busy", Math.max(...waits.map((/** @type {any} */ one) => one.retry_after ?? 0)));
}

/** Ask what became of ops that waited for something else to come. */
async function lookUp() {
  const waiting = (await readAll("ops")).filter((one) => one.state === "acknowledged" && one.outcome.status === "deferred");
  for (let start = 0; start < waiting.length; start += LIMITS.lookup) {
    const ids = waiting.slice(start, start + LIMITS.lookup).map((one) => one.op);
    await learn(ids, (await ask("POST", "lookup", { ops: ids })).results);
  }
}

async function pull() {
  for (let more = true; more; ) {
    const { cursor, limits } = await transact(["meta"], "readonly", standingIn);
    let page;
    try {
      page = await ask("POST", "pull", { cursor, limit: limits.rows });
    } catch (error) {
      if (!(error instanceof Refused) || error.answer.slug !== "invalid-cursor" || cursor === null) throw error;
      await beginAnew();
      continue;
    }
    await apply(page, cursor);
    more = page.more;
  }
}
