/** What was logged, newest first, and above it what needs a look. */

import { removeConversation, open, retry, understood, forgetRefused } from "./deeds.js";
import { h, icon } from "./dom.js";
import { needsAttention, standingOf, state } from "./state.js";
import { placeName, themeName } from "./view_log.js";
import { day, has, number, t, timeOfDay } from "./words.js";

const DAYS = 7;

export function todayView() {
  const attention = needsAttention();
  const since = new Date();
  since.setHours(0, 0, 0, 0);
  const today = since.getTime();
  since.setDate(since.getDate() - DAYS);
  const shown = [...state.shown.values()]
    .filter((one) => Date.parse(one.occurred_at) >= since.getTime() || standingOf(one.id) !== "sent")
    .sort((a, b) => Date.parse(b.occurred_at) - Date.parse(a.occurred_at));
  /** @type {Map<string, any[]>} */
  const days = new Map();
  for (const one of shown.filter((conversation) => !attention.has(conversation.id))) {
    const at = new Date(one.occurred_at);
    const name = at.getTime() >= today ? t("today.today") : day(at);
    days.set(name, [...(days.get(name) ?? []), one]);
  }
  return h("section", { class: "list", "aria-labelledby": "title" }, h("h1", { id: "title" }, t("nav.today")),
    attention.size > 0 && h("section", { class: "attention", "aria-labelledby": "attention" },
      h("h2", { id: "attention" }, icon("alert"), t("attention.title", { n: attention.size })),
      h("ul", {}, ...[...attention].map(([id, op]) => troubled(id, op)))),
    state.photos.filter((one) => one.state === "refused").map((one) => h("p", { class: "warning" }, t("photo.refused", { why: one.problem?.title ?? "" }))),
    !shown.length && h("p", { class: "empty" }, t("today.empty")),
    ...[...days].map(([name, list]) => h("section", {}, h("h2", {}, name, " ", h("span", { class: "count" }, number(list.length))), h("ul", {}, ...list.map(item)))));
}

/** @param {any} one a conversation */
function item(one) {
  const standing = standingOf(one.id);
  return h("li", {}, h("button", { type: "button", class: "card item", id: `c-${one.id}`, "data-standing": standing, onclick: () => open(one.id) },
    h("span", { class: "head" }, h("time", { datetime: one.occurred_at }, timeOfDay(new Date(one.occurred_at))), h("strong", {}, placeName(one.place)),
      h("span", { class: `state ${standing}` }, icon(standing === "sent" ? "check" : standing === "attention" ? "alert" : "clock"), t(`state.${standing}`))),
    ...said(one)));
}

/** @param {any} one */
const said = (one) => (one.findings ?? []).map((/** @type {any} */ finding) =>
  h("span", { class: "said" }, h("span", { class: "kind" }, t(`kind.${finding.kind}`)), " ",
    (finding.themes ?? []).map(themeName).join(", "),
    finding.severity ? h("span", { class: "pressing" }, t("today.severity", { n: finding.severity })) : "",
    finding.text && h("q", { dir: "auto" }, finding.text.length > 90 ? `${finding.text.slice(0, 90)}…` : finding.text)));

/** @param {string} id @param {import("./queue.js").Op} op */
function troubled(id, op) {
  const one = state.shown.get(id);
  const isClash = op.outcome?.status === "conflict";
  return h("li", { class: "card trouble", "data-record": id },
    one && h("p", { class: "head" }, h("time", { datetime: one.occurred_at }, timeOfDay(new Date(one.occurred_at))), h("strong", {}, placeName(one.place))),
    one && said(one),
    h("p", { class: "why" }, isClash ? t("attention.clash") : why(op)),
    ...(op.outcome?.errors ?? []).map((/** @type {any} */ error) => h("p", { class: "error" }, h("code", {}, error.pointer ?? ""), " ", error.detail ?? error.code)),
    h("div", { class: "buttons" },
      !isClash && one && op.outcome?.reason !== "gone" && h("button", { type: "button", class: "button", onclick: () => open(id) }, t("attention.fix")),
      !isClash && h("button", { type: "button", class: "button quiet", onclick: () => retry(id) }, t("attention.retry")),
      isClash ? h("button", { type: "button", class: "button", onclick: () => understood(id) }, t("attention.understood"))
        : h("button", { type: "button", class: "button quiet", onclick: () => (op.body.kind === "create" ? removeConversation(id) : forgetRefused(id)) }, t("attention.drop"))));
}

/** @param {import("./queue.js").Op} op */
function why(op) {
  const reason = op.outcome?.reason ?? op.outcome?.title ?? "";
  return has(`reason.${reason}`) ? t(`reason.${reason}`) : t("reason.other", { reason });
}
