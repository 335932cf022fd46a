/** What stands on the screen: head, view, bar. The form is left alone while somebody writes in it. */

import { h, icon, replace } from "./dom.js";
import { doing, wake } from "./schedule.js";
import { loadReference, needsAttention, state, waiting } from "./state.js";
import { setStage } from "./stage.js";
import { t, told } from "./words.js";

/** The views that are here. @type {Record<string, () => any>} */
const VIEWS = {};
/** @type {Record<string, Promise<any>>} */
const coming = {};
/** @type {Record<string, () => Promise<() => any>>} */
const MODULES = {
  enrol: async () => (await import("./view_enrol.js")).enrolView,
  log: openLog,
  today: async () => (await import("./view_today.js")).todayView,
  coverage: async () => (await import("./view_coverage.js")).coverageView,
  more: async () => (await import("./view_more.js")).moreView,
};
/** What stands under the form; it comes with it. @type {() => any} */
let savebar = () => null;
let drawn = "";

/** The modules of the form, which imports most of the others. */
const formModules = () => Promise.all([import("./view_log.js"), import("./savebar.js"), import("./form_start.js")]);

/** The form, with what was being filled when the app was closed. */
async function openLog() {
  const [view, bar, start] = await formModules();
  await start.takeUpForm();
  savebar = bar.savebar;
  start.locateIfUntouched();
  view.loadPeople().catch(() => {});
  return view.logView;
}

/** Have all views at hand. The form begins when there is somebody to fill it. */
export async function loadViews() {
  await Promise.all([formModules(), ...Object.keys(MODULES).filter((name) => name !== "log").map(loadView)]);
}

/** Once, however often it is asked for while it comes; when it does not come, it may be asked for again. @param {string} name of a view */
export function loadView(name) {
  coming[name] ??= MODULES[name]().then((view) => { VIEWS[name] = view; }).catch((error) => {
    delete coming[name];
    throw error;
  });
  return coming[name];
}

/** @param {import("./stage.js").View} view */
function show(view) {
  state.view = view;
  drawn = "";
  refresh();
  scrollTo({ top: 0 });
}

setStage({ show, refresh });

/** Show what has changed. */
export function refresh() {
  const app = /** @type {HTMLElement} */ (document.getElementById("app"));
  const isIn = Boolean(state.device);
  const view = isIn ? state.view : "enrol";
  // Drawn when it has come; without a network, when the app is opened with one.
  if (!VIEWS[view]) loadView(view).then(refresh, () => {});
  // A form, or words half typed, are drawn anew only when one comes to them.
  const key = `${view} ${state.device?.state}`;
  if (VIEWS[view] && (key !== drawn || view === "today" || view === "coverage" || (view === "more" && !isTyping()))) {
    const main = h("main", { id: "main", tabindex: -1, "data-view": view }, isIn && state.device?.state === "unconfirmed" && banner(), VIEWS[view]());
    const old = document.getElementById("main");
    const below = document.getElementById("foot");
    if (old) replace(old, main);
    else if (below) below.before(main);
    else app.append(main);
    drawn = key;
  }
  part("head", head(), "prepend");
  part("foot", isIn ? foot() : h("div", { id: "foot" }), "append");
  document.documentElement.dataset.state = isIn ? "in" : "out";
  document.documentElement.dataset.waiting = String(waiting());
  document.documentElement.dataset.activity = doing();
}

const isTyping = () => document.activeElement instanceof HTMLInputElement || document.activeElement instanceof HTMLSelectElement;

/** @param {string} id @param {Element} made @param {"prepend" | "append"} where */
function part(id, made, where) {
  const old = document.getElementById(id);
  if (old) replace(old, made);
  else document.getElementById("app")?.[where](made);
}

/** Draw the form anew when what it chooses from has come; the page that adds a phone chooses from nothing. */
export async function referenceCame() {
  await loadReference();
  if (state.device && !isTyping() && !(document.activeElement instanceof HTMLTextAreaElement)) drawn = "";
  refresh();
}

function head() {
  const n = waiting();
  const isOffline = !navigator.onLine;
  const activity = doing();
  const words = isOffline ? t(n ? "net.offline" : "net.offline-none", { n })
    : activity === "sending" && n ? t("net.sending", { n })
    : activity === "waiting" ? t(n ? "net.waiting" : "net.no-answer", { n })
    : activity === "refused" ? t("net.refused")
    : n ? t("net.queued", { n }) : t("net.sent");
  return h("header", { id: "head" },
    h("span", { class: "brand" }, t("app.name"), h("small", {}, told.city)),
    state.device && h("button", { type: "button", id: "net", class: `net ${isOffline ? "offline" : n ? "queued" : "sent"}`, title: t("net.now"), onclick: () => wake() },
      h("span", { class: "dot", "aria-hidden": "true" }), h("span", { role: "status" }, words)));
}

function foot() {
  const count = needsAttention().size;
  const tabs = /** @type {const} */ (["log", "today", "coverage", "more"]);
  return h("div", { id: "foot" },
    state.update && h("div", { class: "update" }, h("span", {}, t("update.ready")), h("button", { type: "button", id: "update", class: "button small", onclick: () => state.update?.postMessage("take-over") }, t("update.now"))),
    h("div", { class: "toast", role: "status", hidden: !state.toast }, state.toast && [
      h("span", {}, state.toast.words),
      state.toast.undo && h("button", { type: "button", id: "undo", class: "button small", onclick: state.toast.undo }, t("save.undo")),
      state.toast.again && h("button", { type: "button", id: "again", class: "button small", onclick: state.toast.again }, t("save.again")),
    ]),
    state.view === "log" && savebar(),
    h("nav", { "aria-label": t("nav.label") }, ...tabs.map((name) =>
      h("button", { type: "button", id: `nav-${name}`, "aria-current": state.view === name ? "page" : undefined, onclick: () => show(name) },
        icon(name), h("span", {}, t(`nav.${name}`)), name === "today" && count > 0 && h("b", { class: "badge", "aria-label": t("attention.title", { n: count }) }, String(count))))));
}

const banner = () =>
  h("section", { class: "notice", id: "confirm" }, h("h2", {}, t("confirm.title")), h("p", {}, t("confirm.said")), h("p", { class: "number", id: "number" }, state.device?.number ?? ""));
