/**
 * The standard CacheStorage of the Service Worker specification over a cache, for runtimes that have none.
 *
 * | file | what it does |
 * |---|---|
 * | storage.ts, stored-cache.ts | the two interfaces of the standard: arguments, and in which order things happen |
 * | names.ts | which caches there are |
 * | pairs.ts | the requests and responses of one of them |
 * | requests.ts, responses.ts | what is asked for, what may be stored, and the bytes it is stored as |
 * | holders.ts | when what was deleted may be freed |
 *
 * Nothing is kept beside the cache: names, indexes and responses are entries of it like any other, which it may evict
 * at any time. Each is of use only while the ones above it are there, and each read renews it before them, so that the
 * least recently used among them is a response and not what leads to it. docs/cache-storage.md says what follows.
 */

import { Cache } from "../cache.js";
import { invalidOption } from "../keys.js";
import { Storage } from "./storage.js";

/**
 * The standard CacheStorage / Cache interface over a Cache, for runtimes that lack one. What it stores is bounded by the
 * cache, in a scope of its own; all that are made over one cache see the same. Rejects as the standard says (TypeError,
 * InvalidStateError, QuotaExceededError), and with the cache's own errors (CLOSED, and INVALID_KEY for a URL that is too
 * long). Throws INVALID_OPTION, CLOSED. A `match` by URL costs O(its response); `keys`, and what ignores the search, read every key once.
 */
export function cacheStorage(cache: Cache): CacheStorage {
  if (!(cache instanceof Cache)) throw invalidOption("cache", "is no Cache", cache);
  return new Storage(cache);
}
