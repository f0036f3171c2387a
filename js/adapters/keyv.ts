/**
 * `isocache/keyv`: a store for Keyv 5 and 6.
 *
 * The two versions differ in who keeps namespaces apart. Keyv 5 assigns `namespace` to every store it is given, and
 * leaves it to the store to clear that namespace alone: the store keeps it as a scope. Keyv 6 asks whether the store
 * has a member `namespace`; this one has none until it is assigned, so that Keyv 6 puts "namespace::" before each key
 * itself, and one store serves several Keyv objects. (A store that has one sees whatever the last of them assigned.)
 *
 * All methods are written `async`, by which Keyv 6 tells a store of promises from a Map. It hands such a store a TTL
 * in milliseconds, as Keyv 5 does, unless the store asks for the time of expiry instead.
 */

import { escapePattern } from "../index.js";
import type { Ttl } from "../units.js";
import { Emitter } from "./emitter.js";
import { type AnyCache, type Opened, openCache, type Source, ttlOfMs } from "./source.js";

/** One of `setMany`. */
export interface KeyvStoreEntry {
  /** As Keyv names it. */
  key: string;
  /** What Keyv made of the value: text, unless it was told not to. */
  value: any;
  /** Milliseconds. */
  ttl?: number;
}

/** A Keyv store in `source`: a cache, which `disconnect` leaves open, or the options of a new one. INVALID_OPTION, INVALID_TTL. */
export function keyvStore(source?: Source): KeyvStore {
  return new KeyvStore(openCache(source));
}

/**
 * TTLs are milliseconds. Without one, or with 0, the cache's `defaultTtl` applies; a negative one has expired already.
 * A method rejects with the CacheError of the cache's own method, which Keyv reports by its "error" event.
 */
class KeyvStore extends Emitter {
  /** Keyv 5 iterates only over stores whose `dialect` it knows. */
  readonly opts: any = { dialect: "redis", url: "isocache" };
  /** Assigned by Keyv 5 alone. */
  declare namespace?: string | undefined;

  readonly #opened: Opened<AnyCache>;
  #scoped: { namespace: string; cache: AnyCache } | undefined;

  constructor(opened: Opened<AnyCache>) {
    super();
    this.#opened = opened;
  }

  /** undefined: a miss. */
  async get(key: string): Promise<any> {
    return this.#cache.get(key);
  }

  /** In the order of `keys`, undefined for a miss. One crossing. */
  async getMany(keys: string[]): Promise<any[]> {
    return this.#cache.getAll(keys);
  }

  /** false: refused because it is larger than `maxEntryBytes`; an older value of the key is gone then. */
  async set(key: string, value: any, ttl?: number): Promise<boolean> {
    if (isPast(ttl)) {
      await this.#cache.delete(key);
      return true;
    }
    return this.#cache.set(key, value, ttlOf(ttl));
  }

  /** Whether each was stored, in the order of `entries`. */
  async setMany(entries: KeyvStoreEntry[]): Promise<any> {
    const cache = this.#cache;
    const live = entries.filter(({ ttl }) => !isPast(ttl));
    const stored = await cache.setMany(live.map(({ key, value, ttl }) => [key, value, ttlOf(ttl)] as const));
    const past = entries.filter(({ ttl }) => isPast(ttl));
    if (past.length > 0) await cache.deleteMany(past.map(({ key }) => key));
    if (stored === live.length) return entries.map(() => true);
    const present = await cache.hasMany(live.map(({ key }) => key));
    return entries.map(({ key, ttl }) => isPast(ttl) || present.get(key) === true);
  }

  /** Whether it was present. */
  async delete(key: string): Promise<boolean> {
    return this.#cache.delete(key);
  }

  /** Whether each was present; for Keyv 5, which takes one answer for all: whether all were. */
  async deleteMany(keys: string[]): Promise<any> {
    const present = await this.hasMany(keys);
    await this.#cache.deleteMany(keys);
    return this.#isOfKeyv5 ? present.every(Boolean) : present;
  }

  /** Whether it is present. */
  async has(key: string): Promise<boolean> {
    return this.#cache.has(key);
  }

  /** In the order of `keys`. One crossing. */
  async hasMany(keys: string[]): Promise<boolean[]> {
    const present = await this.#cache.hasMany(keys);
    return keys.map((key) => present.get(key) === true);
  }

  /** Everything in the namespace, and nothing outside it; without one everything in the cache. */
  async clear(): Promise<void> {
    await this.#cache.clear();
  }

  /** Keys and what Keyv stored for them; of Keyv 6's namespaces those whose keys may be this one's, which Keyv sifts. */
  async *iterator(namespace?: string): AsyncGenerator<[string, any], void> {
    const prefix = this.#isOfKeyv5 || namespace === undefined ? "" : escapePattern(namespace);
    for await (const entry of this.#cache.entries(`${prefix}*`)) yield entry;
  }

  /** Closes the cache if it is the store's own. */
  async disconnect(): Promise<void> {
    await this.#opened.close();
  }

  get #isOfKeyv5(): boolean {
    return "namespace" in this;
  }

  /** The cache, or the scope that is Keyv 5's namespace. */
  get #cache(): AnyCache {
    const { namespace } = this;
    if (namespace === undefined || namespace === "") return this.#opened.cache;
    if (this.#scoped?.namespace !== namespace) {
      this.#scoped = { namespace, cache: this.#opened.cache.withScope(scopeName(namespace)) };
    }
    return this.#scoped.cache;
  }
}

export type { KeyvStore };

/** A scope has no ":" in its name. No two namespaces get one name. */
function scopeName(namespace: string): string {
  return namespace.replaceAll("%", "%25").replaceAll(":", "%3A");
}

function isPast(ttl: number | undefined): boolean {
  return typeof ttl === "number" && ttl < 0;
}

function ttlOf(ttl: number | undefined): Ttl {
  return typeof ttl === "number" && ttl > 0 ? ttlOfMs(ttl) : undefined;
}
