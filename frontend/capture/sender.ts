// Takes photographs from the choosing to the service's word that all of it is there: hashed, kept on
// the device, announced, sent a few at a time.
import type { Card } from "./card";
import { announce } from "./manifest";
import { NotSent } from "./not_sent";
import type { Parcel, Photograph } from "./photograph";
import { Queue } from "./queue";
import type { Safe } from "./safe";
import { giveUp, send } from "./upload";

export interface Addresses {
  uploads: string;
  manifest: string; // with ANY_ID in place of the appointment
}

/** What the page hears. */
export interface Hearer {
  said(sentence: string): void;
  counted(): void;
  arrived(photograph: Photograph, card: Card): void;
  signedOut(): void;
}

const NOT_KEPT = "This device cannot keep it through a reload. Leave this page open.";

export class Sender {
  readonly unsent = new Map<Photograph, Card>();
  private readonly preparing = new Queue(1);
  private readonly sending = new Queue(3);

  constructor(
    private readonly to: Addresses,
    private readonly safe: Safe | null,
    private readonly hear: Hearer,
  ) {}

  /** Send it; with `trouble` it is shown as not sent, to be saved or removed. */
  add(photograph: Photograph, card: Card, trouble: string | null = null): void {
    this.unsent.set(photograph, card);
    card.onDrop(() => void this.drop(photograph, card));
    card.onRetry(() => this.enqueue(photograph, card));
    if (trouble) card.fail(trouble, false);
    else this.enqueue(photograph, card);
    this.hear.counted();
  }

  private enqueue(photograph: Photograph, card: Card): void {
    card.show("waiting");
    this.preparing.add(() => this.prepare(photograph, card));
  }

  private async prepare(photograph: Photograph, card: Card): Promise<void> {
    if (photograph.isDropped) return;
    card.show("preparing");
    try {
      const parcel = await photograph.prepared();
      const isKept = await this.keep(photograph.id, parcel);
      void announce(this.to.manifest, photograph.id, parcel);
      card.show("waiting");
      if (!isKept) card.say(NOT_KEPT);
      this.sending.add(() => this.carry(photograph, parcel, card));
    } catch (error) {
      this.fail(photograph, card, error);
    }
  }

  private async keep(id: string, parcel: Parcel): Promise<boolean> {
    if (!this.safe) return false;
    try {
      await this.safe.put(id, parcel);
      return true;
    } catch {
      return false; // the device is full: it is sent all the same
    }
  }

  private async carry(photograph: Photograph, parcel: Parcel, card: Card): Promise<void> {
    // Of two tabs with the same photograph one sends, and the other finds it sent.
    await navigator.locks.request(`photograph-${photograph.id}`, async () => {
      if (photograph.isDropped) return;
      card.show("sending");
      const listener = {
        percent: (percent: number) => card.show("sending", percent),
        pause: (sentence: string) => card.pause(sentence),
      };
      const { signal } = photograph.stopping;
      const mayBeThere = photograph.mayBeThere;
      photograph.mayBeThere = true;
      try {
        await send(parcel.bytes, parcel.metadata, this.to.uploads, listener, signal, mayBeThere);
      } catch (error) {
        this.fail(photograph, card, error);
        return;
      }
      if (!photograph.isDropped) this.arrived(photograph, card);
    });
  }

  private arrived(photograph: Photograph, card: Card): void {
    photograph.isSent = true;
    photograph.release();
    this.unsent.delete(photograph);
    card.show("received");
    this.hear.counted();
    this.hear.arrived(photograph, card);
  }

  private fail(photograph: Photograph, card: Card, error: unknown): void {
    const known = error instanceof NotSent ? error : null;
    const sentence = known?.message ?? "Something went wrong. Try again.";
    card.fail(sentence, true);
    if (known?.isSignedOut) this.hear.signedOut();
    this.hear.said(`${photograph.name}. Not sent. ${sentence}`);
  }

  private async drop(photograph: Photograph, card: Card): Promise<void> {
    photograph.stopping.abort();
    this.unsent.delete(photograph);
    card.element.remove();
    this.hear.counted();
    this.hear.said(`${photograph.name}. Removed. It was not sent.`);
    await this.safe?.forget(photograph.id);
    await giveUp(this.to.uploads, photograph.id);
  }
}
