/** The promise class. */

import { assertAs, convert } from "./as.js";
import { invalidOption } from "./keys.js";
import { Flights, type Load, type Loader } from "./loading.js";
import { readExtra, readKeys, readSetTtl, readSize } from "./options.js";
import type { Root } from "./root.js";
import { SyncCache } from "./sync-cache.js";
import type {
  As,
  CacheItem,
  CacheOptions,
  CacheStats,
  Entries,
  LoadContext,
  LoadOptions,
  NumberOptions,
  SetOptions,
  Awaitable,
} from "./types.js";
import { type Duration, durationMs, type Size, type Ttl, ttlOf } from "./units.js";

/** Options of loads that this version does not have: refused, so that nobody relies on them. */
const UNSUPPORTED = ["staleWhileRevalidate", "staleIfError", "refreshAhead", "waitUntil"] as const;

const flightsOf = new WeakMap<object, Flights>();

/**
 * A cache. Every method rejects (and `stats`, `resetStats` and `withScope` throw) with CLOSED after
 * `close`; with INVALID_KEY for a key that is no well-formed string of at most 65,535 bytes of UTF-8;
 * and with ENGINE_FAILED when the engine had to be started afresh. What else a method refuses, and
 * what it costs, stands with the method of the same name in SyncCache.
 */
export class Cache implements AsyncDisposable {
  readonly #sync: SyncCache;
  readonly #flights: Flights;

