// Why the service waits for no more of a photograph that this device still keeps, in its own words.
import type { CaptureStatus } from "./verdict";

const WHY: Record<string, string> = {
  stopped: "Its sending was stopped before all of it had arrived.",
  never_arrived: "It did not arrive in full within a week, so it is no longer waited for.",
  referral_ended: "The referral ended before all of it had arrived, so no more of it is taken.",
  filed_elsewhere:
    "The same photograph is on the record of another person, so it was not taken. A lead looks at both.",
  changed_on_the_way: "It changed on the way each time it was sent.",
};
const OTHERWISE = "It was set aside, so no more of it is taken.";
const NEXT = "Save it to a file, or remove it.";

/** What to say of a copy on this device that the service will not take; null while it may go on. */
export function whyAside({ state, set_aside_reason: reason }: CaptureStatus): string | null {
  if (state !== "set_aside" && state !== "erased") return null;
  return `${WHY[reason ?? ""] ?? OTHERWISE} ${NEXT}`;
}
