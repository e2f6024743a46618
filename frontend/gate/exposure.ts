// Levels: how much of the room from black to white the subject uses, and what is lost at the ends.
import { logShare } from "./figures";
import { type Look, subjectOf } from "./look";

const LOST = 250; // of 255
const END = 254; // from where red is lost for certain: skin loses it before any other colour
const NEARLY = 220; // a good exposure thins out from here to the end, a burnt one heaps up there
const LEAST_NEARLY = 0.01; // of the subject: less of it says nothing
const HIGH = 240;
const BLACK = 12;
const DIM = 30;
const PERCENTILES = [1, 95, 99];

/** Percentiles and shares of the brightest, middle and faintest colour of each pixel. */
export function exposure(seen: Look): Record<string, number> {
  const { brightest, middle, faintest, red, whole } = counted(seen);
  const levels = PERCENTILES.map((at) => [`level_${at}`, percentileOf(brightest, at / 100)] as const);
  return {
    ...Object.fromEntries(levels),
    middle_level_95: percentileOf(middle, 0.95),
    faintest_99: percentileOf(faintest, 0.99),
    whole_level_99: percentileOf(whole, 0.995),
    lost_any: logShare(share(brightest, LOST, 256)),
    lost_two: logShare(share(middle, LOST, 256)),
    lost_all: logShare(share(faintest, LOST, 256)),
    lost_red: logShare(share(red, END, 256)),
    heaped: logShare(share(middle, LOST, 256)) - Math.log2(share(middle, NEARLY, LOST) + LEAST_NEARLY),
    high: logShare(share(brightest, HIGH, 256)),
    black: logShare(share(brightest, 0, BLACK + 1)),
    dim: logShare(share(brightest, 0, DIM + 1)),
  };
}

type Kind = "brightest" | "middle" | "faintest" | "red" | "whole";

/** Every second pixel of the 512 px copy, counted by level. */
function counted(seen: Look): Record<Kind, Float64Array> {
  const { width, height, pixels } = seen.half;
  const wide = Math.ceil(width / 2);
  const mask = subjectOf(seen, wide, Math.ceil(height / 2));
  const found = { brightest: counts(), middle: counts(), faintest: counts(), red: counts(), whole: counts() };
  for (let at = 0; at < mask.values.length; at += 1) {
    const place = (Math.floor(at / wide) * 2 * width + (at % wide) * 2) * 4;
    const [red, green, blue] = [pixels[place]!, pixels[place + 1]!, pixels[place + 2]!];
    const high = Math.max(red, green, blue);
    const low = Math.min(red, green, blue);
    add(found.whole, high);
    if (!mask.values[at]) continue;
    add(found.brightest, high);
    add(found.middle, red + green + blue - high - low);
    add(found.faintest, low);
    add(found.red, red);
  }
  return found;
}

const counts = (): Float64Array => new Float64Array(256);

function add(counts: Float64Array, level: number): void {
  counts[level] = counts[level]! + 1;
}

function share(counts: Float64Array, from: number, to: number): number {
  const all = counts.reduce((sum, each) => sum + each, 0);
  return counts.subarray(from, to).reduce((sum, each) => sum + each, 0) / Math.max(1, all);
}

/** The level below which that share lies, between levels as well. */
function percentileOf(counts: Float64Array, at: number): number {
  const all = Math.max(1, counts.reduce((sum, each) => sum + each, 0));
  let below = counts[0]! / all;
  if (at < below) return 0;
  for (let level = 1; level < 256; level += 1) {
    const next = below + counts[level]! / all;
    if (at < next) return level - 1 + (at - below) / (next - below);
    below = next;
  }
  return 255;
}
