import assert from "node:assert/strict";
import { test } from "node:test";

import { isWorthRetrying } from "../shared/http";
import { type CaptureStatus, hasChanged, isSettled, mayForget } from "./verdict";

const checked: CaptureStatus = {
  id: "x", state: "checked", verdict: "accept", issues: [], kept_reason: null, set_aside_reason: null,
  may_forget: false,
};

test("a capture is settled when it is filed or put away", () => {
  assert.ok(isSettled({ ...checked, state: "filed" }));
  assert.ok(isSettled({ ...checked, state: "set_aside", verdict: "reject" }));
});

test("a retake waits for the photographer, a good capture for its filing", () => {
  assert.ok(isSettled({ ...checked, verdict: "retake" }));
  assert.ok(!isSettled(checked));
  assert.ok(!isSettled({ ...checked, verdict: "retake", kept_reason: "patient_in_pain" }));
  assert.ok(!isSettled({ ...checked, state: "received", verdict: null }));
});

test("breaks of the line are tried again, refusals are not", () => {
  const worth = (method: string) => (status: number) => isWorthRetrying(status, method);

  assert.deepEqual([0, 423, 429, 460, 503].map(worth("POST")), Array(5).fill(true));
  assert.deepEqual([400, 401, 403, 413, 422].map(worth("PATCH")), Array(5).fill(false));
});

test("a piece at the wrong place is sent again, a closed shutter is not asked again", () => {
  assert.ok(isWorthRetrying(409, "PATCH"));
  assert.ok(!isWorthRetrying(409, "POST"));
});

test("only bytes that changed are sent again, not what was set aside for another reason", () => {
  const aside: CaptureStatus = { ...checked, state: "set_aside", verdict: null };
  assert.ok(hasChanged({ ...aside, set_aside_reason: "changed_on_the_way" }));
  assert.ok(!hasChanged({ ...aside, set_aside_reason: "stopped" }));
});

test("no copy stays on the device once the person has said no, whatever of it had come", () => {
  const aside: CaptureStatus = { ...checked, state: "set_aside", verdict: null };
  assert.ok(mayForget({ ...aside, set_aside_reason: "consent_refused" }));
  assert.ok(!mayForget({ ...aside, set_aside_reason: "never_arrived" }));
});
