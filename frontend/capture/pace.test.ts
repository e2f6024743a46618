import assert from "node:assert/strict";
import { test } from "node:test";

import { LARGEST, nextPiece, Pace, pieceAfterBreak, SMALLEST } from "./pace";

test("pieces grow on a good line up to 4 MiB and no faster than twofold", () => {
  let piece = SMALLEST;
  const sizes = [1, 2, 3, 4, 5, 6].map(() => (piece = nextPiece(piece, 0.05)));

  assert.deepEqual(sizes, [2, 4, 8, 16, 16, 16].map((times) => times * SMALLEST));
  assert.equal(piece, LARGEST);
});

test("pieces shrink to 256 KiB on a poor line and after breaks, and never below", () => {
  assert.equal(nextPiece(LARGEST, 60), SMALLEST);
  assert.equal(pieceAfterBreak(LARGEST), LARGEST / 2);
  assert.equal(pieceAfterBreak(SMALLEST), SMALLEST);
});

test("what one photograph has found out of the line, the next begins with", () => {
  const pace = new Pace();
  for (const seconds of [0.1, 0.1, 0.1]) pace.carried(pace.piece, seconds);
  pace.carried(1000, 0.1);
  assert.equal(pace.piece, 8 * SMALLEST);
  pace.broke();
  assert.equal(pace.piece, 4 * SMALLEST);
});