  /** INVALID_OPTION, INVALID_TTL: an option is out of its range. ENGINE_FAILED: no engine could be compiled. */
  constructor(options?: CacheOptions) {
    this.#sync = new SyncCache(options);
    const { root } = this.#sync;
    this.#flights = flightsOf.get(root) ?? new Flights(root.loading);
    flightsOf.set(root, this.#flights);
  }

  /** The value, or undefined; uses the entry and counts as a hit or a miss. VALIDATION: `as` refuses it. */
  async get<T = any>(key: string, options?: { as?: As<T> }): Promise<T | undefined> {
    const as = readAs(options);
    const value = this.#sync.get<T>(key);
    return as === undefined ? value : convert(value, as, key);
  }

  /** false: refused because it is larger than maxEntryBytes; an older value of the key is gone then. */
  async set(key: string, value: unknown, options?: Ttl | SetOptions): Promise<boolean> {
    const stored = this.#sync.set(key, value, options);
    this.#outdate(key);
    return stored;
  }

  /** true only if the key was absent (or expired) and is set now. */
  async setIfAbsent(key: string, value: unknown, options?: Ttl | SetOptions): Promise<boolean> {
    const stored = this.#sync.setIfAbsent(key, value, options);
    if (stored) this.#outdate(key);
    return stored;
  }

  /** true only if the key was present and is replaced. */
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

  /** Reads and removes. */
  async take<T = any>(key: string): Promise<T | undefined> {
    const value = this.#sync.take<T>(key);
    this.#outdate(key);
    return value;
  }

  async has(key: string): Promise<boolean> {
    return this.#sync.has(key);
  }

  async delete(key: string): Promise<boolean> {
    const deleted = this.#sync.delete(key);
    this.#outdate(key);
    return deleted;
  }

  /** The sum. NOT_A_NUMBER, OUT_OF_RANGE, INVALID_OPTION. */
  async increment(key: string, by?: number, options?: NumberOptions): Promise<number> {
    const sum = this.#sync.increment(key, by, options);
    this.#outdate(key);
    return sum;
  }

  async decrement(key: string, by?: number, options?: NumberOptions): Promise<number> {
    const sum = this.#sync.decrement(key, by, options);
    this.#outdate(key);
    return sum;
  }

  /** Remaining seconds; null: the key is absent or never expires. */
  async ttl(key: string): Promise<number | null> {
    return this.#sync.ttl(key);
  }

  /** A new TTL from now on; null or Infinity: never expires. false: absent. */
  async expire(key: string, ttl: Duration | null): Promise<boolean> {
    return this.#sync.expire(key, ttl);
  }

  /** true only if the key had an expiry, which is gone now. */
  async persist(key: string): Promise<boolean> {
    return this.#sync.persist(key);
  }

  /** Uses the entry and, with `ttl`, renews its expiry (null: never expires). false: absent. */
  async touch(key: string, ttl?: Ttl): Promise<boolean> {
    return this.#sync.touch(key, ttl);
  }

  /** Only the keys that are present. */
  async getMany<T = any>(keys: Iterable<string>, options?: { as?: As<T> }): Promise<Map<string, T>> {
    const as = readAs(options);
    const found = this.#sync.getMany<T>(keys);
    if (as === undefined) return found;
    const converted = Array.from(found, async ([key, value]) => [key, await convert(value, as, key)] as [string, T]);
    return new Map(await Promise.all(converted));
  }

  /** In the order of `keys`, undefined for a miss. */
  async getAll<T = any>(keys: Iterable<string>, options?: { as?: As<T> }): Promise<(T | undefined)[]> {
    const as = readAs(options);
    if (as === undefined) return this.#sync.getAll<T>(keys);
    const asked = readKeys(keys);
    return Promise.all(this.#sync.getAll(asked).map((value, i) => convert(value, as, asked[i] as string)));
  }

  /** The number stored. A triple's own TTL wins over `options`. */
  async setMany(entries: Entries | object, options?: Ttl | SetOptions): Promise<number> {
    const stored = this.#sync.setMany(entries, options);
    this.#flights.outdateAll();
    return stored;
  }

  /** Each key with its sum; NOT_A_NUMBER, OUT_OF_RANGE: one cannot be added to, and none changes. */
  async incrementMany(deltas: Entries<number>, options?: NumberOptions): Promise<Map<string, number>> {
    const sums = this.#sync.incrementMany(deltas, options);
    this.#flights.outdateAll();
    return sums;
  }

  async hasMany(keys: Iterable<string>): Promise<Map<string, boolean>> {
    return this.#sync.hasMany(keys);
  }

  /** How many of the keys were present and are gone. */
  async deleteMany(keys: Iterable<string>): Promise<number> {
    const deleted = this.#sync.deleteMany(keys);
    this.#flights.outdateAll();
    return deleted;
  }

  /** Keys are relative to the scope. A key that stays during the iteration is given exactly once. */
  async *keys(pattern?: string): AsyncGenerator<string, void, undefined> {
    yield* this.#sync.keys(pattern);
  }

  /** The keys that match with their values; neither uses entries nor counts. */
  async *entries<T = any>(pattern?: string): AsyncGenerator<[key: string, value: T], void, undefined> {
    yield* this.#sync.entries<T>(pattern);
  }

  async countKeys(pattern?: string): Promise<number> {
    return this.#sync.countKeys(pattern);
  }

  async deletePattern(pattern: string): Promise<number> {
    const deleted = this.#sync.deletePattern(pattern);
    this.#flights.outdateAll();
    return deleted;
  }

  /** Without a pattern: everything in this scope, and nothing outside it. */
  async clear(pattern?: string): Promise<number> {
    const removed = this.#sync.clear(pattern);
    this.#flights.outdateAll();
    return removed;
  }

  /**
   * The value, or what `value` is or loads, which is stored. One load per key at a time, however many
   * callers wait. A loader that gives undefined: passed on, not stored. A loader that fails: every
   * caller gets its error. LOAD_TIMEOUT; the signal's reason; NOT_SERIALIZABLE; VALIDATION.
   */
  async getOrSet<T>(
    key: string,
    value: T | ((context: LoadContext<T>) => Awaitable<T>),
    options?: Ttl | LoadOptions<T>,
  ): Promise<T> {
    const { as, force, timeoutMs, signal, ttl, written } = readLoadOptions(options);
    if (force) this.#sync.has(key); // refuses what is no key
    const present = force ? undefined : this.#sync.get(key);
    if (present !== undefined) return (await convert(present, as, key)) as T;
    const store = (given: unknown, ms: number) => {
      if (!this.closed) this.#sync.set(key, given, { ...written, ttl: ttlOf(ms) });
    };
    if (typeof value !== "function") {
      const converted = await convert(value, as, key);
      store(value, ttl);
      this.#outdate(key);
      return converted as T;
    }
    const loader = as === undefined ? (value as Loader<unknown>) : storedIfValid(value as Loader<unknown>, as);
    const loaded = await this.#load(key, { key, ttl, loader, store, timeoutMs, signal });
    return (await convert(loaded, as, key)) as T;
  }

  /** Makes every entry with one of these tags a miss, in all scopes. INVALID_OPTION. */
  async invalidateTag(...tags: string[]): Promise<void> {
    this.#sync.invalidateTag(...tags);
    this.#flights.outdateAll();
  }

  /** A counter that rises with every invalidation of the tag; never falls, never repeats. */
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

  /** Of the whole cache, not of this scope. */
  stats(): CacheStats {
    return this.#sync.stats();
  }

  resetStats(): void {
    this.#sync.resetStats();
  }

  /** Sets new bounds for the whole cache; what no longer fits is evicted. */
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
    this.#flights.outdateAll();
    return taken;
  }

  /** Removes what has expired, at most `limit` entries: how many. */
  async purgeExpired(limit?: number): Promise<number> {
    return this.#sync.purgeExpired(limit);
  }

  /** Gives the memory back for reuse and rejects every later call with CLOSED. Closing twice is fine. */
  async close(): Promise<void> {
    this.#sync.close();
  }

  get closed(): boolean {
    return this.#sync.closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#sync.close();
  }

  /** @internal What all views share. */
  get root(): Root {
    return this.#sync.root;
  }

  #whole(key: string): string {
    return this.scope === "" ? key : `${this.scope}:${key}`;
  }

