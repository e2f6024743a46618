import assert from "node:assert/strict";
import { test } from "node:test";

import { deviation, fitted, laid, percentile } from "./figures";
import { bytes, components, extreme, gaussian, medianFiltered } from "./planes";
import { resolution, smallness } from "./resolution";
import { averaged, enlarged, evenRound, noLongerThan } from "./sizes";

test("percentiles lie between values, as the service counts them", () => {
  assert.equal(percentile([1, 2, 3, 4], 50), 2.5);
  assert.equal(percentile([4, 0], 75), 3);
});

test("figures lie from their mean as the root of the mean square says", () => {
  assert.equal(deviation([1, 1, 5, 5]), 2);
  assert.equal(deviation([7]), 0);
});

test("a surface is found again from its own values", () => {
  const places = { x: Float64Array.from([-1, 0, 1, -1, 0, 1, 0.5]), y: Float64Array.from([-1, -1, -1, 1, 1, 1, 0]) };
  const truth = [2, -1, 0.5, 0.25, 3, 0];
  const wanted = places.x.map((x, at) => laid(truth, x, places.y[at]!));

  const found = fitted(places, wanted, wanted.map(() => 1), 6, 1e-9);

  for (const [at, x] of places.x.entries()) {
    assert.ok(Math.abs(laid(found, x, places.y[at]!) - wanted[at]!) < 1e-6);
  }
});

test("a smaller plane holds the means of what each place covers", () => {
  const plane = { width: 3, height: 2, values: Float32Array.from([0, 3, 6, 0, 3, 6]) };

  assert.deepEqual([...averaged(plane, 2, 1).values], [1, 5]);
});

test("a plane enlarged lies between what it was, its edges as they were", () => {
  const plane = { width: 2, height: 2, values: Float32Array.from([0, 4, 8, 12]) };

  const found = enlarged(plane, 4, 4).values;

  assert.deepEqual([...found.subarray(0, 4)], [0, 1, 3, 4]);
  assert.deepEqual([...found.subarray(4, 8)], [2, 3, 5, 6]);
});

test("a smaller picture keeps its shape and its colours", () => {
  const pixels = new Uint8ClampedArray(40 * 20 * 4).map((_, at) => [200, 100, 51, 255][at % 4]!);

  const small = noLongerThan(20, { width: 40, height: 20, pixels });

  assert.deepEqual([small.width, small.height], [20, 10]);
  assert.deepEqual([...small.pixels.subarray(0, 4)], [200, 100, 51, 255]);
});

test("halves are rounded to the even number, as Python does", () => {
  assert.deepEqual([0.5, 1.5, 2.5, 2.6].map(evenRound), [0, 2, 2, 3]);
});

test("areas that touch at corners are one", () => {
  const mask = bytes(3, 3, (at) => +[0, 4, 2].includes(at));

  assert.equal(components(mask).count, 1);
  assert.equal(components(bytes(3, 1, (at) => +(at !== 1))).count, 2);
});

test("a speck is gone from the median, and grows in the largest", () => {
  const speck = bytes(5, 5, (at) => (at === 12 ? 9 : 1));

  assert.equal(Math.max(...medianFiltered(speck, 3, 0).values), 1);
  assert.equal(extreme(speck, 3, "max").values.filter((each) => each === 9).length, 9);
});

test("medians are those of sorting, at the edge too", () => {
  const plane = bytes(9, 7, (at) => (at * 37) % 251);
  const level = (row: number, column: number): number =>
    plane.values[Math.min(6, Math.max(0, row)) * 9 + Math.min(8, Math.max(0, column))]!;

  const found = medianFiltered(plane, 5, 0).values;

  for (const at of found.keys()) {
    const near = Array.from({ length: 25 }, (_, tap) =>
      level(Math.floor(at / 9) + Math.floor(tap / 5) - 2, (at % 9) + (tap % 5) - 2),
    );
    assert.equal(found[at], near.sort((one, other) => one - other)[12]);
  }
});

test("a blur leaves what is even as it is", () => {
  assert.deepEqual(new Set(gaussian(bytes(30, 20, () => 77), 3).values), new Set([77]));
});

test("800 by 600 is the limit whichever way the picture is held", () => {
  assert.equal(resolution(600, 800).size_ratio, 1);
  assert.equal(smallness(1), 0.5);
  assert.equal(smallness(resolution(200, 150).size_ratio), 1);
});
