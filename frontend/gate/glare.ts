// Reflections: white patches that rise out of the skin, not skin that is bright all over.
import { logShare } from "./figures";
import { bareOf, type Look, touchingEdge } from "./look";
import { bytes, extreme, medianFiltered, opened, type Bytes } from "./planes";
import { noLongerThan } from "./sizes";

const SIDE = 256; // px, long side of the copy looked at
const AROUND = 61; // px of that copy: the skin round a reflection
const WHITE = 235; // the faintest colour of a reflection, and how far over the skin's
const RISE = 25;
const NEARLY_WHITE = 225; // what joins a white place to the picture's edge, where it is no reflection
const STEP = 150; // levels: the steep border of a reflection

/** Shares of the skin that are reflections, by three marks of one (log2); a ruler's white is none. */
export function glare(seen: Look): Record<string, number> {
  const copy = noLongerThan(SIDE, seen.half);
  const { width, height, pixels } = copy;
  const faint = bytes(width, height, (at) =>
    Math.min(pixels[at * 4]!, pixels[at * 4 + 1]!, pixels[at * 4 + 2]!),
  );
  const mask = bareOf(seen, width, height).values;
  const level = faint.values;
  const around = medianFiltered(faint, AROUND, WHITE).values;
  const near = extreme(bytes(width, height, (at) => +(level[at]! >= WHITE)), 5, "max").values;
  const atEdge = touchingEdge(bytes(width, height, (at) => +(level[at]! >= NEARLY_WHITE))).values;
  const enclosed = bytes(width, height, (at) => +(level[at]! >= WHITE && !atEdge[at]));
  const broad = opened(enclosed).values; // jewellery and shining skin glitter in small places
  const steep = steepness(faint);
  const rise = (at: number): number => level[at]! - around[at]!;
  const part = (has: (at: number) => boolean): number => {
    let found = 0;
    let all = 0;
    for (let at = 0; at < mask.length; at += 1) {
      if (!mask[at]) continue;
      all += 1;
      if (has(at)) found += 1;
    }
    return logShare(found / all);
  };
  return {
    white_patches: part((at) => rise(at) >= RISE && level[at]! >= WHITE),
    steep_borders: part((at) => steep[at]! > STEP && near[at] === 1),
    enclosed_white: part((at) => broad[at] === 1),
  };
}

/** How much the level changes at each place, across and down together (Sobel). */
function steepness(plane: Bytes): Int32Array {
  const { width, height, values } = plane;
  const fold = (at: number, length: number): number =>
    at < 0 ? Math.min(1, length - 1) : at >= length ? Math.max(0, length - 2) : at;
  return Int32Array.from(values, (_, at) => {
    const row = Math.floor(at / width);
    const column = at % width;
    const level = (down: number, across: number): number =>
      values[fold(row + down, height) * width + fold(column + across, width)]!;
    const across =
      level(-1, 1) + 2 * level(0, 1) + level(1, 1) - level(-1, -1) - 2 * level(0, -1) - level(1, -1);
    const down =
      level(1, -1) + 2 * level(1, 0) + level(1, 1) - level(-1, -1) - 2 * level(-1, 0) - level(-1, 1);
    return Math.abs(across) + Math.abs(down);
  });
}
