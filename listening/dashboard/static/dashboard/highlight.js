// Pointing at an area lights its row, and the other way round. Everything else works without a script.

const partner = (element) => {
  const [kind, id] = element.id.split("-");
  return document.getElementById(`${kind === "area" ? "place" : "area"}-${id}`);
};

const light = (event, on) => {
  const element = event.target.closest?.("path[id^=area-], tr[id^=place-]");
  if (element) partner(element)?.classList.toggle("lit", on);
};

for (const [name, on] of [["pointerover", true], ["focusin", true], ["pointerout", false], ["focusout", false]]) {
  document.addEventListener(name, (event) => light(event, on));
}
