/** What an adapter stores its entries in: a cache of the caller's, or one of its own. */

import { Cache } from "../index.js";
import type { SyncCache } from "../sync-cache.js";
import type { Awaitable, CacheOptions } from "../types.js";
import type { Ttl } from "../units.js";

/** A cache, which stays the caller's; or the options of one that the adapter opens, and closes with itself. */
export type Source = Cache | SyncCache | CacheOptions;

/** What adapters need of a cache, with promises or without. */
export interface AnyCache {
  get(key: string): Awaitable<any>;
  getItem(key: string): Awaitable<{ modified: number; ttl: number | null; size: number } | undefined>;
  getAll(keys: Iterable<string>): Awaitable<any[]>;
  set(key: string, value: unknown, ttl?: Ttl): Awaitable<boolean>;
  setMany(entries: Iterable<readonly [key: string, value: unknown, ttl?: Ttl]>): Awaitable<number>;
  has(key: string): Awaitable<boolean>;
  hasMany(keys: Iterable<string>): Awaitable<Map<string, boolean>>;
  take(key: string): Awaitable<any>;
  delete(key: string): Awaitable<boolean>;
  deleteMany(keys: Iterable<string>): Awaitable<number>;
  keys(pattern?: string): AsyncIterable<string> | Iterable<string>;
  entries(pattern?: string): AsyncIterable<[string, any]> | Iterable<[string, any]>;
  clear(pattern?: string): Awaitable<number>;
  purgeExpired(limit?: number): Awaitable<number>;
  withScope(scope: string): AnyCache;
  close(): Awaitable<void>;
}

export interface Opened<C> {
  readonly cache: C;
  /** Closes the cache if it is the adapter's own. */
  close(): Awaitable<void>;
}

/** INVALID_OPTION, INVALID_TTL: options that `Cache` refuses. */
export function openCache(source?: Source): Opened<AnyCache> {
  if (isCache(source)) return { cache: source, close: () => {} };
  const cache: AnyCache = new Cache(source);
  return { cache, close: () => cache.close() };
}

// By its methods: a program may hold the package twice, as a module and by `require`.
function isCache(source: unknown): source is AnyCache {
  return typeof source === "object" && source !== null && "getMany" in source && "withScope" in source;
}

const MAX_TTL_MS = 31_557_600_000_000;

/** Milliseconds as a TTL, rounded up to whole ones. What is longer than a TTL may be never expires. */
export function ttlOfMs(ms: number): Ttl {
  return ms > MAX_TTL_MS ? null : Math.ceil(ms) / 1_000;
}
