/** The start: words, what is on the phone, the form; then the service worker, and what the network has. */

import { h } from "./dom.js";
import { refreshReference, refreshTargets, refreshVenues } from "./reference.js";
import { announce, alsoSend, start } from "./schedule.js";
import { loadView, loadViews, referenceCame, refresh } from "./screen.js";
import { show } from "./stage.js";
import { load, loadReference, state } from "./state.js";
import { loadWords, t, told } from "./words.js";

const REFERENCE_MS = 3_600_000; // boundaries and themes change a few times a year
let lastAsked = 0;
let hasVenues = false;

async function main() {
  await loadWords();
  try {
    await Promise.all([load(), loadReference()]);
  } catch {
    // A private window, or a full disk: better said before the first entry than after it.
    document.getElementById("app")?.append(h("p", { class: "plain" }, t("start.no-storage")));
    return;
  }
  await loadView(state.device ? "log" : "enrol").catch(() => {});
  refresh();
  document.documentElement.dataset.ready = "yes";
  // A code that was scanned while the app was open already.
  addEventListener("hashchange", () => { if (!state.device) show(state.view); });
  alsoSend(async () => {
    if (state.photos.length) await (await import("./photos.js")).sendPhotos(announce);
    await catchUp();
  });
  catchUp().catch(() => {}); // without a network: it comes along with the first sync
  let isLoading = false;
  let isStale = false;
  start(async () => {
    // Many things may change at once; what is on the phone is read once for all of them.
    if (isLoading) {
      isStale = true;
      return;
    }
    isLoading = true;
    do {
      isStale = false;
      await load();
      refresh();
    } while (isStale);
    isLoading = false;
  });
  install();
  // What the first screen does not need comes now, before it is asked for; the service worker keeps all of it.
  loadViews().catch(() => {});
}

/** What belongs to the form alone, once it is there: whoever adds the phone has none. */
const form = () => (state.form ? import("./form_start.js") : undefined);

/** Ask for boundaries and themes anew, now and then; for venues as well once the phone is confirmed. */
async function catchUp() {
  const isDue = Date.now() - lastAsked > REFERENCE_MS;
  const wantsVenues = state.device?.state === "active" && (isDue || !hasVenues);
  let hasChanged = false;
  if (isDue) {
    lastAsked = Date.now();
    try {
      hasChanged = await refreshReference();
    } catch (error) {
      lastAsked = 0;
      throw error;
    }
  }
  if (wantsVenues) {
    hasChanged = (await Promise.all([refreshVenues(), refreshTargets()])).some(Boolean) || hasChanged;
    hasVenues = true;
  }
  if (!hasChanged) return;
  await referenceCame();
  await (await form())?.locateIfUntouched();
}

/** As a module, which can send by itself (Background Sync); where a worker cannot be one, without that. */
async function register() {
  const { serviceWorker } = navigator;
  try {
    return await serviceWorker.register(`${told.worker}?sync`, { type: "module", updateViaCache: "none" });
  } catch (error) {
    if (!navigator.onLine) throw error;
    return serviceWorker.register(told.worker, { updateViaCache: "none" });
  }
}

async function install() {
  if (!("serviceWorker" in navigator)) return;
  let isReloading = false;
  let hasOne = Boolean(navigator.serviceWorker.controller);
  navigator.serviceWorker.addEventListener("controllerchange", async () => {
    document.documentElement.dataset.worker = "ready";
    // The first worker takes over a page that is of its version already.
    const isFirst = !hasOne;
    hasOne = true;
    if (isFirst || isReloading) return;
    isReloading = true;
    await (await form())?.flush();
    location.reload();
  });
  const registration = await register();
  if (registration.active && navigator.serviceWorker.controller) document.documentElement.dataset.worker = "ready";
  const offer = () => {
    if (registration.waiting && navigator.serviceWorker.controller) {
      state.update = registration.waiting;
      refresh();
    }
  };
  offer();
  registration.addEventListener("updatefound", () => registration.installing?.addEventListener("statechange", offer));
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && navigator.onLine && registration.update().catch(() => {}));
}

main();
