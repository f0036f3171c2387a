/**
 * The default codec: MessagePack, by msgpackr, and what MessagePack alone would give back as something
 * else.
 *
 * Before packing, a walk looks for what would not survive: -0 (comes back as 0), text with lone
 * surrogates or a byte order mark in front (replaced, stripped), Maps (come back as objects), names
 * like `__proto__` (renamed), objects whose `toJSON` is data, objects with more names than msgpackr
 * counts, and built-ins of another realm. Each is replaced by a Wrapped, which has an extension type
 * of its own; a value without any of them is packed as it is, and not copied. The same walk refuses what
 * no codec may see.
 */

import { addExtension, Packr, RESET_BUFFER_MODE } from "msgpackr";
import { assertNamed, assertReadable, type Codec, enter, hasToJson } from "./codec.js";
import { isWellFormed } from "./keys.js";
import { readUtf16, writeUtf16 } from "./text.js";

/** "M": one of the 128 types that are the application's. Part of the format of stored values. */
const TYPE = 0x4d;
const MAX_NAMES = 65_535;

const Tag = { NegativeZero: 0, Text: 1, Map: 2, Object: 3, Set: 4, Date: 5, Binary: 6, Error: 7 } as const;

/** What may be made from bytes: nothing is looked up by a name that stands in them. */
const ERRORS = [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError];
const VIEWS = [
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
  DataView,
];

/** A value that MessagePack cannot say: what it is, and what it consists of. */
class Wrapped {
  constructor(
    readonly tag: number,
    readonly parts: readonly unknown[],
  ) {}
}

// Our copy of msgpackr is bundled: nobody else's is changed.
addExtension({
  Class: Wrapped,
  type: TYPE,
  write: ({ tag, parts }: Wrapped) => [tag, parts],
  read: ([tag, parts]: [number, unknown[]]) => unwrap(tag, parts),
});

const packr = new Packr({ useRecords: false, mapsAsObjects: true, moreTypes: true, copyBuffers: true });

/** The default codec: MessagePack. */
export const msgpack: Codec = {
  name: "msgpack",
  encode: (value) => packr.pack(wrap(value, [])),
  decode: unpack,
};

/** Where short values are unpacked: msgpackr makes a view of each buffer that it has not seen. */
const SHORT = 8 << 10;
const scratch = new Uint8Array(SHORT);

/** As the codec's `encode`, into bytes that are valid until the next call. */
export function packShared(value: unknown): Uint8Array {
  return packr.pack(wrap(value, []), RESET_BUFFER_MODE);
}

/** The value of bytes that may lie in linear memory: nothing of the user's runs, and nothing of them is kept. */
function unpack(bytes: Uint8Array): unknown {
  const { length } = bytes;
  if (length > SHORT) return packr.unpack(bytes);
  scratch.set(bytes);
  return packr.unpack(scratch, length);
}

/** The value itself where MessagePack can say it. `path` is what it stands in. */
function wrap(value: unknown, path: object[]): unknown {
  if (typeof value === "string") return isFaithful(value) ? value : wrapText(value);
  if (typeof value === "number") return Object.is(value, -0) ? new Wrapped(Tag.NegativeZero, []) : value;
  assertNamed(value);
  if (typeof value !== "object" || value === null) return value;
  enter(value, path);
  const wrapped = Array.isArray(value) ? wrapArray(value, path) : wrapObjectOfAny(value, path);
  path.pop();
  return wrapped;
}

function wrapObjectOfAny(value: object, path: object[]): unknown {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null ? wrapObject(value, path) : wrapExotic(value, path);
}

function isFaithful(text: string): boolean {
  return text.charCodeAt(0) !== 0xfeff && isWellFormed(text);
}

function wrapText(text: string): Wrapped {
  const bytes = new Uint8Array(text.length * 2);
  writeUtf16(text, bytes, 0);
  return new Wrapped(Tag.Text, [bytes]);
}

function wrapArray(array: readonly unknown[], path: object[]): readonly unknown[] {
  let copy: unknown[] | undefined;
  for (let i = 0; i < array.length; i++) {
    const wrapped = wrap(array[i], path);
    if (copy === undefined && wrapped !== array[i]) copy = Array.from(array);
    if (copy !== undefined) copy[i] = wrapped;
  }
  return copy ?? array;
}

function wrapObject(object: object, path: object[]): unknown {
  let copy: Record<string, unknown> | undefined;
  const names = Object.keys(object);
  const source = object as Record<string, unknown>;
  if (hasToJson(object)) return wrap(object.toJSON(), path);
  if (names.length > MAX_NAMES || "toJSON" in object) return wrapNames(source, names, path);
  for (const name of names) {
    if (name === "__proto__" || !isFaithful(name)) return wrapNames(source, names, path);
    const wrapped = wrap(source[name], path);
    if (copy === undefined && wrapped !== source[name]) copy = { ...source };
    if (copy !== undefined) copy[name] = wrapped;
  }
  return copy ?? object;
}

