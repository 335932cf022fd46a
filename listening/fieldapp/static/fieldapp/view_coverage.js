/** Where the person has listened: a map and a list, of what is on the phone. */

import { h, svg } from "./dom.js";
import { around, pathOf, scaled } from "./locate.js";
import { state } from "./state.js";
import { day, number, t } from "./words.js";

const WIDTH = 340;
const DAYS = 90;
const MOST_TARGETS = 12; // in a list that one reads on a street

export function coverageView() {
  const { areas } = state.reference.boundaries;
  const counts = heldSince(Date.now() - DAYS * 86_400_000);
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
    h("p", { class: "hint" }, t("coverage.hint")),
    month());
}

/** Own conversations by area, since an instant. @param {number} since in milliseconds @returns {Map<string, number>} */
function heldSince(since) {
  const counts = new Map();
  for (const one of state.shown.values()) {
    const within = one.district ?? one.place;
    if (Date.parse(one.occurred_at) >= since && within?.layer === state.reference.boundaries.layer) counts.set(within.code, (counts.get(within.code) ?? 0) + 1);
  }
  return counts;
}

/** Own conversations of this month, beside what all listeners together should have; those that lack most come first. */
function month() {
  const { targets, targetsAt, boundaries } = state.reference;
  if (!targets?.places.length || targets.layer !== boundaries.layer) return null;
  const now = new Date();
  const held = heldSince(new Date(now.getFullYear(), now.getMonth()).getTime());
  const rows = targets.places.map(({ code, name, target }) => ({ name, had: held.get(code) ?? 0, of: target / 12 }));
  const lacking = rows.map((one) => ({ ...one, lack: Math.max(0, one.of - one.had) })).sort((a, b) => b.lack - a.lack).slice(0, MOST_TARGETS);
  const sum = (/** @type {number[]} */ values) => values.reduce((a, b) => a + b, 0);
  return h("section", { id: "month", "aria-labelledby": "month-title" }, h("h2", { id: "month-title" }, t("targets.title")),
    h("p", {}, t("targets.said", { n: sum(rows.map((one) => one.had)), of: Math.ceil(sum(rows.map((one) => one.of))) })),
    rows.length > MOST_TARGETS && h("p", {}, t("targets.most", { n: MOST_TARGETS })),
    h("ul", { class: "bars" }, ...lacking.map((one) => {
      const bar = h("span", { class: "bar" });
      bar.style.inlineSize = `${Math.min(1, one.had / one.of) * 100}%`;
      return h("li", {}, h("span", {}, one.name), h("b", {}, t("targets.row", { n: one.had, of: Math.ceil(one.of) })), h("span", { class: "track", "aria-hidden": "true" }, bar));
    })),
    h("p", { class: "hint" }, t("targets.hint", { year: targets.conversations, date: day(new Date(targetsAt)) })));
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
