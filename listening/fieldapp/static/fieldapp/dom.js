/** Elements without a framework: everything is text or an element, so nothing that a person wrote becomes markup. */

/**
 * @param {string} tag
 * @param {Record<string, any>} [members] attributes, properties (`value`, `checked`, ...) and listeners (`onclick`, ...)
 * @param {...(Node | string | null | undefined | false | (Node | string | null | undefined | false)[])} children
 * @returns {any}
 */
export function h(tag, members = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(members)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "checked" || name === "selected" || name === "value") /** @type {any} */ (element)[name] = value;
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(.../** @type {(Node | string)[]} */ (children.flat().filter((child) => child || child === "")));
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

/** @param {string} tag @param {Record<string, any>} members @param {...(Node | string)} children @returns {SVGElement} */
export function svg(tag, members = {}, ...children) {
  const element = /** @type {SVGElement} */ (document.createElementNS(SVG, tag));
  for (const [name, value] of Object.entries(members)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

const ICONS = {
  log: "M4 5h16v11h-8l-5 4v-4H4zM12 8v5m-2.5-2.5h5",
  today: "M5 6h14v14H5zM5 10h14M9 3.500v4M15 3.500v4",
  coverage: "M9 4 4 6v14l5-2 6 2 5-2V4l-5 2zM9 4v14M15 6v14",
  more: "M4 7h16M4 12h16M4 17h16",
  place: "M12 21s-6-5.500-6-11a6 6 0 0 1 12 0c0 5.500-6 11-6 11zM12 12.200a2.200 2.200 0 1 0 0-4.400 2.200 2.200 0 0 0 0 4.400z",
  locate: "M12 3v3m0 12v3m9-9h-3M6 12H3m9 5a5 5 0 1 0 0-10 5 5 0 0 0 0 10z",
  check: "m5 12.500 4.500 4.500L19 7",
  clock: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zm0-13.500V12l3 2",
  alert: "M12 4 3 20h18zM12 10v4.500m0 2.500v.5",
  photo: "M4 8h4l2-3h4l2 3h4v11H4zM12 16.500a3 3 0 1 0 0-6 3 3 0 0 0 0 6z",
  plus: "M12 5v14M5 12h14",
  remove: "M6 6l12 12M18 6 6 18",
};

/** @param {keyof typeof ICONS} name */
export const icon = (name) =>
  svg("svg", { viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true" }, svg("path", { d: ICONS[name] }));

/**
 * A button that is on or off.
 * @param {string} id
 * @param {boolean} isOn
 * @param {() => void} press
 * @param {...any} children
 */
export const chip = (id, isOn, press, ...children) =>
  h("button", { type: "button", class: "chip", id, "aria-pressed": String(isOn), onclick: press }, ...children);

/**
 * Put a new element in the place of an old one, and keep the focus where it was.
 * @param {Element} old
 * @param {Element} made
 */
export function replace(old, made) {
  const focused = old.contains(document.activeElement) ? document.activeElement?.id : "";
  old.replaceWith(made);
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
}
