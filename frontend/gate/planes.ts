// Figures in rows, and the few picture operations the measures need, done as OpenCV does them.

/** One figure a pixel. */
export interface Plane<Values extends Float32Array | Uint8Array = Float32Array> {
  readonly width: number;
  readonly height: number;
  readonly values: Values;
}

export type Bytes = Plane<Uint8Array>;
/** 1 where something is, else 0. */
export type Mask = Plane<Uint8Array>;

/** Red, green, blue and one byte more for each pixel, as a canvas gives them. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8ClampedArray;
}

/** A new plane, each value from its place. */
export function bytes(width: number, height: number, of: (at: number) => number): Bytes {
  const values = new Uint8Array(width * height);
  for (let at = 0; at < values.length; at += 1) values[at] = of(at);
  return { width, height, values };
}

/** The upper left part of a plane. */
export function cropped(plane: Bytes, width: number, height: number): Bytes {
  if (width === plane.width && height === plane.height) return plane;
  return bytes(width, height, (at) => plane.values[Math.floor(at / width) * plane.width + (at % width)]!);
}

/** Brightness of each pixel, 0 to 255. */
export function grey({ width, height, pixels }: Picture): Bytes {
  const values = new Uint8Array(width * height);
  for (let at = 0; at < values.length; at += 1) values[at] = luma(pixels, at * 4);
  return { width, height, values };
}

export function luma(pixels: Uint8ClampedArray, at: number): number {
  return (9798 * pixels[at]! + 19235 * pixels[at + 1]! + 3735 * pixels[at + 2]! + 16384) >> 15;
}

/** A Gaussian blur in whole levels. */
export function gaussian(plane: Bytes, sigma: number): Bytes {
  const soft = convolved(plane, gaussianWeights(sigma, Math.round(sigma * 6 + 1) >> 1)).values;
  const values = new Uint8Array(soft.length);
  for (let at = 0; at < soft.length; at += 1) values[at] = soft[at]! + 0.5;
  return { width: plane.width, height: plane.height, values };
}

/** What a Gaussian blur weighs, `reach` pixels to either side; together 1. */
export function gaussianWeights(sigma: number, reach: number): Float32Array {
  const weights = Float32Array.from({ length: 2 * reach + 1 }, (_, at) =>
    Math.exp(-((at - reach) ** 2) / (2 * sigma * sigma)),
  );
  const total = weights.reduce((sum, each) => sum + each, 0);
  return weights.map((each) => each / total);
}

/** The mean of a square round each place. */
export function boxed(plane: Plane, size: number): Plane {
  return convolved(plane, new Float32Array(size).fill(1 / size));
}

/** Weighed sums across, then down; edges are mirrored. */
export function convolved(plane: Plane<Float32Array | Uint8Array>, weights: Float32Array): Plane {
  const { width, height } = plane;
  const reach = weights.length >> 1;
  const padded = new Float32Array(width + 2 * reach);
  const across = new Float32Array(width * height);
  for (let row = 0; row < height; row += 1) {
    for (let at = 0; at < padded.length; at += 1) {
      padded[at] = plane.values[row * width + mirrored(at - reach, width)]!;
    }
    for (let column = 0; column < width; column += 1) {
      let sum = 0;
      for (let tap = 0; tap < weights.length; tap += 1) sum += weights[tap]! * padded[column + tap]!;
      across[row * width + column] = sum;
    }
  }
  const values = new Float32Array(width * height);
  for (let row = 0; row < height; row += 1) {
    const line = values.subarray(row * width, (row + 1) * width);
    for (let tap = 0; tap < weights.length; tap += 1) {
      const start = mirrored(row + tap - reach, height) * width;
      const weight = weights[tap]!;
      for (let at = 0; at < width; at += 1) line[at] = line[at]! + weight * across[start + at]!;
    }
  }
  return { width, height, values };
}

function mirrored(at: number, length: number): number {
  if (at >= 0 && at < length) return at;
  if (length === 1) return 0;
  const folded = Math.abs(at) % (2 * length - 2);
  return folded < length ? folded : 2 * length - 2 - folded;
}

/** The largest (or smallest) value of a square round each place; nothing comes from outside. */
export function extreme(plane: Bytes, size: number, pick: "max" | "min"): Bytes {
  const { width, height } = plane;
  const across = extremes(plane.values, width, height, 1, size >> 1, pick === "max");
  return { width, height, values: extremes(across, height, width, width, size >> 1, pick === "max") };
}

