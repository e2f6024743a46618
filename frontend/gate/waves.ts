// Where the picture has most detail and least, and how strong its waves are there.
import { median } from "./figures";
import { bareOf, type Look } from "./look";
import { boxed, gaussian, grey, type Plane } from "./planes";
import { averaged } from "./sizes";

export type Place = [number, number]; // row and column of a tile's first pixel

export const TILE = 64;
const MOST_BUSY = 24;
const MOST_FLAT = 16;
const BUSY_SHARE = 0.25; // of the tiles that lie on the subject
const FLAT_SHARE = 0.3;
const LEAST = 6;
const LEFT = 0.05; // of the power at least is left when noise is taken off
const TURNS = 12;
const OCTAVES = [6, 5, 4, 3, 2].map((power): [number, number] => [2 ** -power, 2 ** (1 - power)]);
const RINGS: [number, number][] = [[1 / 40, 1 / 14], [1 / 14, 1 / 6], [1 / 6, 1 / 2.5]];
const ACROSS = TILE / 2 + 1; // waves kept in each row: the others mirror them

const window64 = Float64Array.from(
  { length: TILE },
  (_, at) => 0.5 - 0.5 * Math.cos((2 * Math.PI * (at + 1)) / (TILE + 1)),
);
const windowPower = window64.reduce((sum, each) => sum + each * each, 0) ** 2;

/** The waves of some tiles, and the noise to be taken off them. */
export interface Waves {
  readonly power: Float32Array[];
  readonly noise: number;
}

interface Places {
  readonly busy: Place[];
  readonly flat: Place[];
  readonly peaks: Place[]; // where each busy tile has most detail
}

/** The waves of the copy of 1024 px and of the whole photograph, in the same places. */
export function detail(seen: Look): { small: Waves; full: Waves } {
  const found = places(seen);
  const small = waves(cut(seen.grey, found.busy), cut(seen.grey, found.flat));
  const calm = found.flat.map(([row, column]): Place => [row + TILE / 2, column + TILE / 2]);
  const busy = seen.sight.tiles(natively(seen, found.peaks));
  return { small, full: waves(busy, seen.sight.tiles(natively(seen, calm))) };
}

function waves(busy: Float32Array[], flat: Float32Array[]): Waves {
  const noise = median(flat.map((tile) => finest(power(tile))));
  return { power: busy.map(power), noise };
}

function places(seen: Look): Places {
  const rows = Math.max(1, Math.floor(seen.grey.height / TILE));
  const columns = Math.max(1, Math.floor(seen.grey.width / TILE));
  const factor = seen.half.width / seen.grey.width;
  const energy = middling(seen, Math.round(columns * TILE * factor), Math.round(rows * TILE * factor));
  const strength = averaged(energy, columns, rows).values;
  const mask = bareOf(seen, seen.half.width, seen.half.height);
  const cover = averaged(
    crop({ ...mask, values: new Float32Array(mask.values) }, energy.width, energy.height),
    columns,
    rows,
  ).values;
  const ranked = Array.from(strength, (each, at) => (cover[at]! > 0.8 ? each : cover[at]! - 2));
  const order = ranked.map((_, at) => at).sort((one, other) => ranked[other]! - ranked[one]!);
  const valid = Math.max(Math.min(LEAST, order.length), cover.filter((each) => each > 0.8).length);
  const many = (most: number, share: number): number =>
    Math.max(LEAST, Math.min(most, Math.floor(share * valid)));
  const start = (tile: number): Place => [Math.floor(tile / columns) * TILE, (tile % columns) * TILE];
  const busy = order.slice(0, many(MOST_BUSY, BUSY_SHARE)).map(start);
  const flat = order.slice(0, valid).reverse().slice(0, many(MOST_FLAT, FLAT_SHARE)).map(start);
  return { busy, flat, peaks: peaks(energy, busy, factor) };
}

/** Detail neither fine nor coarse, on the copy of 512 px. */
function middling(seen: Look, width: number, height: number): Plane {
  const half = grey(seen.half);
  const near = gaussian(half, 1);
  const far = gaussian(half, 3);
  const values = new Float32Array(near.values.length);
  for (let at = 0; at < values.length; at += 1) values[at] = (near.values[at]! - far.values[at]!) ** 2;
  return crop({ ...half, values }, width, height);
}

function crop(plane: Plane, width: number, height: number): Plane {
  const wide = Math.min(width, plane.width);
  const tall = Math.min(height, plane.height);
  const values = new Float32Array(wide * tall);
  for (let row = 0; row < tall; row += 1) {
    values.set(plane.values.subarray(row * plane.width, row * plane.width + wide), row * wide);
  }
  return { width: wide, height: tall, values };
}

function peaks(energy: Plane, starts: Place[], factor: number): Place[] {
  const near = boxed(energy, 7);
  const side = Math.max(1, Math.floor(TILE * factor));
  return starts.map(([row, column]): Place => {
    const top = Math.floor(row * factor);
    const left = Math.floor(column * factor);
    let best: Place = [top, left];
    let most = -1;
    for (let y = top; y < Math.min(near.height, top + side); y += 1) {
      for (let x = left; x < Math.min(near.width, left + side); x += 1) {
        const value = near.values[y * near.width + x]!;
        if (value > most) [most, best] = [value, [y, x]];
      }
    }
    return [Math.floor(best[0] / factor), Math.floor(best[1] / factor)];
  });
}

