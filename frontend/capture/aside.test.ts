import assert from "node:assert/strict";
import { test } from "node:test";

import { whyAside } from "./aside";
import type { CaptureStatus } from "./verdict";

const receiving: CaptureStatus = {
  id: "x", state: "receiving", verdict: null, issues: [], kept_reason: null, set_aside_reason: null,
  may_forget: false,
};
const aside = (reason: string): string =>
  whyAside({ ...receiving, state: "set_aside", set_aside_reason: reason }) ?? "";

test("what may still be sent has nothing to say", () => {
  assert.equal(whyAside(receiving), null);
});

test("each reason is said as it is, with what can be done", () => {
  assert.match(aside("stopped"), /stopped before all of it had arrived\. Save it to a file/);
  assert.match(aside("never_arrived"), /did not arrive in full within a week/);
  assert.match(aside("referral_ended"), /The referral ended before all of it/);
  assert.match(aside("filed_elsewhere"), /on the record of another person/);
  assert.match(aside("changed_on_the_way"), /changed on the way/);
});

test("a photograph that had arrived before it was filed elsewhere is not called incomplete", () => {
  assert.doesNotMatch(aside("filed_elsewhere"), /before all of it|not whole/);
});

test("what was set aside and has been destroyed since is not sent again", () => {
  const erased = { ...receiving, state: "erased" as const, set_aside_reason: "retaken" };
  assert.match(whyAside(erased) ?? "", /It was set aside, so no more of it is taken\. Save it/);
});
