/** MapLibre GL over the drawing: the same areas in the same colours, to move and to enlarge. */

import { light } from "./highlight.js";
import { cornersOf, looksOf, shapesOf } from "./picture.js";
import { textures } from "./textures.js";
import { turn } from "./turning.js";

const HASH = /^#([\d.]+)\/(-?[\d.]+)\/(-?[\d.]+)$/;
const FONT = ["system-ui", "Noto Sans", "DejaVu Sans", "sans-serif"];
/** @type {any} */
let library;
/** @type {Atlas[]} */
let atlases = [];

/**
 * Begin the maps of this page as soon as the library is there; without it, or without WebGL, the drawing stays.
 * @param {DOMStringMap | undefined} where addresses of the library
 */
export function beginMaps(where) {
  document.documentElement.dataset.map = "drawing";
  if (!where?.library) return;
  const asked = () => open(where).catch(() => closeAll());
  const network = /** @type {any} */ (navigator).connection;
  if (network?.saveData || /2g|3g/.test(network?.effectiveType ?? "")) offer(asked);
  else asked();
}

/** @param {DOMStringMap} where */
async function open(where) {
  if (!where.library || !where.worker || !where.style || !document.querySelector("svg.map")) return;
  await new Promise((done, failed) => {
    const link = document.createElement("link");
    Object.assign(link, { rel: "stylesheet", href: where.style, onload: done, onerror: failed });
    document.head.append(link);
  });
  library = await import(where.library);
  library.setWorkerUrl(new URL(where.worker, location.href).href);
  document.addEventListener("turning", () => atlases.forEach((atlas) => atlas.leave()));
  document.addEventListener("turned", draw);
  document.addEventListener("lit", (event) => {
    const { place, on } = /** @type {CustomEvent} */ (event).detail;
    atlases.forEach((atlas) => atlas.light(place, on));
  });
  addEventListener("hashchange", () => atlases.forEach((atlas) => atlas.goToHash()));
  draw();
}

/** One map for each drawing of the page; maps that are there already are put over the new drawings. */
function draw() {
  const frames = /** @type {HTMLElement[]} */ ([...document.querySelectorAll(".map-frame")]);
  try {
    frames.forEach((frame, at) => {
      if (atlases[at]) atlases[at].show(frame);
      else atlases.push(new Atlas(frame));
    });
    atlases.splice(frames.length).forEach((atlas) => atlas.close());
  } catch {
    closeAll();
  }
}

/** Back to the drawings, which were never gone. */
function closeAll() {
  atlases.forEach((atlas) => atlas.close());
  atlases = [];
  document.documentElement.dataset.map = "drawing";
}

/** The machine took the picture away: the drawings stay, and the maps come back when they are asked for. */
function lost() {
  closeAll();
  if (!document.querySelector(".open-map")) offer(draw);
}

/** A button in place of the map, where the network is slow or paid by volume, or the map was lost. @param {() => void} asked */
function offer(asked) {
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "button quiet open-map", textContent: words().open });
  button.addEventListener("click", () => { button.remove(); asked(); });
  document.querySelector(".picture")?.append(button);
}

const words = () => document.getElementById("map-words")?.dataset ?? {};

class Atlas {
  /** @param {HTMLElement} frame */
  constructor(frame) {
    this.box = document.createElement("div");
    this.box.className = "gl";
    this.tip = document.createElement("p");
    this.tip.className = "tip";
    this.tip.hidden = true;
    /** @type {Map<string, import("./picture.js").Look>} */
    this.looks = new Map();
    this.pointed = "";
    this.layer = "";
    this.put(frame);
    const told = words();
    this.map = new library.Map({
      container: this.box,
      style: { version: 8, sources: {}, layers: [] },
      bounds: cornersOf(this.svg),
      fitBoundsOptions: { padding: 12 },
      maxZoom: 16,
      fadeDuration: 0,
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      cooperativeGestures: false,
      locale: { "Map.Title": told.map, "NavigationControl.ZoomIn": told.zoomIn, "NavigationControl.ZoomOut": told.zoomOut },
    });
    this.map.touchZoomRotate.disableRotation();
    this.map.keyboard.disableRotation();
    this.map.addControl(new library.NavigationControl({ showCompass: false }), "top-right");
    this.map.addControl(new library.ScaleControl({ unit: "metric" }), "bottom-left");
    this.map.addControl(new Home(told.home, () => this.goHome()), "top-right");
    this.map.on("load", () => this.furnish());
    this.map.on("webglcontextlost", lost);
    this.map.on("moveend", (/** @type {any} */ event) => this.moved(event));
    this.goToHash();
  }

  get svg() {
    return /** @type {SVGSVGElement} */ (this.frame?.querySelector("svg.map"));
  }

  /** @param {HTMLElement} frame */
  put(frame) {
    this.frame = frame;
    frame.append(this.box, this.tip);
  }

