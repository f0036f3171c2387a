/** What callers give, and how it is read. */

import { Cache } from "../cache.js";
import { CacheError } from "../errors.js";
import { invalidOption, isWellFormed } from "../keys.js";
import type { Awaitable } from "../types.js";
import { encodeUtf8 } from "../text.js";
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

/** What `HttpCache.purge` removes: exactly one of the first four. Else INVALID_OPTION. */
export interface Purge {
  /** Absolute, without a password. */
  url?: string | URL;
  /** A glob over whole URLs (docs/batches.md); INVALID_PATTERN. */
  pattern?: string;
  /** A member of Cache-Tag or Surrogate-Key. */
  tag?: string;
  /** A member of Cache-Groups (RFC 9875), of whatever origin. */
  group?: string;
  /** Marks the responses as stale instead: they are validated before they are used again, or used while that goes on, or when it fails, where the origin allowed that. */
  soft?: boolean;
}

export interface Settings {
  cache: Cache | undefined;
  shared: boolean;
  origin: Origin;
  /** undefined: nothing can be stored under it. */
  key: (request: Request) => string | undefined;
  maxBodyBytes: number | undefined;
  /** `shared`, `name` and `targets`, as the engine reads them. */
  text: Uint8Array;
  /** A number made of these. */
  id: number;
  /** The cache's name as it stands in Cache-Status. */
  item: string;
}

/** The name of a field or of a method. */
export const TOKEN = /^[\w!#$%&'*+\-.^`|~]+$/;
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
  const item = readName(name);
  const text = encodeUtf8([shared ? "1" : "0", item, ...fields, ""].join("\0"));
  return {
    cache,
    shared,
    origin: fetch ?? ((request) => globalThis.fetch(request, shared ? unfollowed(request) : undefined)),
    key: (request) => readKey(key === undefined ? withoutFragment(request.url) : key(request)),
    maxBodyBytes: maxBodyBytes === undefined ? undefined : sizeBytes(maxBodyBytes, "maxBodyBytes"),
    text,
    id: fnv(text),
    item,
  };
}

export type Purged = { soft: boolean } & (
  | { by: "url" | "pattern"; what: string }
  /** A label, as the engine writes them. */
  | { by: "label"; what: string }
);

/** FNV-1a, 32 bits. */
function fnv(bytes: Uint8Array): number {
  return bytes.reduce((hash, byte) => Math.imul(hash ^ byte, 0x0100_0193) >>> 0, 0x811c_9dc5);
}

/** The one thing to purge. Else INVALID_OPTION; the engine reads the glob. */
export function readPurge(purge: unknown): Purged {
  if (typeof purge !== "object" || purge === null) throw invalidOption("purge", PURGE, purge);
  const { url, pattern, tag, group, soft = false } = purge as Purge;
  if (typeof soft !== "boolean") throw invalidOption("soft", "is no boolean", soft);
  if ([url, pattern, tag, group].filter((what) => what !== undefined).length !== 1) {
    throw invalidOption("purge", PURGE, purge);
  }
  if (url !== undefined) return { by: "url", what: readUrl(url), soft };
  if (tag !== undefined) return { by: "label", what: `t${readLabel("tag", tag)}`, soft };
  if (group !== undefined) return { by: "label", what: `G${readLabel("group", group)}`, soft };
  if (typeof pattern === "string" && isWellFormed(pattern)) return { by: "pattern", what: pattern, soft };
  throw new CacheError("INVALID_PATTERN", "the pattern is not a well-formed string", { value: pattern });
}

const PURGE = "takes exactly one of { url }, { pattern }, { tag } and { group }";

function readLabel(name: string, label: unknown): string {
  if (typeof label === "string" && label !== "" && isWellFormed(label)) return label;
  throw invalidOption(name, "is no string with something in it", label);
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
  const read = (typeof url === "string" || url instanceof URL) && URL.canParse(url) ? new URL(url) : undefined;
  if (read !== undefined && read.username + read.password === "") return read.href;
  throw invalidOption("url", "is no absolute URL without a password", url);
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
