/** Responses on their way to a client of node:http. */

import type { IncomingMessage, ServerResponse } from "node:http";
import { endToEnd, isBodiless } from "./fields.js";
import type { Interim } from "./origin.js";
import { drained } from "./streams.js";

/** Sends the head, to which others may have added fields before. Throws for what node:http refuses to send. */
export function sendHead({ status, statusText }: Response, headers: Headers, to: ServerResponse): void {
  to.statusCode = status;
  if (statusText !== "") to.statusMessage = statusText;
  for (const [name, value] of headers) {
    if (name === "set-cookie") to.appendHeader(name, value);
    else to.setHeader(name, value);
  }
  if (status === 204) to.removeHeader("content-length"); // RFC 9110, 8.6
}

/**
 * Sends the body and ends the response. Rejects when the body breaks off or has another length than was said, and breaks the
 * connection if the head is gone: what ends properly would be taken for the whole.
 */
export async function sendBody(response: Response, to: ServerResponse, isHead: boolean): Promise<void> {
  const { body, status } = response;
  if (body === null || isHead || isBodiless(status)) {
    body?.cancel().catch(() => {});
    to.end();
    return;
  }
  const reader = body.getReader();
  const stop = () => reader.cancel().catch(() => {});
  to.once("close", stop);
  try {
    await pump(reader, to);
    to.off("close", stop);
    to.end();
  } catch (error) {
    stop();
    if (to.headersSent) to.destroy();
    throw error;
  }
}

async function pump(reader: ReadableStreamDefaultReader<Uint8Array>, to: ServerResponse): Promise<void> {
  const said = to.getHeader("content-length");
  let sent = 0;
  // The head goes with the first chunk, unless that keeps the client waiting.
  const head = setImmediate(() => to.headersSent || to.destroyed || to.flushHeaders());
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      sent += value.byteLength;
      if (said !== undefined && sent > Number(said)) throw new TypeError("the body is longer than its Content-Length");
      if (!to.write(value)) await drained(to);
    }
  } finally {
    clearImmediate(head);
  }
  if (to.destroyed || (said !== undefined && sent !== Number(said)))
    throw new TypeError("the body is shorter than its Content-Length");
}

/** Passes 102 and 103 on, to who is waiting still; node:http can write no other interim response. */
export function passInterim({ statusCode, rawHeaders }: Interim, from: IncomingMessage, to: ServerResponse): void {
  if (to.headersSent || to.destroyed || from.httpVersionMajor * 10 + from.httpVersionMinor < 11) return;
  try {
    if (statusCode === 102) to.writeProcessing();
    if (statusCode === 103) to.writeEarlyHints(Object.fromEntries(endToEnd(rawHeaders)));
  } catch {
    // a Link that node:http does not like: a hint that is left out harms nobody
  }
}
