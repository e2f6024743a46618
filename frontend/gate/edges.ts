// How wide edges are: the one sign of sharpness that contrast, and so skin tone, leaves alone.
// Skin before a cloth that is as bright has an edge in colour alone: there red or blue is looked at
// too, and so it is where brightness has edges in few directions.
import { deviation, percentile } from "./figures";
import { type Look, subjectOf } from "./look";
import { type Bytes, bytes, convolved, cropped, gaussianWeights, luma, type Plane } from "./planes";
import { averaged, enlarged } from "./sizes";

const NARROW = 1; // px of the copy of at most 1024 px: what slopes are seen through
const WIDE = 3;
const CLEAR = 4; // times the slope that noise alone has
const FAINTEST = 0.5; // levels from pixel to pixel
const STEEPEST = 85; // percentile of the picture's slopes from which on they are edges
const SAMPLED = 2; // px of the copy of half the size between those the percentile is taken of
const DIRECTIONS = 12;
const AGREE = 0.9; // of the narrow slope that runs the way of the wide one: else it is no one edge's
const LEAST = 60; // edge points in a direction and the two beside it
const FEW = 4; // directions with so many: with fewer, brightness alone does not tell
const SHARPEST = 95; // percentile of the edges of a direction
const TELLING = 1.7; // times as much as brightness: how much red or blue alone must tell apart
const COLOUR_NOISE = 1 / (0.299 ** 2 + 0.587 ** 2 + 0.114 ** 2); // times that of brightness, a mean of three
const USUAL = { edge_sharpest: 2.1, edge_softest: 1.6 }; // where there are none

const HALF_SCALE = Math.sqrt(WIDE ** 2 - 2.1) / 2; // halving, its steps and enlarging make the rest
const HALF_BESIDE = 1 / 6; // of a slope there that is taken from either side of it

/** In levels from pixel to pixel. */
interface Slopes {
  readonly across: Plane;
  readonly down: Plane;
}

/** How sharp the sharpest edges are in the directions where they are most and least so. */
export function edges(seen: Look, noise: number): Record<string, number> {
  let turns = ratios(seen, seen.grey, noise);
  const [channel, times] = colour(seen);
  if (times > TELLING || beside(turns).length < FEW) {
    const others = ratios(seen, channelOf(seen, channel), noise * COLOUR_NOISE);
    turns = turns.map((own, turn) => own.concat(others[turn]!));
  }
  const found = beside(turns).map((near) => percentile(near, SHARPEST));
  if (!found.length) return USUAL;
  return { edge_sharpest: Math.max(...found), edge_softest: Math.min(...found) };
}

/** The ratios of each direction that has enough of them, and of the two beside it. */
function beside(turns: number[][]): number[][] {
  return turns
    .map((own, turn) => [...turns.at(turn - 1)!, ...own, ...turns[(turn + 1) % DIRECTIONS]!])
    .filter((near) => near.length >= LEAST);
}

/** Red or blue, whichever tells more apart, and how many times as much as brightness. */
function colour(seen: Look): [0 | 2, number] {
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
  return [red > blue ? 0 : 2, Math.max(red, blue) / Math.max(bright, 1e-6)];
}

function channelOf(seen: Look, channel: 0 | 2): Bytes {
  const { width, height, pixels } = seen.sight.small;
  return bytes(width, height, (at) => pixels[at * 4 + channel]!);
}

/** Where slopes are steepest, narrow slope over wide (log2), direction by direction. */
function ratios(seen: Look, whole: Bytes, noise: number): number[][] {
  const [width, height] = [whole.width & ~1, whole.height & ~1];
  const plane = cropped(whole, width, height);
  const half = halfSlopes(plane);
  const least = leastSlope(half, noise);
  const wideAcross = enlarged(half.across, width, height).values;
  const wideDown = enlarged(half.down, width, height).values;
  const narrow = slopes(convolved(plane, gaussianWeights(NARROW, 3)), 1, 0);
  const [narrowAcross, narrowDown] = [narrow.across.values, narrow.down.values];
  const steepness = narrowAcross.map((x, at) => Math.sqrt(x * x + narrowDown[at]! ** 2));
  const subject = cropped(subjectOf(seen, whole.width, whole.height), width, height).values;
  const turns: number[][] = Array.from({ length: DIRECTIONS }, () => []);
  for (let row = 1; row < height - 1; row += 1) {
    for (let at = row * width + 1; at < (row + 1) * width - 1; at += 1) {
      if (!subject[at]) continue;
      const across = wideAcross[at]!;
      const down = wideDown[at]!;
      const slope = Math.sqrt(across * across + down * down);
      if (slope <= least) continue;
      const x = across / slope;
      const y = down / slope;
      const step = rounded(y) * width + rounded(x);
      const along = narrowAcross[at]! * x + narrowDown[at]! * y;
      const own = steepness[at]!;
      if (own < steepness[at + step]! || own <= steepness[at - step]! || along <= AGREE * own) continue;
      const turn = Math.floor((Math.atan2(y, x) / Math.PI) * DIRECTIONS + 0.5) + DIRECTIONS;
      turns[turn % DIRECTIONS]!.push(Math.log2(along / slope));
    }
  }
  return turns;
}

/** Below this a slope is no edge: noise, or one of the picture's many faint ones. */
function leastSlope({ across, down }: Slopes, noise: number): number {
  const clear = (CLEAR * Math.sqrt(Math.max(noise, 0))) / (Math.sqrt(8 * Math.PI) * NARROW ** 2);
  const sample: number[] = [];
  for (let row = 0; row < across.height; row += SAMPLED) {
    for (let at = row * across.width; at < (row + 1) * across.width; at += SAMPLED) {
      sample.push(Math.hypot(across.values[at]!, down.values[at]!));
    }
  }
  return Math.max(FAINTEST, clear, percentile(sample, STEEPEST));
}

/** -1, 0 or 1. */
const rounded = (part: number): number => (part > 0.5 ? 1 : part < -0.5 ? -1 : 0);

/** What is seen through the wide Gaussian, on a copy of half the size. */
function halfSlopes(plane: Bytes): Slopes {
  const means = averaged(plane, plane.width / 2, plane.height / 2);
  const half = { ...means, values: means.values.map((mean) => Math.floor(mean + 0.5)) };
  return slopes(convolved(half, gaussianWeights(HALF_SCALE, 4)), 2, HALF_BESIDE);
}

/** Slopes across and down, each partly from either side of it; a pixel is so many wide. */
function slopes({ width, height, values }: Plane, wide: number, beside: number): Slopes {
  const across = new Float32Array(values.length);
  const down = new Float32Array(values.length);
  const own = 1 - 2 * beside;
  for (let row = 0; row < height; row += 1) {
    const above = row ? -width : width; // edges are mirrored
    const below = row < height - 1 ? width : -width;
    for (let column = 0; column < width; column += 1) {
      const at = row * width + column;
      const left = column ? -1 : 1;
      const right = column < width - 1 ? 1 : -1;
      const corners = values[at + right + below]! - values[at + left + above]!; // of one diagonal
      const others = values[at + right + above]! - values[at + left + below]!;
      const x = own * (values[at + right]! - values[at + left]!) + beside * (corners + others);
      const y = own * (values[at + below]! - values[at + above]!) + beside * (corners - others);
      across[at] = x / (2 * wide);
      down[at] = y / (2 * wide);
    }
  }
  return { across: { width, height, values: across }, down: { width, height, values: down } };
}
