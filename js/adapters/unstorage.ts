/** `isocache/unstorage`: a driver for unstorage, and so for Nitro and Nuxt. */

import { escapePattern } from "../index.js";
import type { Ttl } from "../units.js";
import { type AnyCache, openCache, type Source } from "./source.js";

/** What unstorage hands on with a write. */
export interface UnstorageOptions {
  /** Seconds, or a duration with its unit. 0 or null: never expires. Default: the cache's. */
  ttl?: Ttl;
  [option: string]: any;
}

/** A type and not an interface: unstorage's own is open for more members, which only a type may be assigned to. */
export type UnstorageMeta = {
  /** When the value was last modified. */
  mtime: Date;
  /** Remaining seconds; missing if the item never expires. */
  ttl?: number;
  /** What the item costs in the cache, in bytes. */
  size: number;
};

/** What unstorage gives `getItem` is text; `getItemRaw` and `setItemRaw` keep any value's type. */
export interface UnstorageDriver {
  /** "isocache". */
  name: string;
  /** What unstorage may leave to the driver: `ttl`. */
  flags: { maxDepth?: boolean; ttl?: boolean };
  /** As they were given. */
  options: Source | undefined;
  /** The cache. */
  getInstance(): AnyCache;
  /** Whether it is present. */
  hasItem(key: string): Promise<boolean>;
  /** null: a miss. */
  getItem(key: string): Promise<any>;
  /** In their order, null for a miss. One crossing. */
  getItems(items: { key: string }[]): Promise<{ key: string; value: any }[]>;
  /** null: a miss. */
  getItemRaw(key: string): Promise<any>;
  /** INVALID_TTL. What is larger than `maxEntryBytes` is not stored. */
  setItem(key: string, value: string, options?: UnstorageOptions): Promise<void>;
  /** As `setItem`; an item's own options win over `common`. One crossing. */
  setItems(
    items: { key: string; value: string; options?: UnstorageOptions }[],
    common?: UnstorageOptions,
  ): Promise<void>;
  /** INVALID_TTL, NOT_SERIALIZABLE. What is larger than `maxEntryBytes` is not stored. */
  setItemRaw(key: string, value: any, options?: UnstorageOptions): Promise<void>;
  /** Absent already is fine. */
  removeItem(key: string): Promise<void>;
  /** null: absent. */
  getMeta(key: string): Promise<UnstorageMeta | null>;
  /** Of what is below `base`; O(keys). */
  getKeys(base?: string): Promise<string[]>;
  /** Of what is below `base`; O(keys). */
  clear(base?: string): Promise<void>;
  /** Closes the cache if it is the driver's own. */
  dispose(): Promise<void>;
}

/**
 * A driver over `source`: a cache of the caller's, or the options of a new one. INVALID_OPTION, INVALID_TTL. Items that
 * are larger than `maxEntryBytes` are not stored. Keys are matched by one crossing, at O(keys).
 */
export function unstorageDriver(source?: Source): UnstorageDriver {
  const { cache, close } = openCache(source);
  const get = async (key: string) => (await cache.get(key)) ?? null;
  const set = async (key: string, value: unknown, options?: UnstorageOptions) => {
    await cache.set(key, value, ttlOf(options));
  };
  return {
    name: "isocache",
    flags: { ttl: true },
    options: source,
    getInstance: () => cache,
    hasItem: async (key) => cache.has(key),
    getItem: get,
    async getItems(items) {
      const values = await cache.getAll(items.map(({ key }) => key));
      return items.map(({ key }, i) => ({ key, value: values[i] ?? null }));
    },
    getItemRaw: get,
    setItem: set,
    async setItems(items, common) {
      await cache.setMany(
        items.map(({ key, value, options }) => [key, value, ttlOf({ ...common, ...options })] as const),
      );
    },
    setItemRaw: set,
    async removeItem(key) {
      await cache.delete(key);
    },
    getMeta: async (key) => metaOf(await cache.getItem(key)),
    async getKeys(base) {
      const keys: string[] = [];
      for await (const key of cache.keys(patternOf(base))) keys.push(key);
      return keys;
    },
    async clear(base) {
      await cache.clear(patternOf(base));
    },
    dispose: async () => close(),
  };
}

export default unstorageDriver;

/** Everything below a base, "users" or "users:"; undefined: everything. */
function patternOf(base: string | undefined): string | undefined {
  const name = base?.replace(/:$/, "");
  return name ? `${escapePattern(name)}:*` : undefined;
}

function ttlOf(options: UnstorageOptions | undefined): Ttl {
  return options?.ttl === 0 ? null : options?.ttl;
}

function metaOf(item: { modified: number; ttl: number | null; size: number } | undefined): UnstorageMeta | null {
  if (item === undefined) return null;
  const { modified, ttl, size } = item;
  const mtime = new Date(modified * 1_000);
  return ttl === null ? { mtime, size } : { mtime, ttl, size };
}
