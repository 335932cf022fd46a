/**
 * In which area a point lies, found on the phone: the point itself goes nowhere.
 * Coordinates are degrees of EPSG:4326, longitude first.
 * @typedef {[number, number]} Position
 * @typedef {[number, number, number, number]} Box minx, miny, maxx, maxy
 * @typedef {{code: string, name: string, box: Box, polygons: Position[][][]}} Area polygons of rings: the outer one, then holes
 */

/**
 * The area that holds a point; undefined outside of all. A border belongs to the area above it or to its right, so that a
 * point on it lies in one area, not in two.
 * @param {Area[]} areas
 * @param {number} x longitude
 * @param {number} y latitude
 * @returns {Area | undefined}
 */
export const areaAt = (areas, x, y) =>
  areas.find(({ box, polygons }) => x >= box[0] && y >= box[1] && x <= box[2] && y <= box[3] && polygons.some((rings) => holds(rings, x, y)));

/** Even-odd rule over all rings: a hole is outside. @param {Position[][]} rings @param {number} x @param {number} y */
function holds(rings, x, y) {
  let isInside = false;
  for (const ring of rings) {
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
      const [xi, yi] = ring[i];
      const [xj, yj] = ring[j];
      if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) isInside = !isInside;
    }
  }
  return isInside;
}

/**
 * Where the phone is.
 * @returns {Promise<{x: number, y: number, accuracy_m: number} | null>} null when it does not say, or may not
 */
export const whereAmI = () =>
  new Promise((resolve) => {
    if (!("geolocation" in navigator)) return resolve(null);
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => resolve({ x: coords.longitude, y: coords.latitude, accuracy_m: coords.accuracy }),
      () => resolve(null),
      { enableHighAccuracy: true, maximumAge: 60_000, timeout: 8_000 },
    );
  });

/** Whether the person has allowed it already: nobody is asked at the start. */
export async function mayLocate() {
  try {
    return (await navigator.permissions.query({ name: "geolocation" })).state === "granted";
  } catch {
    return false;
  }
}

/**
 * The path of an area in a picture: metres east and south of the corner of a box, at its scale.
 * @param {Area} area
 * @param {Box} box
 * @param {number} width of the picture
 */
export function pathOf(area, box, width) {
  const { place } = scaled(box, width);
  return area.polygons.flat().map((ring) => `M${ring.map(([x, y]) => place(x, y).map((value) => value.toFixed(1)).join(" ")).join("L")}z`).join("");
}

/** Equirectangular around the middle of a box. @param {Box} box @param {number} width */
export function scaled(box, width) {
  const shrink = Math.cos((((box[1] + box[3]) / 2) * Math.PI) / 180);
  const scale = width / Math.max((box[2] - box[0]) * shrink, 1e-9);
  return {
    height: (box[3] - box[1]) * scale,
    /** @param {number} x @param {number} y */
    place: (x, y) => [(x - box[0]) * shrink * scale, (box[3] - y) * scale],
  };
}

/** The box around some areas. @param {Area[]} areas @returns {Box} */
export const around = (areas) => [
  Math.min(...areas.map(({ box }) => box[0])),
  Math.min(...areas.map(({ box }) => box[1])),
  Math.max(...areas.map(({ box }) => box[2])),
  Math.max(...areas.map(({ box }) => box[3])),
];
