/** The patterns of the drawing as images of the map: too little listening is a texture on both. */

const SIZE = 16; // image pixels; the map shows them at half the size

/** Tiles of RGBA by the name that patterns of the drawing begin with. */
export function textures() {
  return {
    hatch: tile((x, y) => ((x + y) % SIZE < 6 ? [154, 160, 170, 255] : [255, 255, 255, 255])),
    dots: tile((x, y) => (isDot(x, y, 4, 4) || isDot(x, y, 12, 12) ? [125, 132, 143, 255] : [255, 255, 255, 255])),
    wide: tile((x, y) => ((x + y) % SIZE < 5 ? [255, 255, 255, 140] : [0, 0, 0, 0])),
  };
}

/** @param {number} x @param {number} y @param {number} cx @param {number} cy */
const isDot = (x, y, cx, cy) => (x - cx) ** 2 + (y - cy) ** 2 < 5;

/** @param {(x: number, y: number) => number[]} colour premultiplied by nobody: RGBA, 0-255 */
function tile(colour) {
  const data = new Uint8Array(SIZE * SIZE * 4);
  for (let y = 0; y < SIZE; y += 1) for (let x = 0; x < SIZE; x += 1) data.set(colour(x, y), (y * SIZE + x) * 4);
  return { width: SIZE, height: SIZE, data };
}
