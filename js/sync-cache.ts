/** The cache without promises: checks arguments, asks the clock, calls the store. */

import { CacheError, closedError } from "./errors.js";
import { assertKey, assertPattern, scopePrefix } from "./keys.js";
import {
  readBounds,
  readDeltas,
  readEntries,
  readExtra,
  readKeys,
  readLimit,
  readNumberOptions,
  readSetTtl,
  readSize,
  readSnapshot,
  readTag,
} from "./options.js";
import { Root } from "./root.js";
import { type Extra, type Held, Only, type SetItem } from "./store.js";
import type {
  CacheEvents,
  CacheOptions,
  CacheStats,
  Entries,
  NumberOptions,
  SetOptions,
  SyncCacheItem,
} from "./types.js";
import { type Duration, type Size, type Ttl, ttlMs } from "./units.js";

/** A view of a root: how `withScope` makes its caches. */
export class View {
  constructor(
    readonly root: Root,
    readonly prefix: string,
  ) {}
}

/**
 * A cache in the embedded store. Every method throws CLOSED after `close`, INVALID_KEY for a key that
 * is no well-formed string of at most 65,535 bytes of UTF-8, and ENGINE_FAILED when the engine had to
 * be started afresh. One key costs O(key + value); patterns read every key once.
 */
export class SyncCache implements Disposable {
  readonly #root: Root;
  readonly #prefix: string;
  #closed = false;

  /** INVALID_OPTION, INVALID_TTL: an option is out of its range. ENGINE_FAILED: no engine could be compiled. */
  constructor(options?: CacheOptions) {
    const view: unknown = options;
    this.#root = view instanceof View ? view.root : new Root(options);
    this.#prefix = view instanceof View ? view.prefix : "";
  }

  /** The value, or undefined; uses the entry and counts as a hit or a miss. */
  get<T = any>(key: string): T | undefined {
    const whole = this.#whole(key);
    return this.#root.store.get(whole, this.#root.readTime()) as T | undefined;
  }

  /** false: refused because it is larger than maxEntryBytes; an older value of the key is gone then. INVALID_TTL, INVALID_OPTION, NOT_SERIALIZABLE. */
  set(key: string, value: unknown, options?: Ttl | SetOptions): boolean {
    return this.#set(key, value, options, Only.Always);
  }

  /** true only if the key was absent (or expired) and is set now. Errors as `set`. */
  setIfAbsent(key: string, value: unknown, options?: Ttl | SetOptions): boolean {
    return this.#set(key, value, options, Only.IfAbsent);
  }

  /** true only if the key was present and is replaced. Errors as `set`. */
  replace(key: string, value: unknown, options?: Ttl | SetOptions): boolean {
    return this.#set(key, value, options, Only.IfPresent);
  }

  /** The value with all that is known of the entry, or undefined; uses the entry and counts as a hit or a miss. */
  getItem<T = any>(key: string): SyncCacheItem<T> | undefined {
    const found = this.#root.store.item(this.#whole(key), this.#now());
    if (found === undefined) return undefined;
    const { value, modifiedMs, ttlMs: left, size, tags } = found;
    const ttl = left === null ? null : left / 1_000;
    return { key, value: value as () => T, modified: modifiedMs / 1_000, ttl, size, tags };
  }

  /** The value, or undefined; neither uses the entry nor counts. */
  peek<T = any>(key: string): T | undefined {
    return this.#root.store.peek(this.#whole(key), this.#now()) as T | undefined;
  }

  /** Reads and removes: the value, or undefined. Counts as a hit or a miss. */
  take<T = any>(key: string): T | undefined {
    return this.#root.store.take(this.#whole(key), this.#now()) as T | undefined;
  }

  /** Whether the key is present; neither uses the entry nor counts. */
  has(key: string): boolean {
    return this.#root.store.has(this.#whole(key), this.#now());
  }

  /** Whether there was an entry, which is gone now. */
  delete(key: string): boolean {
    return this.#root.store.delete(this.#whole(key), this.#now());
  }

