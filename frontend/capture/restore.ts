// What an earlier page left on the device: forgotten when the service has it safe, else sent on.
import type { Fresh } from "./again";
import { whyAside } from "./aside";
import { Photograph } from "./photograph";
import type { Safe } from "./safe";
import { ask, hasArrived, hasChanged, mayForget, type CaptureStatus } from "./verdict";

/** Where one kept photograph goes: to be sent, or shown with what is wrong. */
export interface Left extends Fresh {
  trouble: string | null;
}

/** The photographs that still have to be sent or looked at, one after the other. */
export async function* leftHere(
  safe: Safe,
  urlOf: (id: string) => string,
  again: (id: string) => Promise<Fresh | null>,
): AsyncGenerator<Left> {
  for (const id of await safe.ids()) {
    const status = await ask(urlOf(id));
    if (await settledAlready(safe, status)) continue;
    const fresh = typeof status === "object" && status && hasChanged(status) ? await again(id) : null;
    if (fresh) {
      yield { ...fresh, trouble: null };
      continue;
    }
    const parcel = await safe.get(id);
    if (!parcel) continue; // another key sealed it: it waits for who holds that key
    const trouble = typeof status === "object" && status ? whyAside(status) : null;
    yield { photograph: Photograph.kept(id, parcel), parcel, trouble };
  }
}

/** Only the service's own word, with our hash or of a no to photographs, lets a copy go. */
export async function forgetIfSafe(safe: Safe | null, status: CaptureStatus): Promise<void> {
  if (mayForget(status)) await safe?.forget(status.id);
}

async function settledAlready(safe: Safe, status: Awaited<ReturnType<typeof ask>>) {
  if (status === null || typeof status === "string") return false;
  await forgetIfSafe(safe, status);
  return mayForget(status) || hasArrived(status);
}
