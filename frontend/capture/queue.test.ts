import assert from "node:assert/strict";
import { test } from "node:test";

import { Queue } from "./queue";

test("a queue of two runs two at a time and all in the end", async () => {
  const queue = new Queue(2);
  let running = 0;
  let most = 0;
  const ended: number[] = [];

  await new Promise<void>((resolve) => {
    for (let number = 0; number < 6; number += 1) {
      queue.add(async () => {
        running += 1;
        most = Math.max(most, running);
        await new Promise((wake) => setImmediate(wake));
        running -= 1;
        if (ended.push(number) === 6) resolve();
      });
    }
  });

  assert.equal(most, 2);
  assert.deepEqual(ended, [0, 1, 2, 3, 4, 5]);
});
