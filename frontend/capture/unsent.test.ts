import assert from "node:assert/strict";
import { test } from "node:test";

import { unsentWords } from "./unsent";

test("nothing on the device needs no words", () => {
  assert.equal(unsentWords(0, 0), "");
});

test("one photograph is not called many", () => {
  assert.equal(unsentWords(1, 0), "1 photograph is not sent yet. Keep this page open until it is.");
  assert.match(unsentWords(2, 0), /^2 photographs are not sent yet\. .* until they are\.$/);
});

test("what cannot be sent is not waited for", () => {
  assert.equal(unsentWords(0, 1), "1 photograph cannot be sent: its card below says why.");
  assert.match(unsentWords(3, 2), /^3 photographs are not sent yet\..* 2 photographs cannot be sent/);
});
