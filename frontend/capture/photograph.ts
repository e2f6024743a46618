// One chosen file on its way: checked, hashed, sent, judged.
import type { Card } from "./card";
import { newId, sha256 } from "./identity";
import type { Destination } from "./upload";
import { NotSent, send } from "./upload";

/** What the page knows about the photographs of one view, read at the moment of choosing. */
export interface Subject {
  appointment: string;
  lesion: string;
  view: string;
  context: Record<string, string>; // polarisation, contact, immersion of a dermoscopic capture
}

export class Photograph {
  readonly id = newId();
  isSent = false;
  isDropped = false;
  private bytes: Blob | null = null;
  private metadata: Record<string, string> = {};

  constructor(readonly file: File, readonly subject: Subject) {}

  /** Why this file cannot be sent at all, or null. The service looks again, and closer. */
  refusal(maxBytes: number): string | null {
    if (this.file.size === 0) return "This file is empty. Choose another photograph.";
    if (this.file.size > maxBytes) {
      const limit = Math.floor(maxBytes / 1024 / 1024);
      return `This file is larger than ${limit} MB. Set the camera to a smaller size and retake.`;
    }
    if (!globalThis.crypto?.subtle) {
      return "Photographs can be sent over a secure (https) connection only.";
    }
    return null;
  }

  /** Hash and send, showing each step; throws NotSent with a sentence for the photographer. */
  async travel(card: Card, to: Destination): Promise<void> {
    if (this.isDropped) return;
    card.show("preparing");
    const bytes = await this.prepared();
    card.show("sending");
    await send(
      bytes,
      this.metadata,
      to,
      (percent) => card.show("sending", percent),
      (sentence) => card.say(sentence),
    );
    this.isSent = true;
    this.bytes = null;
    card.show("received");
  }

  /** Read once, so that what is sent is what was hashed even if the file changes on the device. */
  private async prepared(): Promise<Blob> {
    if (this.bytes) return this.bytes;
    const content = await this.file.arrayBuffer().catch(() => {
      throw new NotSent("The device can no longer read this file. Choose it again.");
    });
    this.metadata = {
      capture: this.id,
      sha256: await sha256(content),
      appointment: this.subject.appointment,
      lesion: this.subject.lesion,
      view: this.subject.view,
      filename: this.file.name,
      captured_at: new Date(this.file.lastModified).toISOString(),
      ...this.subject.context,
    };
    this.bytes = new Blob([content]);
    return this.bytes;
  }
}
