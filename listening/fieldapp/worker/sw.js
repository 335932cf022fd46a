// Keeps the files of the app, so that it starts without a network; requests to the API pass it by. `SHELL` is written before
// this by the service: version, start and files. Where workers may be modules, `sync` is imported before it as well: then,
// when the system says that there is a network again, what waits is sent, as the page would send it.

const CACHE = `field-${SHELL.version}`;
const KEPT = new Set([SHELL.start, ...SHELL.files]);

self.addEventListener("install", (event) => {
  // All or nothing: a version with a file missing never becomes one. "no-cache": what the browser has is asked for anew.
  const requests = [...KEPT].map((address) => new Request(address, { cache: "no-cache", credentials: "omit" }));
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(requests)));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches.keys()
      .then((names) => Promise.all(names.filter((name) => name.startsWith("field-") && name !== CACHE).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

// A new version waits until the app says so: never in the middle of a note.
self.addEventListener("message", (event) => {
  if (event.data === "take-over") self.skipWaiting();
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin || !KEPT.has(pathname)) return;
  event.respondWith(kept(pathname, request));
});

self.addEventListener("sync", (event) => {
  if (event.tag !== "field-queue" || typeof sync !== "function") return;
  const channel = new BroadcastChannel("field");
  // The lock of the pages: one at a time. When it fails, the system tries again.
  event.waitUntil(navigator.locks.request("field-sync", () => sync(() => channel.postMessage("changed"))));
});

async function kept(pathname, request) {
  const cache = await caches.open(CACHE);
  return (await cache.match(pathname, { ignoreVary: true })) ?? fetch(request);
}
