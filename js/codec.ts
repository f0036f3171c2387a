/**
 * How values become bytes.
 *
 * Strings, numbers, bigints, booleans, null and byte arrays have a kind of their own and never meet a
 * codec; everything else does. What no codec may see, because it would come back as something else
 * (functions, symbols) or not at all (cycles), is refused before.
 */

import { CacheError } from "./errors.js";

/** How values become bytes. What one throws is NOT_SERIALIZABLE, with it as the cause. */
export interface Codec {
  /** For people: who it is. */
  readonly name: string;
  /** Never asked for strings, numbers, bigints, booleans, null and byte arrays. */
  encode(value: unknown): Uint8Array;
  /** The bytes are its own. */
  decode(bytes: Uint8Array): unknown;
}

/** JSON as UTF-8: what it cannot say (Dates, Maps, undefined) comes back as JSON has it. */
export const json: Codec = {
  name: "json",
  encode(value) {
    const text = JSON.stringify(value);
    if (text === undefined) throw new TypeError("JSON has no text for this value");
    return new TextEncoder().encode(text);
  },
  decode: (bytes) => JSON.parse(new TextDecoder().decode(bytes)),
};

/** Deeper than any data, and shallow enough for the stack of every runtime. */
const MAX_DEPTH = 512;

/** Objects that would come back empty. A Promise is most often a forgotten await. */
const UNREADABLE = [Promise, WeakMap, WeakSet, Number, String, Boolean];

/** Refuses functions, symbols and cycles at any depth, and nesting that a codec could not write. */
export function assertSerializable(value: unknown): void {
  walk(value, []);
}

function walk(value: unknown, path: object[]): void {
  assertNamed(value);
  if (typeof value !== "object" || value === null) return;
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer || value instanceof Date) return;
  assertReadable(value);
  enter(value, path);
  for (const member of members(value)) walk(member, path);
  path.pop();
}

/** Refuses what no codec has a name for. */
export function assertNamed(value: unknown): void {
  if (typeof value === "function" || typeof value === "symbol") throw refused(`a ${typeof value}`);
}

/** Kinds of objects that can be told without own properties. */
const READABLE = ["Object", "Array", "Map", "Set", "Date", "RegExp", "Error", "ArrayBuffer"];

/** Refuses what would come back as something else. */
export function assertReadable(value: object): void {
  const unreadable = UNREADABLE.find((Class) => value instanceof Class);
  if (unreadable !== undefined) throw refused(`a ${unreadable.name}`);
  // A Response, a Blob, a generator: what it holds is hidden, and it would come back empty.
  const kind = Object.prototype.toString.call(value).slice(8, -1);
  const hidden = !READABLE.includes(kind) && !hasToJson(value) && Object.keys(value).length === 0;
  if (hidden) throw refused(`a ${kind}`);
}

/** Goes into a value that stands in those of `path`. */
export function enter(value: object, path: object[]): void {
  if (path.includes(value)) throw refused("a cycle");
  if (path.length >= MAX_DEPTH) throw refused(`nesting deeper than ${MAX_DEPTH}`);
  path.push(value);
}

function members(value: object): Iterable<unknown> {
  if (Array.isArray(value) || value instanceof Set) return value;
  if (hasToJson(value)) return [value.toJSON()];
  if (value instanceof Map) return [...value.keys(), ...value.values()];
  if (value instanceof Error) return [value.cause, ...Object.values(value)];
  return Object.values(value);
}

/** A class that says itself what its instances are stored as. */
export function hasToJson(value: object): value is { toJSON(): unknown } {
  return "toJSON" in value && typeof value.toJSON === "function";
}

function refused(what: string): CacheError {
  return new CacheError("NOT_SERIALIZABLE", `the value contains ${what}, which cannot be stored as a copy`);
}
