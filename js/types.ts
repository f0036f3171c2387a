/** What callers give and get; the shapes of the public contract that are not classes. */

// Users' programs need these declarations, whatever their `lib` is.
/// <reference lib="esnext.disposable" preserve="true" />

import type { Codec } from "./codec.js";
import type { Duration, Size, Ttl } from "./units.js";

/** A value, or a promise of one. */
export type Awaitable<T> = T | PromiseLike<T>;

/** Who is evicted when room must be made. docs/policies.md compares them. */
export type Policy = "lru" | "sieve" | "s3-fifo" | "w-tinylfu" | "gdsf";

/** What `new Cache()` and `new SyncCache()` take. What is out of its range is INVALID_OPTION; `defaultTtl`: INVALID_TTL. */
export interface CacheOptions {
  /** All that an entry costs counts: key, value, record, its share of the index. At most 4 GiB. Default "32MiB". */
  maxBytes?: Size;
  /** A whole number of at least 1, or Infinity. Default: no bound by count. */
  maxEntries?: number;
  /** A larger entry is refused (`set` gives false). Default: maxBytes / 4. */
  maxEntryBytes?: Size;
  /** Default: entries never expire. */
  defaultTtl?: Ttl;
  /** 0..1: each TTL is shortened by a random share of at most this, so entries do not expire together. Default 0. */
  ttlJitter?: number;
  /** Sliding expiry: drop an entry that was not used for this long. Default: off. */
  maxIdle?: Duration;
  /** Who is evicted when room must be made. Default "lru"; docs/policies.md compares them. */
  policy?: Policy;
  /**
   * "copy" (default): values are encoded into linear memory, so that no caller can change another's
   * value and bytes are counted exactly. "reference": the same JavaScript value comes back, and
   * `sizeOf` says what it costs.
   */
  values?: "copy" | "reference";
  /**
   * For `values: "reference"`: what a value costs in bytes, beside its key; `key` is the whole one.
   * Default: an estimate from a look at some of its members.
   */
  sizeOf?: (value: unknown, key: string) => number;
  /** How objects become bytes. Strings, numbers, bigints, booleans, null and byte arrays never reach it. Default: MessagePack. */
  codec?: Codec;
  /** Milliseconds since the epoch. Default Date.now. Time never runs backwards inside a cache. */
  clock?: () => number;
  /**
   * false: every read misses, every write gives false, loaders always run, increments start from `initial` each
   * time, and what would be refused is refused. Default true.
   */
  enabled?: boolean;
  /** Where entries live. Default: the embedded WebAssembly store. What is none of isocache's own stores: INVALID_OPTION. */
  store?: Store;
}

/** The port between a cache and where its entries live. isocache's own functions make stores; there is none to write by hand. */
export interface Store {
  /** What it is, for people. */
  readonly kind: string;
}

/** What a write may say beside key and value. */
export interface SetOptions {
  /** Default: the cache's `defaultTtl`. */
  ttl?: Ttl;
  /** Names this entry depends on: `invalidateTag(name)` makes it a miss at once, at O(1). Shared by all scopes of a cache. */
  tags?: Iterable<string>;
  /** When the value was last modified, in seconds since the epoch, kept to the millisecond. Default: now. */
  modified?: number;
  /** A key that is present keeps the expiry it has; `ttl` then applies only to a new one. */
  keepTtl?: boolean;
  /** For `values: "reference"`: what it costs in bytes, beside its key, instead of what `sizeOf` says. */
  size?: number;
}

/** What `on` tells of, with whole keys whatever view was used. docs/events.md says when each of them is raised. */
export interface CacheEvents {
  /** A read found its key. */
  hit: { key: string };
  /** A read did not find its key. */
  miss: { key: string };
  /** An entry was stored. `size` is what the entry costs, in bytes. */
  set: { key: string; size: number };
  /** An entry went, and why. The value comes along when values are kept by reference. */
  remove: { key: string; reason: "evict" | "expire" | "delete" | "replace" | "invalidate" | "clear"; value?: unknown };
  /** `invalidateTag` was called. */
  invalidate: { tags: string[] };
  /** What no caller may have seen, or what happened to others too. `operation` is the method that met it. */
  error: { error: unknown; operation: string };
}

/** An entry as it was when it was read. */
export interface SyncCacheItem<T> {
  /** As the caller named it, relative to the scope. */
  readonly key: string;
  /** The value; by copy each call gives one that shares nothing with the others. */
  value(): T;
  /** Seconds since the epoch. */
  readonly modified: number;
  /** Remaining seconds when read; null: never expires. */
  readonly ttl: number | null;
  /** What it costs, in bytes. */
  readonly size: number;
  /** The names that it depends on. */
  readonly tags: readonly string[];
}

/** An entry as it was when it was read. */
export interface CacheItem<T> extends Omit<SyncCacheItem<T>, "value"> {
  /** The value; by copy each call gives one that shares nothing with the others. */
  value(): Promise<T>;
}

/** What `increment` and its like may say. */
export interface NumberOptions {
  /** Applies only when the key is created. */
  ttl?: Ttl;
  /** What an absent key counts as. Default 0. */
  initial?: number;
}

/** What schema libraries have in common: https://standardschema.dev. */
export interface StandardSchemaV1<I = unknown, O = I> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => any;
    readonly types?: { readonly input: I; readonly output: O } | undefined;
  };
}

