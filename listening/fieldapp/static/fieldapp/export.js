/** What has not arrived, as a file: for the case that nothing else helps. */

import { readAll } from "./store.js";

export async function exportQueue() {
  const ops = (await readAll("ops")).filter((one) => one.state !== "acknowledged");
  const told = { format: "nl-queue-1", saved_at: new Date().toISOString(), ops: ops.map(({ body, state, outcome }) => ({ state, outcome, body })) };
  const address = URL.createObjectURL(new Blob([JSON.stringify(told, null, 2)], { type: "application/json" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = `listening-${told.saved_at.slice(0, 16).replaceAll(":", "")}.json`;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
