/**
 * A store for undici's cache: `new Agent().compose(interceptors.cache({ store: undiciStore(cache) }))`.
 *
 * | key | value |
 * |---|---|
 * | resource (origin and path) | expiry, generation, names in Vary |
 * | resource \n generation \n method \n values | u32 length of the head, head as JSON, body |
 *
 * As in request caching's own store: forgetting a resource is one delete, since a generation never
 * comes again, and what is named in Vary only grows.
 */

import { Writable } from "node:stream";
import { Cache, clockOf, maxEntryBytesOf } from "../cache.js";
import { CacheError } from "../errors.js";
import { invalidOption } from "../keys.js";
import { encodeUtf8, readUtf8 } from "../text.js";
import { type Size, sizeBytes } from "../units.js";
import type { UndiciCacheKey, UndiciCacheValue, UndiciStore, UndiciStored } from "./undici-types.js";

/** What `undiciStore` takes beside the cache. Else INVALID_OPTION. */
export interface UndiciStoreOptions {
  /** Where in the cache responses live. Default "undici". */
  scope?: string;
  /** A larger body is passed on and not stored. Default: the cache's maxEntryBytes, beyond which it does not reach. */
  maxBodyBytes?: Size;
}

/** Keeps the responses of undici's `interceptors.cache` in a cache, within its bounds. INVALID_OPTION, INVALID_SCOPE. */
export function undiciStore(cache: Cache, options: UndiciStoreOptions = {}): UndiciStore {
  if (!(cache instanceof Cache)) throw invalidOption("cache", "is no Cache", cache);
  if (typeof options !== "object" || options === null) throw invalidOption("options", "must be an object", options);
  const { scope = "undici", maxBodyBytes } = options;
  const bound = maxBodyBytes === undefined ? Number.POSITIVE_INFINITY : sizeBytes(maxBodyBytes, "maxBodyBytes");
  return new ResponseStore(cache.withScope(scope), Math.min(bound, maxEntryBytesOf(cache)));
}

/** What is known of a resource. */
interface Index {
  /** Milliseconds since the epoch: when the last of its responses expires. */
  expires: number;
  generation: string;
  /** Fields named in Vary, sorted. */
  names: string[];
}

/** A response on its way into the store; outdated when its resource is deleted meanwhile. */
interface Arrival {
  outdated: boolean;
}

/** A finer key for every field that ever was in Vary; more names than that are taken for an attack. */
const MAX_NAMES = 32;
/** Chunks are kept as they come: there is nothing to wait for. */
const HIGH_WATER_MARK = 1024 * 1024;

let generations = 0;

class ResponseStore implements UndiciStore {
  readonly #cache: Cache;
  readonly #maxBodyBytes: number;
  readonly #arrivals = new Map<string, Set<Arrival>>();

  constructor(cache: Cache, maxBodyBytes: number) {
    this.#cache = cache;
    this.#maxBodyBytes = maxBodyBytes;
  }

  async get(key: UndiciCacheKey): Promise<UndiciStored | undefined> {
    return quietly(async () => {
      const index = await this.#index(resourceOf(key));
      return index && readStored(await this.#cache.get(responseKey(key, index)));
    });
  }

  createWriteStream(key: UndiciCacheKey, value: UndiciCacheValue): Writable | undefined {
    if (!(value.deleteAt > clockOf(this.#cache)())) return undefined;
    const arrival = this.#begin(resourceOf(key));
    const chunks: Uint8Array[] = [];
    let left = this.#maxBodyBytes;
    return new Writable({
      highWaterMark: HIGH_WATER_MARK,
      write(chunk: Uint8Array, _encoding, callback) {
        left -= chunk.byteLength;
        // Without an error: to undici that would mean a store that has lost what it had.
        if (left < 0) this.destroy();
        else chunks.push(chunk);
        callback();
      },
      final: (callback) => {
        const stored = arrival.outdated
          ? Promise.resolve(undefined)
          : quietly(() => this.#write(key, value, chunks, arrival));
        stored.then(() => callback(), callback);
      },
      destroy: (error, callback) => {
        this.#end(resourceOf(key), arrival);
        callback(error);
      },
    });
  }

  async delete(key: UndiciCacheKey): Promise<void> {
    const resource = resourceOf(key);
    for (const arrival of this.#arrivals.get(resource) ?? []) arrival.outdated = true;
    await quietly(() => this.#cache.delete(resource));
  }

  #begin(resource: string): Arrival {
    const arrival = { outdated: false };
    const others = this.#arrivals.get(resource);
    if (others) others.add(arrival);
    else this.#arrivals.set(resource, new Set([arrival]));
    return arrival;
  }

  #end(resource: string, arrival: Arrival): void {
    const others = this.#arrivals.get(resource);
    others?.delete(arrival);
    if (others?.size === 0) this.#arrivals.delete(resource);
  }

  async #index(resource: string): Promise<Index | undefined> {
    const text = await this.#cache.get(resource);
    return typeof text === "string" ? readIndex(text) : undefined;
  }

  async #write(key: UndiciCacheKey, value: UndiciCacheValue, chunks: Uint8Array[], arrival: Arrival): Promise<void> {
    const resource = resourceOf(key);
    const known = await this.#index(resource);
    const now = clockOf(this.#cache)();
    if (arrival.outdated || value.deleteAt <= now) return;
    const index = including(known, Object.keys(value.vary ?? {}), now);
    const expires = Math.max(index.expires, value.deleteAt);
    await this.#cache.setMany([
      [resource, writeIndex({ ...index, expires }), (expires - now) / 1_000],
      [responseKey(key, index), writeStored(value, chunks), (value.deleteAt - now) / 1_000],
    ]);
  }
}

/** What `work` gives; undefined when the cache fails. */
async function quietly<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof CacheError) return undefined;
    throw error;
  }
}

const resourceOf = ({ origin, path }: UndiciCacheKey) => `${origin}${path}`;

function responseKey(key: UndiciCacheKey, { generation, names }: Index): string {
  const values = names.map((name) => key.headers?.[name] ?? null);
  return `${resourceOf(key)}\n${generation}\n${key.method}\n${JSON.stringify(values)}`;
}

/** What is known of a resource, whose responses vary by at least these names too. */
function including(known: Index | undefined, named: readonly string[], now: number): Index {
  const names = [...new Set([...(known?.names ?? []), ...named])].sort();
  if (known && names.length === known.names.length) return known;
  generations += 1;
  const generation = `${now.toString(36)}.${generations.toString(36)}`;
  return { expires: 0, generation, names: names.length <= MAX_NAMES ? names : [...new Set(named)].sort() };
}

const writeIndex = ({ expires, generation, names }: Index) => [expires, generation, ...names].join("\n");

function readIndex(text: string): Index {
  const [expires, generation = "", ...names] = text.split("\n");
  return { expires: Number(expires), generation, names };
}

function writeStored(value: UndiciCacheValue, chunks: readonly Uint8Array[]): Uint8Array {
  const head = encodeUtf8(JSON.stringify(value));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(head.length);
  return new Uint8Array(Buffer.concat([length, head, ...chunks]));
}

function readStored(bytes: unknown): UndiciStored | undefined {
  if (!(bytes instanceof Uint8Array) || bytes.length < 4) return undefined;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const end = 4 + buffer.readUInt32LE(0);
  const value = JSON.parse(readUtf8(buffer, 4, end - 4)) as UndiciCacheValue;
  const { cacheControlDirectives = {} } = value;
  // A list: undici takes what has a method `values` for one.
  return { ...value, cacheControlDirectives, body: end < buffer.length ? [buffer.subarray(end)] : [] };
}
