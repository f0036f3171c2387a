/**
 * The requests and responses of one cache.
 *
 * | key | value |
 * |---|---|
 * | id, space, URL without its fragment | the index of the URL: what is known of each request for it, as JSON |
 * | id, "#", a name that never comes again | a response (`responses.ts`) |
 *
 * A URL has one request, or several if their responses vary. Whether a response is still there is seen when it is read;
 * the next write to its URL takes what is gone off the index. What an index no longer names cannot be found by anybody, and
 * goes as least recently used. Rejected: one index of all URLs, which each write would have to write anew and whose loss
 * would be the loss of everything; and responses inside the index, which a read of one would have to copy all of.
 *
 * The index is changed under the key's lock, and in one write, after the new response was stored and before the old one is
 * deleted: a reader finds the one or the other.
 */

import { type Cache as Isocache, maxEntryBytesOf } from "../cache.js";
import { escapePattern } from "../keys.js";
import type { Acquired } from "../types.js";
import { type Field, namesOf, type Query, selects, type Slot, withoutFragment, withoutSearch } from "./requests.js";
import { decodeResponse, quotaExceeded } from "./responses.js";
import { byAge, unique } from "./unique.js";

const VERSION = 1;
/** More than an entry costs beyond key and value. */
const OVERHEAD = 256;
/** Of one URL; the oldest go. Else requests of ever new cookies, say, would make each read longer. */
const MAX_VARIANTS = 100;

/** What a `put` stores: how old it is shows when it is stored. */
export interface Pair {
  slot: Omit<Slot, "at">;
  value: Uint8Array;
}

/** How many bytes a value may have, beside a key with this URL in it. */
export function roomFor(cache: Isocache, url: string): number {
  return maxEntryBytesOf(cache) - 3 * url.length - OVERHEAD;
}

/** A request and its response, in the form that they are stored in. */
export function pairOf(request: Request, response: Response, value: Uint8Array): Pair {
  const vary = namesOf(response.headers.get("vary"));
  return { slot: { url: request.url, headers: [...request.headers], vary }, value };
}

/** Whether a request selects another of the same URL, which it then replaces. */
export function isSame(slot: Pair["slot"], other: Pair["slot"]): boolean {
  return withoutFragment(slot.url) === withoutFragment(other.url) && selects(headersOf(slot), other);
}

/** An index while its key is locked. */
interface Locked {
  held: Acquired<string>;
  slots: Slot[];
}

export class Pairs {
  readonly #cache: Isocache;
  readonly #id: string;

  constructor(cache: Isocache, id: string) {
    this.#cache = cache;
    this.#id = id;
  }

  /** The oldest response that a query selects. */
  async match(query: Query): Promise<Response | undefined> {
    let slots = await this.find(query);
    while (slots.length > 0) {
      for (const slot of slots) {
        const [response] = await this.#responses([slot]);
        if (response !== undefined) return response;
      }
      // Replaced between the two reads, or evicted?
      const again = await this.find(query);
      if (again.map(({ at }) => at).join() === slots.map(({ at }) => at).join()) return undefined;
      slots = again;
    }
    return undefined;
  }

  /** All responses that a query selects, oldest first; without one, all. */
  async matchAll(query?: Query): Promise<Response[]> {
    return this.#responses(await this.find(query));
  }

  /** The requests that a query selects and whose responses are there, oldest first; without a query, all. */
  async keys(query?: Query): Promise<Request[]> {
    const slots = await this.#present(await this.find(query));
    return slots.map(({ url, headers }) => new Request(url, { headers: headers as [string, string][] }));
  }

