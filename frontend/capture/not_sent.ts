/** A refusal that trying again by itself does not mend; the message is for the page. */
export class NotSent extends Error {
  constructor(message: string, readonly isSignedOut = false) {
    super(message);
  }
}
