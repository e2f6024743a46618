// Starts the NHS.UK frontend components that need a script: error summaries, header, conditionals.
import { initAll } from "nhsuk-frontend";

import { askAgain } from "./images";

// ARIA gives a radio button no aria-expanded, which the frontend sets on radios that reveal
// something; what is revealed follows its radio in the reading order and needs no such hint.
const REVEALING = 'input[type="radio"][aria-expanded]';

new MutationObserver(() => {
  for (const radio of document.querySelectorAll(REVEALING)) radio.removeAttribute("aria-expanded");
}).observe(document.body, { attributes: true, attributeFilter: ["aria-expanded"], subtree: true });

initAll();
askAgain();