  /** Stores all of them, or rejects and changes nothing. QuotaExceededError. */
  async put(pairs: readonly Pair[]): Promise<void> {
    const locks = await this.#lock(pairs.map(({ slot }) => this.#indexKey(slot.url)));
    try {
      const slots = pairs.map(({ slot }) => ({ ...slot, at: unique(this.#cache) }));
      const outdated: Slot[] = [];
      for (const slot of slots) {
        const key = this.#indexKey(slot.url);
        outdated.push(...replace(locks.get(key) as Locked, slot, roomFor(this.#cache, key)));
      }
      await this.#store(new Map(slots.map(({ at }, i) => [this.#responseKey(at), (pairs[i] as Pair).value])));
      await this.#write(locks);
      await this.#discard(outdated);
    } finally {
      for (const { held } of locks.values()) await held.release();
    }
  }

  /** Whether anything was selected, and is gone now. */
  async delete(query: Query): Promise<boolean> {
    const keys = (await this.find(query)).map(({ url }) => this.#indexKey(url));
    const locks = await this.#lock(keys);
    try {
      const removed: Slot[] = [];
      for (const lock of locks.values()) {
        const [selected, kept] = parted(lock.slots, (slot) => isSelected(query, slot));
        removed.push(...selected);
        lock.slots = kept;
      }
      await this.#write(locks);
      return (await this.#discard(removed)) > 0;
    } finally {
      for (const { held } of locks.values()) await held.release();
    }
  }

  /** Removes everything. */
  async clear(): Promise<number> {
    return this.#cache.deletePattern(`${escapePattern(this.#id)}[ #]*`);
  }

  /** What a query selects, oldest first; without one, all. Whether the responses are there is not asked. */
  async find(query?: Query): Promise<Slot[]> {
    if (query !== undefined && !query.ignoreSearch) {
      const slots = parse(await this.#cache.get(this.#indexKey(query.url)));
      return slots.filter((slot) => isSelected(query, slot));
    }
    const found: Slot[] = [];
    const start = escapePattern(`${this.#id} ${query?.url ?? ""}`);
    for await (const [, text] of this.#cache.entries(`${start}*`)) {
      found.push(...parse(text).filter((slot) => query === undefined || isSelected(query, slot)));
    }
    return found.sort((a, b) => byAge(a.at, b.at));
  }

  /** What is there of them, used in the order in which it may be missed: responses, then what leads to them. */
  async #responses(slots: readonly Slot[]): Promise<Response[]> {
    const keys = slots.map(({ at }) => this.#responseKey(at));
    const values = await Promise.all(keys.map((key) => this.#cache.peek(key)));
    const indexes = new Set(slots.map(({ url }) => this.#indexKey(url)));
    await Promise.all([...keys, ...indexes].map((key) => this.#cache.touch(key)));
    return values.map(decodeResponse).filter((response) => response !== undefined);
  }

  async #present(slots: readonly Slot[]): Promise<Slot[]> {
    const present = await this.#cache.hasMany(slots.map(({ at }) => this.#responseKey(at)));
    return slots.filter(({ at }) => present.get(this.#responseKey(at)));
  }

  /** Locks the indexes, in one order for all who lock several, and reads what of them is still there. */
  async #lock(keys: readonly string[]): Promise<Map<string, Locked>> {
    const locks = new Map<string, Locked>();
    try {
      for (const key of [...new Set(keys)].sort()) {
        const held = (await this.#cache.acquire<string>(key)) as Acquired<string>; // it waits without bound
        locks.set(key, { held, slots: [] });
      }
      for (const lock of locks.values()) lock.slots = await this.#present(parse(await lock.held.item?.value()));
      return locks;
    } catch (error) {
      for (const { held } of locks.values()) await held.release();
      throw error;
    }
  }

  async #store(values: Map<string, Uint8Array>): Promise<void> {
    const storing = Array.from(values, ([key, value]) => this.#cache.set(key, value, { size: value.length }));
    const stored = await Promise.all(storing);
    if (stored.every(Boolean) || !this.#cache.root.enabled) return; // one that is switched off takes nothing
    await this.#cache.deleteMany(values.keys());
    throw quotaExceeded("the response is larger than an entry may be");
  }

  /** All at once: no other call comes between two writes. */
  async #write(locks: Map<string, Locked>): Promise<void> {
    const writing = [...locks].map(([key, { held, slots }]) => {
      const text = textOf(slots);
      return slots.length === 0 ? this.#cache.delete(key) : held.set(text, { ttl: null, size: text.length });
    });
    await Promise.all(writing);
  }

  /** How many of the responses were there. */
  async #discard(slots: readonly Slot[]): Promise<number> {
    return this.#cache.deleteMany(slots.map(({ at }) => this.#responseKey(at)));
  }

  #indexKey(url: string): string {
    return `${this.#id} ${withoutFragment(url)}`;
  }

  #responseKey(at: string): string {
    return `${this.#id}#${at}`;
  }
}

/** Whether a query selects a stored request: the standard's "request matches cached item". */
export function isSelected({ request, url, ignoreSearch, ignoreVary }: Query, slot: Slot): boolean {
  const stored = ignoreSearch ? withoutSearch(slot.url) : withoutFragment(slot.url);
  return stored === url && (ignoreVary || selects(request.headers, slot));
}

/** Puts a request in the place of those that it selects, and gives what is to be deleted. QuotaExceededError. */
function replace(lock: Locked, slot: Slot, room: number): Slot[] {
  if (!fits([slot], room)) throw quotaExceeded("the request's fields are more than an entry holds");
  const asked = headersOf(slot);
  const [outdated, kept] = parted(lock.slots, (other) => selects(asked, other));
  lock.slots = [...kept, slot];
  while (lock.slots.length > MAX_VARIANTS || !fits(lock.slots, room)) outdated.push(lock.slots.shift() as Slot);
  return outdated;
}

/** Whether an index is small enough for an entry. */
function fits(slots: readonly Slot[], room: number): boolean {
  return 3 * textOf(slots).length <= room;
}

function headersOf({ headers }: Pair["slot"]): Headers {
  return new Headers(headers as [string, string][]);
}

function parted<T>(all: readonly T[], is: (one: T) => boolean): [T[], T[]] {
  return [all.filter(is), all.filter((one) => !is(one))];
}

function textOf(slots: readonly Slot[]): string {
  return JSON.stringify([VERSION, ...slots.map(({ at, url, headers, vary }) => [at, url, vary, headers])]);
}

/** Nothing, where it is nothing of ours. */
function parse(text: unknown): Slot[] {
  if (typeof text !== "string") return [];
  const [version, ...slots] = JSON.parse(text) as [number, ...[string, string, string[], Field[]][]];
  if (version !== VERSION) return [];
  return slots.map(([at, url, vary, headers]) => ({ at, url, vary, headers }));
}
