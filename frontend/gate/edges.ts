// How wide edges are: the one sign of sharpness that contrast, and so skin tone, leaves alone.
// Skin before a cloth that is as bright has an edge in colour alone: there red or blue is looked at.
import { deviation, percentile } from "./figures";
import { type Look, subjectOf } from "./look";
import { type Bytes, bytes, convolved, gaussianWeights, luma } from "./planes";

const NARROW = 1; // px of the copy of at most 1024 px: what slopes are seen through
const WIDE = 3;
const CLEAR = 4; // times the slope that noise alone has
const FAINTEST = 0.5; // levels from pixel to pixel
const STEEPEST = 85; // percentile of the picture's slopes from which on they are edges
const SAMPLED = 4; // px between those the percentile is taken of
const DIRECTIONS = 12;
const LEAST = 40; // edge points in a direction and the two beside it
const SHARPEST = 95; // percentile of the edges of a direction
const TELLING = 1.7; // times as much as brightness: how much red or blue alone must tell apart
const COLOUR_NOISE = 1 / (0.299 ** 2 + 0.587 ** 2 + 0.114 ** 2); // times that of brightness, a mean of three
const USUAL = { edge_sharpest: 2.1, edge_softest: 1.6 }; // where there are none

interface Slopes {
  readonly across: Float32Array;
  readonly down: Float32Array;
  readonly whole: Float32Array;
}

/** How sharp the sharpest edges are in the directions where they are most and least so. */
export function edges(seen: Look, noise: number): Record<string, number> {
  const channel = tellingChannel(seen);
  const turns =
    channel === null
      ? ratios(seen, seen.grey, noise)
      : ratios(seen, channelOf(seen, channel), noise * COLOUR_NOISE);
  const found: number[] = [];
  for (let turn = 0; turn < DIRECTIONS; turn += 1) {
    const beside = [DIRECTIONS - 1, 0, 1].map((away) => turns[(turn + away) % DIRECTIONS]!);
    const near = beside.flat();
    if (near.length >= LEAST) found.push(percentile(near, SHARPEST));
  }
  if (!found.length) return USUAL;
  return { edge_sharpest: Math.max(...found), edge_softest: Math.min(...found) };
}

/** Red or blue where it tells places of the picture apart that brightness does not. */
function tellingChannel(seen: Look): 0 | 2 | null {
  const { width, height, pixels } = seen.tiny;
  const mask = subjectOf(seen, width, height).values;
  const spread = (level: (at: number) => number): number => {
    const levels: number[] = [];
    mask.forEach((is, at) => is && levels.push(level(at * 4)));
    return deviation(levels);
  };
  const red = spread((at) => pixels[at]!);
  const blue = spread((at) => pixels[at + 2]!);
  const bright = spread((at) => luma(pixels, at));
  return Math.max(red, blue) <= TELLING * bright ? null : red > blue ? 0 : 2;
}

function channelOf(seen: Look, channel: 0 | 2): Bytes {
  const { width, height, pixels } = seen.sight.small;
  return bytes(width, height, (at) => pixels[at * 4 + channel]!);
}

/** Where slopes are steepest, narrow slope over wide (log2), direction by direction. */
function ratios(seen: Look, plane: Bytes, noise: number): number[][] {
  const { width, height } = plane;
  const wide = slopes(plane, WIDE);
  const narrow = slopes(plane, NARROW);
  const least = leastSlope(wide.whole, plane, noise);
  const subject = subjectOf(seen, width, height).values;
  const turns: number[][] = Array.from({ length: DIRECTIONS }, () => []);
  for (let row = 1; row < height - 1; row += 1) {
    for (let at = row * width + 1; at < (row + 1) * width - 1; at += 1) {
      const slope = wide.whole[at]!;
      if (slope <= least || !subject[at]) continue;
      const x = wide.across[at]! / slope;
      const y = wide.down[at]! / slope;
      const step = rounded(y) * width + rounded(x);
      const along = narrow.across[at]! * x + narrow.down[at]! * y;
      const own = narrow.whole[at]!;
      if (own < narrow.whole[at + step]! || own <= narrow.whole[at - step]! || along <= 0) continue;
      const turn = Math.floor((Math.atan2(y, x) / Math.PI) * DIRECTIONS + 0.5) + DIRECTIONS;
      turns[turn % DIRECTIONS]!.push(Math.log2(along / slope));
    }
  }
  return turns;
}

/** Below this a slope is no edge: noise, or one of the picture's many faint ones. */
function leastSlope(wide: Float32Array, { width, height }: Bytes, noise: number): number {
  const clear = (CLEAR * Math.sqrt(Math.max(noise, 0))) / (Math.sqrt(8 * Math.PI) * NARROW ** 2);
  const sample: number[] = [];
  for (let row = 0; row < height; row += SAMPLED) {
    for (let column = 0; column < width; column += SAMPLED) sample.push(wide[row * width + column]!);
  }
  return Math.max(FAINTEST, clear, percentile(sample, STEEPEST));
}

/** -1, 0 or 1. */
const rounded = (part: number): number => (part > 0.5 ? 1 : part < -0.5 ? -1 : 0);

/** Slope across, down and in whole, in levels from pixel to pixel. */
function slopes(plane: Bytes, scale: number): Slopes {
  const { width, height, values } = convolved(plane, gaussianWeights(scale, 3 * scale));
  const across = new Float32Array(values.length);
  const down = new Float32Array(values.length);
  const whole = new Float32Array(values.length);
  for (let row = 1; row < height - 1; row += 1) {
    for (let at = row * width + 1; at < (row + 1) * width - 1; at += 1) {
      const x = (values[at + 1]! - values[at - 1]!) / 2;
      const y = (values[at + width]! - values[at - width]!) / 2;
      across[at] = x;
      down[at] = y;
      whole[at] = Math.sqrt(x * x + y * y);
    }
  }
  return { across, down, whole };
}
