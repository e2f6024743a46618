// Line drawings for the viewer's buttons, made as elements: no images to fetch, no inline markup.

const SVG = "http://www.w3.org/2000/svg";

export const ICONS = {
  zoomIn: ["M11 4a7 7 0 1 0 0 14a7 7 0 0 0 0-14", "M16 16l5 5", "M8 11h6", "M11 8v6"],
  zoomOut: ["M11 4a7 7 0 1 0 0 14a7 7 0 0 0 0-14", "M16 16l5 5", "M8 11h6"],
  whole: ["M4 5h16v14H4z", "M8 9h8v6H8z"],
  actual: ["M5 8l2-1v10", "M12 10v.01", "M12 15v.01", "M17 8l2-1v10"],
  rotateLeft: ["M4 9a8 8 0 1 1-.5 6", "M4 3v6h6"],
  rotateRight: ["M20 9a8 8 0 1 0 .5 6", "M20 3v6h-6"],
  fullScreen: ["M4 9V4h5", "M15 4h5v5", "M20 15v5h-5", "M9 20H4v-5"],
} as const;

export type Icon = keyof typeof ICONS;

export function drawing(icon: Icon): SVGElement {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("focusable", "false");
  for (const line of ICONS[icon]) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", line);
    svg.append(path);
  }
  return svg;
}
