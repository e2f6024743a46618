// A photograph as the measures see it: decoded once by the browser, upright, the rest drawn from that.
import type { Sight } from "./look";
import { luma, type Picture } from "./planes";
import { bilinear } from "./sizes";
import { TILE } from "./waves";

const COPY = 1024; // px of the small copy's long side
const STRIP = 256; // rows read back at once: the whole would not fit a small tablet's memory

/** Values are those the camera wrote, whatever colour profile the file has: clipping is counted. */
export function sightOf(bitmap: ImageBitmap): Sight {
  const { width, height } = bitmap;
  return { width, height, small: bilinear(blocks(bitmap), COPY), tiles: (places) => tiles(bitmap, places) };
}

/** Whole blocks of pixels averaged, as the service does: no grain is let through. */
function blocks(bitmap: ImageBitmap): Picture {
  const block = Math.max(1, Math.floor(Math.max(bitmap.width, bitmap.height) / COPY));
  const width = Math.max(1, Math.floor(bitmap.width / block));
  const height = Math.max(1, Math.floor(bitmap.height / block));
  const pixels = new Uint8ClampedArray(width * height * 4);
  const rows = Math.max(1, Math.floor(STRIP / block));
  const context = canvasOf(width * block, rows * block);
  for (let row = 0; row < height; row += rows) {
    context.drawImage(bitmap, 0, -row * block);
    const strip = context.getImageData(0, 0, width * block, rows * block).data;
    const count = Math.min(rows, height - row);
    for (let at = 0; at < count * width; at += 1) {
      const from = (Math.floor(at / width) * block * width * block + (at % width) * block) * 4;
      averageBlock(strip, from, block, width * block * 4, pixels, (row * width + at) * 4);
    }
  }
  return { width, height, pixels };
}

function averageBlock(
  strip: Uint8ClampedArray,
  from: number,
  block: number,
  line: number,
  to: Uint8ClampedArray,
  at: number,
): void {
  let [red, green, blue] = [0, 0, 0];
  for (let down = 0; down < block; down += 1) {
    for (let place = from + down * line, end = place + block * 4; place < end; place += 4) {
      red += strip[place]!;
      green += strip[place + 1]!;
      blue += strip[place + 2]!;
    }
  }
  const count = block * block;
  to[at] = Math.floor(red / count + 0.5);
  to[at + 1] = Math.floor(green / count + 0.5);
  to[at + 2] = Math.floor(blue / count + 0.5);
}

/** Tiles side by side on one canvas, so that they are read back at once. */
function tiles(bitmap: ImageBitmap, places: [number, number][]): Float32Array[] {
  const context = canvasOf(TILE, TILE * places.length);
  places.forEach(([row, column], at) =>
    context.drawImage(bitmap, column, row, TILE, TILE, 0, at * TILE, TILE, TILE),
  );
  const levels = context.getImageData(0, 0, TILE, TILE * places.length).data;
  return places.map((_, at) =>
    Float32Array.from({ length: TILE * TILE }, (_, place) => luma(levels, (at * TILE * TILE + place) * 4)),
  );
}

function canvasOf(width: number, height: number): OffscreenCanvasRenderingContext2D {
  const context = new OffscreenCanvas(width, height).getContext("2d", {
    willReadFrequently: true,
    alpha: false, // nothing has to be divided out of every pixel that is read back
  });
  if (!context) throw new Error("This browser gives no canvas");
  return context;
}
