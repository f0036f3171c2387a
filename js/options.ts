/** Reading options: everything is checked before anything is made. */

import type { Codec } from "./codec.js";
import { type Limits, POLICIES } from "./embedded.js";
import { CacheError } from "./errors.js";
import { describe, invalidOption, isWellFormed, MAX_KEY_BYTES } from "./keys.js";
import { assertSize, type Sizer, sizerOf } from "./size.js";
import type { CacheOptions, Entries, NumberOptions, Policy, SetOptions } from "./types.js";
import { msgpack } from "./msgpack.js";
import type { Extra, SetItem } from "./store.js";
import { encodeUtf8 } from "./text.js";
import { durationMs, sizeBytes, ttlMs } from "./units.js";

export interface Settings {
  limits: Limits;
  codec: Codec;
  clock: () => number;
  enabled: boolean;
  /** Where values are kept by reference. */
  sizer: Sizer | undefined;
}

const DEFAULT_MAX_BYTES = 32 * 2 ** 20;
/** As far as 32-bit WebAssembly memory reaches. */
const REACH = 2 ** 32;

/** Else INVALID_OPTION or INVALID_TTL. */
export function readCacheOptions(options: unknown = {}): Settings {
  const given = assertObject(options, "the options");
  assertStore(given["store"]);
  assertOneOf("policy", given["policy"], POLICIES);
  assertOneOf("values", given["values"], ["copy", "reference"]);
  assertOneOf("enabled", given["enabled"], [true, false]);
  const defaultTtl = ttlMs(given["defaultTtl"]);
  return {
    limits: {
      maxBytes: readMaxBytes(given["maxBytes"]),
      maxEntries: readMaxEntries(given["maxEntries"]),
      maxEntryBytes: readOptional(given["maxEntryBytes"], (size) => sizeBytes(size, "maxEntryBytes")),
      defaultTtlMs: defaultTtl === Number.POSITIVE_INFINITY ? Number.NaN : defaultTtl,
      ttlJitter: readJitter(given["ttlJitter"]),
      maxIdleMs: readOptional(given["maxIdle"], (idle) => durationMs(idle, "INVALID_OPTION", "maxIdle")),
      policy: (given["policy"] ?? "lru") as Policy,
    },
    codec: readCodec(given["codec"]),
    clock: readClock(given["clock"]),
    enabled: given["enabled"] !== false,
    sizer: readSizer(given),
  };
}

/** The TTL of `set(key, value, options)`, which is a TTL or an object that has one. */
export function readSetTtl(options: unknown): number {
  if (typeof options !== "object" || options === null) return ttlMs(options);
  return ttlMs((options as Record<string, unknown>)["ttl"]);
}

/** What `set(key, value, options)` says besides TTL and size; undefined: nothing. Else INVALID_OPTION. */
export function readExtra(options: unknown): Extra | undefined {
  if (typeof options !== "object" || options === null) return undefined;
  const { tags, modified, keepTtl } = options as SetOptions;
  if (tags === undefined && modified === undefined && keepTtl === undefined) return undefined;
  assertOneOf("keepTtl", keepTtl, [true, false]);
  return {
    keepTtl: keepTtl === true,
    modifiedMs: readModified(modified),
    tags: tags === undefined ? [] : readTags(tags),
    staleMs: Number.NaN,
  };
}

/** Well-formed strings of at most 65,535 bytes, at most as many, each once. Else INVALID_OPTION. */
export function readTags(tags: unknown): string[] {
  if (typeof tags !== "object" || tags === null || !(Symbol.iterator in tags)) {
    throw invalidOption("tags", `is no iterable of strings but ${describe(tags)}`, tags);
  }
  const names = [...new Set(tags as Iterable<unknown>)];
  if (names.length > MAX_KEY_BYTES) throw invalidOption("tags", `are more than ${MAX_KEY_BYTES}`, tags);
  return names.map(readTag);
}

