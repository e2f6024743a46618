// Starts the capture page where there is one.
import { datum } from "../shared/dom";
import { CapturePage } from "./page";
import { Safe } from "./safe";

for (const root of document.querySelectorAll<HTMLElement>("[data-capture-page]")) {
  const safe = await Safe.open(datum(root, "owner"), datum(root, "deviceKey"));
  new CapturePage(root, safe).start();
}
