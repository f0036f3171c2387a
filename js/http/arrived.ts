/** A response from the origin, as the rules read it. */

import { type Field, responseText } from "./text.js";

export interface Arrived {
  /** For the engine. */
  text: string;
  vary: string | null;
  /** How many bytes the body must have, where that is known. */
  length: number | undefined;
}

/** Statuses that have no body (Fetch, 2.2.6). */
export function isBodiless(status: number): boolean {
  return status === 101 || status === 103 || status === 204 || status === 205 || status === 304;
}

/**
 * Whether a response can be read and made anew. Not: errors and opaque responses, which have status 0;
 * switches of protocol; and what was found by following redirects, which is the answer to another URL.
 */
export function isReadable(response: Response): boolean {
  const { webSocket } = response as { webSocket?: unknown };
  return response.status >= 200 && response.status <= 599 && !webSocket && !response.redirected && !response.bodyUsed;
}

/** `received` in milliseconds since the epoch; it is the Date of a response that has none (RFC 9110, 6.6.1). */
export function arrived(response: Response, received: number): Arrived {
  const { status, headers } = response;
  const fields: Field[] = [...headers];
  if (!headers.has("date")) fields.push(["date", new Date(received).toUTCString()]);
  const dropped = response.body === null ? [] : describingAnotherBody(response);
  const kept = fields.filter(([name]) => !dropped.includes(name.toLowerCase()));
  return { text: responseText(status, kept), vary: headers.get("vary"), length: lengthOf(response) };
}

/**
 * fetch decodes a body and leaves the fields as they were. Content-Length is then wrong; and so is
 * Content-Encoding, except in workerd, which encodes again what says so. A response without a URL was
 * made by a program, which gave it the fields that it wanted.
 */
function describingAnotherBody(response: Response): string[] {
  const codings = response.headers.get("content-encoding");
  if (codings === null) return [];
  const decoded =
    response.url !== "" && !isWorkerd() && codings.split(",").every((coding) => DECODED.test(coding.trim()));
  return decoded ? ["content-encoding", "content-length"] : ["content-length"];
}

const DECODED = /^(x-)?(gzip|deflate|br)$/i;

export function isWorkerd(): boolean {
  return globalThis.navigator?.userAgent === "Cloudflare-Workers";
}

/** What Content-Length says of a body that is not encoded, if it is one number (several times the same counts as one). */
function lengthOf({ headers, status }: Response): number | undefined {
  const text = headers.get("content-length");
  if (text === null || headers.has("content-encoding") || headers.has("transfer-encoding") || isBodiless(status))
    return undefined;
  const [first = "", ...rest] = text.split(",").map((part) => part.trim());
  return /^\d{1,15}$/.test(first) && rest.every((other) => other === first) ? Number(first) : undefined;
}
