// The page's side of the device's gate: one worker beside the page, one photograph at a time.
import type { Report } from "./judge";
import type { View } from "./limits";
import type { Answer } from "./worker";

export class QuickGate {
  private worker: Worker | null = null;
  private readonly waiting = new Map<number, (report: Report | null) => void>();
  private asked = 0;

  /** Its script is fetched now, while the line is there, not when the first photograph is taken. */
  constructor(private readonly address: string) {
    try {
      this.worker = this.started();
    } catch {
      // an old browser, or one without workers: nothing is judged here
    }
  }

  /** The device's judgement, or null where it cannot judge: the service does in any case. */
  judge(file: Blob, view: View): Promise<Report | null> {
    const number = ++this.asked;
    return new Promise((resolve) => {
      this.waiting.set(number, resolve);
      try {
        this.worker ??= this.started();
        this.worker.postMessage({ number, file, view });
      } catch {
        this.giveUp();
      }
    });
  }

  private started(): Worker {
    const worker = new Worker(this.address, { type: "module" });
    worker.addEventListener("message", ({ data }: MessageEvent<Answer>) => {
      this.waiting.get(data.number)?.(data.report);
      this.waiting.delete(data.number);
    });
    worker.addEventListener("error", (event) => {
      event.preventDefault();
      this.giveUp();
    });
    return worker;
  }

  /** It was ended, perhaps for want of memory: the next photograph gets a new one. */
  private giveUp(): void {
    this.worker?.terminate();
    this.worker = null;
    for (const resolve of this.waiting.values()) resolve(null);
    this.waiting.clear();
  }
}
