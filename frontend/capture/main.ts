// Starts the capture page where there is one.
import { CapturePage } from "./page";

for (const root of document.querySelectorAll<HTMLElement>("[data-capture-page]")) {
  new CapturePage(root).start();
}
