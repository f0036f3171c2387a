/** One request, with what belongs to it. */

import { readUpTo } from "./body.js";
import type { Field } from "./text.js";
import type { Origin, Settings } from "./options.js";
import { contentSlot, type Found } from "./shelf.js";
import { requestText } from "./text.js";

/** The longest content of a request that is part of a key. */
const MAX_CONTENT = 64 << 10;

export interface Call {
  request: Request;
  /** The request as the engine reads it. */
  text: Uint8Array;
  /** Its method changes nothing and can be answered from the store. */
  isRead: boolean;
  /** The resource's key; undefined: the request has none that anything could be stored under. */
  key: string | undefined;
  /** Where a response to it stands in the store; undefined: nowhere. */
  slot: string | undefined;
  /** The content that is part of the slot. */
  content: Uint8Array<ArrayBuffer> | undefined;
  found: Found;
  origin: Origin;
  waitUntil: ((promise: Promise<unknown>) => void) | undefined;
}

export type Around = Pick<Call, "origin" | "waitUntil">;

/** A request without content, or whose content is nobody's affair. */
export function callOf(request: Request, settings: Settings, around: Around): Call {
  const { method } = request;
  const isRead = method === "GET" || method === "HEAD";
  // A body changes what a GET means to some servers, and is in no key.
  const hasKey = (isRead && !request.body) || method === "POST";
  const key = hasKey ? settings.key(request) : undefined;
  const slot = isRead ? key : undefined;
  return { request, text: requestText(request), isRead, key, slot, content: undefined, found: {}, ...around };
}

/** A QUERY (a safe method whose content says what is asked for), which is read if it is not too long. */
export async function queryOf(request: Request, settings: Settings, around: Around): Promise<Call> {
  const call = { ...callOf(request, settings, around), isRead: true };
  const key = settings.key(request);
  const { subtle } = globalThis.crypto ?? {};
  if (key === undefined || subtle === undefined || !request.body) return call;
  const copy = request.clone();
  const content = await readUpTo(copy.body as ReadableStream<Uint8Array>, MAX_CONTENT);
  if (content === undefined) return call;
  const { headers } = request;
  const described = ["content-type", "content-encoding", "content-language"].map((name) => headers.get(name) ?? "");
  const start = new TextEncoder().encode(`${described.join("\n")}\n`);
  const bytes = new Uint8Array(start.length + content.length);
  bytes.set(start);
  bytes.set(content, start.length);
  const digest = new Uint8Array(await subtle.digest("SHA-256", bytes));
  return { ...call, key, slot: contentSlot(key, hexOf(digest)), content };
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** What is changed about a request before the origin sees it. */
export interface Changes {
  /** Conditions in place of the client's own. */
  conditions?: readonly Field[] | undefined;
  signal?: AbortSignal | undefined;
}

const CONDITIONS = ["if-none-match", "if-modified-since"];

/** The request for the origin; undefined where it cannot be made anew, as some of a browser's navigations. */
export function outgoing({ request, content }: Call, { conditions, signal }: Changes): Request | undefined {
  if (conditions === undefined && signal === undefined && content === undefined) return request;
  const init: RequestInit & { duplex?: "half" } = {};
  if (conditions !== undefined) init.headers = withConditions(request.headers, conditions);
  if (signal !== undefined) init.signal = signal;
  if (content !== undefined) init.body = content;
  try {
    return new Request(request, init);
  } catch {
    return undefined;
  }
}

function withConditions(given: Headers, conditions: readonly Field[]): Headers {
  const headers = new Headers(given);
  for (const name of CONDITIONS) headers.delete(name);
  for (const [name, value] of conditions) headers.set(name, value);
  return headers;
}

/** The same request for all of the response, whatever the client has of it, and whether or not it stays. */
export function wholeOf(call: Call): Call | undefined {
  const headers = new Headers(call.request.headers);
  for (const name of [...CONDITIONS, "if-match", "if-unmodified-since", "if-range", "range"]) headers.delete(name);
  const init: RequestInit = { headers, signal: new AbortController().signal };
  if (call.request.method === "HEAD") init.method = "GET";
  if (call.content !== undefined) init.body = call.content;
  try {
    const request = new Request(call.request, init);
    return { ...call, request, text: requestText(request) };
  } catch {
    return undefined;
  }
}
