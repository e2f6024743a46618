// One photograph's bytes to the service by tus 1.0: in pieces, resumed after every break.
import { DetailedError, type HttpRequest, Upload } from "tus-js-client";

import { csrfToken, isWorthRetrying, sentenceIn } from "../shared/http";
import { digest } from "./identity";
import { NotSent } from "./not_sent";
import { Pace } from "./pace";

/** The service could not be asked. */
class Away extends Error {
  constructor(readonly status: number) {
    super();
  }
}

/** What the card hears while its photograph is on its way. */
export interface Listener {
  percent(percent: number): void;
  pause(sentence: string): void;
}

const NO_LINE = "No connection just now. It goes on by itself.";
const NOT_NOW = "The service cannot take it just now. It is tried again by itself.";
const SIGNED_OUT = "You are signed out. It is kept on this device and goes on when you sign in.";
const BACKOFF = [500, 1000, 2000, 4000, 8000, 15000, 30000];
const RETRY_AFTER = [...BACKOFF, ...Array<number>(10_000).fill(30_000)]; // a line may be gone for days
const STALLED_AFTER = 60_000;
const pace = new Pace(); // what one photograph has found out of the line, the next begins with

/** Send all bytes; resolves only when the service has acknowledged the last one. */
export function send(
  bytes: Blob,
  metadata: Record<string, string>,
  endpoint: string,
  hear: Listener,
  stopped: AbortSignal,
  mayBeThere: boolean,
): Promise<void> {
  let began = 0;
  const url = `${endpoint}/${metadata.capture}`;
  return new Promise((resolve, reject) => {
    const upload = new Upload(bytes, {
      endpoint,
      // A photograph nobody has sent of before goes with its first piece in one request. Any other,
      // and this one after a break, is asked for first, so that no bytes go twice.
      uploadDataDuringCreation: true,
      uploadUrl: mayBeThere ? url : null,
      chunkSize: pace.piece,
      metadata,
      retryDelays: RETRY_AFTER,
      headers: { "X-CSRFToken": csrfToken() },
      // What is kept in the browser is kept sealed, in safe.ts.
      storeFingerprintForResuming: false,
      onBeforeRequest: async (request) => {
        began = performance.now();
        giveUpWhenStalled(request);
        if (request.getMethod() === "HEAD") return;
        upload.options.uploadUrl = url;
        const start = Number(request.getHeader("Upload-Offset") ?? 0);
        // Acknowledged bytes, not bytes handed to the network: the page never promises too much.
        hear.percent(Math.floor((100 * start) / bytes.size));
        const piece = bytes.slice(start, start + (upload.options.chunkSize ?? pace.piece));
        request.setHeader("Upload-Checksum", `sha256 ${await base64Digest(piece)}`);
      },
      onAfterResponse: (request, response) => {
        // Where it stands cannot be said just now: tus would take it for unknown and send it anew.
        const status = response.getStatus();
        if (request.getMethod() === "HEAD" && isWorthRetrying(status, "HEAD")) throw new Away(status);
      },
      onShouldRetry: (error) => {
        const status = statusOf(error);
        const isWorth = isWorthRetrying(status, error.originalRequest.getMethod());
        if (isWorth) hear.pause(status === 0 ? NO_LINE : NOT_NOW);
        pace.broke();
        upload.options.chunkSize = pace.piece;
        return isWorth;
      },
      onChunkComplete: (size, accepted, total) => {
        hear.percent(Math.floor((100 * accepted) / total));
        pace.carried(size, (performance.now() - began) / 1000);
        upload.options.chunkSize = pace.piece;
      },
      onSuccess: () => settle(resolve),
      onError: (error) => settle(() => reject(reasonFor(error))),
    });
    const online = (): void => upload.start();
    const offline = (): void => {
      void upload.abort();
      hear.pause(NO_LINE);
    };
    const stop = (): void => {
      void upload.abort();
      settle(resolve);
    };
    const settle = (end: () => void): void => {
      window.removeEventListener("online", online);
      window.removeEventListener("offline", offline);
      stopped.removeEventListener("abort", stop);
      end();
    };
    window.addEventListener("online", online);
    window.addEventListener("offline", offline);
    stopped.addEventListener("abort", stop);
    if (navigator.onLine) upload.start();
    else hear.pause(NO_LINE);
  });
}

/** Tell the service that the rest will not come; best effort, it gives up by itself in a week. */
export async function giveUp(endpoint: string, captureId: string): Promise<void> {
  const headers = { "X-CSRFToken": csrfToken(), "Tus-Resumable": "1.0.0" };
  await fetch(`${endpoint}/${captureId}`, { method: "DELETE", headers }).catch(() => null);
}

/** A line that is open and carries nothing would wait for ever. */
function giveUpWhenStalled(request: HttpRequest): void {
  const under = request.getUnderlyingObject() as XMLHttpRequest;
  under.timeout = STALLED_AFTER;
  under.ontimeout = (event) => under.onerror?.(event);
}

async function base64Digest(piece: Blob): Promise<string> {
  const found = await digest(await piece.arrayBuffer());
  return btoa(String.fromCharCode(...found));
}

function statusOf(error: Error): number {
  if (!(error instanceof DetailedError)) return 0;
  if (error.causingError instanceof Away) return error.causingError.status;
  return error.originalResponse?.getStatus() ?? 0;
}

function reasonFor(error: Error): NotSent {
  const status = statusOf(error);
  if (status === 0) return new NotSent("No connection. Check the network, then choose Try again.");
  if (status === 401) return new NotSent(SIGNED_OUT, true);
  const body = (error as DetailedError).originalResponse?.getBody() ?? "";
  return new NotSent(
    sentenceIn(body) ?? `The service did not take this photograph (${status}). Try again.`,
  );
}
