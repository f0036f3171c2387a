/** A request of node:http as the cache and the origin are to see it. */

import type { IncomingMessage } from "node:http";
import { Refused } from "./failures.js";
import { requestFields } from "./fields.js";
import { streamOf } from "./streams.js";

/** What is asked of an origin: a Request, or what a Request cannot be. */
export interface Message {
  readonly method: string;
  /** Absolute; its host is the one that the client asked for. */
  readonly url: string;
  readonly headers: Headers;
  readonly body: ReadableStream<Uint8Array> | null;
  readonly signal: AbortSignal;
}

const HOST = /^(?:[\w.~-]+|\[[\da-f:.]+\])(?::\d{0,5})?$/i;
const ABSOLUTE = /^(https?):\/\/([^/?]*)(.*)$/i;
/** Neither these nor a GET with a body can be a Request. */
const NO_REQUEST = ["CONNECT", "TRACE", "TRACK"];

/** Throws Refused for what must not be guessed at: where a request goes and where its body ends. */
export function readMessage(request: IncomingMessage, signal: AbortSignal): Message {
  const url = urlOf(request);
  const headers = fieldsOf(request);
  headers.set("host", url.host);
  const body = hasBody(request) ? streamOf(request) : null;
  return { method: request.method ?? "GET", url: url.href, headers, body, signal };
}

/** undefined: there is none. Such messages go past the cache. */
export function requestOf(message: Message): Request | undefined {
  const { method, url, headers, body, signal } = message;
  if (NO_REQUEST.includes(method) || (body !== null && (method === "GET" || method === "HEAD"))) return undefined;
  return new Request(url, { method, headers, body, signal, duplex: "half" } as RequestInit);
}

/** The address that the client asked for, in which nothing can be taken for something else (RFC 9112, 3.2). */
function urlOf({ url: target = "", rawHeaders, socket }: IncomingMessage): URL {
  const scheme = "encrypted" in socket ? "https" : "http";
  const absolute = ABSOLUTE.exec(target);
  const host = hostOf(rawHeaders);
  const [authority, path] = absolute ? [absolute[2] as string, rooted(absolute[3] as string)] : [host, target];
  // Whatever is no visible ASCII a URL would write in its own way.
  const valid = path.startsWith("/") && /^[!-~]*$/.test(path) && !path.includes("#");
  if (!valid || (absolute && absolute[1]?.toLowerCase() !== scheme)) throw new Refused(400, "invalid request target");
  try {
    if (host !== undefined && HOST.test(authority as string)) return new URL(`${scheme}://${authority}${path}`);
  } catch {
    // said below
  }
  throw new Refused(400, "invalid Host");
}

const rooted = (path: string) => (path.startsWith("/") ? path : `/${path}`);

/** undefined unless there is exactly one. */
function hostOf(raw: readonly string[]): string | undefined {
  const hosts = raw.filter((_, i) => i % 2 === 1 && raw[i - 1]?.toLowerCase() === "host");
  return hosts.length === 1 ? hosts[0] : undefined;
}

function fieldsOf({ rawHeaders }: IncomingMessage): Headers {
  try {
    return requestFields(rawHeaders);
  } catch (cause) {
    throw Object.assign(new Refused(400, "invalid header field"), { cause });
  }
}

function hasBody({ headers }: IncomingMessage): boolean {
  const coding = headers["transfer-encoding"];
  // Another coding would have to be undone, or named to the origin.
  if (coding !== undefined && coding.trim().toLowerCase() !== "chunked")
    throw new Refused(501, "unknown transfer coding");
  return coding !== undefined || Number(headers["content-length"] ?? 0) > 0;
}
