/** A button that copies the address of the page, where the browser lets a script do so. */

const SAID_MS = 4_000;

export function beginCopying() {
  if (!navigator.clipboard) return;
  const show = () => { const button = document.getElementById("copy-link"); if (button) button.hidden = false; };
  show();
  document.addEventListener("turned", show);
  document.addEventListener("click", async (event) => {
    const button = /** @type {Element} */ (event.target).closest?.("#copy-link");
    if (!(button instanceof HTMLElement)) return;
    const usual = (button.dataset.usual ??= button.textContent ?? "");
    const said = await navigator.clipboard.writeText(location.href).then(() => button.dataset.copied, () => button.dataset.refused);
    button.textContent = said ?? "";
    setTimeout(() => { button.textContent = usual; }, SAID_MS);
  });
}