/** Else INVALID_OPTION. */
export function readTag(tag: unknown): string {
  if (typeof tag !== "string") throw invalidOption("a tag", `must be a string, not ${describe(tag)}`, tag);
  if (!isWellFormed(tag)) throw invalidOption("a tag", "has a surrogate without its pair", tag);
  if (encodeUtf8(tag).length > MAX_KEY_BYTES)
    throw invalidOption("a tag", `is longer than ${MAX_KEY_BYTES} bytes`, tag);
  return tag;
}

/** The latest time that the engine keeps: 2^48 - 1 milliseconds, the year 10889. */
const MAX_MODIFIED_MS = 2 ** 48 - 1;

function readModified(modified: unknown): number {
  if (modified === undefined) return Number.NaN;
  const ms = Math.round(assertFinite("modified", modified) * 1_000);
  if (ms >= 0 && ms <= MAX_MODIFIED_MS) return ms;
  throw invalidOption("modified", "must lie between 1970 and 10889, in seconds", modified);
}

function readJitter(jitter: unknown): number {
  if (jitter === undefined) return 0;
  const share = assertFinite("ttlJitter", jitter);
  if (share >= 0 && share <= 1) return share;
  throw invalidOption("ttlJitter", "must lie between 0 and 1", jitter);
}

/** The bounds of `resize`; NaN where none is given. */
export function readBounds(limits: unknown): { maxBytes: number; maxEntries: number } {
  const given = assertObject(limits, "the limits");
  const entries = given["maxEntries"];
  return {
    maxBytes: readOptional(given["maxBytes"], readMaxBytes),
    maxEntries: entries === Number.POSITIVE_INFINITY ? entries : readMaxEntries(entries),
  };
}

/** Deltas of `incrementMany`, those of one key added up, in order. */
export function readDeltas(deltas: unknown): [key: string, by: number][] {
  const sums = new Map<string, number>();
  for (const { key, value } of readEntries(deltas as object, Number.NaN, Number.NaN)) {
    sums.set(key, (sums.get(key) ?? 0) + assertFinite("by", value));
  }
  return [...sums];
}

/** The bytes of a snapshot. */
export function readSnapshot(bytes: unknown): Uint8Array {
  if (bytes instanceof Uint8Array) return bytes;
  throw invalidOption("bytes", `must be a Uint8Array, not ${describe(bytes)}`, bytes);
}

/** The size that `set(key, value, options)` names; NaN: none. Else INVALID_OPTION. */
export function readSize(options: unknown): number {
  if (typeof options !== "object" || options === null) return Number.NaN;
  const { size } = options as SetOptions;
  return size === undefined ? Number.NaN : assertSize("size", size);
}

/** Arguments of `increment`. */
export function readNumberOptions(
  by: unknown,
  options: NumberOptions | undefined,
): { by: number; initial: number; ttl: number } {
  const { initial = 0, ttl } = options === undefined ? {} : (assertObject(options, "the options") as NumberOptions);
  return { by: assertFinite("by", by), initial: assertFinite("initial", initial), ttl: ttlMs(ttl) };
}

/** Keys of a batch, in order. Else INVALID_OPTION (the argument) or INVALID_KEY (one of them, later). */
export function readKeys(keys: unknown): string[] {
  if (typeof keys !== "object" || keys === null || !(Symbol.iterator in keys)) {
    throw invalidOption("keys", `is no iterable of strings but ${describe(keys)}`, keys);
  }
  return Array.from(keys as Iterable<string>);
}

/** Entries of a batch, in order; a triple's own TTL wins over `ttl`. */
export function readEntries(entries: Entries | object, ttl: number, size: number): SetItem[] {
  if (typeof entries !== "object" || entries === null) {
    throw invalidOption("entries", `is no Map, object or iterable of pairs but ${describe(entries)}`, entries);
  }
  const pairs = Symbol.iterator in entries ? (entries as Iterable<unknown>) : Object.entries(entries);
  return Array.from(pairs, (pair) => {
    if (!Array.isArray(pair) || pair.length < 2 || pair.length > 3) {
      throw invalidOption("entries", `has an element that is no pair or triple: ${describe(pair)}`, pair);
    }
    const own = ttlMs(pair[2]);
    return { key: pair[0], value: pair[1], ttl: Number.isNaN(own) ? ttl : own, size };
  });
}

