/**
 * Values as the engine keeps them: a kind, and a number or bytes.
 *
 * What user code may run for (codecs, getters) happens in `encodeValue` and `decodeValue`, never
 * between writing to linear memory and the call.
 */

import { assertSerializable, type Codec } from "./codec.js";
import { CacheError, undefinedValue } from "./errors.js";
import { isWellFormed } from "./keys.js";
import { msgpack, packShared } from "./msgpack.js";
import { encodeLong, encodeUtf8, readAscii, readUtf8, readUtf16, writeUtf16 } from "./text.js";

export const Kind = {
  Bytes: 0,
  Ascii: 1,
  Utf8: 2,
  Utf16: 3,
  Encoded: 4,
  False: 5,
  True: 6,
  Null: 7,
  BigInt: 8,
  Number: 256,
  /** In a batch: larger than any entry may be, and not sent. */
  Refused: 257,
  /** Kept in JavaScript. */
  Reference: 258,
} as const;

const NOTHING = new Uint8Array(0);

/** A value on its way into the engine; text that is short is encoded into linear memory itself. */
export interface Encoded {
  kind: number;
  number: number;
  bytes: Uint8Array;
  text: string | undefined;
}

export function newEncoded(): Encoded {
  return { kind: Kind.Null, number: 0, bytes: NOTHING, text: undefined };
}

/** Fills `into`, which is reused from call to call. Else NOT_SERIALIZABLE. */
export function encodeValue(value: unknown, codec: Codec, into: Encoded): void {
  // First, because a codec may call the cache, which would fill the same `into`.
  const object = needsCodec(value) ? encodeObject(value, codec) : undefined;
  into.kind = Kind.Encoded;
  into.number = 0;
  into.bytes = object ?? NOTHING;
  into.text = undefined;
  if (object === undefined) encodePlain(value, into);
}

function needsCodec(value: unknown): boolean {
  const type = typeof value;
  if (type === "object") return value !== null && !(value instanceof Uint8Array);
  return type === "undefined" || type === "function" || type === "symbol";
}

function encodePlain(value: unknown, into: Encoded): void {
  if (typeof value === "string") encodeText(value, into);
  else if (typeof value === "number") {
    into.kind = Kind.Number;
    into.number = value;
  } else if (typeof value === "bigint") {
    into.kind = Kind.BigInt;
    into.bytes = encodeUtf8(String(value));
  } else if (value instanceof Uint8Array) {
    into.kind = Kind.Bytes; // a Buffer comes back as the Uint8Array it is everywhere else
    into.bytes = ownView(value);
  } else into.kind = value === null ? Kind.Null : value ? Kind.True : Kind.False;
}

const TypedArray = Object.getPrototypeOf(Uint8Array.prototype) as object;
const intrinsic = (name: string) => Object.getOwnPropertyDescriptor(TypedArray, name)?.get as () => never;
const bufferOf = intrinsic("buffer");
const offsetOf = intrinsic("byteOffset");
const lengthOf = intrinsic("byteLength");

/** The same bytes, whose length is what it is: an own property called `length` could say anything. */
function ownView(value: Uint8Array): Uint8Array {
  try {
    return new Uint8Array(bufferOf.call(value), offsetOf.call(value), lengthOf.call(value));
  } catch (cause) {
    throw new CacheError("NOT_SERIALIZABLE", "the value only looks like a Uint8Array", { value, cause });
  }
}

function encodeText(text: string, into: Encoded): void {
  const long = encodeLong(text);
  if (long === undefined) {
    into.text = text; // the writer finds out whether it is ASCII
    into.kind = Kind.Utf8;
    return;
  }
  const ascii = long.length === text.length;
  const utf8 = ascii || isWellFormed(text);
  into.kind = ascii ? Kind.Ascii : utf8 ? Kind.Utf8 : Kind.Utf16;
  into.bytes = utf8 ? long : new Uint8Array(text.length * 2);
  if (!utf8) writeUtf16(text, into.bytes, 0);
}

/** What `codec` makes of a value; with the default codec, valid until the next value is encoded. */
function encodeObject(value: unknown, codec: Codec): Uint8Array {
  if (value === undefined) throw undefinedValue();
  let bytes: unknown;
  try {
    if (codec === msgpack) return packShared(value); // which looks at the value itself
    assertSerializable(value);
    bytes = codec.encode(value);
  } catch (cause) {
    if (cause instanceof CacheError) throw cause;
    throw new CacheError("NOT_SERIALIZABLE", `the codec ${codec.name} cannot write the value`, { value, cause });
  }
  if (bytes instanceof Uint8Array) return ownView(bytes);
  throw new CacheError("NOT_SERIALIZABLE", `the codec ${codec.name} gave no Uint8Array`, { value });
}

/** What does not need a codec, straight from linear memory; undefined for what does. */
export function decodePlain(kind: number, number: number, bytes: Uint8Array, at: number, length: number): unknown {
  switch (kind) {
    case Kind.Number:
      return number;
    case Kind.Ascii:
      return readAscii(bytes, at, length);
    case Kind.Utf8:
      return readUtf8(bytes, at, length);
    case Kind.Utf16:
      return readUtf16(bytes, at, length);
    case Kind.True:
      return true;
    case Kind.False:
      return false;
    case Kind.Null:
      return null;
    case Kind.BigInt:
      return readBigInt(readAscii(bytes, at, length));
    default:
      return bytes.slice(at, at + length);
  }
}

/** Always a bigint's text, unless a snapshot was made by hand. */
function readBigInt(text: string): bigint {
  try {
    return BigInt(text);
  } catch (cause) {
    throw new CacheError("NOT_SERIALIZABLE", "the value cannot be read", { cause });
  }
}

/** Bytes that a codec wrote, copied out of linear memory before: its own code may call the cache. */
export function decodeObject(bytes: Uint8Array, codec: Codec): unknown {
  try {
    return codec.decode(bytes);
  } catch (cause) {
    throw new CacheError("NOT_SERIALIZABLE", `the codec ${codec.name} cannot read the value`, { cause });
  }
}

/** An object straight from linear memory where nothing of the user's decodes it. */
export function decodeAt(bytes: Uint8Array, at: number, length: number, codec: Codec): unknown {
  const end = at + length;
  return decodeObject(codec === msgpack ? bytes.subarray(at, end) : bytes.slice(at, end), codec);
}

/** There and back, for who shares a value that was loaded once. Else NOT_SERIALIZABLE. */
export function copyValue(value: unknown, codec: Codec): unknown {
  if (value instanceof Uint8Array) return new Uint8Array(value);
  return needsCodec(value) ? decodeObject(encodeObject(value, codec).slice(), codec) : value;
}
