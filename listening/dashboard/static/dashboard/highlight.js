/** Pointing at an area lights its row, and the other way round; on the map as on the drawing. */

/**
 * @param {string} place value of `data-place`
 * @param {boolean} on
 */
export function light(place, on) {
  for (const element of document.querySelectorAll(`[data-place="${CSS.escape(place)}"]`)) {
    element.classList.toggle("lit", on);
  }
  document.dispatchEvent(new CustomEvent("lit", { detail: { place, on } }));
}

export function beginLighting() {
  const told = (/** @type {Event} */ event, /** @type {boolean} */ on) => {
    const place = /** @type {Element} */ (event.target).closest?.("[data-place]");
    if (place instanceof HTMLElement || place instanceof SVGElement) light(place.dataset.place ?? "", on);
  };
  for (const [name, on] of /** @type {[string, boolean][]} */ ([["pointerover", true], ["focusin", true], ["pointerout", false], ["focusout", false]])) {
    document.addEventListener(name, (event) => told(event, on));
  }
}
