// Tells the service that an image has been on the screen; signing depends on it.
import { pause, post } from "../shared/http";

const TRIES = 3;

/** True once the service has it on record. */
export async function reportOpened(url: string): Promise<boolean> {
  for (let attempt = 1; attempt <= TRIES; attempt += 1) {
    try {
      const answer = await post(url);
      if (answer.ok && !answer.redirected) return true;
      if (answer.status < 500) return false;
    } catch {
      // a break of the line: asked again below
    }
    if (attempt < TRIES) await pause(1000 * attempt);
  }
  return false;
}
