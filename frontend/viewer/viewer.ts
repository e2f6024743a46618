// One photograph in OpenSeadragon: keyboard and touch, never mirrored, honest about what it shows.
import OpenSeadragon from "openseadragon";

import { datum } from "../shared/dom";
import { Badges, reduced, turned } from "./badges";
import { reportOpened } from "./opened";
import { type Level, levelsFrom, minPixelRatio } from "./source";
import { pressed, toolbar } from "./tools";
import { onScreen } from "./visible";

const FAILED =
  "Image could not be loaded. Do not give an opinion on this lesion until it opens.";
const KEYS = "Arrow keys move, plus and minus zoom, 0 shows the whole image, 1 its actual pixels, R rotates.";
const MIRROR_KEY = 70; // F

export class ImageViewer {
  private readonly label: string;
  private readonly levels: Level[] | null;
  private readonly badges = new Badges();
  private readonly stage = part("div", "derm-viewer__stage");
  private readonly image = part("div", "derm-viewer__image");
  private viewer: OpenSeadragon.Viewer | null = null;
  private failure: HTMLElement | null = null;

  constructor(private readonly frame: HTMLElement) {
    this.label = datum(frame, "label");
    this.levels = levelsFrom(frame.dataset["sources"]);
  }

  mount(): void {
    const heading = part("p", "derm-viewer__label");
    heading.textContent = this.label;
    // Beside the photograph, so that it is there in full screen too, where the page is not.
    const who = part("p", "derm-viewer__who");
    who.textContent = datum(this.frame, "who");
    this.stage.append(this.image, this.badges.element);
    this.frame.classList.add("derm-viewer");
    this.frame.replaceChildren(heading, who, this.stage);
    this.frame.dataset["viewerState"] = "loading";
    if (!this.levels) {
      this.fail();
      return;
    }
    this.viewer = create(this.image, this.levels);
    this.describe(this.viewer);
    this.listen(this.viewer, this.levels.length - 1);
    this.frame.append(toolbar(this.viewer, this.frame, this.label));
    this.open();
  }

  private open(): void {
    const tileSource = new OpenSeadragon.LegacyTileSource(this.levels ?? []);
    // Every copy is one tile, so OpenSeadragon would take the full one as its starting point and
    // fetch it at once for every viewer on the page.
    tileSource.getClosestLevel = () => 0;
    this.viewer?.open({ tileSource });
  }

  private describe(viewer: OpenSeadragon.Viewer): void {
    viewer.canvas.setAttribute("role", "application");
    viewer.canvas.setAttribute("aria-label", `Photograph: ${this.label}. ${KEYS}`);
  }

  private listen(viewer: OpenSeadragon.Viewer, fullLevel: number): void {
    viewer.addHandler("canvas-key", refuseMirror);
    viewer.addHandler("canvas-key", (event) => {
      if (pressed(viewer, event.originalEvent as KeyboardEvent)) {
        event.preventDefaultAction = true;
      }
    });
    viewer.addHandler("canvas-scroll", (event) => leaveScrollToPage(viewer, event));
    viewer.addHandler("rotate", (event) => this.badges.set("rotated", turned(event.degrees)));
    viewer.addHandler("open-failed", () => this.fail());
    viewer.addHandler("tile-load-failed", (event) => {
      if (event.maxReached) this.fail();
    });
    const isLoading = () => !viewer.world.getItemAt(0)?.getFullyLoaded();
    viewer.addHandler("tile-drawn", ({ tile }) => {
      this.badges.set("reduced", reduced(tile.level, fullLevel, isLoading()));
      this.frame.dataset["shownLevel"] = String(tile.level);
      this.opened();
    });
  }

  /** Drawn; once it has been in sight as well, the record may say that it was opened. */
  private opened(): void {
    if (this.failure || this.frame.dataset["viewerState"] !== "loading") return;
    this.frame.dataset["viewerState"] = "open";
    const url = this.frame.dataset["openedUrl"];
    if (url) void onScreen(this.stage).then(() => this.report(url));
  }

  private async report(url: string): Promise<void> {
    if (this.failure) return;
    const isRecorded = await reportOpened(url);
    this.badges.set("unrecorded", isRecorded ? "" : "Opening not recorded. Reload the page");
    this.frame.dataset["viewerState"] = isRecorded ? "recorded" : "unrecorded";
  }

  private fail(): void {
    if (this.failure) return;
    this.frame.dataset["viewerState"] = "failed";
    const banner = part("div", "derm-viewer__failure");
    banner.setAttribute("role", "alert");
    const words = document.createElement("p");
    words.textContent = FAILED;
    banner.append(words);
    if (this.levels) banner.append(this.again());
    this.failure = banner;
    this.stage.before(banner);
  }

  private again(): HTMLButtonElement {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "nhsuk-button nhsuk-button--reverse";
    button.textContent = "Try again";
    button.addEventListener("click", () => {
      this.failure?.remove();
      this.failure = null;
      this.frame.dataset["viewerState"] = "loading";
      this.open();
      this.viewer?.canvas.focus();
    });
    return button;
  }
}

function create(element: HTMLElement, levels: Level[]): OpenSeadragon.Viewer {
  forbidInjectedStyle();
  return OpenSeadragon({
    element,
    drawer: "canvas", // the browser's own colour management; the same on every graphics card
    showNavigationControl: false,
    minPixelRatio: minPixelRatio(levels),
    maxZoomPixelRatio: 4,
    visibilityRatio: 0.5,
    zoomPerScroll: 1.5,
    animationTime: 0.4,
    rotationIncrement: 90,
    tileRetryMax: 2,
    tileRetryDelay: 800,
    timeout: 60000,
    gestureSettingsTouch: { pinchRotate: false, flickEnabled: false },
  });
}

/**
 * OpenSeadragon writes a style element (it removes focus outlines) unless it finds its own. The
 * page's policy forbids inline styles, so it finds one that only has the name.
 */
function forbidInjectedStyle(): void {
  const mark = "data-openseadragon-mobile-css";
  if (document.querySelector(`style[${mark}]`)) return;
  const stopper = document.createElementNS(null, "style");
  stopper.setAttribute(mark, "false");
  document.head.append(stopper);
}

/** A mirrored image swaps left and right of a patient: the key for it does nothing. */
function refuseMirror(event: OpenSeadragon.CanvasKeyEvent): void {
  // OpenSeadragon compares the old key code too: the letter, wherever a keyboard has it.
  if ((event.originalEvent as KeyboardEvent).keyCode === MIRROR_KEY) {
    event.preventDefaultAction = true;
  }
}

/** The wheel zooms only the viewer that was chosen; over the others the page scrolls. */
function leaveScrollToPage(
  viewer: OpenSeadragon.Viewer,
  event: OpenSeadragon.CanvasScrollEvent,
): void {
  if (viewer.element.contains(document.activeElement)) return;
  event.preventDefaultAction = true;
  event.preventDefault = false;
}

function part(name: string, className: string): HTMLElement {
  const element = document.createElement(name);
  element.className = className;
  return element;
}
