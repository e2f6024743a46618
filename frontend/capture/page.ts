// The capture page: choosing files, cards, what is still unsent, and the server's own cards.
import { datum, need } from "../shared/dom";
import { Card } from "./card";
import { listenForChoices } from "./choices";
import { fragment, said } from "./drawn";
import { Photograph, type Subject } from "./photograph";
import { Queue } from "./queue";
import { type Destination, NotSent } from "./upload";
import { settled } from "./verdict";

const STILL_CHECKING = "Still being checked. You can carry on; a reload shows where it stands.";
const ANY_ID = "00000000-0000-0000-0000-000000000000";

export class CapturePage {
  private readonly queue = new Queue(2);
  private readonly unsent = new Set<Photograph>();
  private readonly to: Destination;
  private readonly counts = new Map<string, number>();

  constructor(private readonly root: HTMLElement) {
    this.to = {
      endpoint: datum(root, "uploads"),
      chunkBytes: Number(root.dataset["chunkBytes"] ?? 1024 * 1024),
    };
  }

  start(): void {
    for (const view of this.root.querySelectorAll<HTMLElement>("[data-view]")) this.wire(view);
    for (const card of this.root.querySelectorAll<HTMLElement>("[data-card-pending]")) {
      void this.followUp(datum(card, "captureId"), card, datum(card, "cardName"));
    }
    listenForChoices(this.root, {
      retaken: (card) => this.retaken(card),
      kept: (card) => void this.followUp(datum(card, "captureId"), card, datum(card, "cardName")),
    });
    window.addEventListener("beforeunload", (event) => {
      if (this.unsent.size > 0) event.preventDefault();
    });
    this.count();
  }

  private wire(view: HTMLElement): void {
    for (const input of view.querySelectorAll<HTMLInputElement>("input[data-file]")) {
      input.addEventListener("change", () => {
        for (const file of input.files ?? []) this.accept(file, view);
        input.value = ""; // so that the same file can be chosen again
      });
    }
    for (const radio of view.querySelectorAll("[data-context] input")) {
      radio.addEventListener("change", () => this.unlock(view));
    }
    this.unlock(view);
  }

  /** Files are taken only once every question about the view has its answer. */
  private unlock(view: HTMLElement): void {
    const isAnswered = contextOf(view) !== null;
    for (const input of view.querySelectorAll<HTMLInputElement>("input[data-file]")) {
      input.disabled = !isAnswered;
    }
    const reason = view.querySelector<HTMLElement>("[data-locked-because]");
    if (reason) reason.hidden = isAnswered;
  }

  private accept(file: File, view: HTMLElement): void {
    const photograph = new Photograph(file, this.subject(view));
    const template = need(this.root, "template[data-card-template]") as HTMLTemplateElement;
    const card = new Card(template, this.nextName(view), photograph.id);
    need(view, "[data-cards]").append(card.element);
    this.unsent.add(photograph);
    card.onDrop(() => this.drop(photograph, card));
    card.onRetry(() => this.enqueue(photograph, card));
    const refusal = photograph.refusal(Number(datum(this.root, "maxBytes")));
    if (refusal) {
      card.fail(refusal, false);
      this.unsent.delete(photograph);
      this.announce(`${card.name}. Not sent. ${refusal}`);
    } else {
      this.enqueue(photograph, card);
    }
    this.count();
  }

  private enqueue(photograph: Photograph, card: Card): void {
    card.show("waiting");
    this.queue.add(() => this.carry(photograph, card));
  }

  private async carry(photograph: Photograph, card: Card): Promise<void> {
    try {
      await photograph.travel(card, this.to);
    } catch (error) {
      const said = error instanceof NotSent ? error.message : "Something went wrong. Try again.";
      card.fail(said, true);
      this.announce(`${card.name}. Not sent. ${said}`);
      return;
    }
    if (!photograph.isSent) return;
    this.unsent.delete(photograph);
    this.count();
    this.announce(`${card.name}. Received.`);
    card.show("checking");
    void this.followUp(photograph.id, card.element, card.name);
  }

  /** Wait for the verdict, then let the server draw the card with its words and buttons. */
  private async followUp(captureId: string, element: HTMLElement, name: string): Promise<void> {
    const status = await settled(this.url("captureUrl", captureId), () => {
      const note = element.querySelector<HTMLElement>("[data-card-note]");
      if (note) note.textContent = STILL_CHECKING;
      if (note) note.hidden = false;
      this.announce(`${name}. ${STILL_CHECKING}`);
    });
    const drawn = await fragment(this.url("cardUrl", captureId));
    if (drawn) element.replaceWith(drawn);
    this.announce(`${name}. ${said(status)}`);
    await this.refresh();
  }

  /** The list of wanted views changes with every verdict; the server knows it. */
  private async refresh(): Promise<void> {
    const wanted = this.root.querySelector<HTMLElement>("[data-wanted]");
    if (!wanted) return;
    const drawn = await fragment(datum(wanted, "wanted"));
    if (drawn) wanted.replaceWith(drawn);
  }

  private retaken(card: HTMLElement): void {
    const view = card.closest<HTMLElement>("[data-view]");
    card.remove();
    view?.querySelector<HTMLInputElement>("input[data-file]")?.focus();
    this.announce(`${datum(card, "cardName")}. Set aside. Take it again.`);
    void this.refresh();
  }

  private drop(photograph: Photograph, card: Card): void {
    photograph.isDropped = true;
    this.unsent.delete(photograph);
    card.element.remove();
    this.count();
    this.announce(`${card.name}. Removed. It was not sent.`);
  }

  private subject(view: HTMLElement): Subject {
    return {
      appointment: datum(this.root, "appointment"),
      lesion: datum(this.root, "lesion"),
      view: datum(view, "view"),
      context: contextOf(view) ?? {},
    };
  }

  private nextName(view: HTMLElement): string {
    const label = datum(view, "viewLabel");
    const first = Number(view.dataset["taken"] ?? 0);
    const number = (this.counts.get(label) ?? first) + 1;
    this.counts.set(label, number);
    return `${label} photograph ${number}`;
  }

  private url(kind: string, captureId: string): string {
    return datum(this.root, kind).replace(ANY_ID, captureId);
  }

  private count(): void {
    const many = this.unsent.size;
    const words = many === 1 ? "1 photograph is" : `${many} photographs are`;
    need(this.root, "[data-unsent]").textContent =
      many === 0 ? "" : `${words} not sent yet. Keep this page open.`;
  }

  private announce(sentence: string): void {
    need(this.root, "[data-announce]").textContent = sentence;
  }
}

/** The answers about a view by name, or null while one is missing. */
function contextOf(view: HTMLElement): Record<string, string> | null {
  const answers: Record<string, string> = {};
  for (const group of view.querySelectorAll<HTMLElement>("[data-context]")) {
    const chosen = group.querySelector<HTMLInputElement>("input:checked");
    if (!chosen) return null;
    answers[datum(group, "context")] = chosen.value;
  }
  return answers;
}
