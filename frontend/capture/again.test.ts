import assert from "node:assert/strict";
import { test } from "node:test";

import { Again } from "./again";
import type { Parcel } from "./photograph";
import type { Safe } from "./safe";

/** What the device keeps, without a browser. */
class Drawer {
  readonly kept = new Map<string, Parcel>();
  get = (id: string): Promise<Parcel | null> => Promise.resolve(this.kept.get(id) ?? null);
  put = (id: string, parcel: Parcel): Promise<void> => Promise.resolve(void this.kept.set(id, parcel));
  forget = (id: string): Promise<void> => Promise.resolve(void this.kept.delete(id));
}

function parcel(sha256: string): Parcel {
  return { name: "Close-up photograph 1", metadata: { sha256 }, bytes: new Blob([sha256]) };
}

test("a photograph that changes on its way each time is sent again three times and no more", async () => {
  const drawer = new Drawer();
  await drawer.put("first", parcel("aa"));
  await drawer.put("other", parcel("bb"));
  const again = new Again(drawer as unknown as Safe);
  const numbers = ["first"];

  for (let fresh = await again.of("first", () => "it"); fresh; ) {
    numbers.push(fresh.photograph.id);
    fresh = await again.of(fresh.photograph.id, () => "it");
  }

  assert.equal(new Set(numbers).size, 4);
  assert.deepEqual([...drawer.kept.keys()].sort(), [numbers[3], "other"].sort());
  assert.ok(await again.of("other", () => "it"));
});

test("a photograph this device no longer has is not sent again", async () => {
  assert.equal(await new Again(new Drawer() as unknown as Safe).of("first", () => "it"), null);
  assert.equal(await new Again(null).of("first", () => "it"), null);
});
