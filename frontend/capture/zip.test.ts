import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { crc32, zipped } from "./zip";

const bytesOf = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

test("the checksum is the published one", () => {
  assert.equal(crc32(bytesOf("123456789")), 0xcbf43926);
});

test("another program reads the file and finds every byte", async () => {
  const place = mkdtempSync(join(tmpdir(), "zip-"));
  const file = join(place, "unsent.zip");
  const parts = zipped([
    { name: "one é.jpg", bytes: bytesOf("first") },
    { name: "two.json", bytes: bytesOf("second") },
  ]);
  writeFileSync(file, Buffer.from(await new Blob(parts).arrayBuffer()));

  const opened = spawnSync("python3", ["-m", "zipfile", "-e", file, place]);

  assert.equal(opened.status, 0, String(opened.stderr));
  assert.equal(readFileSync(join(place, "one é.jpg"), "utf8"), "first");
  assert.equal(readFileSync(join(place, "two.json"), "utf8"), "second");
});
