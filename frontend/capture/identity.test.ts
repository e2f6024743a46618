import assert from "node:assert/strict";
import { test } from "node:test";

import { newId, sha256 } from "./identity";

test("an id is a UUIDv7 that carries its millisecond", () => {
  const id = newId(Date.UTC(2026, 7, 6, 9, 0, 0));

  assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.equal(parseInt(id.replaceAll("-", "").slice(0, 12), 16), Date.UTC(2026, 7, 6, 9, 0, 0));
});

test("ids made in one millisecond differ and rise in the order they were made", () => {
  const moment = Date.UTC(2026, 7, 6, 9, 0, 1);
  const ids = Array.from({ length: 5000 }, () => newId(moment));

  assert.equal(new Set(ids).size, 5000);
  assert.deepEqual([...ids].sort(), ids);
});

test("the hash is the published one for abc", async () => {
  const digest = await sha256(new TextEncoder().encode("abc").buffer as ArrayBuffer);

  assert.equal(digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
});
