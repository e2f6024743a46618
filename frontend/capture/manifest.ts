// Announces a photograph with its hash as soon as it is chosen, so that the service can name it as
// missing even if not a byte of it ever comes.
import { ANY_ID, csrfToken } from "../shared/http";
import type { Parcel } from "./photograph";

/** Best effort: the upload announces it again, and is told why where it is refused. */
export async function announce(template: string, id: string, parcel: Parcel): Promise<void> {
  const { appointment = ANY_ID, ...described } = parcel.metadata;
  const captures = [{ ...described, capture: id, size: parcel.bytes.size }];
  await fetch(template.replace(ANY_ID, appointment), {
    method: "PUT",
    headers: { "Content-Type": "application/json", "X-CSRFToken": csrfToken() },
    body: JSON.stringify({ captures }),
  }).catch(() => null);
}
