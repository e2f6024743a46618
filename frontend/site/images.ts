// Photographs the service could not show just now are asked for again, ever more seldom.
import { pause } from "../shared/http";

const DELAYS = [1000, 3000, 8000, 20_000];
const OURS = "/images/";
const tried = new WeakMap<HTMLImageElement, number>();

/** The same image once more; every failure comes back here until it has been tried enough. */
async function again(image: HTMLImageElement): Promise<void> {
  if (!new URL(image.src, document.baseURI).pathname.startsWith(OURS)) return;
  const times = tried.get(image) ?? 0;
  const delay = DELAYS[times];
  if (delay === undefined) return; // its words stand in its place
  tried.set(image, times + 1);
  await pause(delay);
  image.setAttribute("src", image.src);
}

/** Watches every photograph of the page, also those that come later and those failed already. */
export function askAgain(): void {
  const failed = ({ target }: Event): void => {
    if (target instanceof HTMLImageElement) void again(target);
  };
  document.addEventListener("error", failed, true);
  for (const image of document.images) {
    if (image.complete && image.naturalWidth === 0) void again(image);
  }
}
