// The card of one photograph while it is still in the browser's hands; later the server draws it.
import { need } from "../shared/dom";

export type Step = "waiting" | "preparing" | "sending" | "paused" | "received" | "checking" | "not_sent";

const WORDS: Record<Step, string> = {
  waiting: "Waiting to send",
  preparing: "Preparing",
  sending: "Sending",
  paused: "Paused",
  received: "Received",
  checking: "Received. Photo quality is being checked",
  not_sent: "Not sent",
};

const COLOURS: Record<Step, string> = {
  waiting: "grey",
  preparing: "grey",
  sending: "blue",
  paused: "yellow",
  received: "aqua-green",
  checking: "aqua-green",
  not_sent: "red",
};

export class Card {
  readonly element: HTMLElement;
  step: Step = "waiting";
  isOver = false; // it can neither go on nor be sent again

  constructor(template: HTMLTemplateElement, readonly name: string, captureId: string) {
    const copy = template.content.cloneNode(true) as DocumentFragment;
    this.element = need(copy, "[data-card]");
    this.element.dataset["captureId"] = captureId;
    need(this.element, "[data-card-name]").textContent = name;
    for (const button of this.element.querySelectorAll("[data-card-retry], [data-card-drop]")) {
      button.append(hidden(` ${name}`));
    }
    this.show("waiting");
  }

  /** Say truthfully where the photograph is; percent only while sending. */
  show(step: Step, percent = 0): void {
    this.step = step;
    this.isOver = false;
    this.element.dataset["state"] = step;
    const tag = need(this.element, "[data-card-state]");
    tag.className = `nhsuk-tag nhsuk-tag--${COLOURS[step]}`;
    tag.textContent = step === "sending" ? `${WORDS.sending} ${percent}%` : WORDS[step];
    const bar = need(this.element, "[data-card-progress]") as HTMLProgressElement;
    bar.hidden = step !== "sending";
    bar.value = percent;
    this.element.classList.toggle("derm-capture-card--failed", step === "not_sent");
    this.say("");
    this.offer(false, false);
  }

  /** It did not go: say why, and offer what can be done. */
  fail(message: string, canRetry: boolean): void {
    this.show("not_sent");
    this.isOver = !canRetry;
    this.say(message);
    this.offer(canRetry, true);
  }

  /** It waits, and goes on by itself. */
  pause(message: string): void {
    this.show("paused");
    this.say(message);
  }

  /** What this device sees of the photo's quality, before the service has looked. */
  lookedAt(isGood: boolean, sentence: string, remedies: string[]): void {
    const look = need(this.element, "[data-first-look]");
    look.dataset["firstLook"] = isGood ? "keep" : "retake";
    need(look, "[data-first-look-says]").textContent = sentence;
    const list = need(look, "[data-first-look-remedies]");
    list.replaceChildren(...remedies.map((remedy) => withText("li", remedy)));
    list.hidden = remedies.length === 0;
    look.hidden = false;
  }

  say(message: string): void {
    const note = need(this.element, "[data-card-note]");
    note.textContent = message;
    note.hidden = message === "";
  }

  onRetry(act: () => void): void {
    need(this.element, "[data-card-retry]").addEventListener("click", act);
  }

  onDrop(act: () => void): void {
    need(this.element, "[data-card-drop]").addEventListener("click", act);
  }

  private offer(retry: boolean, drop: boolean): void {
    need(this.element, "[data-card-retry]").hidden = !retry;
    need(this.element, "[data-card-drop]").hidden = !drop;
  }
}

function hidden(text: string): HTMLElement {
  const span = withText("span", text);
  span.className = "nhsuk-u-visually-hidden";
  return span;
}

function withText(tag: string, text: string): HTMLElement {
  const element = document.createElement(tag);
  element.textContent = text;
  return element;
}
