/** Request caching. RFC 9111 decides, in the engine; what is here moves headers and bodies. */

export { cacheStorage } from "../cache-storage/index.js";
export { withHttpCache, type WorkerHandler } from "./handler.js";
export { HttpCache } from "./http-cache.js";
export type { FetchInit, Origin, HttpCacheOptions, Purge } from "./options.js";
export { queryKey, type QueryKeyOptions } from "./query-key.js";
