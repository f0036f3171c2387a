/**
 * The handlers behind the middleware, as the origin of a cache.
 *
 * Hono runs them once for a context, and a context has one response. But a cache may ask more than once: after a 304 that
 * is about something else, and, for a stale response that it has given out, while that is on its way. These go through the
 * app as requests of their own, which the middleware lets pass; without an app there is nobody to ask.
 */

import type { HttpCache } from "../http/index.js";
import { executionOf, type HonoApp, type HonoContext, type Next } from "./context.js";

/** Stands for a response that a cache must not see; the field tells it from the others. */
const STAND_IN = "isocache-stand-in";

/** A cache that does not wait for its origin has answered after so many turns of the queue of promises. */
const TURNS = 32;

/** By context, or by request where that is one of the cache's own: the caches that have it already. */
const passing = new WeakMap<object, Set<HttpCache>>();

/** Whether the cache has this request already. Asked again it would wait for itself. */
export function isPassing(c: HonoContext, cache: HttpCache): boolean {
  return passing.get(c)?.has(cache) === true || passing.get(c.req.raw)?.has(cache) === true;
}

/** Lets a context or a request through this cache's middleware from now on. */
function letPass(what: object, cache: HttpCache): void {
  passing.set(what, (passing.get(what) ?? new Set()).add(cache));
}

export class Handlers {
  #asked = false;
  #answered = false;
  #run: Promise<Response> | undefined;

  constructor(
    readonly c: HonoContext,
    readonly next: Next,
    readonly cache: HttpCache,
    readonly app: HonoApp | undefined,
  ) {}

  /** What the cache asks. */
  readonly ask = async (request: Request): Promise<Response> => {
    const isFirst = !this.#asked;
    this.#asked = true;
    if (!isFirst || (this.app !== undefined && (await this.#isBehind()))) return this.#askApp(request);
    this.#run = this.#handle(request);
    return this.#run;
  };

  /** The cache has answered. Ends when the context is not used any more: a cache that did not wait for us left it to us. */
  async answered(): Promise<void> {
    this.#answered = true;
    await this.#run?.catch(() => {});
  }

  /** What to give out for the cache's response. */
  outcome(response: Response): Response {
    return response.headers.has(STAND_IN) ? standsFor(this.c.res as Response, response) : response;
  }

  async #isBehind(): Promise<boolean> {
    for (let i = 0; i < TURNS && !this.#answered; i++) await undefined;
    return this.#answered;
  }

  async #handle(request: Request): Promise<Response> {
    const { c } = this;
    const { raw } = c.req;
    letPass(c, this.cache);
    c.req.raw = request; // it may have the cache's conditions in place of the client's
    try {
      await this.next();
    } finally {
      c.req.raw = raw;
    }
    const response = c.res as Response;
    return isForCaches(c, response) ? response : standIn(response);
  }

  async #askApp(request: Request): Promise<Response> {
    const { app, c } = this;
    // 502: the origin's answer made no sense, and cannot be asked again.
    if (app === undefined) return new Response(null, { status: 502, headers: { "cache-control": "no-store" } });
    letPass(request, this.cache);
    return app.fetch(request, c.env, executionOf(c));
  }
}

/** Not: what an error has led to; and streams of events, which have no end. */
function isForCaches(c: HonoContext, { headers }: Response): boolean {
  return c.error === undefined && !/^text\/event-stream\b/i.test(headers.get("content-type") ?? "");
}

function standIn({ status }: Response): Response {
  return new Response(null, { status, headers: { [STAND_IN]: "1", "cache-control": "no-store" } });
}

/** The handlers' own response, with what the cache says of it. */
function standsFor(response: Response, standIn: Response): Response {
  const status = standIn.headers.get("cache-status");
  if (status === null) return response;
  const shown = new Response(response.body, response);
  shown.headers.append("cache-status", status);
  return shown;
}
