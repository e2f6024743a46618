// The capture page: choosing files, cards, what is still unsent, and the server's own cards.
import { datum, need } from "../shared/dom";
import { ANY_ID } from "../shared/http";
import type { View } from "../gate/limits";
import { Again, type Fresh } from "./again";
import { Card } from "./card";
import { listenForChoices } from "./choices";
import { fragment, said } from "./drawn";
import { saveToFile } from "./export";
import { FirstLook } from "./first_look";
import { type Parcel, Photograph, type Subject } from "./photograph";
import { forgetIfSafe, leftHere } from "./restore";
import { Safe } from "./safe";
import { Sender } from "./sender";
import { unsentWords } from "./unsent";
import { hasChanged, settled } from "./verdict";

const STILL_CHECKING = "Still being checked. You can carry on; a reload shows where it stands.";
const SIGNED_OUT = "You are signed out. It has arrived; sign in again to see whether it is good.";
const CANNOT_ASK = "It cannot be asked about any more. Reload the page.";

export class CapturePage {
  private readonly counts = new Map<string, number>();
  private readonly sender: Sender;
  private readonly firstLook: FirstLook;
  private readonly again: Again;

  constructor(
    private readonly root: HTMLElement,
    private readonly safe: Safe | null,
  ) {
    this.again = new Again(safe);
    this.firstLook = new FirstLook(datum(root, "gate"), datum(root, "remedies"));
    const to = { uploads: datum(root, "uploads"), manifest: datum(root, "manifest") };
    this.sender = new Sender(to, safe, {
      said: (sentence) => this.announce(sentence),
      counted: () => this.count(),
      arrived: (photograph, card) => this.arrived(photograph, card),
      signedOut: () => this.signedOut(),
    });
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
      if (this.sender.unsent.size > 0) event.preventDefault();
    });
    need(this.root, "[data-save]").addEventListener("click", () => {
      void saveToFile(this.sender.unsent.keys());
    });
    this.count();
    void this.restore();
  }

  /** What an earlier page could not send goes on from here, whosever visit it belongs to. */
  private async restore(): Promise<void> {
    if (!this.safe) return;
    const address = (id: string): string => this.url("captureUrl", id);
    const again = (id: string): Promise<Fresh | null> => this.again.of(id, (old) => this.nameAgain(old));
    for await (const left of leftHere(this.safe, address, again)) {
      const card = this.cardOf(left);
      this.sender.add(left.photograph, card, left.trouble);
    }
  }

  private cardOf({ photograph, parcel }: Fresh): Card {
    const view = this.viewOf(parcel);
    const name = view ? photograph.name : `${photograph.name}, another lesion`;
    const card = new Card(this.template(), name, photograph.id);
    const drawn = this.root.querySelector(`[data-capture-id="${photograph.id}"]`);
    if (drawn) drawn.replaceWith(card.element);
    else (view ? need(view, "[data-cards]") : this.elsewhere()).append(card.element);
    return card;
  }

  /** The part of this page a photograph belongs to; null where it is of another lesion. */
  private viewOf(parcel: Parcel): HTMLElement | null {
    if (parcel.metadata["lesion"] !== datum(this.root, "lesion")) return null;
    return this.root.querySelector<HTMLElement>(`[data-view="${parcel.metadata["view"]}"]`);
  }

  /** The service counts every photograph ever begun, and so does its name here. */
  private nameAgain(parcel: Parcel): string {
    const view = this.viewOf(parcel);
    return view ? this.nextName(view) : parcel.name;
  }

  private async sendAgain(captureId: string, element: HTMLElement, name: string): Promise<boolean> {
    const fresh = await this.again.of(captureId, (old) => this.nameAgain(old));
    if (!fresh) return false;
    this.announce(`${name}. It changed on the way. It is sent again as ${fresh.photograph.name}.`);
    const card = this.cardOf(fresh);
    element.remove();
    this.sender.add(fresh.photograph, card);
    return true;
  }

  private elsewhere(): HTMLElement {
    const section = need(this.root, "[data-elsewhere]");
    section.hidden = false;
    return need(section, "[data-cards]");
  }

  private template(): HTMLTemplateElement {
    return need(this.root, "template[data-card-template]") as HTMLTemplateElement;
  }

  private wire(view: HTMLElement): void {
    for (const input of view.querySelectorAll<HTMLInputElement>("input[data-file]")) {
      input.addEventListener("change", () => this.take(input, view));
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
      if (isAnswered) this.take(input, view); // chosen before this page had woken up
    }
    const reason = view.querySelector<HTMLElement>("[data-locked-because]");
    if (reason) reason.hidden = isAnswered;
  }

  private take(input: HTMLInputElement, view: HTMLElement): void {
    for (const file of input.files ?? []) this.accept(file, view);
    input.value = ""; // so that the same file can be chosen again
  }

  private accept(file: File, view: HTMLElement): void {
    const name = this.nextName(view);
    const photograph = Photograph.chosen(file, this.subject(view), name);
    const card = new Card(this.template(), name, photograph.id);
    need(view, "[data-cards]").append(card.element);
    const refusal = photograph.refusal(Number(datum(this.root, "maxBytes")));
    if (refusal) {
      card.fail(refusal, false);
      card.onDrop(() => card.element.remove());
      this.announce(`${name}. Not sent. ${refusal}`);
    } else {
      this.sender.add(photograph, card);
      void this.firstLook.at(file, datum(view, "view") as View, card).then((said) => {
        if (said) this.announce(`${name}. ${said}`);
      });
    }
  }

  private arrived(photograph: Photograph, card: Card): void {
    this.announce(`${card.name}. Received.`);
    card.show("checking");
    void this.followUp(photograph.id, card.element, card.name);
  }

  /** Wait for the verdict, then let the server draw the card with its words and buttons. */
  private async followUp(captureId: string, element: HTMLElement, name: string): Promise<void> {
    const status = await settled(this.url("captureUrl", captureId), () => {
      this.stand(element, STILL_CHECKING);
      this.announce(`${name}. ${STILL_CHECKING}`);
    });
    if (typeof status === "string") {
      this.stand(element, status === "signed_out" ? SIGNED_OUT : CANNOT_ASK);
      if (status === "signed_out") this.signedOut();
      return;
    }
    if (hasChanged(status) && (await this.sendAgain(captureId, element, name))) return;
    await forgetIfSafe(this.safe, status);
    const view = element.closest<HTMLElement>("[data-view]");
    await this.redraw(captureId);
    this.announce(`${name}. ${said(status)}`);
    await this.refresh();
    if (status.state === "filed" && view) await this.redrawFailed(view);
  }

  private async redraw(captureId: string): Promise<void> {
    const drawn = await fragment(this.url("cardUrl", captureId));
    if (drawn) this.root.querySelector(`[data-capture-id="${captureId}"]`)?.replaceWith(drawn);
  }

  /** A good photograph puts those of its view aside that failed: their cards say so. */
  private async redrawFailed(view: HTMLElement): Promise<void> {
    for (const card of view.querySelectorAll<HTMLElement>("[data-card][data-state=checked]")) {
      await this.redraw(datum(card, "captureId"));
    }
  }

  /** A word about a photograph below its state. */
  private stand(element: HTMLElement, sentence: string): void {
    const note = element.querySelector<HTMLElement>("[data-card-note]");
    if (!note) return;
    note.textContent = sentence;
    note.hidden = false;
  }

  private signedOut(): void {
    need(this.root, "[data-signed-out]").hidden = false;
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
    void this.safe?.forget(datum(card, "captureId")); // a person has decided
    view?.querySelector<HTMLInputElement>("input[data-file]")?.focus();
    this.announce(`${datum(card, "cardName")}. Set aside. Take it again.`);
    void this.refresh();
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
    const many = this.sender.unsent.size;
    need(this.root, "[data-save-box]").hidden = many === 0;
    const over = [...this.sender.unsent.values()].filter((card) => card.isOver).length;
    need(this.root, "[data-unsent]").textContent = unsentWords(many - over, over);
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
