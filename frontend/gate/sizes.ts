// Pictures and planes in another size, as OpenCV makes them.
import type { Picture, Plane } from "./planes";

/** The picture with neither side longer; each new pixel is the mean of those it covers. */
export function noLongerThan(longSide: number, picture: Picture): Picture {
  const factor = longSide / Math.max(picture.width, picture.height);
  if (factor >= 1) return picture;
  const width = Math.max(8, evenRound(picture.width * factor));
  const height = Math.max(8, evenRound(picture.height * factor));
  const means = covered(picture.pixels, picture.width, picture.height, 4, width, height);
  const pixels = new Uint8ClampedArray(means.length);
  for (let at = 0; at < means.length; at += 1) pixels[at] = Math.floor(means[at]! + 0.5);
  return { width, height, pixels };
}

/** Another size by the mean of what each new place covers. */
export function averaged(plane: Plane<Float32Array | Uint8Array>, width: number, height: number): Plane {
  return { width, height, values: covered(plane.values, plane.width, plane.height, 1, width, height) };
}

/** Means of the figures that each new place covers, edges by the part covered. */
function covered(
  from: Float32Array | Uint8Array | Uint8ClampedArray,
  oldWidth: number,
  oldHeight: number,
  channels: number,
  width: number,
  height: number,
): Float32Array {
  const [line, tall, wide] = [oldWidth * channels, oldHeight / height, oldWidth / width];
  const found = new Float32Array(width * height * channels);
  const sums = new Float32Array(line);
  for (let row = 0; row < height; row += 1) {
    sums.fill(0);
    const [top, bottom] = [row * tall, Math.min(oldHeight, (row + 1) * tall)];
    for (let y = Math.floor(top); y < bottom; y += 1) {
      const share = Math.min(bottom, y + 1) - Math.max(top, y);
      const start = y * line;
      for (let at = 0; at < line; at += 1) sums[at] = sums[at]! + share * from[start + at]!;
    }
    for (let column = 0; column < width; column += 1) {
      const [left, right] = [column * wide, Math.min(oldWidth, (column + 1) * wide)];
      const area = (right - left) * (bottom - top);
      for (let channel = 0; channel < channels; channel += 1) {
        let sum = 0;
        for (let x = Math.floor(left); x < right; x += 1) {
          sum += (Math.min(right, x + 1) - Math.max(left, x)) * sums[x * channels + channel]!;
        }
        found[(row * width + column) * channels + channel] = sum / area;
      }
    }
  }
  return found;
}

/** The picture with neither side longer, both even, each new pixel from the four it lies between. */
export function bilinear(picture: Picture, longSide: number): Picture {
  const factor = longSide / Math.max(picture.width, picture.height);
  if (factor >= 1) return picture;
  const width = Math.max(2, 2 * evenRound((picture.width * factor) / 2));
  const height = Math.max(2, 2 * evenRound((picture.height * factor) / 2));
  const pixels = new Uint8ClampedArray(width * height * 4);
  const from = picture.pixels;
  for (let row = 0; row < height; row += 1) {
    const [top, bottom, down] = between(row, picture.height / height, picture.height);
    for (let column = 0; column < width; column += 1) {
      const [left, right, across] = between(column, picture.width / width, picture.width);
      const places = [top * picture.width + left, top * picture.width + right];
      const below = (bottom - top) * picture.width;
      for (let channel = 0; channel < 3; channel += 1) {
        const [one, other] = [places[0]! * 4 + channel, places[1]! * 4 + channel];
        const upper = from[one]! * (1 - across) + from[other]! * across;
        const lower = from[one + below * 4]! * (1 - across) + from[other + below * 4]! * across;
        pixels[(row * width + column) * 4 + channel] = upper * (1 - down) + lower * down;
      }
    }
  }
  return { width, height, pixels };
}

/** Another size, each new figure from the four it lies between. */
export function enlarged(plane: Plane, width: number, height: number): Plane {
  const values = new Float32Array(width * height);
  const columns = Array.from({ length: width }, (_, at) => between(at, plane.width / width, plane.width));
  for (let row = 0; row < height; row += 1) {
    const [top, bottom, down] = between(row, plane.height / height, plane.height);
    const upper = plane.values.subarray(top * plane.width, (top + 1) * plane.width);
    const lower = plane.values.subarray(bottom * plane.width, (bottom + 1) * plane.width);
    for (let column = 0; column < width; column += 1) {
      const [left, right, across] = columns[column]!;
      const over = upper[left]! * (1 - across) + upper[right]! * across;
      const under = lower[left]! * (1 - across) + lower[right]! * across;
      values[row * width + column] = over * (1 - down) + under * down;
    }
  }
  return { width, height, values };
}

/** The two old pixels a new one lies between, and how near it is to the second. */
function between(at: number, scale: number, length: number): [number, number, number] {
  const place = Math.min(length - 1, Math.max(0, (at + 0.5) * scale - 0.5));
  const low = Math.floor(place);
  return [low, Math.min(length - 1, low + 1), place - low];
}

/** Python's rounding: halves go to the even number. */
export function evenRound(value: number): number {
  const down = Math.floor(value);
  if (value - down !== 0.5) return Math.round(value);
  return down % 2 === 0 ? down : down + 1;
}
