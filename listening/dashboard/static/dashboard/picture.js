/** The drawing of the page as features: what the map shows is what the server drew, and nothing else is asked for. */

/** @typedef {[number, number]} Position longitude and latitude, degrees (EPSG:4326) */
/** @typedef {{place: string, name: string, title: string, colour: string, texture: string, chosen: boolean}} Look */

/**
 * The looks of the areas of a drawing, by place.
 * @param {SVGSVGElement} svg
 * @returns {Map<string, Look>}
 */
export function looksOf(svg) {
  const looks = new Map();
  for (const path of pathsOf(svg)) {
    const place = path.dataset.place ?? "";
    const pattern = /url\("?#([\w-]+)"?\)/.exec(path.getAttribute("fill") ?? "")?.[1];
    const painted = pattern ? document.getElementById(pattern)?.firstElementChild : path;
    looks.set(place, {
      place,
      // Hexagons have numbers, no names.
      name: svg.dataset.unnamed ? "" : document.querySelector(`tr[data-place="${CSS.escape(place)}"] th a`)?.textContent?.trim() ?? "",
      title: path.querySelector("title")?.textContent ?? "",
      colour: painted ? getComputedStyle(painted).fill : "rgb(255, 255, 255)",
      texture: pattern?.split("-")[0] ?? "",
      chosen: path.classList.contains("chosen"),
    });
  }
  return looks;
}

/**
 * The areas of a drawing and the points of their names, as two GeoJSON FeatureCollections.
 * @param {SVGSVGElement} svg
 */
export function shapesOf(svg) {
  const unproject = projection(svg);
  const areas = [], names = [];
  for (const path of pathsOf(svg)) {
    const rings = ringsOf(path.getAttribute("d") ?? "");
    const polygons = groupedRings(rings);
    const place = path.dataset.place ?? "";
    areas.push(feature(place, { type: "MultiPolygon", coordinates: polygons.map((p) => p.map((ring) => closed(ring.map(unproject)))) }));
    if (polygons.length) names.push(feature(place, { type: "Point", coordinates: unproject(middleOf(polygons)) }));
  }
  const around = [...svg.querySelectorAll("path.surroundings")].flatMap((path) => ringsOf(path.getAttribute("d") ?? ""))
    .map((ring) => feature("", { type: "LineString", coordinates: closed(ring.map(unproject)) }));
  return { areas: collection(areas), names: collection(names), around: collection(around) };
}

/**
 * West, south, east and north of a drawing.
 * @param {SVGSVGElement} svg
 * @returns {[Position, Position]}
 */
export function cornersOf(svg) {
  const [, , , , margin] = frameOf(svg);
  const unproject = projection(svg);
  const { width, height } = svg.viewBox.baseVal;
  const [west, south] = unproject([margin, height - 90 - margin]);
  const [east, north] = unproject([width - margin, margin]);
  return [[west, south], [east, north]];
}

/** @param {SVGSVGElement} svg */
function pathsOf(svg) {
  return /** @type {SVGPathElement[]} */ ([...svg.querySelectorAll("path[data-place]")]);
}

/** @param {SVGSVGElement} svg */
function frameOf(svg) {
  return (svg.dataset.frame ?? "").split(" ").map(Number);
}

/** @param {SVGSVGElement} svg */
function projection(svg) {
  const [west, north, squeeze, units, margin] = frameOf(svg);
  return (/** @type {Position} */ [x, y]) => /** @type {Position} */ ([
    west + (x - margin) / units / squeeze,
    north - (y - margin) / units,
  ]);
}

/**
 * The rings of path data as the server writes it: one absolute start, relative steps, closed.
 * @param {string} data
 * @returns {Position[][]}
 */
export function ringsOf(data) {
  return data.split("z").filter(Boolean).map((part) => {
    const numbers = (part.match(/[+-]?\d+/g) ?? []).map(Number);
    const ring = [];
    let [x, y] = [0, 0];
    for (let at = 0; at + 1 < numbers.length; at += 2) {
      [x, y] = [x + numbers[at], y + numbers[at + 1]];
      ring.push(/** @type {Position} */ ([x, y]));
    }
    return ring;
  });
}

/**
 * Rings as polygons: one that lies in an odd number of others is a hole of the smallest of these.
 * @param {Position[][]} rings
 * @returns {Position[][][]}
 */
export function groupedRings(rings) {
  const sorted = rings.map((ring) => ({ ring, size: Math.abs(sizeOf(ring)) })).sort((a, b) => b.size - a.size);
  const outer = /** @type {{ring: Position[], polygon: Position[][]}[]} */ ([]);
  for (const { ring } of sorted) {
    const around = sorted.filter((other) => other.ring !== ring && isInside(ring[0], other.ring) && other.size > Math.abs(sizeOf(ring)));
    const holder = around.length % 2 ? outer.findLast((one) => isInside(ring[0], one.ring)) : undefined;
    if (holder) holder.polygon.push(ring);
    else outer.push({ ring, polygon: [ring] });
  }
  return outer.map((one) => one.polygon);
}

/**
 * A point well inside the largest polygon: the middle of the widest stretch at the height of its centroid.
 * @param {Position[][][]} polygons
 * @returns {Position}
 */
function middleOf(polygons) {
  const [polygon] = polygons;
  let [area, cy] = [0, 0];
  eachEdge(polygon[0], ([x1, y1], [x2, y2]) => {
    const cross = x1 * y2 - x2 * y1;
    area += cross;
    cy += (y1 + y2) * cross;
  });
  const y = area ? cy / (3 * area) : polygon[0][0][1];
  const crossings = /** @type {number[]} */ ([]);
  for (const ring of polygon) {
    eachEdge(ring, ([x1, y1], [x2, y2]) => {
      if (y1 > y !== y2 > y) crossings.push(x1 + ((y - y1) / (y2 - y1)) * (x2 - x1));
    });
  }
  crossings.sort((a, b) => a - b);
  let best = /** @type {Position} */ ([polygon[0][0][0], polygon[0][0][0]]);
  for (let at = 0; at + 1 < crossings.length; at += 2) {
    if (crossings[at + 1] - crossings[at] > best[1] - best[0]) best = [crossings[at], crossings[at + 1]];
  }
  return [(best[0] + best[1]) / 2, y];
}

/** @param {Position[]} ring */
function sizeOf(ring) {
  let twice = 0;
  eachEdge(ring, ([x1, y1], [x2, y2]) => { twice += x1 * y2 - x2 * y1; });
  return twice / 2;
}

/**
 * @param {Position} point
 * @param {Position[]} ring
 */
function isInside([x, y], ring) {
  let inside = false;
  eachEdge(ring, ([x1, y1], [x2, y2]) => {
    if (y1 > y !== y2 > y && x < x1 + ((y - y1) / (y2 - y1)) * (x2 - x1)) inside = !inside;
  });
  return inside;
}

/**
 * @param {Position[]} ring
 * @param {(a: Position, b: Position) => void} told
 */
function eachEdge(ring, told) {
  ring.forEach((corner, at) => told(corner, ring[(at + 1) % ring.length]));
}

/** @param {Position[]} ring */
const closed = (ring) => [...ring, ring[0]];

/** @param {string} place @param {object} geometry */
const feature = (place, geometry) => ({ type: "Feature", properties: { place }, geometry });

/** @param {object[]} features */
const collection = (features) => ({ type: "FeatureCollection", features });
