/** `isocache/cachified`: a `Cache` for @epic-web/cachified. */

import { type AnyCache, openCache, type Source, ttlOfMs } from "./source.js";

/** When cachified made an entry, how long it is fresh, and how long it may be served stale after that. */
export interface CachifiedMetadata {
  /** Milliseconds since the epoch. */
  createdTime: number;
  /** Milliseconds; null: for ever. */
  ttl?: number | null;
  /** Milliseconds after `ttl`; null: for ever. */
  swr?: number | null;
  /** The older name of `swr`. */
  readonly swv?: number | null;
  /** cachified's own. */
  traceId?: any;
}

/** What cachified stores under a key. */
export interface CachifiedEntry<Value = unknown> {
  /** Times, by which it is held. */
  metadata: CachifiedMetadata;
  /** What was loaded. */
  value: Value;
}

/** What `cachified({ cache })` takes. Methods reject with the CacheError of the cache's own. */
export interface CachifiedCache<Value = any> {
  /** "isocache". */
  name: string;
  /** undefined: a miss. */
  get(key: string): Promise<CachifiedEntry<Value> | undefined>;
  /** Held until `ttl` and `swr` are over, counted from `createdTime` by the system's clock, as cachified counts. */
  set(key: string, entry: CachifiedEntry<Value>): Promise<boolean>;
  /** Whether it was present. */
  delete(key: string): Promise<boolean>;
  /** Closes the cache if it is the adapter's own. */
  close(): Promise<void>;
}

/**
 * A cache for cachified in `source`: a cache of the caller's, or the options of a new one. cachified shares loads
 * among those who give it the same object: make one, and keep it. INVALID_OPTION, INVALID_TTL.
 */
export function cachifiedCache<Value = any>(source?: Source): CachifiedCache<Value> {
  const { cache, close } = openCache(source);
  return {
    name: "isocache",
    get: async (key) => cache.get(key),
    set: async (key, entry) => store(cache, key, entry),
    delete: async (key) => cache.delete(key),
    close: async () => close(),
  };
}

async function store(cache: AnyCache, key: string, entry: CachifiedEntry): Promise<boolean> {
  const until = heldUntil(entry.metadata);
  if (until === Number.POSITIVE_INFINITY) return cache.set(key, entry, null);
  const left = until - Date.now();
  if (left > 0) return cache.set(key, entry, ttlOfMs(left));
  await cache.delete(key);
  return false;
}

/**
 * The first millisecond at which cachified has no use for an entry: it serves one still at the very end of its time.
 * What may be stale for ever is held for ever, although cachified's own `totalTtl` counts that as no time.
 */
function heldUntil({ createdTime, ttl, swr, swv }: CachifiedMetadata): number {
  const stale = swr === undefined ? swv : swr;
  if (ttl === null || stale === null) return Number.POSITIVE_INFINITY;
  return createdTime + (ttl ?? 0) + (stale ?? 0) + 1;
}
