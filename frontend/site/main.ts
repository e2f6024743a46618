// Starts the NHS.UK frontend components that need a script: error summaries, header, conditionals.
import { initAll } from "nhsuk-frontend";

initAll();
