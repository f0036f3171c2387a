/** The middleware. */

import { CacheError } from "../index.js";
import { HttpCache, type HttpCacheOptions } from "../http/index.js";
import { executionOf, type HonoApp, type HonoContext, type Next } from "./context.js";
import { answer, setAside } from "./fields.js";
import { Handlers, isPassing } from "./handlers.js";

/** How it works with the app around it. */
export interface MiddlewareOptions {
  /**
   * The app that the middleware is used in. With it, stale responses are renewed while they are given out
   * (stale-while-revalidate); without it, they wait for the handlers, because Hono runs these once a request.
   */
  app?: HonoApp;
}

/** Those of an HttpCache; its origin is the handlers. */
export type HonoCacheOptions = Omit<HttpCacheOptions, "fetch">;

/** A middleware for `app.use`. */
export interface HttpCacheMiddleware {
  /** As Hono calls it. */
  (c: HonoContext, next: Next): Promise<void>;
  /** Where the responses are: to purge them, or to share them with others. */
  readonly cache: HttpCache;
}

/**
 * A middleware that answers from a cache where RFC 9111 allows it; the handlers behind it are the origin.
 * `source`: the options of a cache of its own, or an HttpCache. INVALID_OPTION.
 */
export function httpCache(
  source: HttpCache | HonoCacheOptions = {},
  options: MiddlewareOptions = {},
): HttpCacheMiddleware {
  const app = readApp(options);
  const cache = isHttpCache(source) ? source : new HttpCache(source);
  const middleware = async (c: HonoContext, next: Next): Promise<void> => {
    if (isPassing(c, cache) || isWebSocket(c.req.raw)) return next();
    return through(cache, new Handlers(c, next, cache, app));
  };
  return Object.assign(middleware, { cache });
}

async function through(cache: HttpCache, handlers: Handlers): Promise<void> {
  const { c } = handlers;
  const aside = setAside(c);
  const execution = executionOf(c);
  try {
    const response = await cache.fetch(c.req.raw, {
      origin: handlers.ask,
      ...(execution && { waitUntil: (promise) => execution.waitUntil(promise) }),
    });
    await handlers.answered();
    answer(c, handlers.outcome(response), aside);
  } catch (error) {
    // Its client may have gone while the handlers run for others, who must not get these.
    await handlers.answered();
    for (const [name, value] of aside) c.header(name, value, { append: true }); // for what the app makes of the error
    throw error;
  }
}

function isWebSocket({ headers }: Request): boolean {
  return headers.get("upgrade")?.toLowerCase() === "websocket";
}

/** Also one of the other module system. */
function isHttpCache(source: unknown): source is HttpCache {
  const given = source as Partial<HttpCache> | null;
  return typeof given?.fetch === "function" && typeof given.purge === "function";
}

/** Else INVALID_OPTION. */
function readApp(options: MiddlewareOptions | null): HonoApp | undefined {
  const app = options?.app;
  if (options !== null && (app === undefined || typeof app?.fetch === "function")) return app;
  throw new CacheError("INVALID_OPTION", "app has no fetch method", { value: app });
}
