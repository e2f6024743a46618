// Opens a viewer in every place the page names.
import { ImageViewer } from "./viewer";

for (const frame of document.querySelectorAll<HTMLElement>("[data-viewer]")) {
  new ImageViewer(frame).mount();
}
