/** What undici's cache asks of a store, so that nobody needs undici's declarations to use ours. */

import type { Writable } from "node:stream";

/** What identifies a request for undici; fields have lower-case names. */
export interface UndiciCacheKey {
  origin: string;
  method: string;
  path: string;
  headers?: Record<string, string | string[]>;
}

/** The directives of Cache-Control, as undici has read them. */
export interface UndiciDirectives {
  "max-stale"?: number;
  "min-fresh"?: number;
  "max-age"?: number;
  "s-maxage"?: number;
  "stale-while-revalidate"?: number;
  "stale-if-error"?: number;
  public?: true;
  private?: true | string[];
  "no-store"?: true;
  "no-cache"?: true | string[];
  "must-revalidate"?: true;
  "proxy-revalidate"?: true;
  immutable?: true;
  "no-transform"?: true;
  "must-understand"?: true;
  "only-if-cached"?: true;
}

/** A response without its body. Times in milliseconds since the epoch. */
export interface UndiciCacheValue {
  statusCode: number;
  statusMessage: string;
  headers: Record<string, string | string[]>;
  vary?: Record<string, string | string[] | null>;
  etag?: string;
  cacheControlDirectives?: UndiciDirectives;
  cachedAt: number;
  staleAt: number;
  deleteAt: number;
}

/** A stored response. */
export interface UndiciStored extends UndiciCacheValue {
  cacheControlDirectives: UndiciDirectives;
  body: Buffer[];
}

/** What undici 7 and 8 call a CacheStore. A cache that fails is as good as none. */
export interface UndiciStore {
  get(key: UndiciCacheKey): Promise<UndiciStored | undefined>;
  createWriteStream(key: UndiciCacheKey, value: UndiciCacheValue): Writable | undefined;
  delete(key: UndiciCacheKey): Promise<void>;
}