/** One pass along lines of `length` figures, `step` apart in the plane. */
function extremes(
  from: Uint8Array,
  length: number,
  lines: number,
  step: number,
  reach: number,
  isMax: boolean,
): Uint8Array {
  const found = new Uint8Array(from.length);
  const next = step === 1 ? length : 1;
  for (let line = 0; line < lines; line += 1) {
    for (let place = 0; place < length; place += 1) {
      const at = line * next + place * step;
      let best = from[at]!;
      const end = Math.min(length - 1, place + reach);
      for (let near = Math.max(0, place - reach); near <= end; near += 1) {
        const value = from[line * next + near * step]!;
        if (isMax ? value > best : value < best) best = value;
      }
      found[at] = best;
    }
  }
  return found;
}

/** Small gaps filled, then the size restored. */
export function closed(plane: Bytes, size: number): Bytes {
  return extreme(extreme(plane, size, "max"), size, "min");
}

const DISC = [0, 2, 2, 2, 0]; // how far each of its five rows reaches to either side

/** What holds a disc of 5 px: smaller and thinner areas go; nothing comes from outside. */
export function opened(mask: Mask): Mask {
  return underDisc(underDisc(mask, "every"), "some");
}

function underDisc({ width, height, values }: Mask, how: "every" | "some"): Mask {
  const wanted = how === "some" ? 1 : 0; // finding one settles it
  return bytes(width, height, (at) => {
    const row = Math.floor(at / width);
    const column = at % width;
    for (let place = 0; place < DISC.length; place += 1) {
      const y = row + place - 2;
      if (y < 0 || y >= height) continue;
      const end = Math.min(width - 1, column + DISC[place]!);
      for (let x = Math.max(0, column - DISC[place]!); x <= end; x += 1) {
        if (values[y * width + x] === wanted) return wanted;
      }
    }
    return 1 - wanted;
  });
}

/** Areas that touch, corners too: a number for each place, 0 where the mask is not. */
export function components(mask: Mask): { labels: Int32Array; count: number } {
  const { width, height, values } = mask;
  const labels = new Int32Array(values.length);
  let count = 0;
  for (let start = 0; start < values.length; start += 1) {
    if (!values[start] || labels[start]) continue;
    count += 1;
    const waiting = [start];
    labels[start] = count;
    while (waiting.length) {
      const at = waiting.pop()!;
      const row = Math.floor(at / width);
      const column = at % width;
      for (let y = Math.max(0, row - 1); y <= Math.min(height - 1, row + 1); y += 1) {
        for (let x = Math.max(0, column - 1); x <= Math.min(width - 1, column + 1); x += 1) {
          const beside = y * width + x;
          if (values[beside] && !labels[beside]) {
            labels[beside] = count;
            waiting.push(beside);
          }
        }
      }
    }
  }
  return { labels, count };
}

/**
 * The middle value of a square round each place; the edge goes on outside. Only rows with a value of
 * at least `from` are looked at, the others stay 0: nothing else asks for them.
 */
export function medianFiltered(plane: Bytes, size: number, from: number): Bytes {
  const { width, height, values } = plane;
  const found = new Uint8Array(values.length);
  for (let row = 0; row < height; row += 1) {
    const line = values.subarray(row * width, (row + 1) * width);
    if (line.some((level) => level >= from)) medians(plane, size, row, found);
  }
  return { width, height, values: found };
}

/** One row of medians: the window's counts move along, and with them the level of the middle. */
function medians(plane: Bytes, size: number, row: number, found: Uint8Array): void {
  const { width, height, values } = plane;
  const reach = size >> 1;
  const half = (size * size) >> 1;
  const counts = new Int32Array(256);
  const starts = Int32Array.from({ length: size }, (_, at) =>
    Math.min(height - 1, Math.max(0, row + at - reach)) * width,
  );
  let level = 0;
  let below = 0; // how many lie under that level
  const put = (column: number, change: number): void => {
    const x = Math.min(width - 1, Math.max(0, column));
    for (let at = 0; at < size; at += 1) {
      const value = values[starts[at]! + x]!;
      counts[value] = counts[value]! + change;
      if (value < level) below += change;
    }
  };
  for (let column = -reach; column <= reach; column += 1) put(column, 1);
  for (let column = 0; column < width; column += 1) {
    while (below + counts[level]! <= half) below += counts[level++]!;
    while (below > half) below -= counts[--level]!;
    found[row * width + column] = level;
    put(column - reach, -1);
    put(column + reach + 1, 1);
  }
}
