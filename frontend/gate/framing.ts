// Whether what is darker than skin lies in the middle.

import { fitted, laid, median, type Places, type Surface } from "./figures";
import { along, type Look, some } from "./look";
import { bytes, closed, gaussian } from "./planes";

const HAIR = 5; // px of the 128 px copy: what is thinner is filled in
const CALM = 2e-6; // of contrast cubed, for each pixel: what bare skin weighs against a lesion
const WEIGHTS = [0.2, 0.4, 0.4]; // of red, green and blue in what is dark
const LEAST_SKIN = 100; // px of that copy
const ROUNDS = 4;
const STEADY = 0.5; // keeps the surface calm where there is little skin

/** How far off the middle all that is darker than skin is in balance: 0 to 1, the edge. */
export function framing(seen: Look): Record<string, number> {
  const { width, height, values } = seen.subject;
  const skin = values.reduce((sum, each) => sum + each, 0);
  if (skin < LEAST_SKIN) return { dark_off: 0 };
  const away = distances(seen);
  let [weight, across, down] = [CALM * skin, 0, 0];
  for (let at = 0; at < values.length; at += 1) {
    const own = values[at] ? away[at]! ** 3 : 0;
    weight += own;
    across += own * along(at % width, width);
    down += own * along(Math.floor(at / width), height);
  }
  return { dark_off: Math.max(Math.abs(across), Math.abs(down)) / weight };
}

/** How much darker, in green and blue most of all, each place is than skin there would be. */
function distances(seen: Look): Float64Array {
  const { width, height, pixels } = seen.tiny;
  const darkness = new Float64Array(width * height);
  for (const [channel, weight] of WEIGHTS.entries()) {
    const plane = bytes(width, height, (at) => pixels[at * 4 + channel]!);
    const light = gaussian(closed(plane, HAIR), 1).values;
    for (let at = 0; at < light.length; at += 1) {
      darkness[at] = darkness[at]! - weight * Math.log(light[at]! + 8);
    }
  }
  const { found, ...places } = some(seen.subject);
  const wanted = Float64Array.from(found, (at) => darkness[at]!);
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
