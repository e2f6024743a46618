// What the device itself says of a photograph, while the photographer still holds the camera.
import type { View } from "../gate/limits";
import { QuickGate } from "../gate/quick";
import type { Card } from "./card";

const AGAIN = "This device would take it again:";
const KEEP = "This device sees nothing to take it again for.";

/** It only ever speaks: it holds nothing back, and the service's verdict takes its place. */
export class FirstLook {
  private readonly gate: QuickGate;
  private readonly remedies: Partial<Record<View, Record<string, string>>>;

  /** `remedies`: by view and code what to do, as JSON. */
  constructor(address: string, remedies: string) {
    this.gate = new QuickGate(address);
    this.remedies = JSON.parse(remedies) as typeof this.remedies;
  }

  /** Look, and put it on the card; what was said, or null where this device cannot judge. */
  async at(file: File, view: View, card: Card): Promise<string | null> {
    const report = await this.gate.judge(file, view);
    if (!report || !card.element.isConnected) return null; // the service was faster
    const sentences = report.issues.map((code) => this.remedies[view]?.[code] ?? "").filter(Boolean);
    const isGood = report.verdict === "keep";
    card.lookedAt(isGood, isGood ? KEEP : AGAIN, sentences);
    return [isGood ? KEEP : AGAIN, ...sentences].join(" ");
  }
}
