/** What can go wrong between here and the origin, and what the client gets for it. */

/** Names what went wrong on a response made here, until `explained` has told Cache-Status. */
const FAILURE = "x-origin-failure";

/** By its name in Cache-Status. */
const FAILURES = {
  "origin-timeout": [504, "The origin took too long to answer."],
  "origin-unreachable": [502, "The origin could not be reached, or closed the connection before it had answered."],
  "origin-incomplete": [502, "The origin closed the connection in the middle of its answer."],
  "origin-invalid": [502, "The origin sent an answer that cannot be passed on."],
  "origin-failed": [502, "The function that answers in the origin's place has failed."],
} as const;

export type Failure = keyof typeof FAILURES;

/** A body that is being read fails with one. */
export class OriginError extends Error {
  override readonly name = "OriginError";
  constructor(
    readonly failure: Failure,
    options?: ErrorOptions,
  ) {
    super(FAILURES[failure][1], options);
  }
}

/** A request that is answered here. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** The response for a failure: a cache may answer with what it has instead, and does not keep it. */
export function failed(failure: Failure): Response {
  const [status, text] = FAILURES[failure];
  return plain(status, text, { [FAILURE]: failure });
}

/** A response of our own. */
export function plain(status: number, text: string, more: Record<string, string> = {}): Response {
  const headers = { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store", ...more };
  return new Response(`${status}: ${text}\n`, { status, headers });
}

/** An origin cannot name a failure. */
export function withoutFailure(headers: Headers): Headers {
  headers.delete(FAILURE);
  return headers;
}

/** The fields of a response, with a failure named as a detail of Cache-Status (RFC 9211, 2.8). `name`: the cache's there. */
export function explained(headers: Headers, name: string): Headers {
  const failure = headers.get(FAILURE);
  if (failure === null) return headers;
  const told = withoutFailure(new Headers(headers));
  told.set("cache-status", `${headers.get("cache-status") ?? `${name}; fwd=bypass`}; detail=${failure}`);
  return told;
}