function wrapNames(object: Record<string, unknown>, names: readonly string[], path: object[]): Wrapped {
  return new Wrapped(Tag.Object, wrapMembers(object, names, path));
}

function wrapMembers(object: Record<string, unknown>, names: readonly string[], path: object[]): unknown[] {
  return names.flatMap((name) => [wrap(name, path), wrap(object[name], path)]);
}

/** What is neither an array nor a plain object: told by what it is, not by which realm's class made it. */
function wrapExotic(value: object, path: object[]): unknown {
  if (ArrayBuffer.isView(value)) return value instanceof Object ? value : wrapBinary(value);
  assertReadable(value);
  switch (Object.prototype.toString.call(value)) {
    case "[object Map]":
      return new Wrapped(
        Tag.Map,
        Array.from(value as Map<unknown, unknown>)
          .flat()
          .map((member) => wrap(member, path)),
      );
    case "[object Set]":
      return new Wrapped(
        Tag.Set,
        Array.from(value as Set<unknown>, (member) => wrap(member, path)),
      );
    case "[object Date]":
      return new Wrapped(Tag.Date, [Number(value)]);
    case "[object ArrayBuffer]":
      return value instanceof Object ? value : wrapBinary(new Uint8Array(value as ArrayBuffer), "ArrayBuffer");
    case "[object Error]":
      return wrapError(value as Error, path);
    case "[object Object]":
      return wrapObject(hasToJson(value) ? value : { ...value }, path);
    default:
      return value;
  }
}

/** Name, message, cause, and what else it carries. Where it was made is nobody else's business. */
function wrapError(error: Error, path: object[]): Wrapped {
  const { name, message } = error;
  const names = Object.keys(error).filter((own) => own !== "name" && own !== "message" && own !== "cause");
  const own = wrapMembers(error as unknown as Record<string, unknown>, names, path);
  const cause = "cause" in error ? [wrap(error.cause, path)] : [];
  return new Wrapped(Tag.Error, [wrap(String(name), path), wrap(String(message), path), cause, ...own]);
}

function wrapBinary(view: ArrayBufferView, name: string = view.constructor.name): Wrapped {
  const { buffer, byteOffset, byteLength } = view;
  return new Wrapped(Tag.Binary, [name, new Uint8Array(buffer, byteOffset, byteLength).slice()]);
}

function unwrap(tag: number, parts: unknown[]): unknown {
  switch (tag) {
    case Tag.NegativeZero:
      return -0;
    case Tag.Text:
      return readUtf16(parts[0] as Uint8Array, 0, (parts[0] as Uint8Array).length);
    case Tag.Map:
      return new Map(pairs(parts));
    case Tag.Set:
      return new Set(parts);
    case Tag.Date:
      return new Date(parts[0] as number);
    case Tag.Binary:
      return unwrapBinary(parts[0] as string, parts[1] as Uint8Array);
    case Tag.Object:
      return define({}, parts);
    case Tag.Error:
      return unwrapError(parts[0] as string, parts[1] as string, parts[2] as unknown[], parts.slice(3));
    default:
      throw new TypeError(`there is no value of kind ${tag}`);
  }
}

function define<T extends object>(object: T, parts: unknown[]): T {
  for (const [name, value] of pairs(parts)) {
    // Not by assignment, which would change the prototype under the name `__proto__`.
    Object.defineProperty(object, name as string, { value, configurable: true, enumerable: true, writable: true });
  }
  return object;
}

function unwrapError(name: string, message: string, cause: unknown[], own: unknown[]): Error {
  const options = cause.length > 0 ? { cause: cause[0] } : undefined;
  const Class = ERRORS.find((known) => known.name === name) ?? Error;
  const error = new Class(message, options);
  if (error.name !== name) Object.defineProperty(error, "name", { value: name, configurable: true, writable: true });
  return define(error, own);
}

function unwrapBinary(name: string, bytes: Uint8Array): unknown {
  const { buffer } = bytes.slice();
  if (name === "ArrayBuffer") return buffer;
  const View = VIEWS.find((known) => known.name === name) as
    (new (buffer: ArrayBufferLike) => ArrayBufferView) | undefined;
  if (View === undefined) throw new TypeError(`there are no bytes of kind ${name}`);
  return new View(buffer);
}

function* pairs(parts: unknown[]): Iterable<[unknown, unknown]> {
  for (let i = 0; i < parts.length; i += 2) yield [parts[i], parts[i + 1]];
}
