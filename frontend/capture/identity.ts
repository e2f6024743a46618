// What names a photograph: an id made here, and the hash of its bytes as the camera wrote them.

let lastMoment = 0;
let sequence = 0;

/**
 * A UUIDv7 (RFC 9562, method 1): 48 bits of milliseconds, a 12 bit counter, then chance. Ids rise
 * in the order in which photographs were chosen, so that page and service number them alike.
 */
export function newId(now: number = Date.now()): string {
  sequence = now > lastMoment ? 0 : sequence + 1;
  lastMoment = Math.max(now, lastMoment) + (sequence > 0xfff ? 1 : 0);
  sequence &= 0xfff;
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  for (let index = 0; index < 6; index += 1) {
    bytes[index] = Math.floor(lastMoment / 256 ** (5 - index)) % 256;
  }
  bytes[6] = 0x70 | (sequence >> 8);
  bytes[7] = sequence & 0xff;
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  const hex = hexOf(bytes);
  return [
    hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20),
  ].join("-");
}

/** SHA-256 in lower-case hex; files are limited to 60 MB, so one pass in memory is enough. */
export async function sha256(bytes: ArrayBuffer): Promise<string> {
  return hexOf(await digest(bytes));
}

export async function digest(bytes: ArrayBuffer): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
