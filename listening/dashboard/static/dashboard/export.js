/** The map as a file: title, picture, legend, date and licence on one sheet, as SVG to enlarge or PNG to paste. */

const WIDTH = 1200;
const LINE = 26;
const SCALE = 2; // image pixels for each unit of the PNG
const NS = "http://www.w3.org/2000/svg";
const PAINT = ["fill", "stroke", "stroke-width", "stroke-opacity", "stroke-linejoin", "paint-order", "font-size", "font-weight", "text-anchor", "unicode-bidi"];

/** Whether the page runs from right to left: then the words of a sheet begin at its right edge. */
const isMirrored = () => document.documentElement.dir === "rtl";

/** Where a thing begins that stands `x` from the edge at which lines begin. @param {number} x @param {number} width */
const begin = (x, width = 0) => (isMirrored() ? WIDTH - x - width : x);

/** Links of the page that save the picture; they show where a script can follow them. */
export function beginSaving() {
  const show = () => document.querySelectorAll("[data-save]").forEach((one) => { /** @type {HTMLElement} */ (one).hidden = false; });
  show();
  document.addEventListener("turned", show);
  document.addEventListener("click", async (event) => {
    const button = /** @type {Element} */ (event.target).closest?.("[data-save]");
    if (!(button instanceof HTMLElement)) return;
    const sheet = sheetOf(document);
    const name = document.title.replaceAll(/[^\p{L}\p{N}]+/gu, "-").toLowerCase();
    if (button.dataset.save === "svg") save(new Blob([textOf(sheet)], { type: "image/svg+xml" }), `${name}.svg`);
    else save(await pngOf(sheet), `${name}.png`);
  });
}

/**
 * The sheet of the page as an SVG document that needs no style sheet.
 * @param {Document} page
 */
export function sheetOf(page) {
  const sheet = element("svg", { xmlns: NS, width: WIDTH, "font-family": "system-ui, 'DejaVu Sans', sans-serif", fill: "#1b2333" });
  const patterns = page.querySelector("svg.patterns defs");
  const ground = element("rect", { width: WIDTH, fill: "#ffffff" });
  sheet.append(ground);
  if (patterns) sheet.append(painted(patterns));
  let y = 60;
  y = written(sheet, page.querySelector("h1")?.textContent ?? "", y, 34, 700);
  y = written(sheet, page.querySelector(".legend-title")?.textContent ?? "", y, 20, 600);
  const bar = page.querySelector("svg.legend-bar");
  if (bar) {
    sheet.append(placed(bar, begin(40, 480), y, 480, 90));
    y += 110;
  }
  for (const item of page.querySelectorAll(".legend li")) {
    const swatch = item.querySelector("svg");
    if (swatch) sheet.append(placed(swatch, begin(40, 30), y - 16, 30, 20));
    y = written(sheet, item.textContent ?? "", y, 17, 400, 84);
  }
  const pictures = [...page.querySelectorAll("svg.map, svg.chart")];
  const across = pictures.length > 1 ? 2 : 1;
  const room = (WIDTH - 80 - 24 * (across - 1)) / across;
  pictures.forEach((picture, at) => {
    const { width, height } = /** @type {SVGSVGElement} */ (picture).viewBox.baseVal;
    const tall = Math.min(900, (room * height) / width);
    sheet.append(placed(picture, begin(40 + (at % across) * (room + 24), room), y, room, tall));
    if (at % across === across - 1 || at === pictures.length - 1) y += tall + 24;
  });
  y = written(sheet, page.querySelector(".picture .source")?.textContent ?? "", y + 16, 15, 400);
  for (const one of [sheet, ground]) one.setAttribute("height", String(Math.ceil(y + 20)));
  sheet.setAttribute("viewBox", `0 0 ${WIDTH} ${Math.ceil(y + 20)}`);
  return sheet;
}

/** @param {SVGElement} sheet */
export function textOf(sheet) {
  return new XMLSerializer().serializeToString(sheet);
}

/** @param {SVGElement} sheet @returns {Promise<Blob>} */
async function pngOf(sheet) {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(textOf(sheet))}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = WIDTH * SCALE;
  canvas.height = Number(sheet.getAttribute("height")) * SCALE;
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  pen.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((done, failed) => canvas.toBlob((blob) => (blob ? done(blob) : failed(new Error("empty"))), "image/png"));
}

/** @param {Blob} blob @param {string} name */
function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/**
 * A copy that carries its paint in attributes, for where no style sheet is.
 * @param {Element} source
 */
function painted(source) {
  const copy = /** @type {Element} */ (source.cloneNode(true));
  const originals = [source, ...source.querySelectorAll("*")];
  [copy, ...copy.querySelectorAll("*")].forEach((one, at) => {
    if (one.tagName === "title") return;
    const style = getComputedStyle(originals[at]);
    for (const name of PAINT) {
      const own = name === "fill" && one.getAttribute("fill")?.startsWith("url");
      const value = style.getPropertyValue(name);
      if (!own && value && value !== "normal") one.setAttribute(name, value);
    }
    for (const name of ["class", "id", "tabindex", "href", "style"]) if (one.tagName !== "pattern" || name !== "id") one.removeAttribute(name);
  });
  return copy;
}

/** @param {Element} source @param {number} x @param {number} y @param {number} width @param {number} height */
function placed(source, x, y, width, height) {
  const copy = painted(source);
  for (const [name, value] of Object.entries({ x, y, width, height, visibility: "visible" })) copy.setAttribute(name, String(value));
  return copy;
}

/**
 * Words in lines that fit; where the next line may stand is returned.
 * @param {SVGElement} sheet @param {string} words @param {number} y @param {number} size @param {number} weight
 */
function written(sheet, words, y, size, weight, x = 40) {
  const most = Math.floor((WIDTH - x - 40) / (0.56 * size));
  const lines = [""];
  for (const word of words.trim().split(/\s+/)) {
    if (lines[lines.length - 1] && `${lines[lines.length - 1]} ${word}`.length > most) lines.push("");
    lines[lines.length - 1] = `${lines[lines.length - 1]} ${word}`.trim();
  }
  for (const line of lines.filter(Boolean)) {
    const text = element("text", { x: begin(x), y, "font-size": size, "font-weight": weight });
    if (isMirrored()) text.setAttribute("direction", "rtl");
    text.textContent = line;
    sheet.append(text);
    y += Math.max(LINE, size * 1.35);
  }
  return y;
}

/** @param {string} name @param {Record<string, string | number>} attributes */
function element(name, attributes) {
  const made = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  return made;
}
