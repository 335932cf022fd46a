/**
 * The phone as the service knows it: enrolment by a code, the number to compare, the lease. docs/reference/phones.md.
 * @typedef {{id: string, token: string, key: CryptoKeyPair, number: string, state: DeviceState, leaseUntil: string, name: string}} Device
 * @typedef {"unconfirmed" | "active" | "revoked" | "expired"} DeviceState
 */

import { asked, keep, read, transact, wipe } from "./store.js";
import { ask, Refused } from "./transport.js";

const DEVICES = "/api/v1/devices";
const CURVE = { name: "ECDSA", namedCurve: "P-256" };
const TWO_DAYS_MS = 48 * 3_600_000;

/** The token does not hold any longer (C9). What was not sent is kept, unless the phone was told to forget. */
export class SignedOut extends Error {}

/** @returns {Promise<Device | undefined>} */
export const device = () => read("meta", "device");

/** The code in an address, or as it was typed. @param {string} text */
export const codeIn = (text) => (text.match(/#enrol=([\w-]+)/)?.[1] ?? text).replace(/\s/g, "");

/**
 * Enrol this phone. The private key is made here, and cannot be read, not even by this app.
 * @param {string} code
 * @param {string} name what the person calls the phone
 * @returns {Promise<Device>}
 */
export async function enrol(code, name) {
  const key = await crypto.subtle.generateKey(CURVE, false, ["sign", "verify"]);
  const spki = new Uint8Array(await crypto.subtle.exportKey("spki", key.publicKey));
  const answer = await ask("POST", `${DEVICES}/enrol`, { body: { code, name, public_key: btoa(String.fromCharCode(...spki)) } });
  if (!answer.ok) throw new Refused(answer);
  const told = answer.body;
  /** @type {Device} */
  const made = {
    id: told.device_id, token: told.token, key, name, state: "unconfirmed", leaseUntil: told.lease_until,
    number: await comparisonNumber(told.device_id, spki),
  };
  await keep("device", made);
  return made;
}

/**
 * Four digits that the phone computes itself: somebody in between, with a key of their own, would change them.
 * @param {string} id
 * @param {Uint8Array} spki
 */
export async function comparisonNumber(id, spki) {
  const bytes = id.replaceAll("-", "").match(/../g)?.map((pair) => parseInt(pair, 16)) ?? [];
  const told = new Uint8Array([...new TextEncoder().encode("nl-compare-v1"), ...bytes, ...spki]);
  const digest = new DataView(await crypto.subtle.digest("SHA-256", told));
  return String(digest.getBigUint64(0) % 10_000n).padStart(4, "0");
}

/**
 * Ask as this phone. A lease that is over is renewed, and the request sent again.
 * @param {string} method
 * @param {string} path
 * @param {Parameters<typeof ask>[2]} [options]
 */
export async function askAsPhone(method, path, options = {}) {
  let answer = await ask(method, path, { ...options, token: await token() });
  if (answer.slug === "lease-expired") {
    await sayHello();
    answer = await ask(method, path, { ...options, token: await token() });
  }
  await heed(answer);
  return answer;
}

async function token() {
  const known = await device();
  if (!known || known.state === "revoked" || known.state === "expired") throw new SignedOut("no phone");
  return known.token;
}

/** What the service says about the phone itself. @param {import("./transport.js").Answer} answer */
async function heed(answer) {
  if (answer.slug === "device-unconfirmed") {
    await change({ state: "unconfirmed" });
    throw new SignedOut(answer.slug);
  }
  if (answer.status !== 401) return;
  if (answer.body?.wipe === true) {
    await wipe();
    await keep("told-to-forget", Date.now());
  } else await change({ state: answer.slug === "token-expired" ? "expired" : "revoked" });
  throw new SignedOut(answer.slug);
}

/**
 * Say hello with a signature: renews the lease, and brings a new token once a week. The old one holds until the new one is
 * used, so an answer that is lost costs nothing.
 */
export async function sayHello() {
  const known = await device();
  if (!known) throw new SignedOut("no phone");
  const first = await ask("POST", `${DEVICES}/hello`, { body: {}, token: known.token });
  await heed(first);
  if (!first.ok) throw new Refused(first);
  const { nonce } = first.body;
  const message = new TextEncoder().encode(`nl-lease-v1\n${known.id}\n${nonce}`);
  const signed = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, known.key.privateKey, message);
  const answer = await ask("POST", `${DEVICES}/hello`, { body: { nonce, signature: base64url(signed) }, token: known.token });
  await heed(answer);
  if (!answer.ok) throw new Refused(answer);
  const told = answer.body;
  await change({ token: told.token ?? known.token, leaseUntil: told.lease_until, state: told.confirmed ? "active" : "unconfirmed" });
}

/** Renew a lease of which a third is over, so that a day without a network begins with a full one. */
export async function keepLease() {
  const known = await device();
  if (known && (known.state === "unconfirmed" || Date.parse(known.leaseUntil) - Date.now() < TWO_DAYS_MS)) await sayHello();
}

/** @param {Partial<Device>} members */
const change = (members) =>
  transact(["meta"], "readwrite", async (meta) => {
    const known = await asked(meta.get("device"));
    if (known) meta.put({ ...known, ...members }, "device");
  });

/** Leave: the key, the token and the records go; what was not sent stays, for whoever adds the phone anew. */
export const leave = () =>
  transact(["meta", "rows"], "readwrite", (meta, rows) => {
    for (const name of ["device", "standing"]) meta.delete(name);
    rows.clear();
  });

/** @param {ArrayBuffer} bytes */
const base64url = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
