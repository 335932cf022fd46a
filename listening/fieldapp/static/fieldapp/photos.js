/**
 * Photos: kept on the phone until all their bytes have arrived, and sent in chunks that go on where they ended (tus 1.0).
 * docs/reference/api.md, "Attachments". They are sent after the ops; an attachment may come before its conversation.
 */

import { askAsPhone } from "./device.js";
import { keepDraft } from "./draft.js";
import { state } from "./state.js";
import { asked, readAll, transact } from "./store.js";
import { NoAnswer } from "./transport.js";
import { uuid7 } from "./uuid7.js";

const ATTACHMENTS = "/api/v1/attachments";
const CHUNK_BYTES = 512 * 1024; // below the limit of a body, and soon repeated on a slow network
const LARGEST_BYTES = 26_214_400;

/** Add photos to the form. @param {FileList} files */
export async function addPhotos(files) {
  for (const blob of files) {
    if (blob.size > LARGEST_BYTES) continue;
    const photo = { id: uuid7(), conversation: "", blob, type: blob.type || "image/jpeg", state: "draft", sha256: await sha256(blob) };
    await put(photo);
    state.form.photos.push(photo.id);
  }
  state.photos = await readAll("photos");
  keepDraft(state.form);
}

/** @param {string} id */
export async function dropPhoto(id) {
  await transact(["photos"], "readwrite", (photos) => { photos.delete(id); });
  state.form.photos = state.form.photos.filter((one) => one !== id);
  state.photos = await readAll("photos");
  keepDraft(state.form);
}

/** The conversation is saved: its photos may go. @param {string[]} ids @param {string} conversation */
export const hand = (ids, conversation) =>
  transact(["photos"], "readwrite", async (photos) => {
    for (const id of ids) {
      const photo = await asked(photos.get(id));
      if (photo) photos.put({ ...photo, conversation, state: "waiting" });
    }
  });

/** Send what waits. @param {() => void} progress */
export async function sendPhotos(progress) {
  for (const photo of (await readAll("photos")).filter((one) => one.state === "waiting")) {
    await send(photo);
    progress();
  }
}

/** @param {any} photo */
async function send(photo) {
  const announced = await askAsPhone("POST", ATTACHMENTS, {
    body: { id: photo.id, conversation: photo.conversation, size: photo.blob.size, sha256: photo.sha256, media_type: photo.type },
  });
  // Its conversation was deleted, or it is nothing that is kept there: it stays here until the person lets it go.
  if (!announced.ok) return put({ ...photo, state: "refused", problem: announced.body });
  const address = `${ATTACHMENTS}/${photo.id}`;
  let offset = await offsetOf(address);
  while (offset < photo.blob.size) {
    const chunk = photo.blob.slice(offset, offset + CHUNK_BYTES);
    const answer = await askAsPhone("PATCH", address, {
      body: new Blob([chunk]),
      headers: { "Tus-Resumable": "1.0.0", "Upload-Offset": String(offset), "Content-Type": "application/offset+octet-stream" },
    });
    if (answer.status === 409 || answer.status === 460) {
      const next = answer.slug === "content-differs" ? 0 : await offsetOf(address);
      if (next === offset && answer.status === 409) throw new NoAnswer("the chunk does not fit");
      offset = next;
    } else if (!answer.ok) return put({ ...photo, state: "refused", problem: answer.body });
    else offset = Number(answer.headers.get("Upload-Offset") ?? offset + chunk.size);
  }
  await transact(["photos"], "readwrite", (photos) => { photos.delete(photo.id); });
}

/** Where to go on. @param {string} address */
async function offsetOf(address) {
  const answer = await askAsPhone("HEAD", address, { headers: { "Tus-Resumable": "1.0.0" } });
  if (!answer.ok) throw new NoAnswer(`answered ${answer.status}`);
  return Number(answer.headers.get("Upload-Offset") ?? 0);
}

/** @param {any} photo */
const put = (photo) => transact(["photos"], "readwrite", (photos) => { photos.put(photo); });

/** @param {Blob} blob @returns {Promise<string>} in hexadecimal */
async function sha256(blob) {
  const digest = await crypto.subtle.digest("SHA-256", await blob.arrayBuffer());
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
