// The viewer's buttons: everything the keyboard and the fingers can do, in sight and named.
import type OpenSeadragon from "openseadragon";

import { type Icon, drawing } from "./icons";

type Act = (viewer: OpenSeadragon.Viewer) => void;

const ZOOM_STEP = 2;
const QUARTER = 90;

const TOOLS: { icon: Icon; name: string; act: Act }[] = [
  { icon: "zoomIn", name: "Zoom in", act: (viewer) => zoomBy(viewer, ZOOM_STEP) },
  { icon: "zoomOut", name: "Zoom out", act: (viewer) => zoomBy(viewer, 1 / ZOOM_STEP) },
  { icon: "whole", name: "Whole image", act: (viewer) => viewer.viewport.goHome() },
  { icon: "actual", name: "Actual pixels", act: showActualPixels },
  { icon: "rotateLeft", name: "Rotate left", act: (viewer) => rotateBy(viewer, -QUARTER) },
  { icon: "rotateRight", name: "Rotate right", act: (viewer) => rotateBy(viewer, QUARTER) },
];

const KEYS: Record<string, Act> = {
  "+": (viewer) => zoomBy(viewer, ZOOM_STEP),
  "=": (viewer) => zoomBy(viewer, ZOOM_STEP),
  "-": (viewer) => zoomBy(viewer, 1 / ZOOM_STEP),
  "1": showActualPixels,
};

/** Whether a key is one of ours, whose act was done: the same steps as the buttons have. */
export function pressed(viewer: OpenSeadragon.Viewer, event: KeyboardEvent): boolean {
  const isForBrowser = event.ctrlKey || event.metaKey || event.altKey;
  const act = KEYS[event.key];
  if (!act || isForBrowser || viewer.world.getItemCount() === 0) return false;
  act(viewer);
  return true;
}

export function toolbar(
  viewer: OpenSeadragon.Viewer,
  frame: HTMLElement,
  label: string,
): HTMLElement {
  const bar = document.createElement("div");
  bar.className = "derm-viewer__tools";
  bar.setAttribute("role", "group");
  bar.setAttribute("aria-label", `Controls: ${label}`);
  for (const { icon, name, act } of TOOLS) {
    bar.append(button(icon, name, () => viewer.world.getItemCount() > 0 && act(viewer)));
  }
  if (document.fullscreenEnabled) bar.append(fullScreen(frame));
  return bar;
}

function button(icon: Icon, name: string, act: () => void): HTMLButtonElement {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "derm-viewer__tool";
  made.title = name;
  made.setAttribute("aria-label", name);
  made.append(drawing(icon));
  made.addEventListener("click", act);
  return made;
}

/**
 * The whole frame grows, so that names, badges, banner and buttons stay in sight; on the way back
 * the page may have moved, so the button that was used comes into view with the focus on it.
 */
function fullScreen(frame: HTMLElement): HTMLButtonElement {
  const made = button("fullScreen", "Full screen", () => {
    void (document.fullscreenElement === frame
      ? document.exitFullscreen()
      : frame.requestFullscreen());
  });
  frame.addEventListener("fullscreenchange", () => {
    const isFull = document.fullscreenElement === frame;
    made.setAttribute("aria-pressed", String(isFull));
    if (isFull) return;
    frame.scrollIntoView({ block: "nearest" });
    made.focus();
  });
  made.setAttribute("aria-pressed", "false");
  return made;
}

function zoomBy(viewer: OpenSeadragon.Viewer, factor: number): void {
  viewer.viewport.zoomBy(factor);
  viewer.viewport.applyConstraints();
}

function rotateBy(viewer: OpenSeadragon.Viewer, degrees: number): void {
  viewer.viewport.setRotation(viewer.viewport.getRotation() + degrees);
  viewer.viewport.applyConstraints();
}

/** One pixel of the photograph for each pixel of the screen, device pixels counted. */
function showActualPixels(viewer: OpenSeadragon.Viewer): void {
  const zoom = viewer.world.getItemAt(0).imageToViewportZoom(1 / window.devicePixelRatio);
  viewer.viewport.zoomTo(zoom);
  viewer.viewport.applyConstraints();
}
