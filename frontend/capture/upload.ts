// One photograph's bytes to the service by tus 1.0: in pieces, resumed after every break.
import { DetailedError, Upload } from "tus-js-client";

import { csrfToken, isWorthRetrying, sentenceIn } from "../shared/http";

export interface Destination {
  endpoint: string;
  chunkBytes: number;
}

/** A refusal or a break that trying again by itself did not mend; the message is for the page. */
export class NotSent extends Error {}

const NO_LINE = "No connection just now. It is tried again by itself.";
const NOT_NOW = "The service cannot take it just now. It is tried again by itself.";
const RETRY_AFTER = [500, 1000, 2000, 4000, 8000, 15000, 30000, 30000, 30000];

/** Send all bytes; resolves only when the service has acknowledged the last one. */
export function send(
  bytes: Blob,
  metadata: Record<string, string>,
  to: Destination,
  onPercent: (percent: number) => void,
  onBreak: (sentence: string) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const upload = new Upload(bytes, {
      endpoint: to.endpoint,
      chunkSize: to.chunkBytes,
      metadata,
      retryDelays: RETRY_AFTER,
      headers: { "X-CSRFToken": csrfToken() },
      // Nothing about a patient's photograph stays in the browser's storage.
      storeFingerprintForResuming: false,
      onShouldRetry: (error) => {
        const isWorth = isWorthRetrying(statusOf(error), error.originalRequest.getMethod());
        if (isWorth) onBreak(statusOf(error) === 0 ? NO_LINE : NOT_NOW);
        return isWorth;
      },
      // Acknowledged bytes, not bytes handed to the network: the page never promises too much.
      onChunkComplete: (_size, accepted, total) => onPercent(Math.floor((100 * accepted) / total)),
      onSuccess: () => resolve(),
      onError: (error) => reject(new NotSent(reasonFor(error))),
    });
    upload.start();
  });
}

function statusOf(error: Error): number {
  return error instanceof DetailedError ? (error.originalResponse?.getStatus() ?? 0) : 0;
}

function reasonFor(error: Error): string {
  const status = statusOf(error);
  if (status === 0) return "No connection. Check the network, then choose Try again.";
  if (status === 401) return "You are signed out. Sign in on another tab, then choose Try again.";
  const body = (error as DetailedError).originalResponse?.getBody() ?? "";
  return sentenceIn(body) ?? `The service did not take this photograph (${status}). Try again.`;
}
