import assert from "node:assert/strict";
import { test } from "node:test";

import { reduced, turned } from "./badges";
import { levelsFrom, minPixelRatio } from "./source";

test("a turned image says how far, clockwise, and an upright one says nothing", () => {
  assert.deepEqual([0, 90, -90, 360, 450].map(turned), [
    "", "Rotated 90°", "Rotated 270°", "", "Rotated 90°",
  ]);
});

test("only the full copy takes the reduced view badge away", () => {
  assert.equal(reduced(2, 2, false), "");
  assert.match(reduced(1, 2, true), /^Reduced view/);
  assert.match(reduced(1, 2, false), /^Reduced view/);
});

test("levels come smallest first, and broken attributes open nothing", () => {
  const small = { url: "/s", width: 1024, height: 768 };
  const full = { url: "/f", width: 4000, height: 3000 };

  assert.deepEqual(levelsFrom(JSON.stringify([full, small])), [small, full]);
  assert.deepEqual(["", "[]", '[{"url": "/x"}]', undefined].map(levelsFrom), Array(4).fill(null));
});

test("no copy is stretched while a larger one exists", () => {
  const widths = [1024, 3072, 6000].map((width) => ({ url: "", width, height: width }));

  assert.ok(minPixelRatio(widths) < 1024 / 3072);
});
