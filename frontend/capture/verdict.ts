// What the service says about a capture, asked again until it has decided.
import { pause } from "../shared/http";

export type Verdict = "accept" | "advise" | "retake" | "reject";

export interface CaptureStatus {
  id: string;
  state: "announced" | "receiving" | "received" | "checked" | "filed" | "set_aside" | "erased";
  verdict: Verdict | null;
  issues: { code: string; message: string }[];
  kept_reason: string | null;
  set_aside_reason: string | null;
  may_forget: boolean;
}

/** Asking again will not help: nobody is signed in, or there is no such photograph for them. */
export type Refusal = "signed_out" | "refused";

/** Nothing more happens by itself: filed, put away, or a person has to choose. */
export function isSettled(status: CaptureStatus): boolean {
  if (["filed", "set_aside", "erased"].includes(status.state)) return true;
  const waitsForChoice = status.verdict === "retake" || status.verdict === "reject";
  return status.state === "checked" && waitsForChoice && status.kept_reason === null;
}

/** Milliseconds to the next question: quick while someone is waiting, then sparing. */
export function delayAfter(asked: number): number {
  if (asked < 15) return 700;
  return asked < 45 ? 2000 : 10000;
}

/** Every byte is with the service, whatever becomes of it there. */
export function hasArrived(status: CaptureStatus): boolean {
  return ["received", "checked", "filed"].includes(status.state);
}

/** The device keeps no copy: the service has it safe, or the person said no to photographs. */
export function mayForget(status: CaptureStatus): boolean {
  return status.may_forget || status.set_aside_reason === "consent_refused";
}

/** The service got other bytes than the device hashed, and put them away. */
export function hasChanged(status: CaptureStatus): boolean {
  return status.state === "set_aside" && status.set_aside_reason === "changed_on_the_way";
}

/** Ask until settled or refused; onSlow is called once when it takes longer than people expect. */
export async function settled(url: string, onSlow: () => void): Promise<CaptureStatus | Refusal> {
  for (let asked = 0; ; asked += 1) {
    const status = await ask(url);
    if (typeof status === "string" || (status && isSettled(status))) return status;
    if (asked === 30) onSlow();
    await pause(delayAfter(asked));
  }
}

/** Where a capture stands; null when the line or the service is away just now. */
export async function ask(url: string): Promise<CaptureStatus | Refusal | null> {
  try {
    const answer = await fetch(url, { headers: { Accept: "application/json" } });
    if (answer.ok) return (await answer.json()) as CaptureStatus;
    if (answer.status === 401) return "signed_out";
    return answer.status >= 400 && answer.status < 500 ? "refused" : null;
  } catch {
    return null; // a break of the line: the next question comes soon
  }
}