/** A Standard Schema (zod, valibot, arktype ...) or a plain function; what it rejects or throws is a VALIDATION error. */
export type As<T> = StandardSchemaV1<unknown, T> | ((value: any) => Awaitable<T>);

/** What a loader is told, and has a say in. */
export interface LoadContext<T> {
  /** As the caller named it, relative to the scope. */
  readonly key: string;
  /** Aborted when the load timed out, or when no caller waits for it any more. */
  readonly signal: AbortSignal;
  /** The expired value that is still held for `staleIfError` / `staleWhileRevalidate`, if any. */
  readonly stale: T | undefined;
  /** How long the value is to live, instead of what the options say. INVALID_TTL. */
  setTtl(ttl: Ttl): void;
  /** What the value depends on, instead of what the options say. INVALID_OPTION. */
  setTags(tags: Iterable<string>): void;
  /** Give the value to the callers but do not store it. */
  skip(): void;
}

/**
 * What `getOrSet` and `getOrSetMany` take: how what is loaded is stored, and how long anybody waits. Else INVALID_OPTION,
 * INVALID_TTL. Windows of time count by the cache's clock, `timeout` by the real one.
 */
export interface LoadOptions<T = any> extends SetOptions {
  /** Converts what is read or loaded. What it refuses is VALIDATION. */
  as?: As<T>;
  /**
   * Serve the expired value for this long while one caller loads a new one. How long an expired value is held is fixed
   * when it is stored (the larger of the two windows given then); whether it is served is up to the reading call.
   * `get` and all others never see it. Default 0: not at all.
   */
  staleWhileRevalidate?: Duration;
  /** Serve the expired value for this long when the loader fails or takes longer than `timeout`. Default 0: not at all. */
  staleIfError?: Duration;
  /** Start a load in the background when less than this is left. Default 0: none. */
  refreshAhead?: Duration;
  /** The loader's signal is aborted after this long; callers get the stale value, or LOAD_TIMEOUT. Default: no bound. */
  timeout?: Duration;
  /** Ends this caller's wait; the load goes on while others wait for it. */
  signal?: AbortSignal;
  /** Load even on a hit. */
  force?: boolean;
  /** An edge worker's `(p) => ctx.waitUntil(p)`: keeps the loads that this call starts alive after its response. */
  waitUntil?: (p: Promise<unknown>) => void;
}

/** What `acquire` takes. Else INVALID_OPTION. Times are real, whatever `clock` says. */
export interface AcquireOptions {
  /** Whether to wait while somebody else holds the key, and how long. Default true: without bound. */
  wait?: boolean | Duration;
  /** After this long the key is somebody else's. Default 30 seconds. */
  lease?: Duration;
  /** Ends the wait. */
  signal?: AbortSignal;
}

/** A key that is held by one caller at a time, across every cache that shares the store. */
export interface Acquired<T> extends AsyncDisposable {
  /** The entry when the lock was acquired. */
  readonly item: CacheItem<T> | undefined;
  /** Aborted when the lease ran out, or the cache was closed. */
  readonly signal: AbortSignal;
  /** As `Cache.set`. LOCK_LOST once the lease ran out, or the lock was given back. */
  set(value: T, options?: Ttl | SetOptions): Promise<boolean>;
  /** The lease runs for this long from now on. false: it has run out before. INVALID_OPTION. */
  extend(lease: Duration): Promise<boolean>;
  /** Gives the lock to the next one. Doing it twice is fine. */
  release(): Promise<void>;
}

/** Entries of a `setMany`: a Map, pairs or triples with a TTL of their own, or a plain object. */
export type Entries<T = unknown> =
  Map<string, T> | Iterable<readonly [key: string, value: T, ttl?: Ttl]> | { readonly [key: string]: T };

/** Counts since the cache was made or `resetStats` was called, and its present size; of the whole cache, all views together. */
export interface CacheStats {
  /** Reads that gave a value; `has`, `ttl`, `peek` and iteration do not count. */
  hits: number;
  /** Reads that gave none. */
  misses: number;
  /** The hits' share of both, 0..1; 0 without reads. */
  hitRatio: number;
  /** Writes that stored a value, increments among them; one for each entry of a batch. */
  sets: number;
  /** Entries removed by name or by pattern. */
  deletes: number;
  /** Writes refused for their size. */
  rejections: number;
  /** Live entries removed to make room. */
  evictions: number;
  /** Entries removed because their time had come. */
  expirations: number;
  /** Entries removed because one of their tags was invalidated. */
  invalidations: number;
  /** Keys that loaders were asked for, in the background too. */
  loads: number;
  /** Of these, those whose load failed or took longer than `timeout`. */
  loadFailures: number;
  /** Keys that were waited for while another call loaded them. */
  loadsShared: number;
  /** Expired values given by `staleWhileRevalidate` and `staleIfError`. */
  staleServed: number;
  /** Expired ones that nobody met yet are counted. null where the store is not the embedded one. */
  entries: number | null;
  /** What they cost together, in bytes: charged against maxBytes. */
  bytes: number | null;
  /** The bound, in bytes. */
  maxBytes: number | null;
  /** null: no bound. */
  maxEntries: number | null;
  /** Bytes of WebAssembly linear memory of the whole module, all caches of the program together. */
  memoryBytes: number;
  /** As the options named it. */
  policy: string;
}
