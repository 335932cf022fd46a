/** How deeds and views ask for another view: `screen.js`, which knows them all, does it. */

/** @typedef {"log" | "today" | "coverage" | "more"} View */

/** @type {{show: (view: View) => void, refresh: () => void}} */
let screen = { show() {}, refresh() {} };

/** @param {typeof screen} made */
export function setStage(made) {
  screen = made;
}

/** Go to a view. @param {View} view */
export const show = (view) => screen.show(view);

/** Show what has changed. */
export const refresh = () => screen.refresh();
