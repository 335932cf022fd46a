/**
 * When to sync: at start, after a save, when the network or the page comes back, and after a wait that doubles (C7).
 * One tab at a time (Web Locks); the others hear of it (BroadcastChannel).
 * @typedef {"idle" | "sending" | "waiting" | "refused"} Activity
 */

import { device, SignedOut } from "./device.js";
import { NoAnswer, Refused } from "./transport.js";

const FIRST_MS = 2_000;
const LONGEST_MS = 900_000;
const EVERY_MS = 300_000;

const channel = new BroadcastChannel("field");
/** @type {Activity} */
let activity = "idle";
let failures = 0;
let isRunning = false;
let isAskedAgain = false;
let timer = 0;
/** @type {() => void} */
let told = () => {};
/** @type {() => Promise<void>} */
let also = async () => {};

export const doing = () => activity;

/** Something on the phone has changed: show it, here and in the other tabs. */
export function announce() {
  channel.postMessage("changed");
  told();
}

/** What is done after a sync, while there is a network. @param {() => Promise<void>} more */
export function alsoSend(more) {
  also = more;
}

/** @param {() => void} changed is called whenever there is something new to show */
export function start(changed) {
  told = changed;
  channel.onmessage = () => told();
  addEventListener("online", () => wake());
  addEventListener("offline", () => told());
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && wake());
  wake();
}

/** Sync now; while that goes on already, once more after it. */
export async function wake() {
  if (isRunning) {
    isAskedAgain = true;
    return;
  }
  isRunning = true;
  clearTimeout(timer);
  try {
    do {
      isAskedAgain = false;
      await once();
    } while (isAskedAgain);
  } finally {
    isRunning = false;
  }
}

/** Not needed for the first screen. Before the service worker has it, a network that is gone may keep it away. */
async function syncModule() {
  try {
    return (await import("./sync.js")).sync;
  } catch (error) {
    throw new NoAnswer(String(error));
  }
}

async function once() {
  const known = await device();
  if (!known || known.state === "revoked" || known.state === "expired") return show("idle");
  show("sending");
  try {
    const sync = await syncModule();
    await navigator.locks.request("field-sync", async () => {
      await sync(announce);
      await also();
    });
    failures = 0;
    show("idle");
    // What was changed elsewhere, and a queue that another tab filled, are seen within minutes.
    timer = setTimeout(wake, EVERY_MS);
  } catch (error) {
    if (error instanceof NoAnswer) {
      const within = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures++, 9));
      timer = setTimeout(wake, Math.max(Math.random() * within, (error.retryAfter ?? 0) * 1_000));
      show("waiting");
      askForSync();
    } else if (error instanceof SignedOut) {
      // Until somebody confirms the phone on the page of their phones.
      if ((await device())?.state === "unconfirmed") timer = setTimeout(wake, 3_000);
      show("idle");
    } else if (error instanceof Refused) {
      timer = setTimeout(wake, EVERY_MS);
      show("refused");
    } else {
      show("idle");
      throw error;
    }
  }
}

/** Let the system call the service worker when there is a network: a bonus, and only in some browsers. */
async function askForSync() {
  const registration = await navigator.serviceWorker?.getRegistration();
  await /** @type {any} */ (registration)?.sync?.register("field-queue").catch(() => {});
}

/** @param {Activity} next */
function show(next) {
  activity = next;
  announce();
}
