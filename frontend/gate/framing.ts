// Where the lesion is, and whether it is whole, in the middle and large enough.

import { fitted, laid, median, type Places, type Surface } from "./figures";
import { along, type Look, within } from "./look";
import { bytes, closed, components, extreme, gaussian, type Mask, opened } from "./planes";

const HAIR = 5; // px of the 128 px copy: what is thinner is filled in
const LEAST_AREA = 0.002; // of the subject
const LEAST_CONTRAST = 0.12; // as a natural logarithm of reflected light
const EDGE = 0.03; // of the picture's sides
const SURE = 0.35; // contrast from which there is no doubt that it is a lesion
const WEIGHTS = [0.2, 0.4, 0.4]; // of red, green and blue in what is dark
const ROUNDS = 4;
const STEADY = 0.5; // keeps the surface calm where there is little skin

type Spot = { mask: Mask; contrast: number } | null;

/** How much of the subject the lesion fills, how far off the middle it is, how much is cut. */
export function framing(seen: Look): Record<string, number> {
  const spot = find(seen);
  if (!spot) return { lesion_area: 0, lesion_off: 0.5, lesion_cut: 0, lesion_contrast: 0 };
  const { width, height, values } = spot.mask;
  const margin = Math.max(2, Math.round(EDGE * Math.max(height, width)));
  const isInner = (at: number): boolean => {
    const row = Math.floor(at / width);
    const column = at % width;
    return row >= margin && column >= margin && row < height - margin && column < width - margin;
  };
  const most = extreme(spot.mask, HAIR, "max").values;
  const least = extreme(spot.mask, HAIR, "min").values;
  let [area, rows, columns, border, cut] = [0, 0, 0, 0, 0];
  for (let at = 0; at < values.length; at += 1) {
    if (values[at]) {
      area += 1;
      rows += Math.floor(at / width);
      columns += at % width;
    }
    if (most[at] === least[at] && !(values[at] && !isInner(at))) continue;
    border += 1;
    if (!isInner(at)) cut += 1;
  }
  const off = 2 * Math.max(Math.abs(columns / area / width - 0.5), Math.abs(rows / area / height - 0.5));
  const sure = Math.min(1, spot.contrast / SURE);
  return {
    lesion_area: area / Math.max(1, total(seen.subject)),
    lesion_off: off * sure,
    lesion_cut: (cut / Math.max(1, border)) * sure,
    lesion_contrast: spot.contrast,
  };
}

const total = (mask: Mask): number => mask.values.reduce((sum, each) => sum + each, 0);

/** The most striking patch; null where nothing stands out. */
function find(seen: Look): Spot {
  const { subject } = seen;
  const { found: skin, ...places } = within(subject);
  if (skin.length < 100) return null;
  const away = distances(seen, skin, places);
  const limit = Math.max(split(Float64Array.from(skin, (at) => away[at]!)), LEAST_CONTRAST);
  const { width, height } = subject;
  const mask = bytes(width, height, (at) => +(away[at]! > limit && subject.values[at] === 1));
  const { labels, count } = components(opened(mask, 3));
  const striking = new Float64Array(count + 1);
  labels.forEach((label, at) => (striking[label] = striking[label]! + away[at]! ** 2));
  striking[0] = 0;
  const best = striking.indexOf(Math.max(...striking));
  const found = bytes(width, height, (at) => +(best > 0 && labels[at] === best));
  if (total(found) < Math.max(1, LEAST_AREA * skin.length)) return null;
  const own = away.filter((_, at) => found.values[at]);
  const round = away.filter((_, at) => subject.values[at] && !found.values[at]);
  const mean = own.reduce((sum, each) => sum + each, 0) / own.length;
  return { mask: found, contrast: mean - (round.length ? median(round) : 0) };
}

/** How much darker, in green and blue most of all, each place is than skin there would be. */
function distances(seen: Look, skin: Int32Array, places: Places): Float64Array {
  const { width, height, pixels } = seen.tiny;
  const darkness = new Float64Array(width * height);
  for (const [channel, weight] of WEIGHTS.entries()) {
    const plane = bytes(width, height, (at) => pixels[at * 4 + channel]!);
    const light = gaussian(closed(plane, HAIR), 1).values;
    for (let at = 0; at < light.length; at += 1) {
      darkness[at] = darkness[at]! - weight * Math.log(light[at]! + 8);
    }
  }
  const wanted = Float64Array.from(skin, (at) => darkness[at]!);
  let surface = laidThrough(places, wanted, 6);
  if (Math.min(surface[4]!, surface[5]!) < 0) {
    surface = laidThrough(places, wanted, 3); // light falls off outwards: a dark middle is the lesion
  }
  for (let at = 0; at < darkness.length; at += 1) {
    const here = laid(surface, along(at % width, width), along(Math.floor(at / width), height));
    darkness[at] = Math.max(0, darkness[at]! - here);
  }
  return darkness;
}

/** The smooth surface through the skin, which is what is light. */
function laidThrough(places: Places, wanted: Float64Array, size: 3 | 6): Surface {
  const trust = new Float64Array(wanted.length).fill(1);
  const off = new Float64Array(wanted.length);
  let surface: Surface = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    surface = fitted(places, wanted, trust, size, STEADY);
    for (let at = 0; at < off.length; at += 1) {
      off[at] = wanted[at]! - laid(surface, places.x[at]!, places.y[at]!);
    }
    const usual = median(off.map(Math.abs)) + 0.02;
    for (let at = 0; at < off.length; at += 1) {
      const far = off[at]! / usual / (off[at]! > 0 ? 1 : 4);
      trust[at] = 1 / (1 + far * far);
    }
  }
  return surface;
}

/** Otsu's level between the light and the dark, in hundredths. */
function split(away: Float64Array): number {
  const counts = new Float64Array(256);
  for (const each of away) {
    const level = Math.trunc(Math.min(255, Math.max(0, each * 100)));
    counts[level] = counts[level]! + 1 / away.length;
  }
  const mean = counts.reduce((sum, share, level) => sum + share * level, 0);
  let [best, most, below, sum] = [0, 0, 0, 0];
  for (let level = 0; level < 256; level += 1) {
    below += counts[level]!;
    sum += counts[level]! * level;
    if (below <= 1e-7 || below >= 1 - 1e-7) continue;
    const apart = below * (1 - below) * (sum / below - (mean - sum) / (1 - below)) ** 2;
    if (apart > most) [most, best] = [apart, level];
  }
  return best / 100;
}