  /** A load that started before a write must not undo it. */
  #outdate(key: string): void {
    this.#flights.outdate(this.#whole(key));
  }

  async #load(key: string, load: Load): Promise<unknown> {
    const { root } = this.#sync;
    if (!root.enabled) return (await new Flights(root.loading).load(key, load)).value;
    const { value, shared } = await this.#flights.load(this.#whole(key), load);
    return shared ? root.copy(value) : value;
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

/** @internal The same object for a cache and all its views. */
export function rootOf(cache: Cache): object {
  return cache.root;
}

/** A loader whose value is not stored when `as` refuses it; whoever asked for `as` gets the refusal. */
function storedIfValid(loader: Loader<unknown>, as: As<unknown>): Loader<unknown> {
  return async (context) => {
    const value = await loader(context);
    await convert(value, as, context.key).catch(() => context.skip());
    return value;
  };
}

function readAs<T>(options: { as?: As<T> } | undefined): As<T> | undefined {
  if (options === undefined) return undefined;
  if (typeof options !== "object" || options === null) throw invalidOption("options", "must be an object", options);
  assertAs(options.as);
  return options.as;
}

interface ReadLoadOptions<T> {
  as: As<T> | undefined;
  force: boolean;
  timeoutMs: number | undefined;
  signal: AbortSignal | undefined;
  ttl: number;
  /** What is said of the entry that is stored. */
  written: SetOptions;
}

function readLoadOptions<T>(options: Ttl | LoadOptions<T>): ReadLoadOptions<T> {
  const ttl = readSetTtl(options);
  readSize(options);
  const extra = readExtra(options); // reads the tags once, which may be an iterator
  const given: LoadOptions<T> = typeof options === "object" && options !== null ? options : {};
  for (const name of UNSUPPORTED) {
    const value = (given as Record<string, unknown>)[name];
    if (value !== undefined) throw invalidOption(name, "is not supported", value);
  }
  assertAs(given.as);
  const { as, timeout, signal, size, modified, keepTtl, force = false } = given;
  const written: SetOptions = { size, modified, keepTtl, tags: given.tags === undefined ? undefined : extra?.tags };
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw invalidOption("signal", "is no AbortSignal", signal);
  const timeoutMs = timeout === undefined ? undefined : durationMs(timeout, "INVALID_OPTION", "timeout");
  return { as, force, timeoutMs, signal, ttl, written };
}
