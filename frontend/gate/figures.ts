// Middles, shares and percentiles of many figures.

/** The value below which so many in a hundred lie, between two values as well. */
export function percentile(figures: ArrayLike<number>, at: number): number {
  const sorted = Float64Array.from(figures).sort();
  if (!sorted.length) return 0;
  const place = ((sorted.length - 1) * at) / 100;
  const low = Math.floor(place);
  const high = Math.min(sorted.length - 1, low + 1);
  return sorted[low]! + (sorted[high]! - sorted[low]!) * (place - low);
}

export const median = (figures: ArrayLike<number>): number => percentile(figures, 50);

/** How far figures lie from their mean, the root of the mean square. */
export function deviation(figures: readonly number[]): number {
  const mean = figures.reduce((sum, each) => sum + each, 0) / figures.length;
  return Math.sqrt(figures.reduce((sum, each) => sum + (each - mean) ** 2, 0) / figures.length);
}

/** A share as a power of two, with room for none. */
export const logShare = (share: number): number => Math.log2(share + 1e-3);

/** A surface over x and y from -1 to 1: 1, x, y, then the three of the second degree. */
export type Surface = number[];

/** Its height at a place. */
export function laid(surface: Surface, x: number, y: number): number {
  const [level = 0, along = 0, down = 0, twist = 0, wide = 0, tall = 0] = surface;
  return level + along * x + down * y + twist * x * y + wide * x * x + tall * y * y;
}

/** Where figures stand that a surface is laid through. */
export interface Places {
  readonly x: Float64Array;
  readonly y: Float64Array;
}

/**
 * The surface of three or six terms nearest to what is wanted, each place counted as far as it is
 * trusted; `steady` keeps it calm where there is little to go by.
 */
export function fitted(
  { x, y }: Places,
  wanted: Float64Array,
  trust: Float64Array,
  size: 3 | 6,
  steady: number,
): Surface {
  const squares = new Float64Array(size * size);
  const right = new Float64Array(size);
  const terms = new Float64Array(6);
  for (let at = 0; at < wanted.length; at += 1) {
    const [across, down] = [x[at]!, y[at]!];
    terms.set([1, across, down, across * down, across * across, down * down]);
    for (let one = 0; one < size; one += 1) {
      const weighed = terms[one]! * trust[at]!;
      right[one] = right[one]! + weighed * wanted[at]!;
      for (let other = 0; other <= one; other += 1) {
        squares[one * size + other] = squares[one * size + other]! + weighed * terms[other]!;
      }
    }
  }
  const rows = Array.from({ length: size }, (_, one) =>
    Array.from({ length: size }, (_, other) => {
      const [high, low] = [Math.max(one, other), Math.min(one, other)];
      return squares[high * size + low]! + (one === other ? steady : 0);
    }),
  );
  return solved(rows, [...right]);
}

/** What an equation system of a few unknowns comes to, by elimination. */
function solved(rows: number[][], right: number[]): number[] {
  const size = right.length;
  const table = rows.map((row, at) => [...row, right[at]!]);
  for (let pivot = 0; pivot < size; pivot += 1) {
    let best = pivot;
    for (let row = pivot + 1; row < size; row += 1) {
      if (Math.abs(table[row]![pivot]!) > Math.abs(table[best]![pivot]!)) best = row;
    }
    [table[pivot], table[best]] = [table[best]!, table[pivot]!];
    for (let row = 0; row < size; row += 1) {
      if (row === pivot) continue;
      const factor = table[row]![pivot]! / table[pivot]![pivot]!;
      for (let at = pivot; at <= size; at += 1) {
        table[row]![at] = table[row]![at]! - factor * table[pivot]![at]!;
      }
    }
  }
  return table.map((row, at) => row[size]! / row[at]!);
}
