// Requests to our own service: session cookie, CSRF header, and its sentences when it refuses.

/** Stands for an id in the addresses the service gives a page's script. */
export const ANY_ID = "00000000-0000-0000-0000-000000000000";

export function csrfToken(): string {
  return document.querySelector<HTMLMetaElement>('meta[name="csrf-token"]')?.content ?? "";
}

export function post(url: string): Promise<Response> {
  return fetch(url, { method: "POST", headers: { "X-CSRFToken": csrfToken() } });
}

/** The sentence of a refusal, {"error": "..."}; null when the answer is something else. */
export function sentenceIn(body: string): string | null {
  try {
    const said = (JSON.parse(body) as { error?: unknown } | null)?.error;
    return typeof said === "string" && said !== "" ? said : null;
  } catch {
    return null;
  }
}

/**
 * No answer, "busy", "try later" and "changed on the way" pass, and a piece at the wrong place
 * finds its place again; a refusal stays a refusal however often it is asked.
 */
export function isWorthRetrying(status: number, method: string): boolean {
  if (status === 409) return method === "PATCH";
  return status === 0 || status === 460 || status === 423 || status === 429 || status >= 500;
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
