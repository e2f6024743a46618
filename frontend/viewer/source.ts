// The copies of one photograph, smallest first, as the page names them.

export interface Level {
  url: string;
  width: number;
  height: number;
}

/** Levels from the data-sources attribute, or null when it holds nothing that can be opened. */
export function levelsFrom(attribute: string | undefined): Level[] | null {
  try {
    const said: unknown = JSON.parse(attribute ?? "");
    if (!Array.isArray(said) || said.length === 0 || !said.every(isLevel)) return null;
    return [...said].sort((one, other) => one.width - other.width);
  } catch {
    return null;
  }
}

function isLevel(said: unknown): said is Level {
  if (typeof said !== "object" || said === null) return false;
  const { url, width, height } = said as Partial<Level>;
  return typeof url === "string" && Number(width) > 0 && Number(height) > 0;
}

/**
 * How far a copy may be shrunk on the screen before the next smaller one takes over: so low that
 * no copy is ever stretched while a larger one exists.
 */
export function minPixelRatio(levels: Level[]): number {
  const steps = levels.slice(1).map((level, index) => (levels[index]?.width ?? 0) / level.width);
  return Math.max(0.1, Math.min(0.5, ...steps) * 0.99);
}