/** Else INVALID_OPTION. */
export function assertSignal(signal: unknown): void {
  if (signal === undefined || signal instanceof AbortSignal) return;
  throw invalidOption("signal", "is no AbortSignal", signal);
}

/** A limit of `purgeExpired`. */
export function readLimit(limit: unknown): number {
  if (limit === undefined || limit === Number.POSITIVE_INFINITY) return Number.MAX_SAFE_INTEGER;
  return assertWhole("limit", limit, 0);
}

/** Bytes, within WebAssembly's reach; 32 MiB where none is given. Else INVALID_OPTION. */
export function readMaxBytes(size: unknown): number {
  if (size === undefined) return DEFAULT_MAX_BYTES;
  const bytes = sizeBytes(size, "maxBytes");
  if (bytes > REACH) throw invalidOption("maxBytes", "is more than 4GiB, which WebAssembly cannot reach", size);
  return bytes;
}

/** NaN: no bound. Else INVALID_OPTION. */
export function readMaxEntries(entries: unknown): number {
  if (entries === Number.POSITIVE_INFINITY) return Number.NaN;
  return readOptional(entries, (given) => assertWhole("maxEntries", given, 1));
}

function readOptional(given: unknown, read: (given: unknown) => number): number {
  return given === undefined ? Number.NaN : read(given);
}

/** MessagePack where none is given. Else INVALID_OPTION. */
export function readCodec(codec: unknown): Codec {
  if (codec === undefined) return msgpack;
  const { name, encode, decode } = assertObject(codec, "codec");
  if (typeof name !== "string" || typeof encode !== "function" || typeof decode !== "function") {
    throw invalidOption("codec", "needs a name, encode and decode", codec);
  }
  return codec as Codec;
}

function readSizer({ values, sizeOf }: Record<string, unknown>): Sizer | undefined {
  if (sizeOf !== undefined && typeof sizeOf !== "function") throw invalidOption("sizeOf", "is not a function", sizeOf);
  return values === "reference" ? sizerOf(sizeOf as CacheOptions["sizeOf"]) : undefined;
}

/** As far as a Date reaches. */
const MAX_TIME_MS = 8.64e15;

/** A clock whose answers are times: what it gives otherwise is INVALID_OPTION at the call that asked. */
function readClock(clock: unknown): () => number {
  if (clock === undefined) return Date.now;
  if (typeof clock !== "function") throw invalidOption("clock", "is not a function", clock);
  return () => {
    const now = assertFinite("clock()", clock());
    if (Math.abs(now) <= MAX_TIME_MS) return now;
    throw invalidOption("clock()", "is no time in milliseconds since the epoch", now);
  };
}

/** The embedded store is what `undefined` gives, and the only one that this version has. */
function assertStore(store: unknown): void {
  if (store !== undefined) throw invalidOption("store", `is none of isocache's own stores: ${describe(store)}`, store);
}

/** Else INVALID_OPTION. */
export function assertObject(value: unknown, name: string): Record<string, unknown> {
  if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  throw invalidOption(name, `must be an object, not ${describe(value)}`, value);
}

function assertFinite(name: string, value: unknown): number {
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw invalidOption(name, `must be a finite number, not ${describe(value)}`, value);
}

/** A safe integer of at least `least`. Else INVALID_OPTION. */
export function assertWhole(name: string, value: unknown, least: number): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= least) return value;
  throw invalidOption(name, `must be a whole number of at least ${least}, not ${describe(value)}`, value);
}

/** `undefined` or one of the allowed. Else INVALID_OPTION. */
export function assertOneOf(name: string, value: unknown, allowed: readonly unknown[]): void {
  if (value === undefined || allowed.includes(value)) return;
  const message = `${name} must be ${allowed.map(describe).join(" or ")}, not ${describe(value)}`;
  throw new CacheError("INVALID_OPTION", message, { value });
}
