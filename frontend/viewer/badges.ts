// The words over an image: turned, shown at less than full resolution, opening not recorded.

/** Degrees from any sum of quarter turns to the words a reader needs; upright says nothing. */
export function turned(degrees: number): string {
  const clockwise = ((Math.round(degrees) % 360) + 360) % 360;
  return clockwise === 0 ? "" : `Rotated ${clockwise}°`;
}

/** What is on the screen against what the photograph holds; level 0 is the smallest copy. */
export function reduced(shownLevel: number, fullLevel: number, isLoading: boolean): string {
  if (shownLevel >= fullLevel) return "";
  return isLoading ? "Reduced view. Loading more detail" : "Reduced view. Zoom in for full detail";
}

export class Badges {
  readonly element = document.createElement("div");
  private readonly shown = new Map<string, HTMLElement>();

  constructor() {
    this.element.className = "derm-viewer__badges";
  }

  /** Put up, change or (with no words) take down the badge of this kind. */
  set(kind: "rotated" | "reduced" | "unrecorded", words: string): void {
    const badge = this.shown.get(kind) ?? this.create(kind);
    if (badge.textContent !== words) badge.textContent = words;
    badge.hidden = words === "";
  }

  private create(kind: string): HTMLElement {
    const badge = document.createElement("p");
    badge.className = `derm-viewer__badge derm-viewer__badge--${kind}`;
    badge.dataset["badge"] = kind;
    this.element.append(badge);
    this.shown.set(kind, badge);
    return badge;
  }
}
