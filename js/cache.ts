/** The promise class. */

import { Holding, readAcquireOptions } from "./acquired.js";
import { assertAs, convert } from "./as.js";
import { closedError } from "./errors.js";
import { Flights } from "./flights.js";
import { invalidOption } from "./keys.js";
import { readLoadOptions } from "./load-options.js";
import { Loads } from "./loads.js";
import { type Asked, Locks } from "./locks.js";
import { readExtra, readKeys, readSetTtl, readSize } from "./options.js";
import type { Root } from "./root.js";
import { SyncCache } from "./sync-cache.js";
import type {
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
  SetOptions,
} from "./types.js";
import type { Duration, Size, Ttl } from "./units.js";

/** What the promise classes of all views of a cache share. */
interface Shared {
  flights: Flights;
  locks: Locks;
}

const sharedOf = new WeakMap<Root, Shared>();

function sharedBy(root: Root): Shared {
  const shared = sharedOf.get(root) ?? { flights: new Flights(root.loading), locks: new Locks() };
  sharedOf.set(root, shared);
  return shared;
}

/**
 * A cache. Every method rejects (and `stats`, `resetStats` and `withScope` throw) with CLOSED after
 * `close`; with INVALID_KEY for a key that is no well-formed string of at most 65,535 bytes of UTF-8;
 * and with ENGINE_FAILED when the engine had to be started afresh. What else a method refuses, and
 * what it costs, stands with the method of the same name in SyncCache.
 */
export class Cache implements AsyncDisposable {
  readonly #sync: SyncCache;
  readonly #flights: Flights;
  readonly #locks: Locks;
  readonly #loads: Loads;

