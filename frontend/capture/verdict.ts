// What the service says about a capture, asked again until it has decided.
import { pause } from "../shared/http";

export type Verdict = "accept" | "advise" | "retake" | "reject";

export interface CaptureStatus {
  id: string;
  state: "announced" | "receiving" | "received" | "checked" | "filed" | "set_aside" | "erased";
  verdict: Verdict | null;
  issues: { code: string; message: string }[];
  kept_reason: string | null;
}

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

/** Ask until settled; onSlow is called once when it takes longer than people expect. */
export async function settled(url: string, onSlow: () => void): Promise<CaptureStatus> {
  for (let asked = 0; ; asked += 1) {
    const status = await ask(url);
    if (status && isSettled(status)) return status;
    if (asked === 30) onSlow();
    await pause(delayAfter(asked));
  }
}

async function ask(url: string): Promise<CaptureStatus | null> {
  try {
    const answer = await fetch(url, { headers: { Accept: "application/json" } });
    return answer.ok ? ((await answer.json()) as CaptureStatus) : null;
  } catch {
    return null; // a break of the line: the next question comes soon
  }
}
