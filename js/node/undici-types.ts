/** What undici's cache asks of a store, so that nobody needs undici's declarations to use ours. */

import type { Writable } from "node:stream";

/** What identifies a request for undici. */
export interface UndiciCacheKey {
  /** As in a URL: "https://example.com". */
  origin: string;
  /** In capitals. */
  method: string;
  /** With its query. */
  path: string;
  /** The request's fields, by their names in lower case. */
  headers?: Record<string, string | string[]>;
}

/** The directives of Cache-Control, as undici has read them. Durations in seconds. */
export interface UndiciDirectives {
  /** How stale a response a client takes. */
  "max-stale"?: number;
  /** How long a response is to stay fresh for a client. */
  "min-fresh"?: number;
  /** How long a response is fresh. */
  "max-age"?: number;
  /** How long it is for shared caches. */
  "s-maxage"?: number;
  /** How long it may be reused after that while it is validated. */
  "stale-while-revalidate"?: number;
  /** How long it may be reused after that when the origin fails. */
  "stale-if-error"?: number;
  /** For all. */
  public?: true;
  /** For one user, or these fields are. */
  private?: true | string[];
  /** Not to be stored. */
  "no-store"?: true;
  /** Not to be reused without validation, or these fields are not. */
  "no-cache"?: true | string[];
  /** Never reused when stale. */
  "must-revalidate"?: true;
  /** Never reused by a shared cache when stale. */
  "proxy-revalidate"?: true;
  /** Not validated while it is fresh. */
  immutable?: true;
  /** Not changed on the way. */
  "no-transform"?: true;
  /** Stored only by who knows the status. */
  "must-understand"?: true;
  /** The client wants what is stored or nothing. */
  "only-if-cached"?: true;
}

/** A response without its body. */
export interface UndiciCacheValue {
  /** 200 and so on. */
  statusCode: number;
  /** "OK" and so on. */
  statusMessage: string;
  /** By their names in lower case. */
  headers: Record<string, string | string[]>;
  /** What the request had in the fields that Vary names. */
  vary?: Record<string, string | string[] | null>;
  /** Its validator. */
  etag?: string;
  /** What its Cache-Control says. */
  cacheControlDirectives?: UndiciDirectives;
  /** When it was made, in milliseconds since the epoch. */
  cachedAt: number;
  /** Until when it is fresh, in milliseconds since the epoch. */
  staleAt: number;
  /** Until when it is worth keeping, in milliseconds since the epoch. */
  deleteAt: number;
}

/** A stored response. */
export interface UndiciStored extends UndiciCacheValue {
  /** What its Cache-Control says. */
  cacheControlDirectives: UndiciDirectives;
  /** Its bytes, in pieces. */
  body: Buffer[];
}

/** What undici 7 and 8 call a CacheStore. A cache that fails is as good as none. */
export interface UndiciStore {
  /** What is stored for a request. Two reads. */
  get(key: UndiciCacheKey): Promise<UndiciStored | undefined>;
  /** Takes a response's body, and stores both when it is ended; undefined: it would have expired already. */
  createWriteStream(key: UndiciCacheKey, value: UndiciCacheValue): Writable | undefined;
  /** Forgets what is stored for a resource under all methods, and what is on its way. One delete. */
  delete(key: UndiciCacheKey): Promise<void>;
}
