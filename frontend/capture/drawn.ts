// What the service draws and says: pieces of its own pages, and a verdict in one sentence.
import { type CaptureStatus, hasChanged } from "./verdict";

/** A piece of a page, ready to be put in place; null when it could not be fetched. */
export async function fragment(url: string): Promise<HTMLElement | null> {
  try {
    const answer = await fetch(url, { headers: { Accept: "text/html" } });
    if (!answer.ok || answer.redirected) return null;
    const parsed = new DOMParser().parseFromString(await answer.text(), "text/html");
    return parsed.body.firstElementChild as HTMLElement | null;
  } catch {
    return null; // the card keeps its last true word; a reload shows the rest
  }
}

const SAID = {
  accept: "Photo quality: good.",
  advise: "Photo quality: usable, with advice.",
  retake: "Photo quality: not good enough.",
  reject: "This file cannot be used.",
};

/** The verdict read out; it speaks of the photograph, never of the lesion. */
export function said(status: CaptureStatus): string {
  if (hasChanged(status)) return "Changed on the way, and no copy is left here. Choose it again.";
  if (status.state === "set_aside" && !status.verdict) return "Set aside.";
  const verdict = status.verdict ? SAID[status.verdict] : "Checked.";
  return [verdict, ...status.issues.map((issue) => issue.message)].join(" ");
}