  /** Sources and layers, once; colours follow by feature state. */
  furnish() {
    const map = this.map;
    for (const [name, image] of Object.entries(textures())) map.addImage(name, image, { pixelRatio: 2 });
    for (const name of ["areas", "names", "around"]) {
      map.addSource(name, { type: "geojson", promoteId: "place", data: { type: "FeatureCollection", features: [] } });
    }
    const state = (/** @type {string} */ name) => ["feature-state", name];
    const fill = (/** @type {string} */ id, /** @type {object} */ paint) => map.addLayer({ id, type: "fill", source: "areas", paint });
    map.addLayer({ id: "around", type: "line", source: "around", paint: { "line-color": "#dcd9ce", "line-width": 1 } });
    fill("areas", { "fill-color": ["to-color", ["coalesce", state("colour"), "#ffffff"]], "fill-antialias": false });
    for (const name of ["hatch", "dots", "wide"]) {
      fill(name, { "fill-pattern": name, "fill-opacity": ["case", ["==", state("texture"), name], 1, 0], "fill-antialias": false });
    }
    const marked = ["boolean", state("marked"), false];
    map.addLayer({
      id: "outlines", type: "line", source: "areas", layout: { "line-join": "round" },
      paint: { "line-color": ["case", ["in", ["coalesce", state("texture"), ""], ["literal", ["hatch", "dots"]]], "#9aa0aa", "#ffffff"], "line-width": 1.2 },
    });
    map.addLayer({
      id: "marked", type: "line", source: "areas", layout: { "line-join": "round" },
      paint: { "line-color": "#b3004f", "line-width": 4, "line-opacity": ["case", marked, 1, 0] },
    });
    map.addLayer({
      id: "names", type: "symbol", source: "names",
      layout: { "text-field": ["get", "name"], "text-font": FONT, "text-size": 13, "text-max-width": 7, "text-padding": 4 },
      paint: { "text-color": "#1b2333", "text-halo-color": "#ffffff", "text-halo-width": 2 },
    });
    map.on("mousemove", "areas", (/** @type {any} */ event) => this.point(event.features[0].id, event.point));
    map.on("mouseleave", "areas", () => this.point("", null));
    map.on("click", "areas", (/** @type {any} */ event) => this.choose(event.features[0].id));
    this.paint();
    map.once("idle", () => {
      if (this.frame) this.frame.dataset.map = "ready";
      if (atlases.every((atlas) => atlas.frame?.dataset.map === "ready")) document.documentElement.dataset.map = "ready";
    });
  }

  /** Take shapes and colours from the drawing; shapes only when they are others than before. */
  paint() {
    const { layer = "" } = this.svg.dataset;
    this.looks = looksOf(this.svg);
    if (layer !== this.layer) {
      const shapes = shapesOf(this.svg);
      for (const one of shapes.names.features) Object.assign(one.properties, { name: this.looks.get(one.properties.place)?.name });
      for (const [name, data] of Object.entries(shapes)) this.map.getSource(name).setData(data);
      this.layer = layer;
    }
    this.map.removeFeatureState({ source: "areas" });
    for (const [id, look] of this.looks) {
      this.map.setFeatureState({ source: "areas", id }, { colour: look.colour, texture: look.texture, marked: look.chosen });
    }
  }

  /** @param {HTMLElement} frame */
  show(frame) {
    const before = this.layer.split(" ")[0];
    this.put(frame);
    if (!this.map.getSource("areas")) return;
    this.paint();
    frame.dataset.map = "ready";
    this.map.resize();
    if (before !== this.layer.split(" ")[0]) this.goHome();
  }

  leave() {
    this.box.remove();
    this.tip.remove();
    this.tip.hidden = true;
    this.pointed = "";
  }

  close() {
    if (this.frame) delete this.frame.dataset.map;
    this.map?.remove();
    this.leave();
  }

  /** @param {string} place @param {boolean} on */
  light(place, on) {
    const look = this.looks.get(place);
    if (look && this.map.getSource("areas")) {
      this.map.setFeatureState({ source: "areas", id: place }, { marked: on || look.chosen });
    }
  }

  /** @param {string} place @param {{x: number, y: number} | null} at */
  point(place, at) {
    if (place !== this.pointed) {
      if (this.pointed) light(this.pointed, false);
      if (place) light(place, true);
      this.pointed = place;
      this.map.getCanvas().style.cursor = place ? "pointer" : "";
    }
    this.tip.hidden = !place;
    this.tip.textContent = this.looks.get(place)?.title ?? "";
    if (!at) return;
    const isRight = at.x > this.box.clientWidth / 2;
    this.tip.style.left = isRight ? "auto" : `${at.x + 14}px`;
    this.tip.style.right = isRight ? `${this.box.clientWidth - at.x + 14}px` : "auto";
    this.tip.style.top = `${at.y + 14}px`;
  }

  /** @param {string} place */
  choose(place) {
    const link = document.querySelector(`tr[data-place="${CSS.escape(place)}"] a.profile`);
    if (link instanceof HTMLAnchorElement) turn(new URL(link.href));
  }

  goHome() {
    this.map.fitBounds(cornersOf(this.svg), { padding: 12, animate: false });
    if (HASH.test(location.hash)) history.replaceState(null, "", location.pathname + location.search);
  }

  goToHash() {
    const [, zoom, lat, lng] = HASH.exec(location.hash) ?? [];
    if (zoom) this.map.jumpTo({ zoom: Number(zoom), center: [Number(lng), Number(lat)] });
  }

  /** What a person moved is kept in the address; several maps move together. @param {any} event */
  moved(event) {
    if (!event.originalEvent) return;
    const { lat, lng } = this.map.getCenter();
    const zoom = this.map.getZoom();
    history.replaceState(null, "", `#${zoom.toFixed(2)}/${lat.toFixed(4)}/${lng.toFixed(4)}`);
    for (const other of atlases) if (other !== this) other.map.jumpTo({ zoom, center: [lng, lat] });
  }
}

/** A button that shows the whole city again. */
class Home {
  /** @param {string | undefined} says @param {() => void} deed */
  constructor(says, deed) {
    this.says = says;
    this.deed = deed;
  }

  onAdd() {
    this.element = document.createElement("div");
    this.element.className = "maplibregl-ctrl maplibregl-ctrl-group";
    const button = document.createElement("button");
    Object.assign(button, { type: "button", title: this.says, textContent: "\u2302", className: "home" });
    button.setAttribute("aria-label", this.says ?? "");
    button.addEventListener("click", this.deed);
    this.element.append(button);
    return this.element;
  }

  onRemove() {
    this.element?.remove();
  }
}
