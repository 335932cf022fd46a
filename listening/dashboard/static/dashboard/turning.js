/** Filters, tabs, steps and sorting without loading the page anew: one request brings all of the next page. */

const TIMEOUT_MS = 20_000;
let loadedAt = new Date();
/** @type {AbortController | undefined} */
let running;

export function beginTurning() {
  document.addEventListener("click", (event) => {
    const link = /** @type {Element} */ (event.target).closest?.("a[href]");
    if (!(link instanceof HTMLAnchorElement) || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const to = new URL(link.href);
    // Of this page with another query; all else, and what leads within the page or to a window of its own, is the browser's.
    if (link.hasAttribute("download") || link.target || to.origin !== location.origin || to.pathname !== location.pathname || to.search === location.search) return;
    event.preventDefault();
    turn(to);
  });
  document.addEventListener("submit", (event) => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (!form.matches("form.filters")) return;
    event.preventDefault();
    turn(addressOf(form));
  });
  document.addEventListener("change", (event) => {
    const form = /** @type {Element} */ (event.target).closest?.("form.filters");
    if (form instanceof HTMLFormElement) turn(addressOf(form));
  });
  addEventListener("popstate", () => { if (location.href.split("#")[0] !== shown) turn(new URL(location.href), { push: false }); });
}

let shown = location.href.split("#")[0];

/**
 * Show another address of this page. A choice made before the answer came ends the one before it.
 * @param {URL} to
 */
export async function turn(to, { push = true } = {}) {
  running?.abort();
  const mine = (running = new AbortController());
  const content = /** @type {HTMLElement} */ (document.getElementById("content"));
  content.setAttribute("aria-busy", "true");
  const late = setTimeout(() => mine.abort(new DOMException("late", "TimeoutError")), TIMEOUT_MS);
  try {
    const response = await fetch(to.pathname + to.search, { signal: mine.signal, headers: { Accept: "text/html" } });
    // Signed out meanwhile: the sign-in page keeps the address.
    if (new URL(response.url).pathname !== to.pathname) return location.assign(to);
    if (response.status !== 200 && response.status !== 400) return trouble(response.status === 429 ? "busy" : "failed", to);
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    if (running !== mine) return;
    if (push) history.pushState(null, "", to.pathname + to.search + placeInHash());
    shown = location.href.split("#")[0];
    loadedAt = new Date();
    put(page);
  } catch (error) {
    if (running === mine && (mine.signal.aborted === false || mine.signal.reason?.name === "TimeoutError")) {
      trouble(navigator.onLine ? "failed" : "offline", to);
    }
  } finally {
    clearTimeout(late);
    if (running === mine) document.getElementById("content")?.removeAttribute("aria-busy");
  }
}

/** Where the map has been moved to stays in the address. */
const placeInHash = () => (/^#[\d.]+\/-?[\d.]+\/-?[\d.]+$/.test(location.hash) ? location.hash : "");

/** @param {HTMLFormElement} form */
function addressOf(form) {
  const to = new URL(location.href.split(/[?#]/)[0]);
  for (const [name, value] of new FormData(form)) to.searchParams.append(name, String(value));
  return to;
}

/** @param {Document} page */
function put(page) {
  const content = /** @type {HTMLElement} */ (document.getElementById("content"));
  const focused = document.activeElement?.id;
  document.title = page.title;
  document.dispatchEvent(new Event("turning"));
  content.replaceChildren(.../** @type {HTMLElement} */ (page.getElementById("content")).childNodes);
  for (const field of document.querySelectorAll("form.languages input[name=next]")) {
    /** @type {HTMLInputElement} */ (field).value = location.pathname + location.search;
  }
  document.dispatchEvent(new Event("turned"));
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
}

/**
 * Say what went wrong, and of when the page is; what was loaded stays.
 * @param {"offline" | "failed" | "busy"} what
 * @param {URL} to
 */
function trouble(what, to) {
  const notice = document.getElementById("trouble");
  if (!notice) return;
  const again = document.createElement("button");
  again.type = "button";
  again.className = "button quiet";
  again.textContent = notice.dataset.again ?? "";
  again.addEventListener("click", () => turn(to));
  const time = loadedAt.toLocaleTimeString(`${document.documentElement.lang}-u-nu-latn`, { hour: "2-digit", minute: "2-digit" });
  notice.replaceChildren(`${notice.dataset[what]} ${time}. `, again);
  notice.hidden = false;
}
