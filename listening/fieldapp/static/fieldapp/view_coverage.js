/** Where the person has listened: a map and a list, of what is on the phone. */

import { h, svg } from "./dom.js";
import { around, pathOf, scaled } from "./locate.js";
import { state } from "./state.js";
import { number, t } from "./words.js";

const WIDTH = 340;
const DAYS = 90;

export function coverageView() {
  const { areas, layer } = state.reference.boundaries;
  const since = Date.now() - DAYS * 86_400_000;
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const one of state.shown.values()) {
    if (Date.parse(one.occurred_at) < since) continue;
    const within = one.district ?? one.place;
    if (within?.layer === layer) counts.set(within.code, (counts.get(within.code) ?? 0) + 1);
  }
  const listened = areas.filter((area) => counts.has(area.code)).sort((a, b) => (counts.get(b.code) ?? 0) - (counts.get(a.code) ?? 0));
  const most = Math.max(1, ...counts.values());
  return h("section", { class: "coverage", "aria-labelledby": "title" }, h("h1", { id: "title" }, t("nav.coverage")),
    h("p", {}, t("coverage.said", { n: listened.length, of: areas.length, days: DAYS })),
    areas.length > 0 && drawing(areas, counts),
    h("ul", { class: "bars" }, ...listened.map((area) => {
      const bar = h("span", { class: "bar", "aria-hidden": "true" });
      bar.style.inlineSize = `${((counts.get(area.code) ?? 0) / most) * 100}%`;
      return h("li", {}, h("span", {}, area.name), h("b", {}, number(counts.get(area.code) ?? 0)), bar);
    })),
    h("p", { class: "hint" }, t("coverage.hint")));
}

/** @param {import("./locate.js").Area[]} areas @param {Map<string, number>} counts */
function drawing(areas, counts) {
  const box = around(areas);
  const { height } = scaled(box, WIDTH);
  return svg("svg", { viewBox: `-2 -2 ${WIDTH + 4} ${(height + 4).toFixed(0)}`, class: "areas", role: "img", "aria-label": t("coverage.map") },
    ...areas.map((area) => {
      const count = counts.get(area.code) ?? 0;
      return svg("path", { d: pathOf(area, box, WIDTH), class: `n${count === 0 ? 0 : count < 3 ? 1 : count < 10 ? 2 : 3}` }, svg("title", {}, `${area.name}: ${number(count)}`));
    }));
}
