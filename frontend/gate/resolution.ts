// How many pixels there are, against 800 x 600 whichever way the picture is held.
const LEAST_WIDTH = 800;
const LEAST_HEIGHT = 600;

export function resolution(width: number, height: number): { size_ratio: number } {
  const long = Math.max(width, height) / LEAST_WIDTH;
  return { size_ratio: Math.min(long, Math.min(width, height) / LEAST_HEIGHT) };
}

/** 0 at twice 800 x 600, 0.5 at 800 x 600, 1 at a quarter of it. */
export function smallness(ratio: number): number {
  if (ratio >= 1) return Math.max(0, 0.5 * (2 - ratio));
  return Math.min(1, 0.5 + (0.5 * (1 - ratio)) / 0.75);
}
