/** Answers from the store. */

import { isBodiless } from "./arrived.js";
import { framed } from "./body.js";
import type { Call } from "./call.js";
import type { Answer } from "./decisions.js";
import { Spool } from "./spool.js";

/** The response that an answer describes; `body` is what is stored, or arriving. */
export function respond(call: Call, answer: Answer, body: Uint8Array<ArrayBuffer> | Spool | undefined): Response {
  const { start, end, head, outcome } = answer;
  const { status, fields } = head;
  const isEmpty = body === undefined || call.request.method === "HEAD" || isBodiless(status) || end === 0;
  if (isEmpty) return withFields(null, status, fields);
  if (!(body instanceof Spool)) {
    return withFields(outcome === "part" ? body.subarray(start, end) : body, status, fields);
  }
  const headers = new Headers(fields);
  const length = headers.get("content-length");
  const stream = body.stream(call.request.signal ?? undefined, start, end);
  return new Response(framed(stream, length === null ? undefined : Number(length), headers), { status, headers });
}

/** In workerd pairs for the constructor cost four times as much as fields that are appended. */
function withFields(
  body: Uint8Array<ArrayBuffer> | null,
  status: number,
  fields: readonly [string, string][],
): Response {
  const response = new Response(body, { status });
  for (const [name, value] of fields) response.headers.append(name, value);
  return response;
}
