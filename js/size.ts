/** What values by reference cost: what the caller says, or an estimate. */

import { undefinedValue } from "./errors.js";
import { describe, invalidOption } from "./keys.js";

/** Bytes of a value; `given` is NaN where the call names no size. NOT_SERIALIZABLE: undefined. INVALID_OPTION: no size. */
export type Sizer = (value: unknown, key: string, given: number) => number;

/** A size in bytes, rounded up. Else INVALID_OPTION. */
export function assertSize(name: string, size: unknown): number {
  if (typeof size === "number" && size >= 0 && size <= Number.MAX_SAFE_INTEGER) return Math.ceil(size);
  throw invalidOption(name, `must be a number of bytes, not ${describe(size)}`, size);
}

export function sizerOf(sizeOf: ((value: unknown, key: string) => number) | undefined): Sizer {
  return (value, key, given) => {
    if (value === undefined) throw undefinedValue(key);
    if (given >= 0) return given;
    return sizeOf === undefined ? estimate(value) : assertSize("sizeOf()", sizeOf(value, key));
  };
}

/** How many members are looked at: of what is larger, the rest is taken to be as these. */
const LOOKS = 256;
/** What an object takes without its members, and what a reference to one does. */
const OBJECT = 24;
const SLOT = 8;

/**
 * About what a value takes in memory, by a look at no more than LOOKS of its members: text two bytes a character,
 * buffers their length. A number costs nothing: it lies in the entry.
 */
export function estimate(value: unknown): number {
  return typeof value === "number" ? 0 : weigh(value, { left: LOOKS, seen: [] });
}

interface Look {
  left: number;
  /** No more than there are looks: to search them is faster than to make a Set. */
  readonly seen: object[];
}

function weigh(value: unknown, look: Look): number {
  look.left--;
  if (typeof value === "string") return OBJECT + 2 * value.length;
  if (typeof value !== "object" || value === null) return SLOT;
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return OBJECT + value.byteLength;
  if (look.seen.includes(value)) return SLOT;
  look.seen.push(value);
  const members = membersOf(value);
  let sum = 0;
  let looked = 0;
  while (looked < members.length && look.left > 0) sum += SLOT + weigh(members[looked++], look);
  return Math.ceil(OBJECT + (looked === 0 ? members.length * SLOT : (sum * members.length) / looked));
}

/** What it holds; what a getter or a proxy hides by throwing is not counted. */
function membersOf(value: object): readonly unknown[] {
  try {
    if (Array.isArray(value)) return value;
    if (value instanceof Map) return [...value.keys(), ...value.values()];
    return value instanceof Set ? [...value] : Object.values(value);
  } catch {
    return [];
  }
}
