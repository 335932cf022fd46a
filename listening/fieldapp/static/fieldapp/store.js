/**
 * The phone's database. A transaction has happened or it has not, wherever it is cut off.
 *
 * | store | key | holds |
 * |---|---|---|
 * | ops | seq, in their order | changes made on this phone, until the service has had them for long enough |
 * | rows | id | conversations that were pulled |
 * | photos | id | photos until they have arrived |
 * | reference | name | boundaries, themes, venues, with their ETags |
 * | meta | name | device, standing, settings, recent, drafts |
 */

const NAME = "field";
const VERSION = 1;

/** @type {Promise<IDBDatabase> | null} */
let opened = null;

/** @returns {Promise<IDBDatabase>} */
function open() {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, VERSION);
    request.onupgradeneeded = () => {
      const db = request.result;
      db.createObjectStore("ops", { keyPath: "seq", autoIncrement: true }).createIndex("op", "op", { unique: true });
      db.createObjectStore("rows", { keyPath: "id" });
      db.createObjectStore("photos", { keyPath: "id" });
      db.createObjectStore("reference");
      db.createObjectStore("meta");
    };
    request.onsuccess = () => {
      const db = request.result;
      db.onversionchange = () => db.close();
      db.onclose = () => { opened = null; };
      resolve(db);
    };
    request.onerror = () => { opened = null; reject(request.error); };
  });
  return opened;
}

/**
 * The result of a request inside a transaction.
 * @template T
 * @param {IDBRequest<T>} request
 * @returns {Promise<T>}
 */
export function asked(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/**
 * Do some work in one transaction; it is on the disk when this resolves. The work may wait for `asked` alone.
 * @template T
 * @param {string[]} names of stores
 * @param {IDBTransactionMode} mode
 * @param {(...stores: IDBObjectStore[]) => Promise<T> | T} work
 * @returns {Promise<T>}
 */
export async function transact(names, mode, work) {
  const db = await open();
  // strict: what the person was told is saved survives a battery that falls out.
  const transaction = db.transaction(names, mode, { durability: "strict" });
  const done = new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve(undefined);
    transaction.onabort = () => reject(transaction.error ?? new DOMException("aborted", "AbortError"));
  });
  let result;
  try {
    result = await work(...names.map((name) => transaction.objectStore(name)));
  } catch (error) {
    done.catch(() => {});
    if (!transaction.error) transaction.abort();
    throw error;
  }
  await done;
  return result;
}

/** @param {string} store @param {IDBValidKey} key @returns {Promise<any>} */
export const read = (store, key) => transact([store], "readonly", (one) => asked(one.get(key)));

/** @param {string} store @returns {Promise<any[]>} */
export const readAll = (store) => transact([store], "readonly", (one) => asked(one.getAll()));

/** @param {string} name @param {any} value of meta; undefined deletes it */
export const keep = (name, value) =>
  transact(["meta"], "readwrite", (meta) => { value === undefined ? meta.delete(name) : meta.put(value, name); });

/** Delete everything that the phone holds, also what was not sent (C9). */
export async function wipe() {
  await transact(["ops", "rows", "photos", "reference", "meta"], "readwrite", (...stores) => {
    for (const store of stores) store.clear();
  });
}
