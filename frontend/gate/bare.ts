// What in a picture is no skin: a ruler laid on it, blue or green cloth behind it.
import { median } from "./figures";
import { bytes, components, extreme, type Mask, type Picture } from "./planes";

const LEAST_WARMTH = 0.05; // ln of red over blue of the skin: below, it tells skin from nothing
const COLOURLESS = 0.45; // of that warmth: paper has less
const COLD = -0.05; // ln of red over blue: cloth may have less
const STRIP: [number, number] = [0.015, 0.35]; // of the picture
const LONG = 2.5; // times as long as wide
const FULL = 0.8; // of the rectangle that spreads as far
const WARM = 0.6; // of the warmth of the skin: what is skin round a ruler
const LIT = 0.4; // of its red
const RING = 4; // px of a picture of 128
const ROUND = 0.65; // of what lies round a ruler, beyond the picture too, is skin
const CLOTH = 0.03; // of the picture at least
const DARK = 8; // levels added, so that what is nearly black has no colour

/** What is no skin for certain. */
export interface Beside {
  readonly ruler: Mask;
  readonly cloth: Mask;
}

/** Long full strips without colour, and cold areas at the picture's edge. */
export function besideSkin({ width, height, pixels }: Picture): Beside {
  const light = (at: number, colour: number): number => pixels[at * 4 + colour]! + DARK;
  const red = Float32Array.from({ length: width * height }, (_, at) => light(at, 0));
  const warmth = red.map((level, at) => Math.log(level / light(at, 2)));
  const skin = median(middleNinth(warmth, width, height));
  const nothing = bytes(width, height, () => 0);
  if (skin < LEAST_WARMTH) return { ruler: nothing, cloth: nothing };
  const lit = median(middleNinth(red, width, height));
  const isSkin = bytes(width, height, (at) => +(warmth[at]! > WARM * skin && red[at]! > LIT * lit));
  const colder = (than: number): Mask => bytes(width, height, (at) => +(warmth[at]! < than));
  const strips = large(colder(COLOURLESS * skin)).filter((part) => isStrip(part) && liesOn(part, isSkin));
  return {
    ruler: widened([nothing, ...strips]),
    cloth: widened([nothing, ...large(colder(COLD)).filter(isCloth)]),
  };
}

function widened(parts: Mask[]): Mask {
  const [{ width, height }] = parts as [Mask];
  return extreme(bytes(width, height, (at) => +parts.some(({ values }) => values[at])), 3, "max");
}

function middleNinth(plane: Float32Array, width: number, height: number): number[] {
  const held: number[] = [];
  for (let row = Math.floor(height / 3); row < Math.floor((2 * height) / 3); row += 1) {
    for (let column = Math.floor(width / 3); column < Math.floor((2 * width) / 3); column += 1) {
      held.push(plane[row * width + column]!);
    }
  }
  return held;
}

/** What touches, corners too, each as a mask; small bits left out. */
function large(mask: Mask): Mask[] {
  const { width, height } = mask;
  const { labels, count } = components(mask);
  const sizes = new Int32Array(count + 1);
  for (const label of labels) sizes[label] = sizes[label]! + 1;
  return Array.from(sizes.keys())
    .filter((label) => label && sizes[label]! >= STRIP[0] * labels.length)
    .map((label) => bytes(width, height, (at) => +(labels[at] === label)));
}

/** By its spread: a rectangle's is a twelfth of the square of its side, either way. */
function isStrip(part: Mask): boolean {
  const found = places(part);
  if (found.length > STRIP[1] * part.values.length) return false;
  const rows = found.map((at) => Math.floor(at / part.width));
  const columns = found.map((at) => at % part.width);
  const [down, across] = [spread(rows, rows), spread(columns, columns)];
  const middle = (down + across) / 2;
  const apart = Math.hypot((down - across) / 2, spread(rows, columns));
  const side = (variance: number): number => Math.sqrt(12 * Math.max(1 / 12, variance));
  const [long, short] = [side(middle + apart), side(middle - apart)];
  return long >= LONG * short && found.length >= FULL * short * long;
}

function spread(one: number[], other: number[]): number {
  const mean = (each: number[]): number => each.reduce((sum, value) => sum + value, 0) / each.length;
  const [first, second] = [mean(one), mean(other)];
  return one.reduce((sum, value, at) => sum + (value - first) * (other[at]! - second), 0) / (one.length - 1);
}

/** What lies along the picture's edge, or beside a limb, is something behind. */
function liesOn(part: Mask, skin: Mask): boolean {
  const padded = framed(part);
  const near = extreme(padded, 3, "max").values;
  const ring = places(extreme(padded, 2 * RING + 1, "max")).filter((at) => !near[at]);
  const around = framed(skin).values;
  return ring.filter((at) => around[at]).length >= ROUND * ring.length;
}

/** With nothing round it. */
function framed({ width, height, values }: Mask): Mask {
  const wide = width + 2 * RING;
  return bytes(wide, height + 2 * RING, (at) => {
    const [row, column] = [Math.floor(at / wide) - RING, (at % wide) - RING];
    const isInside = row >= 0 && column >= 0 && row < height && column < width;
    return isInside ? values[row * width + column]! : 0;
  });
}

function isCloth(part: Mask): boolean {
  const found = places(part);
  const atEdge = found.some((at) => {
    const [row, column] = [Math.floor(at / part.width), at % part.width];
    return row === 0 || column === 0 || row === part.height - 1 || column === part.width - 1;
  });
  return atEdge && found.length >= CLOTH * part.values.length;
}

function places({ values }: Mask): number[] {
  const found: number[] = [];
  values.forEach((is, at) => is && found.push(at));
  return found;
}
