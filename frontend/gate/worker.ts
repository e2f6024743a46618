// Judges photographs beside the page, which stays alive meanwhile.
import { judge, type Report } from "./judge";
import type { View } from "./limits";
import { sightOf } from "./sight";

export interface Wish {
  number: number;
  file: Blob;
  view: View;
}

/** Null is for what this browser cannot open: the service decides alone. */
export interface Answer {
  number: number;
  report: Report | null;
  milliseconds: { decode: number; total: number };
}

let last: Promise<void> = Promise.resolve();

// One after the other: two open photographs at once are too many for a small tablet's memory.
self.addEventListener("message", ({ data }: MessageEvent<Wish>) => {
  last = last.then(() => answer(data));
});

async function answer({ number, file, view }: Wish): Promise<void> {
  const started = performance.now();
  let decoded = started;
  let report: Report | null = null;
  try {
    const bitmap = await createImageBitmap(file, { colorSpaceConversion: "none" });
    decoded = performance.now();
    report = judge(sightOf(bitmap), view);
    bitmap.close();
  } catch (problem) {
    console.info("The photograph was not judged here.", problem);
  }
  const milliseconds = { decode: decoded - started, total: performance.now() - started };
  self.postMessage({ number, report, milliseconds } satisfies Answer);
}
