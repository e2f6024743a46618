// The picture's own frame: corners, rings, and the light that changes smoothly across it.
import { fitted, laid, median, type Surface } from "./figures";
import { along, EVERY, type Look, some } from "./look";

const CORNER = 8; // px of the 128 px copy
const MIDDLE = [0.25, 0.5]; // of the way to the corners
const LEAST_SKIN = 100; // px of that copy
const ROUNDS = 3;
const STEADY = 1e-3; // keeps the equations solvable

/** Brightness of the corners against the middle, and the fall of light (log2). */
export function frame(seen: Look): Record<string, number> {
  const { width, height } = seen.tiny;
  const light = brightness(seen);
  const middle = median(ring(light, width, height, MIDDLE));
  const corners = [0, 1].flatMap((down) =>
    [0, 1].map((across) => median(corner(light, width, height, down, across))),
  );
  return {
    corner_brightest: Math.max(...corners) - middle,
    corner_darkest: Math.min(...corners) - middle,
    ...fall(seen, light),
  };
}

function brightness(seen: Look): Float64Array {
  const { pixels, width, height } = seen.tiny;
  return Float64Array.from({ length: width * height }, (_, at) =>
    Math.log2(0.299 * pixels[at * 4]! + 0.587 * pixels[at * 4 + 1]! + 0.114 * pixels[at * 4 + 2]! + 6),
  );
}

function ring(light: Float64Array, width: number, height: number, [low, high]: number[]): Float64Array {
  return light.filter((_, at) => {
    const x = along(at % width, width) * width;
    const y = along(Math.floor(at / width), height) * height;
    const reach = Math.hypot(x, y) / Math.hypot(width, height);
    return reach >= low! && reach < high!;
  });
}

function corner(light: Float64Array, width: number, height: number, down: number, across: number): Float64Array {
  return light.filter((_, at) => {
    const row = Math.floor(at / width);
    const column = at % width;
    const isRow = down ? row >= height - CORNER : row < CORNER;
    return isRow && (across ? column >= width - CORNER : column < CORNER);
  });
}

/** A smooth surface laid through the brightness of the skin, lesions and hair let go. */
function fall(seen: Look, light: Float64Array): Record<string, number> {
  const { found, x, y } = some(seen.subject);
  if (found.length < LEAST_SKIN / EVERY) return { light_slope: 0, light_bowl: 0 };
  const wanted = Float64Array.from(found, (at) => light[at]!);
  const off = new Float64Array(found.length);
  const trust = new Float64Array(found.length).fill(1);
  let surface: Surface = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    surface = fitted({ x, y }, wanted, trust, 6, STEADY);
    for (let at = 0; at < off.length; at += 1) off[at] = wanted[at]! - laid(surface, x[at]!, y[at]!);
    const usual = median(off.map(Math.abs)) + 0.02;
    for (let at = 0; at < off.length; at += 1) {
      const far = off[at]! / usual / (off[at]! < 0 ? 2 : 3);
      trust[at] = 1 / (1 + far * far);
    }
  }
  return {
    light_slope: Math.hypot(surface[1]!, surface[2]!),
    light_bowl: -(surface[4]! + surface[5]!),
  };
}