  /**
   * Adds `by` (default 1) to a number and gives the sum; an absent key counts as `initial` (default 0)
   * and is created with `ttl`. NOT_A_NUMBER: the value is no finite number. OUT_OF_RANGE: the sum lies
   * outside ±(2^53 - 1). INVALID_OPTION: `by` or `initial` is not finite.
   */
  increment(key: string, by = 1, options?: NumberOptions): number {
    const whole = this.#whole(key);
    const read = readNumberOptions(by, options);
    return this.#root.store.increment(whole, read.by, read.initial, read.ttl, this.#now());
  }

  /** As `increment`, downwards. */
  decrement(key: string, by = 1, options?: NumberOptions): number {
    return this.increment(key, typeof by === "number" ? -by : by, options);
  }

  /** Remaining seconds; null: the key is absent or never expires. */
  ttl(key: string): number | null {
    const left = this.#root.store.ttl(this.#whole(key), this.#now());
    return left === null ? null : left / 1_000;
  }

  /** A new TTL from now on; null or Infinity: never expires. false: absent. INVALID_TTL. */
  expire(key: string, ttl: Duration | null): boolean {
    const whole = this.#whole(key);
    if (ttl === undefined) throw new CacheError("INVALID_TTL", "expire needs a TTL", { key, value: ttl });
    return this.#root.store.expire(whole, ttlMs(ttl), this.#now());
  }

  /** true only if the key had an expiry, which is gone now. */
  persist(key: string): boolean {
    return this.#root.store.persist(this.#whole(key), this.#now());
  }

  /** Uses the entry and, with `ttl`, renews its expiry (null: never expires). false: absent. INVALID_TTL. */
  touch(key: string, ttl?: Ttl): boolean {
    if (ttl !== undefined) return this.expire(key, ttl);
    return this.#root.store.use(this.#whole(key), this.#now());
  }

  /** Only the keys that are present. One crossing. */
  getMany<T = any>(keys: Iterable<string>): Map<string, T> {
    const asked = this.readKeys(keys);
    const values = this.#root.store.getAll(this.#wholes(asked), this.#now());
    const found = new Map<string, T>();
    for (let i = 0; i < asked.length; i++) {
      if (values[i] !== undefined) found.set(asked[i] as string, values[i] as T);
    }
    return found;
  }

  /** In the order of `keys`, undefined for a miss. One crossing. */
  getAll<T = any>(keys: Iterable<string>): (T | undefined)[] {
    return this.#root.store.getAll(this.#wholes(this.readKeys(keys)), this.#now()) as (T | undefined)[];
  }

  /** The number stored. A triple's own TTL wins over `options`. One crossing; errors as `set`, before anything is stored. */
  setMany(entries: Entries | object, options?: Ttl | SetOptions): number {
    return this.setItems(this.readItems(entries, options), options);
  }

