// The picture prepared for measuring, once: smaller copies, and where the subject is.
import { besideSkin } from "./bare";
import { percentile, type Places } from "./figures";
import { type Bytes, bytes, components, extreme, grey, type Mask, type Picture } from "./planes";
import { noLongerThan } from "./sizes";

const HALF = 512;
const TINY = 128;
const RIM = 30; // of 255: a dermatoscope's rim or a black cloth stays under this
const PAPER = 250; // of 255 in every channel: white paper behind a hand
export const EVERY = 3; // places to one that a surface is laid through: it bends but once
const MOST_MIDDLE = 0.55; // of the middle ninth that paper may fill: beyond, it is burnt-out skin

/** A photograph as the measures see it. */
export interface Sight {
  readonly width: number; // of the whole photograph, upright
  readonly height: number;
  readonly small: Picture; // no longer than 1024 px
  /** Brightness of tiles of 64 px from the whole photograph, each by its first row and column. */
  readonly tiles: (places: [number, number][]) => Float32Array[];
}

export interface Look {
  readonly sight: Sight;
  readonly grey: Bytes;
  readonly half: Picture;
  readonly tiny: Picture;
  readonly subject: Mask; // of `tiny`: all but black and paper white that reach the edge
  readonly bare: Mask; // the subject without what is no skin for certain: a ruler, cloth
  readonly hasRuler: boolean;
}

export function look(sight: Sight): Look {
  const half = noLongerThan(HALF, sight.small);
  const tiny = noLongerThan(TINY, half);
  const within = subject(tiny);
  const { ruler, cloth } = besideSkin(tiny);
  const other = (at: number): number => ruler.values[at]! | cloth.values[at]!;
  const bare = bytes(tiny.width, tiny.height, (at) => +(within.values[at]! > other(at)));
  const hasRuler = ruler.values.includes(1);
  return { sight, grey: grey(sight.small), half, tiny, subject: within, bare, hasRuler };
}

/** The subject as a mask of another size; everything where next to nothing is left. */
export function subjectOf(seen: Look, width: number, height: number): Mask {
  return enlarged(seen.subject, width, height);
}

/** The same without what is no skin for certain. */
export function bareOf(seen: Look, width: number, height: number): Mask {
  return enlarged(seen.bare, width, height);
}

function enlarged(subject: Mask, width: number, height: number): Mask {
  const mask = bytes(width, height, (at) => {
    const row = Math.floor((Math.floor(at / width) * subject.height) / height);
    const column = Math.floor(((at % width) * subject.width) / width);
    return subject.values[row * subject.width + column]!;
  });
  const share = mask.values.reduce((sum, each) => sum + each, 0) / mask.values.length;
  return share > 0.02 ? mask : bytes(width, height, () => 1);
}

/** A place in a row of so many, from -1 to 1. */
export const along = (at: number, length: number): number => -1 + (2 * at) / Math.max(1, length - 1);

/** Enough places of a mask to lay a surface through; across and down they lie from -1 to 1. */
export function some(mask: Mask): Places & { found: Int32Array } {
  const places: number[] = [];
  mask.values.forEach((is, at) => is && places.push(at));
  const found = Int32Array.from(places.filter((_, at) => at % EVERY === 0));
  return {
    found,
    x: Float64Array.from(found, (at) => along(at % mask.width, mask.width)),
    y: Float64Array.from(found, (at) => along(Math.floor(at / mask.width), mask.height)),
  };
}

function subject(tiny: Picture): Mask {
  const { width, height, pixels } = tiny;
  const brightest = bytes(width, height, (at) =>
    Math.max(pixels[at * 4]!, pixels[at * 4 + 1]!, pixels[at * 4 + 2]!),
  );
  const faintest = bytes(width, height, (at) =>
    Math.min(pixels[at * 4]!, pixels[at * 4 + 1]!, pixels[at * 4 + 2]!),
  );
  const dim = Math.max(RIM, 0.2 * percentile(brightest.values, 90));
  const black = touchingEdge(bytes(width, height, (at) => +(brightest.values[at]! <= dim)));
  const white = touchingEdge(bytes(width, height, (at) => +(faintest.values[at]! >= PAPER)));
  const isPaper = middleShare(white) <= MOST_MIDDLE;
  const left = bytes(width, height, (at) => +!(black.values[at] || (isPaper && white.values[at])));
  return extreme(left, 3, "min");
}

/** How much of the middle ninth of the picture a mask holds. */
function middleShare({ width, height, values }: Mask): number {
  const [top, bottom] = [Math.floor(height / 3), Math.floor((2 * height) / 3)];
  const [left, right] = [Math.floor(width / 3), Math.floor((2 * width) / 3)];
  let held = 0;
  for (let row = top; row < bottom; row += 1) {
    for (let column = left; column < right; column += 1) held += values[row * width + column]!;
  }
  return held / ((bottom - top) * (right - left));
}

/** The parts of a mask that reach the picture's edge. */
export function touchingEdge(mask: Mask): Mask {
  const { width, height } = mask;
  const { labels, count } = components(mask);
  const kept = new Uint8Array(count + 1);
  for (let at = 0; at < labels.length; at += 1) {
    const row = Math.floor(at / width);
    const column = at % width;
    const isEdge = row === 0 || column === 0 || row === height - 1 || column === width - 1;
    if (isEdge) kept[labels[at]!] = 1;
  }
  kept[0] = 0;
  return bytes(width, height, (at) => kept[labels[at]!]!);
}
