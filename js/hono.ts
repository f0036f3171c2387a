/** `isocache/hono`: request caching as a middleware of Hono 4. */

export type { HonoApp, HonoContext } from "./hono/context.js";
export {
  type HonoCacheOptions,
  httpCache,
  type HttpCacheMiddleware,
  type MiddlewareOptions,
} from "./hono/middleware.js";
