/**
 * Requests that go to the origin, and what becomes of the answers: passed on, stored on the way,
 * taken as word that a stored response is still good, or as a reason to forget some.
 */

import { arrived, type Arrived, isBodiless, isReadable } from "./arrived.js";
import { copying, FixedLength, fixed } from "./body.js";
import {
  answer,
  forwarded,
  freshen,
  type Head,
  invalidates,
  type Kept,
  type Reason,
  STALE,
  store,
} from "./decisions.js";
import { attempt, attemptAsync } from "./failures.js";
import type { Invalidations } from "./invalidations.js";
import type { Origin, Settings } from "./options.js";
import { type Found, joined, type Place, type Shelf, varyOf, writeHead } from "./shelf.js";
import { type Field, responseText } from "./text.js";

/** What belongs to one request. */
export interface Call {
  request: Request;
  /** The request as the engine reads it. */
  text: string;
  /** GET or HEAD. */
  isRead: boolean;
  /** undefined: the request has none that anything could be stored under. */
  key: string | undefined;
  found: Found;
  origin: Origin;
  waitUntil: ((promise: Promise<unknown>) => void) | undefined;
}

/** A response, when it was asked for and when it came, and where the invalidations stood before. */
interface Asked {
  response: Response;
  asked: number;
  received: number;
  mark: number;
}

/** A response from the store. */
export function respond(
  request: Request,
  { status, fields }: Head,
  body: Uint8Array<ArrayBuffer> | undefined,
): Response {
  const empty = body === undefined || request.method === "HEAD" || isBodiless(status);
  return new Response(empty ? null : body, { status, headers: fields });
}

/** More than an entry costs beyond key and value, and than the scope, the generation and the kind take. */
const OVERHEAD = 256;

export class Forwarder {
  constructor(
    readonly settings: Settings,
    readonly invalidations: Invalidations,
    readonly shelf: Shelf,
    readonly clock: () => number,
    readonly bounds: { body: number; entry: number },
  ) {}

  /** The response to a request that the store did not answer. */
  async forward(call: Call, reason: Reason, conditions: readonly Field[]): Promise<Response> {
    const validation = conditions.length > 0 ? withConditions(call.request, conditions) : undefined;
    const asked = await this.#ask(call.origin, validation ?? call.request);
    if (validation !== undefined && asked.response.status === 304) {
      const validated = await attemptAsync(() => this.#validated(call, reason, asked));
      return validated ?? this.forward(call, reason, []);
    }
    if (!call.isRead) await this.#invalidate(call, asked.response);
    return isReadable(asked.response) ? this.#pass(call, reason, asked) : asked.response;
  }

  async #ask(origin: Origin, request: Request): Promise<Asked> {
    const mark = this.invalidations.mark();
    const asked = this.clock();
    const response = await origin(request);
    return { response, asked, received: this.clock(), mark };
  }

