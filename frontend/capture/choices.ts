// Retake and keep without leaving the page, so that photographs on their way are not cut off.
// Both stay ordinary forms: what cannot be done here is sent as one.
import { datum } from "../shared/dom";

export interface Choices {
  retaken(card: HTMLElement): void;
  kept(card: HTMLElement): void;
}

export function listenForChoices(root: HTMLElement, choices: Choices): void {
  root.addEventListener("submit", (event) => {
    const form = event.target as HTMLFormElement;
    const card = form.closest<HTMLElement>("[data-card]");
    const choice = form.dataset["choice"];
    if (!card || (choice !== "retake" && choice !== "keep")) return;
    event.preventDefault();
    void accepted(form).then((isAccepted) => {
      if (!isAccepted) form.submit(); // the service says on a page of its own what is missing
      else if (choice === "retake") choices.retaken(card);
      else choices.kept(card);
    });
  });
}

async function accepted(form: HTMLFormElement): Promise<boolean> {
  try {
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form) });
    return answer.ok && answer.url.includes(datum(form, "returnsTo"));
  } catch {
    return false;
  }
}
