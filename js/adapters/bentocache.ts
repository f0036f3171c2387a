/**
 * `isocache/bentocache`: drivers for bentocache. Its first layer is one without promises and its second one with
 * them; keys carry a prefix, "prefix:namespace:key", as those of its own drivers do.
 */

import { CacheError, escapePattern, SyncCache } from "../index.js";
import type { CacheOptions } from "../types.js";
import type { Ttl } from "../units.js";
import { type AnyCache, type Opened, openCache, type Source, ttlOfMs } from "./source.js";

/** What bentocache hands to `factory`: the options that the driver was made with, before its own. */
export interface BentocacheConfig {
  /** Put before each key with a ":". Colons at its end do not count. */
  prefix?: string;
  [option: string]: any;
}

/** What `useL1Layer` and `useL2Layer` take. */
export interface BentocacheDriver<Driver> {
  /** What bentocache hands back to `factory`, with its own. */
  options: BentocacheConfig;
  /** Called by bentocache. INVALID_OPTION, INVALID_TTL. */
  factory(config?: BentocacheConfig): Driver;
}

/** What `bentocacheL1` takes beside a cache. */
export interface BentocacheL1Options extends BentocacheConfig {
  /** false: bentocache hands over values as they are, which the cache encodes itself; dates, maps and sets stay what they are. Default true: JSON. */
  serialize?: boolean;
}

/** For `useL1Layer`: in a SyncCache of the caller's, or in a new one with these options. INVALID_OPTION, INVALID_TTL. */
export function bentocacheL1(
  source?: SyncCache | CacheOptions,
  options: BentocacheL1Options = {},
): BentocacheDriver<BentocacheL1Driver> {
  return {
    options,
    factory: (config) => new BentocacheL1Driver(openSync(source), prefixOf(config?.prefix)),
  };
}

/** For `useL2Layer`: in a cache of the caller's, or in a new one with these options. INVALID_OPTION, INVALID_TTL. */
export function bentocacheL2(source?: Source, options: BentocacheConfig = {}): BentocacheDriver<BentocacheL2Driver> {
  return {
    options,
    factory: (config) => new BentocacheL2Driver(openCache(source), prefixOf(config?.prefix)),
  };
}

/** TTLs are milliseconds; without one, or with 0, an entry never expires. Methods throw what the cache throws. */
class BentocacheL1Driver {
  /** Which layer it is for. */
  readonly type = "l1";
  readonly #opened: Opened<SyncCache>;
  readonly #prefix: string;

  constructor(opened: Opened<SyncCache>, prefix: string) {
    this.#opened = opened;
    this.#prefix = prefix;
  }

  /** The same cache, under one more part of the prefix. */
  namespace(namespace: string): BentocacheL1Driver {
    return new BentocacheL1Driver(lent(this.#cache), `${this.#prefix}${prefixOf(namespace)}`);
  }

  /** undefined: a miss. */
  get(key: string): any {
    return this.#cache.get(this.#prefix + key);
  }

  /** For bentocache before 1.3, which asks for it. */
  has(key: string): boolean {
    return this.#cache.has(this.#prefix + key);
  }

  /** Reads and removes. */
  pull(key: string): any {
    return this.#cache.take(this.#prefix + key);
  }

  /** false: refused because it is larger than `maxEntryBytes`; an older value of the key is gone then. */
  set(key: string, value: any, ttl?: number): boolean {
    return this.#cache.set(this.#prefix + key, value, ttlOf(ttl));
  }

  /** Milliseconds; undefined: never expires; 0: absent. */
  getRemainingTtl(key: string): number | undefined {
    const left = this.#cache.ttl(this.#prefix + key);
    if (left !== null) return Math.round(left * 1_000);
    return this.#cache.has(this.#prefix + key) ? undefined : 0;
  }

  /** Everything under the prefix, namespaces in it included; without one the whole cache. */
  clear(): void {
    this.#cache.clear(patternOf(this.#prefix));
  }

  /** Whether it was present. */
  delete(key: string): boolean {
    return this.#cache.delete(this.#prefix + key);
  }

  /** true, whatever was present. One crossing. */
  deleteMany(keys: string[]): boolean {
    this.#cache.deleteMany(keys.map((key) => this.#prefix + key));
    return true;
  }

  /** Removes what has expired. */
  prune(): void {
    this.#cache.purgeExpired();
  }

  /** Closes the cache if it is the driver's own; a namespace leaves it open. */
  disconnect(): void {
    void this.#opened.close();
  }

  get #cache(): SyncCache {
    return this.#opened.cache;
  }
}

/** As BentocacheL1Driver, each method with a promise, which rejects with what that one throws. */
class BentocacheL2Driver {
  /** Which layer it is for. */
  readonly type = "l2";
  readonly #opened: Opened<AnyCache>;
  readonly #prefix: string;

