/** The cache in front of a module worker. */

import { invalidOption } from "../keys.js";
import type { Awaitable } from "../types.js";
import { HttpCache } from "./http-cache.js";
import type { HttpCacheOptions } from "./options.js";

/** A module worker, as edge runtimes call it. */
export interface WorkerHandler<Env = any> {
  /** Answers a request; with a cache around it, those that the cache does not. */
  fetch(
    request: Request,
    env: Env,
    ctx: { waitUntil(promise: Promise<unknown>): void; passThroughOnException?(): void },
  ): Awaitable<Response>;
}

/**
 * Wraps a module worker's handler: `export default withHttpCache({ fetch(request, env, ctx) {} })`.
 * The handler is the origin. Its other members stay as they are. INVALID_OPTION.
 */
export function withHttpCache<H extends WorkerHandler>(handler: H & WorkerHandler, options: HttpCacheOptions = {}): H {
  if (typeof handler?.fetch !== "function") throw invalidOption("handler", "has no fetch method", handler);
  const cache = new HttpCache(options);
  const fetch: WorkerHandler["fetch"] = (request, env, ctx) =>
    cache.fetch(request, {
      origin: (forwarded) => handler.fetch(forwarded, env, ctx),
      ...(typeof ctx?.waitUntil === "function" && { waitUntil: (promise) => ctx.waitUntil(promise) }),
    });
  const wrapped = Object.create(Object.getPrototypeOf(handler), Object.getOwnPropertyDescriptors(handler)) as H;
  return Object.defineProperty(wrapped, "fetch", {
    value: fetch,
    enumerable: true,
    configurable: true,
    writable: true,
  });
}
