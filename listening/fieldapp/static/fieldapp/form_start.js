/** The form as it is found when the app opens: what was being filled, and where the phone is. */

import { flush, takeUp } from "./draft.js";
import { isEmpty, newForm } from "./form.js";
import { mayLocate } from "./locate.js";
import { state } from "./state.js";
import { locate } from "./view_log.js";

/** Once for a tab: its draft is its own. */
export async function takeUpForm() {
  // A draft of an older version lacks what a newer one asks for.
  state.form = { ...newForm(state.recent.form), ...(await takeUp()) };
  addEventListener("pagehide", flush);
  document.addEventListener("visibilitychange", flush);
}

/** Find the area, if the person has not chosen one, and has allowed it before: nobody is asked at the start. */
export async function locateIfUntouched() {
  const { id, placeFrom, findings } = state.form;
  if (!id && placeFrom !== "chosen" && findings.every(isEmpty) && (await mayLocate())) await locate();
}

export { flush };
