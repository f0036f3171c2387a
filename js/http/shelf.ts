/**
 * Where responses stand in a cache.
 *
 * | key | value |
 * |---|---|
 * | resource | RESPONSE, u32 length of the head, head, body |
 * | resource, of one whose answers vary | MARKER, expiry, generation, names in Vary |
 * | resource \n generation \n values | RESPONSE ... |
 *
 * Nothing that a resource's key may hold can be mistaken for a variant's: keys with a line break are
 * not stored. A resource is forgotten by deleting what stands under its own key; its variants are of
 * a generation that never comes again, cannot be found, and go as expired or least recently used. So
 * forgetting costs one delete, however many variants there are, and a hit without Vary one read.
 *
 * What is named in Vary only grows: an origin that names other fields on its errors, say, would
 * otherwise throw all variants away each time. A finer key is never wrong.
 */

import type { Cache } from "../cache.js";
import { escapePattern } from "../keys.js";
import { encodeUtf8, readUtf8 } from "../text.js";
import { matching, variant } from "./decisions.js";
import { readFields, readParts } from "./text.js";

const RESPONSE = 1;
const MARKER = 2;
const PREFIX = 5;
/** Where the fields start in a head: `src/http/stored.rs`. */
const HEAD_FIELDS = 5;
/** More names than that are taken for an attack on the union, and it starts again. */
const MAX_NAMES = 32;
/** How many values are read at a time where only their kind is wanted. */
const PAGE = 16;

export interface Entry {
  /** Its key. */
  at: string;
  head: string;
  body: Uint8Array<ArrayBuffer>;
}

interface Marker {
  /** Milliseconds since the epoch: when the last of its variants expires. */
  expires: number;
  generation: string;
  names: string;
}

/** What stands under a request's key. */
export interface Found {
  marker?: Marker | undefined;
  entry?: Entry | undefined;
}

/** Where a response goes, decided before its body is there: puts it, and gives whether it was stored. */
export type Place = (value: Uint8Array, keepMs: number, now: number) => Promise<boolean>;

let generations = 0;

export class Shelf {
  readonly #cache: Cache;

  constructor(cache: Cache) {
    this.#cache = cache;
  }

