/**
 * Where responses stand in a cache.
 *
 * | key | value |
 * |---|---|
 * | slot | RESPONSE and what `value.ts` has |
 * | slot, of a resource whose answers vary | MARKER, expiry, generation, names in Vary |
 * | slot \n generation \n values | RESPONSE ... |
 *
 * A slot is the key of a resource or, for a request with content, that key, "\n?" and a digest of the
 * content. Nothing that a resource's key may hold can be mistaken for what stands behind it: keys with
 * a line break are not stored. A resource is forgotten by deleting what stands under its own key and by
 * invalidating the tag of its other slots; its variants are of a generation that never comes again,
 * cannot be found, and go as expired or least recently used. So forgetting costs the same however many
 * variants there are, and a hit without Vary one read.
 *
 * What is named in Vary only grows: an origin that names other fields on its errors, say, would
 * otherwise throw all variants away each time. A finer key is never wrong.
 *
 * Labels, by which responses are purged and groups of them invalidated, are tags of the entries.
 */

import { type Cache, taggedKeys } from "../cache.js";
import { escapePattern } from "../keys.js";
import { encodeUtf8, readUtf8 } from "../text.js";
import { isWorkerd } from "./arrived.js";
import { matching, type StoredHead, variant } from "./decisions.js";
import { partOfText, readFields, readParts } from "./text.js";
import { markSoftlyPurged, readValue, type Value } from "./value.js";

const MARKER = 2;
/** Where the fields start in a head: `src/http/stored.rs`. */
const HEAD_FIELDS = 5;
/** More names than that are taken for an attack on the union, and it starts again. */
const MAX_NAMES = 32;
/**
 * From here on a value is lent as it lies. Only workerd gains by that: it copies the parts of a Blob once, and the
 * bytes of a Response twice.
 */
const IN_PIECES = isWorkerd() ? 256 << 10 : Number.POSITIVE_INFINITY;
/** How many values are read at a time where only their kind is wanted. */
const PAGE = 16;

export interface Entry extends Value {
  /** Its key. */
  at: string;
}

export interface Marker {
  /** Milliseconds since the epoch: when the last of its variants expires. */
  expires: number;
  generation: string;
  names: string;
}

/** What stands in a request's slot. */
export interface Found {
  /** Where its response would be, as far as is known. */
  at?: string | undefined;
  marker?: Marker | undefined;
  entry?: Entry | undefined;
}

/** Where a response goes, decided before its body is there. */
export interface Place {
  marker: Marker | undefined;
  /** Puts it, and gives whether it was stored. */
  put(value: Uint8Array, labels: readonly string[], keepMs: number, now: number): Promise<boolean>;
}

/** A value in one piece or in several. */
export type Lent = readonly [start: Uint8Array<ArrayBuffer>, ...rest: Uint8Array<ArrayBuffer>[]];

/** Values that were read already, by key; they are the reader's own. */
export type Seen = ReadonlyMap<string, Uint8Array<ArrayBuffer> | undefined>;
export const NOTHING_SEEN: Seen = new Map();

let generations = 0;

export class Shelf {
  readonly #cache: Cache;

  constructor(cache: Cache) {
    this.#cache = cache;
  }

  /** What stands under a key, without a promise: views that are good until the next call, of which the first has the head. */
  lend(at: string): Lent | undefined {
    const lent = this.#cache.lend(at, IN_PIECES);
    if (!Array.isArray(lent)) return lent instanceof Uint8Array ? [lent as Uint8Array<ArrayBuffer>] : undefined;
    return lent.length > 0 ? (lent as unknown as Lent) : undefined;
  }

  /** Where the response to a request stands, if the value of its slot says that the resource varies. */
  variantOf(slot: string, value: Uint8Array, request: Request): string | undefined {
    if (value[0] !== MARKER) return undefined;
    const marker = readMarker(value);
    const selected = variant(partOfText(request, marker.names.split(",")), [marker.names]);
    return selected && variantKey(slot, marker, selected.values);
  }

  /** What is stored for a request; `request` gives its text, `seen` is what was read of it already. */
  async find(slot: string, request: () => Uint8Array, seen: Seen): Promise<Found> {
    const value = await this.#value(slot, seen);
    if (value?.[0] !== MARKER) return { at: slot, entry: readEntry(slot, value) };
    return this.variant(slot, readMarker(value), request(), seen);
  }