  /** The stored response, which the origin has called good; undefined: it spoke of another one. */
  async #validated(
    call: Call,
    reason: Reason,
    { response, asked, received, mark }: Asked,
  ): Promise<Response | undefined> {
    const { text, found } = call;
    if (found.entry === undefined) return undefined;
    const { head, body, at } = found.entry;
    const kept = freshen(this.settings.text, text, head, arrived(response, received).text, asked, received);
    const place = kept?.keepMs ? await this.#place(call, varyOf(kept.head), received) : undefined;
    if (kept === undefined || place === undefined) await attemptAsync(() => this.shelf.discard(at));
    if (kept === undefined) return undefined;
    if (place !== undefined) this.#write(call, place, joined(kept.head, body), kept, received, mark);
    const fresh = answer(this.settings.text, text, kept.head, reason, place !== undefined, received);
    return respond(call.request, fresh, fresh.status === 304 ? undefined : body);
  }

  /** A response on its way to the client, and to the store where it may be kept. */
  async #pass(call: Call, reason: Reason, { response, asked, received, mark }: Asked): Promise<Response> {
    const { status } = response;
    const message = arrived(response, received);
    const kept = this.#kept(call, message, asked, received);
    const place = kept && (await this.#place(call, message.vary, received));
    if (kept === undefined || place === undefined) {
      // What HEAD gives is never stored, and replaces nothing.
      const replaces = reason === STALE && status < 500 && call.request.method === "GET";
      const outdated = replaces ? call.found.entry : undefined;
      if (outdated !== undefined) await attemptAsync(() => this.shelf.discard(outdated.at));
      return this.#remade(response, message, reason, false, response.body);
    }
    const body = copying(response.body, {
      head: writeHead(kept.head),
      limit: this.#room(call, kept),
      length: message.length,
      done: (copy) => this.#write(call, place, copy, kept, received, mark),
    });
    return this.#remade(response, message, reason, true, body);
  }

  /** A response with the fields and the body that the client gets. */
  #remade(
    response: Response,
    message: Arrived,
    reason: Reason,
    stored: boolean,
    body: ReadableStream<Uint8Array> | null,
  ): Response {
    const { status, statusText } = response;
    const fields = attempt(() => forwarded(this.settings.text, message.text, reason, stored)) ?? response.headers;
    const headers = new Headers(fields as HeadersInit);
    if (isBodiless(status) || body === null) return new Response(null, { status, statusText, headers });
    if (!stored || message.length === undefined || FixedLength === undefined)
      return new Response(body, { status, statusText, headers });
    headers.delete("content-length");
    return new Response(fixed(body, message.length, FixedLength), { status, statusText, headers });
  }

  /** What to keep of a response; undefined: nothing. */
  #kept(call: Call, message: Arrived, asked: number, received: number): Kept | undefined {
    if (call.key === undefined || (message.length ?? 0) > this.bounds.body) return undefined;
    const kept = attempt(() => store(this.settings.text, call.text, message.text, asked, received));
    return kept !== undefined && (message.length ?? 0) <= this.#room(call, kept) ? kept : undefined;
  }

  /** How large a body may be: what the owner allows, and what fits into an entry beside key, head and overhead. */
  #room({ key = "", text }: Call, { head }: Kept): number {
    return Math.min(this.bounds.body, this.bounds.entry - 3 * (key.length + text.length + head.length) - OVERHEAD);
  }

  async #place({ key, text, found }: Call, vary: string | null, now: number): Promise<Place | undefined> {
    return key === undefined ? undefined : attemptAsync(() => this.shelf.place(key, text, vary, found, now));
  }

  /** Starts writing before it returns; nobody waits for the end but the runtime. */
  #write(call: Call, place: Place, value: Uint8Array, { keepMs }: Kept, received: number, mark: number): void {
    const now = this.clock();
    const left = received + keepMs - now;
    if (left <= 0 || this.invalidations.since(mark, call.key as string)) return;
    const writing = place(value, left, now).catch(() => false); // a response that is not stored is a miss
    try {
      call.waitUntil?.(writing);
    } catch {
      // the runtime has let go of the request; what is embedded is written already
    }
  }

  /** Forgets what a response to an unsafe request makes untrue. */
  async #invalidate({ request, text }: Call, response: Response): Promise<void> {
    if (response.status < 200) return;
    const { status, headers } = response;
    for (const reference of attempt(() => invalidates(text, responseText(status, headers))) ?? []) {
      const key = this.#keyOf(reference, request);
      if (key === undefined) continue;
      this.invalidations.add(key);
      await attemptAsync(() => this.shelf.forget(key));
    }
  }

  /** The key of what a reference in an answer to `request` refers to, if it is of the same origin. */
  #keyOf(reference: string, { url, headers }: Request): string | undefined {
    const base = new URL(url);
    let target: Request;
    try {
      const resolved = new URL(reference, base);
      if (resolved.origin !== base.origin) return undefined;
      target = new Request(resolved, { headers });
    } catch {
      return undefined; // no URL, or one with a password in it
    }
    return this.settings.key(target);
  }
}

/** A request with our conditions in place of the client's; undefined where it cannot be made, as for a browser's navigation. */
function withConditions(request: Request, conditions: readonly Field[]): Request | undefined {
  const headers = new Headers(request.headers);
  headers.delete("if-none-match");
  headers.delete("if-modified-since");
  for (const [name, value] of conditions) headers.set(name, value);
  try {
    return new Request(request, { headers });
  } catch {
    return undefined;
  }
}
