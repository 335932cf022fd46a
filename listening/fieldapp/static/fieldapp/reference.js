/**
 * Boundaries, themes and venues, kept on the phone and asked for anew by their ETags.
 * @typedef {{code: string, parent: string | null, labels: Record<string, string>, sensitivity: string}} Theme
 * @typedef {{code: string, name: string}} Venue
 * @typedef {{layer: string, areas: import("./locate.js").Area[]}} Boundaries
 * @typedef {{version: string, language: string, text: string}} Notice
 * @typedef {{layer: string | null, conversations: number, places: {code: string, name: string, target: number}[]}} Targets of a year
 * @typedef {{themes: Theme[], boundaries: Boundaries, venues: Venue[], notices: Notice[], targets: Targets | null, targetsAt: number}} Reference
 */

import { askAsPhone } from "./device.js";
import { asked, read, transact } from "./store.js";
import { ask, NoAnswer } from "./transport.js";

const TOLERANCE_M = 25;

/** @returns {Promise<Reference>} what is on the phone */
export const reference = () =>
  transact(["reference"], "readonly", async (store) => ({
    themes: (await asked(store.get("themes")))?.value ?? [],
    boundaries: (await asked(store.get("districts")))?.value ?? { layer: "", areas: [] },
    venues: (await asked(store.get("venues")))?.value ?? [],
    notices: (await asked(store.get("notices")))?.value ?? [],
    targets: (await asked(store.get("targets")))?.value ?? null,
    targetsAt: (await asked(store.get("targets-at"))) ?? 0,
  }));

/** Ask for what has changed. @returns {Promise<boolean>} whether anything had */
export async function refreshReference() {
  const changed = await Promise.all([
    refresh("themes", "/api/v1/themes", (body) => body.themes),
    refresh("layers", "/api/v1/layers", (body) => body.layers),
    refresh("notices", "/api/v1/notices", (body) => body.notices),
  ]);
  const base = (await read("reference", "layers"))?.value.find((/** @type {any} */ layer) => layer.is_base);
  if (base) {
    const address = `/api/v1/districts?layer=${encodeURIComponent(base.code)}&tolerance_m=${TOLERANCE_M}`;
    changed.push(await refresh("districts", address, (body) => ({ layer: body.layer, areas: body.features.map(areaOf) })));
  }
  return changed.some(Boolean);
}

/** An area from a GeoJSON feature. @param {any} feature @returns {import("./locate.js").Area} */
function areaOf(feature) {
  const { type, coordinates } = feature.geometry ?? { type: "MultiPolygon", coordinates: [] };
  /** @type {import("./locate.js").Position[][][]} */
  const polygons = type === "Polygon" ? [coordinates] : coordinates;
  const box = /** @type {import("./locate.js").Box} */ ([Infinity, Infinity, -Infinity, -Infinity]);
  for (const [x, y] of polygons.flat(2)) {
    box[0] = Math.min(box[0], x);
    box[1] = Math.min(box[1], y);
    box[2] = Math.max(box[2], x);
    box[3] = Math.max(box[3], y);
  }
  return { code: feature.properties.code, name: feature.properties.name, box, polygons };
}

/** Venues are for people with an assignment. @returns {Promise<boolean>} */
export const refreshVenues = () => refresh("venues", "/api/v1/venues", (body) => body.venues, askAsPhone);

/** How much to listen where one logs; nobody waits for it, and what is shown says of when it is. @returns {Promise<boolean>} */
export async function refreshTargets() {
  try {
    const hasChanged = await refresh("targets", "/api/v1/coverage/targets", (body) => body, askAsPhone);
    await transact(["reference"], "readwrite", (store) => { store.put(Date.now(), "targets-at"); });
    return hasChanged;
  } catch (error) {
    if (error instanceof NoAnswer) return false;
    throw error;
  }
}

/**
 * @param {string} name
 * @param {string} address
 * @param {(body: any) => any} shape
 * @param {typeof ask} by
 */
async function refresh(name, address, shape, by = ask) {
  const known = await read("reference", name);
  // An ETag is of one address: another layer is another answer.
  const etag = known?.address === address ? known.etag : null;
  const answer = await by("GET", address, { headers: etag ? { "If-None-Match": etag } : {} });
  if (answer.status === 304) return false;
  if (!answer.ok) throw new NoAnswer(`answered ${answer.status}`);
  const value = shape(answer.body);
  await transact(["reference"], "readwrite", (store) => { store.put({ address, etag: answer.headers.get("ETag"), value }, name); });
  return true;
}