  constructor(opened: Opened<AnyCache>, prefix: string) {
    this.#opened = opened;
    this.#prefix = prefix;
  }

  /** The same cache, under one more part of the prefix. */
  namespace(namespace: string): BentocacheL2Driver {
    return new BentocacheL2Driver(lent(this.#cache), `${this.#prefix}${prefixOf(namespace)}`);
  }

  /** undefined: a miss. */
  async get(key: string): Promise<any> {
    return this.#cache.get(this.#prefix + key);
  }

  /** For bentocache before 1.3, which asks for it. */
  async has(key: string): Promise<boolean> {
    return this.#cache.has(this.#prefix + key);
  }

  /** Reads and removes. */
  async pull(key: string): Promise<any> {
    return this.#cache.take(this.#prefix + key);
  }

  /** false: refused because it is larger than `maxEntryBytes`; an older value of the key is gone then. */
  async set(key: string, value: any, ttl?: number): Promise<boolean> {
    return this.#cache.set(this.#prefix + key, value, ttlOf(ttl));
  }

  /** Everything under the prefix, namespaces in it included; without one the whole cache. */
  async clear(): Promise<void> {
    await this.#cache.clear(patternOf(this.#prefix));
  }

  /** Whether it was present. */
  async delete(key: string): Promise<boolean> {
    return this.#cache.delete(this.#prefix + key);
  }

  /** true, whatever was present. One crossing. */
  async deleteMany(keys: string[]): Promise<boolean> {
    await this.#cache.deleteMany(keys.map((key) => this.#prefix + key));
    return true;
  }

  /** Removes what has expired. */
  async prune(): Promise<void> {
    await this.#cache.purgeExpired();
  }

  /** Closes the cache if it is the driver's own; a namespace leaves it open. */
  async disconnect(): Promise<void> {
    await this.#opened.close();
  }

  get #cache(): AnyCache {
    return this.#opened.cache;
  }
}

export type { BentocacheL1Driver, BentocacheL2Driver };

function openSync(source: SyncCache | CacheOptions | undefined): Opened<SyncCache> {
  if (isSyncCache(source)) return lent(source);
  if (typeof source === "object" && source !== null && "withScope" in source) {
    throw new CacheError("INVALID_OPTION", "the first layer of bentocache takes a SyncCache", { value: source });
  }
  const cache = new SyncCache(source);
  return { cache, close: () => cache.close() };
}

// By its methods, as in source.ts: what has promises is disposed of by a promise too.
function isSyncCache(source: unknown): source is SyncCache {
  return typeof source === "object" && source !== null && "withScope" in source && !("getOrSet" in source);
}

function lent<C>(cache: C): Opened<C> {
  return { cache, close: () => {} };
}

function prefixOf(name: string | undefined): string {
  const trimmed = name?.replace(/:+$/, "");
  return trimmed ? `${trimmed}:` : "";
}

function patternOf(prefix: string): string | undefined {
  return prefix === "" ? undefined : `${escapePattern(prefix)}*`;
}

function ttlOf(ttl: number | null | undefined): Ttl {
  return ttl ? ttlOfMs(ttl) : null;
}
