/**
 * Responses as bytes, and back.
 *
 * | bytes | what |
 * |---|---|
 * | 1 | the version of this layout |
 * | 1 | 1: there is a body, though it may be empty; 0: the body is null |
 * | 2 | status |
 * | 4 | length of the head; all numbers are little-endian |
 * | | head, UTF-8: status text, URL, "1" if redirected, then name and value of each field, every part ended by a NUL |
 * | | body |
 *
 * No part can hold a NUL: Response, Headers and URL see to that.
 */

import { encodeUtf8, readUtf8 } from "../text.js";
import { namesOf } from "./requests.js";

const VERSION = 1;
const START = 8;

export function quotaExceeded(message: string): DOMException {
  return new DOMException(message, "QuotaExceededError");
}

/** TypeError for what no cache stores, and for what could not be made again. */
export function assertStorable(response: Response): void {
  if (typeof response?.status !== "number" || typeof response.headers?.get !== "function") {
    throw new TypeError("this is no Response");
  }
  const { status, headers } = response;
  if (status === 206) throw new TypeError("a partial response (206) is not stored");
  if (namesOf(headers.get("vary")).includes("*")) throw new TypeError("a response with Vary: * is not stored");
  if (status < 200 || status > 599) {
    throw new TypeError(`a response of status ${status} (opaque, an error, a switch of protocol) cannot be made again`);
  }
  if (response.bodyUsed || response.body?.locked) throw new TypeError("the body is used or locked");
}

/** Reads the body to its end. QuotaExceededError: it has more than `limit` bytes; and what the body fails with. */
export async function encodeResponse(response: Response, limit: number): Promise<Uint8Array> {
  const { status, statusText, url = "", redirected = false, headers, body = null } = response;
  const parts = [statusText, url, redirected ? "1" : "", ...[...headers].flat()];
  const head = encodeUtf8(parts.map((part) => `${part}\0`).join(""));
  const chunks = body === null ? [] : await read(body, limit - START - head.length);
  const bytes = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, START + head.length));
  const view = new DataView(bytes.buffer);
  view.setUint8(0, VERSION);
  view.setUint8(1, Number(body !== null));
  view.setUint16(2, status, true);
  view.setUint32(4, head.length, true);
  let at = START;
  for (const piece of [head, ...chunks]) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

/** undefined: nothing of ours. */
export function decodeResponse(bytes: unknown): Response | undefined {
  if (!(bytes instanceof Uint8Array) || bytes[0] !== VERSION || bytes.length < START) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const end = START + view.getUint32(4, true);
  const [statusText = "", url = "", redirected, ...fields] = readUtf8(bytes, START, end - START).split("\0");
  const headers: [string, string][] = [];
  for (let i = 0; i + 1 < fields.length; i += 2) headers.push([fields[i] as string, fields[i + 1] as string]);
  const body = bytes[1] === 1 ? (bytes.subarray(end) as Uint8Array<ArrayBuffer>) : null;
  const response = new Response(body, { status: view.getUint16(2, true), statusText, headers });
  return arrivedFrom(response, url, redirected === "1");
}

/** No constructor takes where a response came from. `clone` does not take it along. */
function arrivedFrom(response: Response, url: string, redirected: boolean): Response {
  if (url !== "") Object.defineProperty(response, "url", { value: url, configurable: true });
  if (redirected) Object.defineProperty(response, "redirected", { value: true, configurable: true });
  return response;
}

async function read(body: ReadableStream<Uint8Array>, limit: number): Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  const reader = body.getReader();
  for (let left = limit; ;) {
    const { done, value } = await reader.read();
    if (done) return chunks;
    left -= value.length;
    const wrong = !(value instanceof Uint8Array) ? new TypeError("a body's chunk is no Uint8Array") : undefined;
    const error = wrong ?? (left < 0 ? quotaExceeded("the response is larger than an entry may be") : undefined);
    if (error !== undefined) {
      reader.cancel(error).catch(() => {});
      throw error;
    }
    chunks.push(value);
  }
}