  /** The same, where it is known how the resource varies. */
  async variant(slot: string, marker: Marker, request: Uint8Array, seen: Seen = NOTHING_SEEN): Promise<Found> {
    const selected = variant(request, [marker.names]);
    if (selected === undefined) return { marker };
    const at = variantKey(slot, marker, selected.values);
    return { at, marker, entry: readEntry(at, await this.#value(at, seen)) };
  }

  async #value(at: string, seen: Seen): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return seen.has(at) ? seen.get(at) : asBytes(await this.#cache.get(at));
  }

  /** Where the response to a request goes. `vary` is its Vary. */
  async place(slot: string, request: Uint8Array, vary: string | null, found: Found, now: number): Promise<Place> {
    const extra = slot.includes("\n") ? [this.#tag(contentLabel(resourceOf(slot)))] : [];
    const tagsOf = (labels: readonly string[]) => [...extra, ...labels.map((label) => this.#tag(label))];
    if (!vary) {
      return {
        marker: undefined,
        put: (value, labels, keepMs) => this.#cache.set(slot, value, { ttl: keepMs / 1_000, tags: tagsOf(labels) }),
      };
    }
    const known = found.marker ?? (await this.#marker(slot));
    const { marker, values } = select(request, vary, known, now);
    const target = variantKey(slot, marker, values);
    return {
      marker,
      put: async (value, labels, keepMs, now) => {
        const expires = Math.max(marker.expires, now + keepMs);
        const written = writeMarker({ ...marker, expires });
        const told = await this.#cache.set(slot, written, { ttl: (expires - now) / 1_000, tags: extra });
        return (await this.#cache.set(target, value, { ttl: keepMs / 1_000, tags: tagsOf(labels) })) && told;
      },
    };
  }

  /** Makes all that is stored for a resource unreachable. */
  async forget(key: string): Promise<void> {
    await this.#cache.delete(key);
    await this.#cache.invalidateTag(this.#tag(contentLabel(key)));
  }

  /** Makes all responses with one of these labels unreachable. */
  async forgetLabels(labels: readonly string[]): Promise<void> {
    await this.#cache.invalidateTag(...labels.map((label) => this.#tag(label)));
  }

  /** Removes one response, by the key of its entry. */
  async discard(at: string): Promise<void> {
    await this.#cache.delete(at);
  }

  /** Removes the responses of a resource, or marks them stale, and gives their number. */
  async purge(key: string, soft: boolean): Promise<number> {
    const keys = [key, ...(await collect(this.#cache.keys(`${escapePattern(key)}\n*`)))];
    return this.#purgeKeys(keys, soft);
  }

  /** The same for all resources whose keys match a glob. INVALID_PATTERN. */
  async purgeMatching(pattern: string, soft: boolean): Promise<number> {
    const keys = new Map<string, string[]>();
    for await (const key of this.#cache.keys()) {
      const resource = resourceOf(key);
      const known = keys.get(resource);
      if (known) known.push(key);
      else keys.set(resource, [key]);
    }
    const matched = matching(pattern, [...keys.keys()]);
    return this.#purgeKeys(
      matched.flatMap((resource) => keys.get(resource) as string[]),
      soft,
    );
  }

  /** The same for all responses with a label. */
  async purgeLabelled(label: string, soft: boolean): Promise<number> {
    return this.#purgeKeys(taggedKeys(this.#cache, this.#tag(label)), soft);
  }

  /** Of entries that no request can find, as their generation is gone, none counts. */
  async #purgeKeys(keys: readonly string[], soft: boolean): Promise<number> {
    const markers = new Map<string, Marker | undefined>();
    let purged = 0;
    for (let i = 0; i < keys.length; i += PAGE) {
      const page = keys.slice(i, i + PAGE);
      const values = (await this.#cache.getAll(page)).map(asBytes);
      for (const [j, value] of values.entries()) {
        if (
          value === undefined ||
          readValue(value) === undefined ||
          !(await this.#isReachable(page[j] as string, markers))
        )
          continue;
        purged++;
        if (!soft) continue;
        markSoftlyPurged(value);
        await this.#rewrite(page[j] as string, value);
      }
    }
    if (!soft) await this.#cache.deleteMany(keys);
    return purged;
  }

  async #isReachable(key: string, markers: Map<string, Marker | undefined>): Promise<boolean> {
    const { slot, generation } = placeOf(key);
    if (generation === undefined) return true;
    if (!markers.has(slot)) markers.set(slot, await this.#marker(slot));
    return markers.get(slot)?.generation === generation;
  }

  /** Puts a value in the place of another one, with the labels and the time that it has left. */
  async #rewrite(key: string, value: Uint8Array): Promise<void> {
    const item = await this.#cache.getItem(key);
    if (item !== undefined) await this.#cache.set(key, value, { keepTtl: true, tags: item.tags });
  }

  async #marker(slot: string): Promise<Marker | undefined> {
    if (!(await this.#cache.has(slot))) return undefined; // asks without counting a miss
    const value = asBytes(await this.#cache.get(slot));
    return value?.[0] === MARKER ? readMarker(value) : undefined;
  }

  /** Tags are shared by all scopes of a cache. */
  #tag(label: string): string {
    return `${this.#cache.scope}\n${label}`;
  }
}

/** The slot of a resource for requests with content. */
export function contentSlot(key: string, digest: string): string {
  return `${key}\n?${digest}`;
}

function resourceOf(key: string): string {
  return key.split("\n", 1)[0] as string;
}

/** Of what stands in a resource's slots for requests with content. */
function contentLabel(key: string): string {
  return `?${key}`;
}

/** Slot and generation of an entry's key; without the latter it is a slot itself. */
function placeOf(key: string): { slot: string; generation: string | undefined } {
  const [resource = "", ...rest] = key.split("\n");
  const slot = rest[0]?.startsWith("?") ? `${resource}\n${rest.shift()}` : resource;
  return { slot, generation: rest[0] };
}

async function collect(keys: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = [];
  for await (const key of keys) all.push(key);
  return all;
}

/** The fields in a stored head. */
export function fieldsOf(head: StoredHead): [string, string][] {
  return readFields(readParts(readUtf8(head, 0, head.length)), HEAD_FIELDS);
}

/** Whether a stored head is that of a part. */
export function isPart(head: StoredHead): boolean {
  return readParts(readUtf8(head, 0, head.length))[1] === "206";
}

/** Vary among fields, as Headers would give it. */
export function varyOf(fields: readonly [string, string][]): string | null {
  const lines = fields.filter(([name]) => name.toLowerCase() === "vary");
  return lines.length === 0 ? null : lines.map(([, value]) => value).join(", ");
}

function readEntry(at: string, value: Uint8Array<ArrayBuffer> | undefined): Entry | undefined {
  const found = value && readValue(value);
  return found && { at, ...found };
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
  request: Uint8Array,
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

function variantKey(slot: string, { generation }: Marker, values: string): string {
  return `${slot}\n${generation}\n${values}`;
}

function asBytes(value: unknown): Uint8Array<ArrayBuffer> | undefined {
  return value instanceof Uint8Array ? (value as Uint8Array<ArrayBuffer>) : undefined;
}
