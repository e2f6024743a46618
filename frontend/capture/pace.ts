// How large the next piece is: what the line carries in a few seconds, so that a cut costs little.
const KIB = 1024;
export const SMALLEST = 256 * KIB;
export const LARGEST = 4096 * KIB;
const SECONDS_A_PIECE = 4;

/** After a piece of so many bytes took so long; never more than twice the last, so it grows gently. */
export function nextPiece(bytes: number, seconds: number): number {
  const carried = (bytes / Math.max(seconds, 0.001)) * SECONDS_A_PIECE;
  const wished = Math.min(carried, bytes * 2, LARGEST);
  return Math.max(SMALLEST, Math.floor(wished / SMALLEST) * SMALLEST);
}

/** After a break: half, for a worse line. */
export function pieceAfterBreak(bytes: number): number {
  return Math.max(SMALLEST, Math.floor(bytes / 2 / SMALLEST) * SMALLEST);
}

/** The size of the next piece, for all photographs that share a line. */
export class Pace {
  piece = SMALLEST;

  /** A piece has arrived; the short one at a photograph's end says little of the line. */
  carried(bytes: number, seconds: number): void {
    if (bytes >= this.piece) this.piece = nextPiece(bytes, seconds);
  }

  broke(): void {
    this.piece = pieceAfterBreak(this.piece);
  }
}
