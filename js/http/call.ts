/** One request, with what belongs to it. */

import { encodeUtf8 } from "../text.js";
import { concat, readUpTo } from "./body.js";
import type { Field } from "./text.js";
import type { Origin, Settings } from "./options.js";
import { contentSlot, type Found, NOTHING_SEEN, type Seen } from "./shelf.js";
import { requestText } from "./text.js";

/** The longest content of a request that is part of a key. */
const MAX_CONTENT = 64 << 10;

export interface Around {
  origin: Origin;
  /** An edge worker's `ctx.waitUntil`. */
  waitUntil: ((promise: Promise<unknown>) => void) | undefined;
}

export class Call {
  #text: Uint8Array | undefined;
  /** The resource's key; undefined: the request has none that anything could be stored under. */
  key: string | undefined;
  /** Where a response to it stands in the store; undefined: nowhere. */
  slot: string | undefined;
  /** The content that is part of the slot. */
  content: Uint8Array<ArrayBuffer> | undefined;
  /** What was read from the store already. */
  seen: Seen = NOTHING_SEEN;
  found: Found = {};
  /** Where the invalidations stood when that was read: what it tells of may be gone since. */
  mark = Number.POSITIVE_INFINITY;

  constructor(
    readonly request: Request,
    /** Its method changes nothing and can be answered from the store. */
    readonly isRead: boolean,
    readonly around: Around,
  ) {}

  /** The request as the engine reads it. */
  get text(): Uint8Array {
    this.#text ??= requestText(this.request);
    return this.#text;
  }
}

/** A request without content, or whose content is nobody's affair. */
export function callOf(request: Request, settings: Settings, around: Around): Call {
  const { method } = request;
  const isRead = method === "GET" || method === "HEAD";
  const call = new Call(request, isRead, around);
  // A body changes what a GET means to some servers, and is in no key.
  if ((isRead && !request.body) || method === "POST") call.key = settings.key(request);
  if (isRead) call.slot = call.key;
  return call;
}

/** A QUERY (a safe method whose content says what is asked for), which is read if it is not too long. */
export async function queryOf(request: Request, settings: Settings, around: Around): Promise<Call> {
  const call = new Call(request, true, around);
  const key = settings.key(request);
  const { subtle } = globalThis.crypto ?? {};
  if (key === undefined || subtle === undefined || !request.body) return call;
  const copy = request.clone();
  const content = await readUpTo(copy.body as ReadableStream<Uint8Array>, MAX_CONTENT, request.signal);
  if (content === undefined) return call;
  const described = DESCRIBING.map((name) => request.headers.get(name) ?? "");
  const start = encodeUtf8(`${described.join("\n")}\n`);
  const digest = await subtle.digest("SHA-256", concat([start, content], start.length + content.length));
  call.key = key;
  call.slot = contentSlot(key, hexOf(new Uint8Array(digest)));
  call.content = content;
  return call;
}

/** Fields that say what the content of a request means. */
const DESCRIBING = ["content-type", "content-encoding", "content-language"];

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
    const { key, slot, content, found, mark } = call;
    return Object.assign(new Call(new Request(call.request, init), true, call.around), {
      key,
      slot,
      content,
      found,
      mark,
    });
  } catch {
    return undefined;
  }
}

/** Has an edge worker's runtime wait for work, whose failure is told to whoever else waits for it. */
export function keepAlive({ around }: Call, work: Promise<unknown>): void {
  const ended = work.catch(() => {});
  try {
    around.waitUntil?.(ended);
  } catch {
    // the runtime has let go of the request
  }
}