/** Tiles round those places in the whole photograph, on its 8 px grid. */
function natively(seen: Look, middles: Place[]): Place[] {
  const factor = seen.sight.width / seen.grey.width;
  const placed = (middle: number, side: number): number => {
    const end = Math.floor((side - TILE) / 8) * 8;
    return Math.min(Math.floor(Math.max(0, Math.trunc(middle * factor - TILE / 2)) / 8) * 8, end);
  };
  return middles.map(([row, column]): Place => [
    placed(row, seen.sight.height),
    placed(column, seen.sight.width),
  ]);
}

function cut(plane: Plane<Uint8Array>, found: Place[]): Float32Array[] {
  return found.map(([row, column]) => {
    const tile = new Float32Array(TILE * TILE);
    for (let at = 0; at < tile.length; at += 1) {
      const y = row + Math.floor(at / TILE);
      tile[at] = plane.values[y * plane.width + column + (at % TILE)]!;
    }
    return tile;
  });
}

/** Power of the waves in a tile about its own mean, levels squared. */
function power(tile: Float32Array): Float32Array {
  const mean = tile.reduce((sum, each) => sum + each, 0) / tile.length;
  const real = new Float64Array(TILE * TILE);
  const imaginary = new Float64Array(TILE * TILE);
  for (let at = 0; at < real.length; at += 1) {
    real[at] = (tile[at]! - mean) * window64[Math.floor(at / TILE)]! * window64[at % TILE]!;
  }
  for (let row = 0; row < TILE; row += 1) transform(real, imaginary, row * TILE, 1);
  for (let column = 0; column < ACROSS; column += 1) transform(real, imaginary, column, TILE);
  const found = new Float32Array(TILE * ACROSS);
  for (let at = 0; at < found.length; at += 1) {
    const place = Math.floor(at / ACROSS) * TILE + (at % ACROSS);
    found[at] = (real[place]! ** 2 + imaginary[place]! ** 2) / windowPower;
  }
  return found;
}

const reversed = Array.from({ length: TILE }, (_, at) =>
  Number.parseInt(at.toString(2).padStart(6, "0").split("").reverse().join(""), 2),
);
const cosines = Float64Array.from({ length: TILE }, (_, at) => Math.cos((2 * Math.PI * at) / TILE));
const sines = Float64Array.from({ length: TILE }, (_, at) => Math.sin((2 * Math.PI * at) / TILE));

/** A fast Fourier transform of 64 figures, in place. */
function transform(real: Float64Array, imaginary: Float64Array, start: number, step: number): void {
  for (let at = 0; at < TILE; at += 1) {
    const other = reversed[at]!;
    if (other <= at) continue;
    const [here, there] = [start + at * step, start + other * step];
    [real[here], real[there]] = [real[there]!, real[here]!];
    [imaginary[here], imaginary[there]] = [imaginary[there]!, imaginary[here]!];
  }
  for (let size = 2; size <= TILE; size *= 2) {
    for (let group = 0; group < TILE; group += size) {
      for (let at = 0; at < size / 2; at += 1) {
        const turn = (at * TILE) / size;
        const one = start + (group + at) * step;
        const two = one + (size / 2) * step;
        const x = real[two]! * cosines[turn]! + imaginary[two]! * sines[turn]!;
        const y = imaginary[two]! * cosines[turn]! - real[two]! * sines[turn]!;
        real[two] = real[one]! - x;
        imaginary[two] = imaginary[one]! - y;
        real[one] = real[one]! + x;
        imaginary[one] = imaginary[one]! + y;
      }
    }
  }
}

/** Where in a tile's waves those of a band stand. */
function band(includes: (pitch: number, turn: number) => boolean): number[] {
  const found: number[] = [];
  for (let at = 0; at < TILE * ACROSS; at += 1) {
    const row = Math.floor(at / ACROSS);
    const down = (row < TILE / 2 ? row : row - TILE) / TILE;
    const across = (at % ACROSS) / TILE;
    const turn = Math.trunc((Math.atan2(down, across) / Math.PI + 0.5) * TURNS) % TURNS;
    if (includes(Math.hypot(across, down), turn)) found.push(at);
  }
  return found;
}

const octaveBands = OCTAVES.map(([low, high]) => band((pitch) => pitch >= low && pitch < high));
const sectorBands = RINGS.map(([low, high]) =>
  Array.from({ length: TURNS }, (_, turn) =>
    band((pitch, towards) => pitch >= low && pitch < high && towards === turn),
  ),
);

function mean(power: Float32Array, places: number[]): number {
  return places.reduce((sum, at) => sum + power[at]!, 0) / Math.max(1, places.length);
}

/** Noise, where nothing else is so fine: by the median, of noise it is ln 2 of the mean. */
function finest(power: Float32Array): number {
  return median(octaveBands[4]!.map((at) => power[at]!)) / Math.LN2;
}

const withoutNoise = (found: number, noise: number): number => Math.max(found - noise, LEFT * found);

/** Power of each tile in each octave, coarse to fine, as powers of two. */
export function octaves(waves: Waves): number[][] {
  return waves.power.map((power) =>
    octaveBands.map((places) => Math.log2(withoutNoise(mean(power, places), waves.noise) + 0.05)),
  );
}

/** Mean power in each ring and direction, as powers of two, smoothed round the ring. */
export function directions(waves: Waves): number[][] {
  return sectorBands.map((sectors) => {
    const ring = sectors.map((places) => {
      const each = waves.power.map((power) =>
        Math.log2(withoutNoise(mean(power, places), waves.noise) + 0.02),
      );
      return each.reduce((sum, value) => sum + value, 0) / each.length;
    });
    return ring.map((own, at) => (own + ring[(at + 1) % TURNS]! + ring[(at + TURNS - 1) % TURNS]!) / 3);
  });
}