  /** What is stored for a request; `request` is its text. */
  async find(key: string, request: string): Promise<Found> {
    const value = asBytes(await this.#cache.get(key));
    if (value?.[0] !== MARKER) return { entry: readEntry(key, value) };
    const marker = readMarker(value);
    const selected = variant(request, [marker.names]);
    if (selected === undefined) return { marker };
    const at = variantKey(key, marker, selected.values);
    return { marker, entry: readEntry(at, asBytes(await this.#cache.get(at))) };
  }

  /** Where the response to a request goes. `vary` is its Vary. */
  async place(key: string, request: string, vary: string | null, found: Found, now: number): Promise<Place> {
    if (!vary) return (value, keepMs) => this.#cache.set(key, value, keepMs / 1_000);
    const known = found.marker ?? (await this.#marker(key));
    const { marker, values } = select(request, vary, known, now);
    const target = variantKey(key, marker, values);
    return async (value, keepMs, now) => {
      const expires = Math.max(marker.expires, now + keepMs);
      const written = writeMarker({ ...marker, expires });
      const items: [string, Uint8Array, number][] = [
        [key, written, (expires - now) / 1_000],
        [target, value, keepMs / 1_000],
      ];
      return (await this.#cache.setMany(items)) === items.length;
    };
  }

  /** Makes all that is stored for a resource unreachable. */
  async forget(key: string): Promise<void> {
    await this.#cache.delete(key);
  }

  /** Removes one response, by the key of its entry. */
  async discard(at: string): Promise<void> {
    await this.#cache.delete(at);
  }

  /** Removes the responses of a resource, and gives their number. */
  async purge(key: string): Promise<number> {
    const value = asBytes(await this.#cache.get(key));
    if (value?.[0] !== MARKER) return Number(await this.#cache.delete(key));
    await this.#cache.delete(key);
    const removed = await this.#cache.deletePattern(`${escapePattern(variantKey(key, readMarker(value), ""))}*`);
    await this.#cache.deletePattern(`${escapePattern(key)}\n*`); // of older generations: they do not count
    return removed;
  }

  /** Removes the responses of all resources whose keys match a glob, and gives their number. INVALID_PATTERN. */
  async purgeMatching(pattern: string): Promise<number> {
    const keys = new Map<string, string[]>();
    for await (const key of this.#cache.keys()) {
      const resource = key.split("\n", 1)[0] as string;
      const known = keys.get(resource);
      if (known) known.push(key);
      else keys.set(resource, [key]);
    }
    const matched = matching(pattern, [...keys.keys()]);
    let removed = 0;
    for (let i = 0; i < matched.length; i += PAGE) {
      const page = matched.slice(i, i + PAGE);
      const heads = (await this.#cache.getAll(page)).map(asBytes);
      page.forEach((key, j) => {
        removed += countResponses(key, heads[j], keys.get(key) as string[]);
      });
      await this.#cache.deleteMany(page.flatMap((key) => keys.get(key) as string[]));
    }
    return removed;
  }

  async #marker(key: string): Promise<Marker | undefined> {
    if (!(await this.#cache.has(key))) return undefined; // asks without counting a miss
    const value = asBytes(await this.#cache.get(key));
    return value?.[0] === MARKER ? readMarker(value) : undefined;
  }
}

/** The value of a response; the body follows the `length` bytes that come back. */
export function writeHead(head: string): Uint8Array {
  const text = encodeUtf8(head);
  const bytes = new Uint8Array(PREFIX + text.length);
  bytes[0] = RESPONSE;
  new DataView(bytes.buffer).setUint32(1, text.length, true);
  bytes.set(text, PREFIX);
  return bytes;
}

/** The value of a response whose body is at hand. */
export function joined(head: string, body: Uint8Array): Uint8Array {
  const start = writeHead(head);
  const value = new Uint8Array(start.length + body.length);
  value.set(start);
  value.set(body, start.length);
  return value;
}

/** Vary in a stored head, as Headers would give it. */
export function varyOf(head: string): string | null {
  const lines = readFields(readParts(head), HEAD_FIELDS).filter(([name]) => name.toLowerCase() === "vary");
  return lines.length === 0 ? null : lines.map(([, value]) => value).join(", ");
}

function readEntry(at: string, value: Uint8Array<ArrayBuffer> | undefined): Entry | undefined {
  if (value?.[0] !== RESPONSE || value.length < PREFIX) return undefined;
  const length = new DataView(value.buffer, value.byteOffset).getUint32(1, true);
  if (value.length < PREFIX + length) return undefined;
  return { at, head: readUtf8(value, PREFIX, length), body: value.subarray(PREFIX + length) };
}

function writeMarker({ expires, generation, names }: Marker): Uint8Array {
  return encodeUtf8(`${String.fromCharCode(MARKER)}${expires}\0${generation}\0${names}`);
}

function readMarker(value: Uint8Array): Marker {
  const [expires, generation = "", names = ""] = readUtf8(value, 1, value.length - 1).split("\0");
  return { expires: Number(expires) || 0, generation, names };
}

/** A marker that names at least what `vary` does, and the values that a request has for it. */
function select(
  request: string,
  vary: string,
  known: Marker | undefined,
  now: number,
): { marker: Marker; values: string } {
  const fresh = variant(request, [vary]);
  const union = known && variant(request, [known.names, vary]);
  if (known && union?.names === known.names) return { marker: known, values: union.values };
  const { names, values } = (union && union.names.split(",").length <= MAX_NAMES ? union : fresh) ?? {
    names: "*",
    values: "",
  };
  generations += 1;
  return { marker: { expires: 0, generation: `${now.toString(36)}.${generations.toString(36)}`, names }, values };
}

/** Of the keys of one resource: those that a request can find. `value` is what stands under its own key. */
function countResponses(key: string, value: Uint8Array | undefined, keys: readonly string[]): number {
  if (value?.[0] !== MARKER) return Number(value !== undefined);
  const start = variantKey(key, readMarker(value), "");
  return keys.filter((other) => other.startsWith(start)).length;
}

function variantKey(key: string, { generation }: Marker, values: string): string {
  return `${key}\n${generation}\n${values}`;
}

function asBytes(value: unknown): Uint8Array<ArrayBuffer> | undefined {
  return value instanceof Uint8Array ? (value as Uint8Array<ArrayBuffer>) : undefined;
}
