/** What callers give, and how it is read. */

import { Cache } from "../cache.js";
import { CacheError } from "../errors.js";
import { invalidOption, isWellFormed } from "../keys.js";
import type { Awaitable } from "../types.js";
import { type Size, sizeBytes } from "../units.js";

/** Who is asked for what the cache cannot answer; what it throws, `HttpCache.fetch` rejects with. */
export type Origin = (request: Request) => Awaitable<Response>;

/** What `new HttpCache()` and `withHttpCache` take. Else INVALID_OPTION. */
export interface HttpCacheOptions {
  /** Where responses live, in scopes of their own. Default: a cache with the defaults of `Cache`, made by the first request. */
  cache?: Cache;
  /** A shared cache (edge, proxy: default) or a private one (browser). RFC 9111 */
  shared?: boolean;
  /** Who is asked on a miss. Default: globalThis.fetch; for a shared cache it does not follow redirects, which are cached as such. */
  fetch?: Origin;
  /** What identifies a resource, before Vary; what it gives that is no string is not stored. Default: the URL without its fragment. */
  key?: (request: Request) => string;
  /** The cache's name in Cache-Status (RFC 9211). Default "isocache". */
  name?: string;
  /** Targeted fields that are obeyed, first one wins (RFC 9213). Default: ["CDN-Cache-Control"], none for a private cache. */
  targets?: readonly string[];
  /** A larger body is passed on and not stored. Default: the cache's maxEntryBytes, beyond which it does not reach. */
  maxBodyBytes?: Size;
}

/** What `HttpCache.fetch` takes beside what the global fetch takes. */
export interface FetchInit extends RequestInit {
  /** An edge worker's `ctx.waitUntil`: keeps writing to the store alive after the response. */
  waitUntil?: (promise: Promise<unknown>) => void;
  /** Who is asked on a miss, for this request. */
  origin?: Origin;
}

/** What `HttpCache.purge` removes: exactly one of `url` and `pattern`. Else INVALID_OPTION. */
export interface Purge {
  /** Absolute. */
  url?: string | URL;
  /** A glob over whole URLs (docs/batches.md); INVALID_PATTERN. */
  pattern?: string;
}

export interface Settings {
  cache: Cache | undefined;
  shared: boolean;
  origin: Origin;
  /** undefined: nothing can be stored under it. */
  key: (request: Request) => string | undefined;
  maxBodyBytes: number | undefined;
  /** The engine's form of `shared`, `name` and `targets`. */
  text: string;
}

const TOKEN = /^[\w!#$%&'*+\-.^`|~]+$/;
/** A token of a structured field, which may have ":" and "/" and starts with a letter or "*". */
const ITEM = /^[A-Za-z*][\w!#$%&'*+\-.^`|~:/]*$/;

/** Else INVALID_OPTION. */
export function readOptions(options: unknown = {}): Settings {
  if (typeof options !== "object" || options === null) throw invalidOption("options", "must be an object", options);
  const { cache, shared = true, fetch, key, name = "isocache", targets, maxBodyBytes } = options as HttpCacheOptions;
  if (cache !== undefined && !(cache instanceof Cache)) throw invalidOption("cache", "is no Cache", cache);
  if (typeof shared !== "boolean") throw invalidOption("shared", "is no boolean", shared);
  assertFunction("fetch", fetch);
  assertFunction("key", key);
  const fields = readTargets(targets ?? (shared ? ["CDN-Cache-Control"] : []));
  return {
    cache,
    shared,
    origin: fetch ?? ((request) => globalThis.fetch(request, shared ? unfollowed(request) : undefined)),
    key: (request) => readKey(key === undefined ? withoutFragment(request.url) : key(request)),
    maxBodyBytes: maxBodyBytes === undefined ? undefined : sizeBytes(maxBodyBytes, "maxBodyBytes"),
    text: [shared ? "1" : "0", readName(name), ...fields, ""].join("\0"),
  };
}

/** The one thing to purge. Else INVALID_OPTION; the engine reads the glob. */
export function readPurge(what: unknown): { url: string; pattern?: never } | { pattern: string; url?: never } {
  if (typeof what !== "object" || what === null) throw invalidOption("purge", "takes { url } or { pattern }", what);
  for (const name of ["tag", "group", "soft"]) {
    const value = (what as Record<string, unknown>)[name];
    if (value !== undefined && value !== false) throw invalidOption(name, "is not supported by purge", value);
  }
  const { url, pattern } = what as Purge;
  if ((url === undefined) === (pattern === undefined)) {
    throw invalidOption("purge", "takes either { url } or { pattern }", what);
  }
  if (url !== undefined) return { url: readUrl(url) };
  if (typeof pattern === "string" && isWellFormed(pattern)) return { pattern };
  throw new CacheError("INVALID_PATTERN", "the pattern is not a well-formed string", { value: pattern });
}

export function withoutFragment(url: string): string {
  const hash = url.indexOf("#");
  return hash < 0 ? url : url.slice(0, hash);
}

/** Line breaks separate the parts of a variant's key, and NULs those of a text. */
function readKey(key: unknown): string | undefined {
  return typeof key === "string" && !/[\0\n]/.test(key) ? key : undefined;
}

/** "manual", unless the request says that a redirect is an error. */
function unfollowed(request: Request): RequestInit {
  return { redirect: request.redirect === "error" ? "error" : "manual" };
}

function readUrl(url: unknown): string {
  try {
    if (typeof url === "string" || url instanceof URL) return new URL(url).href;
  } catch {
    // said below
  }
  throw invalidOption("url", "is no absolute URL", url);
}

function readName(name: unknown): string {
  if (typeof name !== "string" || !/^[ -~]+$/.test(name)) throw invalidOption("name", "is not printable ASCII", name);
  return ITEM.test(name) ? name : `"${name.replace(/["\\]/g, "\\$&")}"`;
}

function readTargets(targets: unknown): readonly string[] {
  const valid = Array.isArray(targets) && targets.every((field) => typeof field === "string" && TOKEN.test(field));
  if (!valid) throw invalidOption("targets", "is no array of field names", targets);
  return targets;
}

function assertFunction(name: string, value: unknown): void {
  if (value !== undefined && typeof value !== "function") throw invalidOption(name, "is no function", value);
}
