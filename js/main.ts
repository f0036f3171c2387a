/** What every entry exports. */

export { Cache } from "./cache.js";
export { type Codec, json } from "./codec.js";
export { CacheError, type ErrorCode } from "./errors.js";
export { escapePattern } from "./keys.js";
export { msgpack } from "./msgpack.js";
export { SyncCache } from "./sync-cache.js";
export type {
  Acquired,
  AcquireOptions,
  As,
  Awaitable,
  CacheEvents,
  CacheItem,
  CacheOptions,
  CacheStats,
  Entries,
  LoadContext,
  LoadOptions,
  NumberOptions,
  Policy,
  SetOptions,
  StandardSchemaV1,
  Store,
  SyncCacheItem,
} from "./types.js";
export type { Duration, Size, Ttl } from "./units.js";