  /** INVALID_OPTION, INVALID_TTL: an option is out of its range. ENGINE_FAILED: no engine could be compiled. */
  constructor(options?: CacheOptions) {
    this.#sync = new SyncCache(options);
    const { flights, locks } = sharedBy(this.#sync.root);
    this.#flights = flights;
    this.#locks = locks;
    this.#loads = new Loads(this.#sync, flights);
  }

  /** The value, or undefined; uses the entry and counts as a hit or a miss. VALIDATION: `as` refuses it. */
  async get<T = any>(key: string, options?: { as?: As<T> }): Promise<T | undefined> {
    const as = readAs(options);
    const value = this.#sync.get<T>(key);
    return as === undefined ? value : convert(value, as, key);
  }

  /**
   * false: refused because it is larger than maxEntryBytes; an older value of the key is gone then.
   * INVALID_TTL, INVALID_OPTION, NOT_SERIALIZABLE.
   */
  async set(key: string, value: unknown, options?: Ttl | SetOptions): Promise<boolean> {
    const stored = this.#sync.set(key, value, options);
    this.#outdate(key);
    return stored;
  }

  /** true only if the key was absent (or expired) and is set now. Errors as `set`. */
  async setIfAbsent(key: string, value: unknown, options?: Ttl | SetOptions): Promise<boolean> {
    const stored = this.#sync.setIfAbsent(key, value, options);
    if (stored) this.#outdate(key);
    return stored;
  }

  /** true only if the key was present and is replaced. Errors as `set`. */
  async replace(key: string, value: unknown, options?: Ttl | SetOptions): Promise<boolean> {
    const stored = this.#sync.replace(key, value, options);
    if (stored) this.#outdate(key);
    return stored;
  }

  /** The value with all that is known of the entry, or undefined; uses the entry and counts as a hit or a miss. */
  async getItem<T = any>(key: string): Promise<CacheItem<T> | undefined> {
    const item = this.#sync.getItem<T>(key);
    return item === undefined ? undefined : { ...item, value: async () => item.value() };
  }

  /** The value, or undefined; neither uses the entry nor counts. */
  async peek<T = any>(key: string): Promise<T | undefined> {
    return this.#sync.peek<T>(key);
  }

  /** Reads and removes: the value, or undefined. Counts as a hit or a miss. */
  async take<T = any>(key: string): Promise<T | undefined> {
    const value = this.#sync.take<T>(key);
    this.#outdate(key);
    return value;
  }

  /** Whether the key is present; neither uses the entry nor counts. */
  async has(key: string): Promise<boolean> {
    return this.#sync.has(key);
  }

  /** Whether there was an entry, which is gone now. */
  async delete(key: string): Promise<boolean> {
    const deleted = this.#sync.delete(key);
    this.#outdate(key);
    return deleted;
  }

  /** Adds `by` (default 1) and gives the sum. NOT_A_NUMBER, OUT_OF_RANGE, INVALID_OPTION, INVALID_TTL. */
  async increment(key: string, by?: number, options?: NumberOptions): Promise<number> {
    const sum = this.#sync.increment(key, by, options);
    this.#outdate(key);
    return sum;
  }

  /** As `increment`, downwards. */
  async decrement(key: string, by?: number, options?: NumberOptions): Promise<number> {
    const sum = this.#sync.decrement(key, by, options);
    this.#outdate(key);
    return sum;
  }

  /** Remaining seconds; null: the key is absent or never expires. */
  async ttl(key: string): Promise<number | null> {
    return this.#sync.ttl(key);
  }

  /** A new TTL from now on; null or Infinity: never expires. false: absent. INVALID_TTL. */
  async expire(key: string, ttl: Duration | null): Promise<boolean> {
    return this.#sync.expire(key, ttl);
  }

  /** true only if the key had an expiry, which is gone now. */
  async persist(key: string): Promise<boolean> {
    return this.#sync.persist(key);
  }

  /** Uses the entry and, with `ttl`, renews its expiry (null: never expires). false: absent. INVALID_TTL. */
  async touch(key: string, ttl?: Ttl): Promise<boolean> {
    return this.#sync.touch(key, ttl);
  }

  /** Only the keys that are present, with their values. VALIDATION: `as` refuses one. */
  async getMany<T = any>(keys: Iterable<string>, options?: { as?: As<T> }): Promise<Map<string, T>> {
    const as = readAs(options);
    const found = this.#sync.getMany<T>(keys);
    if (as === undefined) return found;
    const converted = Array.from(found, async ([key, value]) => [key, await convert(value, as, key)] as [string, T]);
    return new Map(await Promise.all(converted));
  }

  /** In the order of `keys`, undefined for a miss. VALIDATION: `as` refuses one. */
  async getAll<T = any>(keys: Iterable<string>, options?: { as?: As<T> }): Promise<(T | undefined)[]> {
    const as = readAs(options);
    if (as === undefined) return this.#sync.getAll<T>(keys);
    const asked = readKeys(keys);
    return Promise.all(this.#sync.getAll(asked).map((value, i) => convert(value, as, asked[i] as string)));
  }

  /** The number stored. A triple's own TTL wins over `options`. Errors as `set`, before anything is stored. */
  async setMany(entries: Entries | object, options?: Ttl | SetOptions): Promise<number> {
    const items = this.#sync.readItems(entries, options);
    const stored = this.#sync.setItems(items, options);
    for (const { key } of items) this.#flights.outdate(key);
    return stored;
  }

  /** Each key with its sum; NOT_A_NUMBER, OUT_OF_RANGE: one cannot be added to, and none changes. */
  async incrementMany(deltas: Entries<number>, options?: NumberOptions): Promise<Map<string, number>> {
    const sums = this.#sync.incrementMany(deltas, options);
    for (const key of sums.keys()) this.#outdate(key);
    return sums;
  }

  /** Each key with whether it is present. */
  async hasMany(keys: Iterable<string>): Promise<Map<string, boolean>> {
    return this.#sync.hasMany(keys);
  }

  /** How many of the keys were present and are gone. */
  async deleteMany(keys: Iterable<string>): Promise<number> {
    const asked = this.#sync.readKeys(keys);
    const deleted = this.#sync.deleteMany(asked);
    for (const key of asked) this.#outdate(key);
    return deleted;
  }

  /** The keys that match, relative to the scope. One that stays during the iteration is given exactly once. INVALID_PATTERN. */
  async *keys(pattern?: string): AsyncGenerator<string, void, undefined> {
    yield* this.#sync.keys(pattern);
  }

  /** The keys that match with their values; neither uses entries nor counts. INVALID_PATTERN. */
  async *entries<T = any>(pattern?: string): AsyncGenerator<[key: string, value: T], void, undefined> {
    yield* this.#sync.entries<T>(pattern);
  }

  /** How many keys match. INVALID_PATTERN. */
  async countKeys(pattern?: string): Promise<number> {
    return this.#sync.countKeys(pattern);
  }

  /** Deletes the keys that match: how many. INVALID_PATTERN. */
  async deletePattern(pattern: string): Promise<number> {
    const deleted = this.#sync.deletePattern(pattern);
    this.#outdateAll(pattern);
    return deleted;
  }

  /** Without a pattern: everything in this scope, and nothing outside it. How many. INVALID_PATTERN. */
  async clear(pattern?: string): Promise<number> {
    const removed = this.#sync.clear(pattern);
    this.#outdateAll(pattern);
    return removed;
  }

  /**
   * The value, or what `value` is or loads, which is stored. One load per key at a time, however many
   * callers wait. A loader that gives undefined: passed on, not stored. A loader that fails: every
   * caller gets its error, or the expired value where `staleIfError` allows it. LOAD_TIMEOUT; the
   * signal's reason; NOT_SERIALIZABLE; VALIDATION.
   */
  // By itself, and with a type of its own for the context: else a loader that takes one would not say what it gives.
  getOrSet<T, S = T>(
    key: string,
    load: (context: LoadContext<S>) => Awaitable<T>,
    options?: Ttl | LoadOptions<T>,
  ): Promise<T>;
  /** The same for what may be a value, which is stored if there is none. */
  getOrSet<T>(
    key: string,
    value: T | ((context: LoadContext<T>) => Awaitable<T>),
    options?: Ttl | LoadOptions<T>,
  ): Promise<T>;
  async getOrSet<T>(key: string, value: unknown, options?: Ttl | LoadOptions<T>): Promise<T> {
    return this.#loads.getOrSet(key, value, readLoadOptions(options));
  }

  /**
   * The values of the keys, in their order; those that are missing are loaded by one call of `load` and
   * stored in one crossing, but for those that others are loading. What `load` does not give is missing
   * in the answer too. Errors as `getOrSet`; INVALID_OPTION: `load` gave no Map or object.
   */
  async getOrSetMany<T>(
    keys: Iterable<string>,
    load: (missing: string[]) => Awaitable<Map<string, T> | { readonly [key: string]: T }>,
    options?: Ttl | LoadOptions<T>,
  ): Promise<Map<string, T>> {
    const read = readLoadOptions(options);
    if (typeof load !== "function") throw invalidOption("load", "is not a function", load);
    return this.#loads.getOrSetMany(readKeys(keys), load, read);
  }

  /**
   * Read and write one key as one step: others who acquire it wait, in order. null: `wait` is false (or ran
   * out) and somebody else holds the key. Whoever writes without acquiring is not kept out. INVALID_OPTION;
   * the signal's reason.
   */
  async acquire<T = any>(key: string, options?: AcquireOptions): Promise<Acquired<T> | null> {
    return this.#acquire<T>(key, readAcquireOptions(options));
  }

  /**
   * Stores what `change` makes of the value (undefined: of none), under the key's lock with its lease of 30
   * seconds; undefined deletes the key. Gives what `change` gave. LOCK_LOST: it took longer, and nothing was stored.
   */
  async update<T = any>(
    key: string,
    change: (value: T | undefined) => Awaitable<T | undefined>,
    options?: Ttl | SetOptions,
  ): Promise<T | undefined> {
    const read = readOnce(options);
    if (typeof change !== "function") throw invalidOption("change", "is not a function", change);
    const acquired = (await this.#acquire<T>(key, readAcquireOptions())) as Holding<T>;
    try {
      const value = await change(await acquired.item?.value());
      if (value === undefined) await acquired.delete();
      else await acquired.set(value, read);
      return value;
    } finally {
      await acquired.release();
    }
  }

  /** Makes every entry with one of these tags a miss, in all scopes. INVALID_OPTION. */
  async invalidateTag(...tags: string[]): Promise<void> {
    this.#sync.invalidateTag(...tags);
    this.#flights.invalidate(tags);
  }

  /** A counter that rises with every invalidation of the tag; never falls, never repeats. INVALID_OPTION. */
  async tagGeneration(tag: string): Promise<number> {
    return this.#sync.tagGeneration(tag);
  }

  /** The same cache under the key prefix "scope:"; nests. INVALID_SCOPE: empty, or with a ":". */
  withScope(scope: string): Cache {
    return new Cache(this.#sync.scopeView(scope) as unknown as CacheOptions);
  }

  /** "" for the cache itself, "a:b" for nested scopes. */
  get scope(): string {
    return this.#sync.scope;
  }

  /** Of the whole cache, not of this scope. O(1). */
  stats(): CacheStats {
    return this.#sync.stats();
  }

  /** Sets all counts of the whole cache to zero. */
  resetStats(): void {
    this.#sync.resetStats();
  }

  /** Sets new bounds for the whole cache; what no longer fits is evicted. INVALID_OPTION. */
  async resize(limits: { maxBytes?: Size; maxEntries?: number }): Promise<void> {
    this.#sync.resize(limits);
  }

  /** All live entries as bytes, whatever the scope. NOT_SERIALIZABLE: values are kept by reference. */
  async snapshot(): Promise<Uint8Array<ArrayBuffer>> {
    return this.#sync.snapshot();
  }

  /** Adds the entries of a snapshot: how many were taken over. SNAPSHOT_CORRUPT, and nothing changes. */
  async restore(bytes: Uint8Array): Promise<number> {
    const taken = this.#sync.restore(bytes);
    this.#flights.outdateAll("");
    return taken;
  }

  /** Removes what has expired, at most `limit` entries: how many. Of the whole cache. INVALID_OPTION. */
  async purgeExpired(limit?: number): Promise<number> {
    return this.#sync.purgeExpired(limit);
  }

  /** Calls `listener` with each event of the whole cache; gives what ends that. Throws INVALID_OPTION and CLOSED. */
  on<E extends keyof CacheEvents>(event: E, listener: (event: CacheEvents[E]) => void): () => void {
    return this.#sync.on(event, listener);
  }

  /** Gives the memory back for reuse and rejects every later call with CLOSED. Closing twice is fine. A scoped view closes itself alone. */
  async close(): Promise<void> {
    this.#sync.close();
    if (this.#sync.root.closed) this.#locks.close();
  }

  /** Whether `close` was called, here or on the whole cache. */
  get closed(): boolean {
    return this.#sync.closed;
  }

  /** `await using` closes at the end of its block. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** @internal What all views share. */
  get root(): Root {
    return this.#sync.root;
  }

  /** @internal As LocalStore's. */
  lend(key: string, inPieces: number): unknown {
    return this.#sync.lend(key, inPieces);
  }

  /** A load that started before a write must not undo it. */
  #outdate(key: string): void {
    this.#flights.outdate(this.#sync.wholeKey(key));
  }

  /** As `#outdate`, of all keys that may match: those that begin as the pattern does. */
  #outdateAll(pattern = ""): void {
    const [start] = pattern.split(/[*?[\\]/, 1) as [string];
    this.#flights.outdateAll(this.#sync.wholeKey(start));
  }

  async #acquire<T>(key: string, asked: Asked): Promise<Holding<T> | null> {
    this.#sync.has(key); // refuses what is no key
    const hold = await this.#locks.acquire(this.#sync.wholeKey(key), key, asked);
    if (hold === null) return null;
    try {
      return new Holding<T>(this, key, hold, await this.getItem<T>(key));
    } catch (error) {
      hold.release();
      throw error;
    }
  }
}

/** @internal The clock of a cache, in milliseconds. */
export function clockOf(cache: Cache): () => number {
  return cache.root.clock;
}

/** @internal What one entry may cost at most. */
export function maxEntryBytesOf(cache: Cache): number {
  return cache.root.maxEntryBytes;
}

/** @internal The keys with a tag in this scope, the latest stored first. CLOSED. O(entries with the tag). */
export function taggedKeys(cache: Cache, tag: string): string[] {
  if (cache.closed) throw closedError();
  return cache.root.store.taggedKeys(cache.scope === "" ? "" : `${cache.scope}:`, tag, cache.root.clock());
}

/** @internal The same object for a cache and all its views. */
export function rootOf(cache: Cache): object {
  return cache.root;
}

function readAs<T>(options: { as?: As<T> } | undefined): As<T> | undefined {
  if (options === undefined) return undefined;
  if (typeof options !== "object" || options === null) throw invalidOption("options", "must be an object", options);
  assertAs(options.as);
  return options.as;
}

/** Options that are checked now and used later: what can be read only once is read. */
function readOnce(options: Ttl | SetOptions): Ttl | SetOptions {
  readSetTtl(options);
  readSize(options);
  const extra = readExtra(options);
  if (typeof options !== "object" || options === null || extra === undefined) return options;
  return { ...options, tags: options.tags === undefined ? undefined : extra.tags };
}
