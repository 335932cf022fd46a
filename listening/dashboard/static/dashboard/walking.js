/** The drawing by keyboard: one stop for Tab, and from place to place by the arrow keys. The table says the same. */

import { light } from "./highlight.js";

const WAYS = /** @type {Record<string, [number, number]>} */ ({ ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] });

export function beginWalking() {
  const begin = () => document.querySelectorAll("svg.map").forEach((map) => {
    const areas = areasOf(map);
    (areas.find((area) => area.querySelector(".chosen")) ?? areas[0])?.setAttribute("tabindex", "0");
  });
  begin();
  document.addEventListener("turned", begin);
  document.addEventListener("keydown", (event) => {
    const here = /** @type {Element} */ (event.target).closest?.("svg.map a");
    const way = WAYS[event.key];
    if (!here || !way || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const next = nearest(here, way);
    if (!next) return;
    here.setAttribute("tabindex", "-1");
    next.setAttribute("tabindex", "0");
    next.focus({ preventScroll: true });
  });
  for (const [name, on] of /** @type {[string, boolean][]} */ ([["focusin", true], ["focusout", false]])) {
    document.addEventListener(name, (event) => {
      const path = /** @type {Element} */ (event.target).closest?.("svg.map a")?.querySelector("[data-place]");
      if (path instanceof SVGElement) light(path.dataset.place ?? "", on);
    });
  }
}

/** @param {Element} map */
const areasOf = (map) => /** @type {SVGAElement[]} */ ([...map.querySelectorAll("a")]);

/**
 * The place whose middle lies nearest in a direction: what is aside of it counts double.
 * @param {Element} here
 * @param {[number, number]} way
 */
function nearest(here, [dx, dy]) {
  const from = middleOf(here);
  let [best, least] = [/** @type {SVGAElement | undefined} */ (undefined), Infinity];
  for (const area of areasOf(/** @type {Element} */ (here.closest("svg.map")))) {
    const to = middleOf(area);
    const ahead = (to.x - from.x) * dx + (to.y - from.y) * dy;
    const aside = Math.abs((to.x - from.x) * dy) + Math.abs((to.y - from.y) * dx);
    if (area !== here && ahead > aside / 2 && ahead + 2 * aside < least) [best, least] = [area, ahead + 2 * aside];
  }
  return best;
}

/** @param {Element} area */
function middleOf(area) {
  const { x, y, width, height } = area.getBoundingClientRect();
  return { x: x + width / 2, y: y + height / 2 };
}