  /**
   * Adds to several numbers, as `increment` does to one: each key with its sum. One crossing. NOT_A_NUMBER,
   * OUT_OF_RANGE: one of them cannot be added to, and none changes.
   */
  incrementMany(deltas: Entries<number>, options?: NumberOptions): Map<string, number> {
    this.#open();
    const { initial, ttl } = readNumberOptions(1, options);
    const asked = readDeltas(deltas);
    const whole = asked.map(([key, by]) => [this.#whole(key), by] as const);
    const sums = this.#root.store.incrementAll(whole, initial, ttl, this.#now());
    return new Map(asked.map(([key], i) => [key, sums[i] as number]));
  }

  /** Each key with whether it is present. One crossing. */
  hasMany(keys: Iterable<string>): Map<string, boolean> {
    const asked = this.readKeys(keys);
    const present = this.#root.store.hasAll(this.#wholes(asked), this.#now());
    return new Map(asked.map((key, i) => [key, present[i] as boolean]));
  }

  /** How many of the keys were present and are gone. One crossing. */
  deleteMany(keys: Iterable<string>): number {
    return this.#root.store.deleteAll(this.#wholes(this.readKeys(keys)), this.#now());
  }

  /** The keys that match, relative to the scope, in no order. A key that stays during the iteration is given exactly once. INVALID_PATTERN. */
  *keys(pattern = "*"): Generator<string, void, undefined> {
    assertPattern(pattern);
    for (let cursor = 0; cursor >= 0;) {
      const page = this.#root.store.keys(this.#prefix, pattern, cursor, this.#now());
      yield* page.keys;
      cursor = page.next;
    }
  }

  /** The keys that match with their values, as `keys` gives them; neither uses entries nor counts. INVALID_PATTERN. */
  *entries<T = any>(pattern = "*"): Generator<[key: string, value: T], void, undefined> {
    for (const key of this.keys(pattern)) {
      const value = this.peek<T>(key);
      if (value !== undefined) yield [key, value];
    }
  }

  /** How many keys match. INVALID_PATTERN. */
  countKeys(pattern = "*"): number {
    assertPattern(pattern);
    return this.#root.store.countKeys(this.#prefix, pattern, this.#now());
  }

  /** Deletes the keys that match: how many. INVALID_PATTERN. */
  deletePattern(pattern: string): number {
    const now = this.#now();
    assertPattern(pattern);
    return this.#root.store.deletePattern(this.#prefix, pattern, now);
  }

  /** Without a pattern everything in this scope, and nothing outside it: how many. INVALID_PATTERN. */
  clear(pattern?: string): number {
    const now = this.#now();
    const { store } = this.#root;
    if (pattern === undefined && this.#prefix === "") return store.clear(now);
    if (pattern !== undefined) assertPattern(pattern);
    return store.deletePattern(this.#prefix, pattern ?? "*", now, true);
  }

  /** Makes every entry with one of these tags a miss, in all scopes. O(1) for each tag. INVALID_OPTION. */
  invalidateTag(...tags: string[]): void {
    this.#open();
    this.#root.store.invalidateTags(tags.map(readTag));
  }

  /** A counter that rises with every invalidation of the tag; never falls, never repeats. INVALID_OPTION. */
  tagGeneration(tag: string): number {
    this.#open();
    return this.#root.store.tagGeneration(readTag(tag));
  }

  /** The same cache under the key prefix "scope:"; nests. INVALID_SCOPE: empty, or with a ":". */
  withScope(scope: string): SyncCache {
    return new SyncCache(this.scopeView(scope) as unknown as CacheOptions);
  }

  /** "" for the cache itself, "a:b" for nested scopes. */
  get scope(): string {
    return this.#prefix.slice(0, -1);
  }

  /** Of the whole cache, not of this scope. O(1). */
  stats(): CacheStats {
    this.#open();
    return this.#root.stats();
  }

  /** Sets all counts of the whole cache to zero. */
  resetStats(): void {
    this.#open();
    this.#root.resetStats();
  }

  /** Removes what has expired, at most `limit` entries: how many. Of the whole cache. INVALID_OPTION. */
  purgeExpired(limit?: number): number {
    const now = this.#now();
    return this.#root.store.purgeExpired(readLimit(limit), now);
  }

  /** Sets new bounds for the whole cache; what no longer fits is evicted. INVALID_OPTION. */
  resize(limits: { maxBytes?: Size; maxEntries?: number }): void {
    const now = this.#now();
    this.#root.resize(readBounds(limits), now);
  }

  /** All live entries as bytes, whatever the scope: docs/snapshot.md. NOT_SERIALIZABLE: values are kept by reference. */
  snapshot(): Uint8Array<ArrayBuffer> {
    return this.#root.store.snapshot(this.#now());
  }

  /**
   * Adds the entries of a snapshot to what is there; a key in both takes the snapshot's: how many. What
   * does not fit beside the rest is left out, the most recently used first kept. SNAPSHOT_CORRUPT, and
   * nothing changes.
   */
  restore(bytes: Uint8Array): number {
    const now = this.#now();
    return this.#root.store.restore(readSnapshot(bytes), now);
  }

  /**
   * Calls `listener` with each event of the whole cache, with whole keys, after the call that caused it;
   * gives what ends that. A listener that throws disturbs nobody. INVALID_OPTION.
   */
  on<E extends keyof CacheEvents>(event: E, listener: (event: CacheEvents[E]) => void): () => void {
    this.#open();
    return this.#root.on(event, listener);
  }

  /** Gives the memory back for reuse; every later call throws CLOSED. A scoped view closes itself alone. */
  close(): void {
    this.#closed = true;
    if (this.#prefix === "") this.#root.close();
  }

  /** Whether `close` was called, here or on the whole cache. */
  get closed(): boolean {
    return this.#closed || this.#root.closed;
  }

  /** `using` closes at the end of its block. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** @internal What `withScope` hands to a constructor. */
  scopeView(scope: string): View {
    this.#open();
    return new View(this.#root, this.#prefix + scopePrefix(scope));
  }

  /** @internal */
  get root(): Root {
    return this.#root;
  }

  /** @internal The value of a key, live or held after its deadline. */
  held(key: string): Held | undefined {
    return this.#root.store.held(this.#whole(key), this.#now());
  }

  /** @internal As LocalStore's. */
  lend(key: string, inPieces: number): unknown {
    const whole = this.#whole(key);
    return this.#root.store.lend(whole, this.#root.readTime(), inPieces);
  }

  /** @internal The milliseconds until the deadline of a key's entry. */
  left(key: string): number {
    return this.#root.store.left(this.#whole(key), this.#now());
  }

  /** @internal Stores what was loaded, undefined excepted; nothing, once the cache is closed. */
  storeLoaded(
    keys: readonly string[],
    values: readonly unknown[],
    ttl: number,
    size: number,
    extra: Extra | undefined,
  ): void {
    if (this.closed) return;
    const items = keys.map((key, i) => ({ key: this.#whole(key), value: values[i], ttl, size }));
    const loaded = items.filter(({ value }) => value !== undefined);
    const [first] = loaded;
    if (loaded.length > 1) this.#root.store.setAll(loaded, this.#now(), extra);
    else if (first !== undefined)
      this.#root.store.set(first.key, first.value, ttl, Only.Always, this.#now(), size, extra);
  }

  /** @internal The keys of a batch. */
  readKeys(keys: Iterable<string>): string[] {
    this.#open();
    return readKeys(keys);
  }

  /** @internal The entries of a batch, with whole keys. */
  readItems(entries: Entries | object, options: Ttl | SetOptions): SetItem[] {
    this.#open();
    const items = readEntries(entries, readSetTtl(options), readSize(options));
    for (const item of items) item.key = this.#whole(item.key);
    return items;
  }

  /** @internal Stores what `readItems` gave. */
  setItems(items: readonly SetItem[], options: Ttl | SetOptions): number {
    const extra = readExtra(options);
    return this.#root.store.setAll(items, this.#now(), extra);
  }

  /** @internal The key with its scope. */
  wholeKey(key: string): string {
    return this.#prefix + key;
  }

  #set(key: string, value: unknown, options: Ttl | SetOptions, only: Only): boolean {
    const whole = this.#whole(key);
    const ttl = readSetTtl(options);
    if (typeof options !== "object") return this.#root.store.set(whole, value, ttl, only, this.#now());
    const [size, extra] = [readSize(options), readExtra(options)];
    return this.#root.store.set(whole, value, ttl, only, this.#now(), size, extra);
  }

  /** The whole key, of a cache that is open. */
  #whole(key: string): string {
    if (this.#closed || this.#root.closed) throw closedError();
    assertKey(key);
    return this.#prefix === "" ? key : this.#prefix + key;
  }

  #wholes(keys: string[]): string[] {
    return keys.map((key) => this.#whole(key));
  }

  #open(): void {
    if (this.closed) throw closedError();
  }

  /** The clock of a cache that is open. */
  #now(): number {
    if (this.#closed || this.#root.closed) throw closedError();
    return this.#root.clock();
  }
}
