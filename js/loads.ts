/**
 * Reading through the cache: what is missing is loaded, by one caller for all, and what has expired may
 * be served while it is, or when that fails.
 */

import { convert } from "./as.js";
import { undefinedValue } from "./errors.js";
import { Flights, type Load } from "./flights.js";
import { describe, invalidOption } from "./keys.js";
import { NOTHING_SAID, type ReadLoadOptions } from "./load-options.js";
import { readTags } from "./options.js";
import type { Held } from "./store.js";
import type { SyncCache } from "./sync-cache.js";
import type { As, Awaitable, LoadContext } from "./types.js";
import { type Ttl, ttlMs } from "./units.js";

export type Loader<T> = (context: LoadContext<T>) => Awaitable<T>;
export type BatchLoader<T> = (missing: string[]) => Awaitable<Map<string, T> | { readonly [key: string]: T }>;

/** A loaded value and whether a load of this caller's gave it: others get copies. */
interface Loaded {
  value: unknown;
  shared: boolean;
}

/** The loads of one view of a cache; the flights are those of all its views. */
export class Loads {
  readonly #sync: SyncCache;
  readonly #shared: Flights;

  constructor(sync: SyncCache, flights: Flights) {
    this.#sync = sync;
    this.#shared = flights;
  }

  async getOrSet<T>(key: string, value: unknown, options: ReadLoadOptions<T>): Promise<T> {
    const { as, force } = options;
    if (force) this.#sync.has(key); // refuses what is no key
    const present = force ? undefined : this.#sync.get(key);
    if (typeof value !== "function") {
      if (present !== undefined) return (await convert(present, as, key)) as T;
      if (value === undefined) throw undefinedValue(key);
      const converted = await convert(value, as, key);
      this.#sync.storeLoaded([key], [value], options.ttl, options.size, options.extra);
      this.#shared.outdate(this.#sync.wholeKey(key));
      return converted as T;
    }
    const loader = value as Loader<unknown>;
    if (present !== undefined) {
      if (this.#isDue(key, options)) this.#refresh(this.#single(key, loader, options, undefined));
      return (await convert(present, as, key)) as T;
    }
    const held = this.#held(key);
    const load = this.#single(key, loader, options, held);
    if (!force && isWithin(held, options.whileRevalidateMs)) {
      this.#refresh(load);
      return (await convert(this.#serve(held), as, key)) as T;
    }
    return (await convert(await this.#loadOne(key, load, options), as, key)) as T;
  }

  async getOrSetMany<T>(
    keys: readonly string[],
    loader: BatchLoader<unknown>,
    options: ReadLoadOptions<T>,
  ): Promise<Map<string, T>> {
    const asked = [...new Set(keys)];
    if (options.force) this.#sync.hasMany(asked); // refuses what is no key
    const present = options.force ? new Map<string, unknown>() : this.#sync.getMany(asked);
    const due: string[] = [];
    const missing: string[] = [];
    for (const key of asked) {
      if (!present.has(key)) {
        const held = options.whileRevalidateMs === 0 || options.force ? undefined : this.#held(key);
        if (!isWithin(held, options.whileRevalidateMs)) {
          missing.push(key);
          continue;
        }
        present.set(key, this.#serve(held));
        due.push(key);
      } else if (this.#isDue(key, options)) due.push(key);
    }
    const idle = due.filter((key) => !this.#isLoading(key));
    if (idle.length > 0) this.#refresh(this.#batch(idle, loader, options));
    for (const [key, value] of await this.#loadMany(missing, loader, options)) present.set(key, value);
    const converted = asked.map(async (key) => [key, await convert(present.get(key), options.as, key)] as const);
    const all = await Promise.all(converted);
    return new Map(all.filter(([, value]) => value !== undefined)) as Map<string, T>;
  }

  /** What is missing: alone what nobody loads yet, together; the rest from who loads it. */
  async #loadMany<T>(
    missing: readonly string[],
    loader: BatchLoader<unknown>,
    options: ReadLoadOptions<T>,
  ): Promise<[key: string, value: unknown][]> {
    const own = missing.filter((key) => !this.#isLoading(key));
    const waits = missing
      .filter((key) => this.#isLoading(key))
      .map(async (key): Promise<[string, unknown]> => {
        return [key, await this.#loadOne(key, this.#batch([key], loader, options), options)];
      });
    const joined = Promise.all(waits);
    joined.catch(() => {}); // the own load may fail first
    const loaded = own.length === 0 ? [] : await this.#loadOwn(own, loader, options);
    return [...own.map((key, i): [string, unknown] => [key, loaded[i]]), ...(await joined)];
  }

  async #loadOwn<T>(
    own: readonly string[],
    loader: BatchLoader<unknown>,
    options: ReadLoadOptions<T>,
  ): Promise<readonly unknown[]> {
    try {
      return await this.#flights().loadAll(this.#batch(own, loader, options), options.signal);
    } catch (error) {
      const held = own.map((key) => this.#instead(key, options, error));
      if (held.includes(undefined)) throw error;
      this.#report(error, "getOrSetMany");
      return held.map((it) => this.#serve(it));
    }
  }

  async #loadOne<T>(key: string, load: Load, options: ReadLoadOptions<T>): Promise<unknown> {
    try {
      const { value, shared }: Loaded = await this.#flights().load(this.#sync.wholeKey(key), load, options.signal);
      return shared ? this.#sync.root.copy(value) : value;
    } catch (error) {
      const held = this.#instead(key, options, error);
      if (held === undefined) throw error;
      this.#report(error, "getOrSet");
      return this.#serve(held);
    }
  }

  /** The flights that this call takes part in: a cache that is switched off shares no loads. */
  #flights(): Flights {
    const { root } = this.#sync;
    return root.enabled ? this.#shared : new Flights(root.loading);
  }

  #isLoading(key: string): boolean {
    return this.#sync.root.enabled && this.#shared.has(this.#sync.wholeKey(key));
  }

  /** Whether a live entry is to be loaded before it expires. */
  #isDue<T>(key: string, { refreshAheadMs }: ReadLoadOptions<T>): boolean {
    if (refreshAheadMs === 0) return false;
    const left = this.#sync.held(key)?.leftMs ?? Number.POSITIVE_INFINITY;
    return left < refreshAheadMs && !this.#isLoading(key);
  }

  #held(key: string): Held | undefined {
    return this.#sync.root.store.expiring ? this.#sync.held(key) : undefined;
  }

  /** The expired value to serve in place of a load that failed: not to callers that gave up themselves. */
  #instead<T>(key: string, { ifErrorMs, signal }: ReadLoadOptions<T>, error: unknown): Held | undefined {
    if (ifErrorMs === 0 || this.#sync.closed || (signal?.aborted && error === signal.reason)) return undefined;
    const held = this.#held(key);
    return isWithin(held, ifErrorMs) ? held : undefined;
  }

  #serve(held: Held | undefined): unknown {
    this.#sync.root.loading.staleServed++;
    return held?.value();
  }

  /** Loads in the background, unless somebody does. */
  #refresh(load: Load): void {
    if (this.#shared.has(load.wholes[0] as string)) return;
    this.#shared.refresh(load).catch((error: unknown) => this.#report(error, "refresh"));
  }

  /** An error that no caller gets to see. */
  #report(error: unknown, operation: string): void {
    this.#sync.root.report(error, operation);
  }

  #single<T>(key: string, loader: Loader<unknown>, options: ReadLoadOptions<T>, held: Held | undefined): Load {
    let { ttl, extra } = options;
    let skipped = false;
    const run = async (signal: AbortSignal) => {
      const context: LoadContext<unknown> = {
        key,
        signal,
        get stale() {
          return held !== undefined && held.leftMs <= 0 ? held.value() : undefined;
        },
        setTtl(given: Ttl) {
          ttl = ttlMs(given);
        },
        setTags(tags: Iterable<string>) {
          extra = { ...(extra ?? NOTHING_SAID), tags: readTags(tags) };
        },
        skip() {
          skipped = true;
        },
      };
      const value = await loader(context);
      if (!(await isAccepted(value, options.as, key))) skipped = true;
      return [value];
    };
    const store = (values: readonly unknown[]) => {
      if (!skipped) this.#sync.storeLoaded([key], values, ttl, options.size, extra);
    };
    return this.#load([key], run, store, options);
  }

  #batch<T>(keys: readonly string[], loader: BatchLoader<unknown>, options: ReadLoadOptions<T>): Load {
    const { as, ttl, size, extra } = options;
    const accepted: boolean[] = [];
    const run = async () => {
      const given: unknown = await loader([...keys]);
      const values = keys.map((key) => pick(given, key));
      for (const [i, key] of keys.entries()) accepted[i] = await isAccepted(values[i], as, key);
      return values;
    };
    const store = (values: readonly unknown[]) => {
      const kept = values.map((value, i) => (accepted[i] ? value : undefined));
      this.#sync.storeLoaded(keys, kept, ttl, size, extra);
    };
    return this.#load(keys, run, store, options);
  }

  #load<T>(keys: readonly string[], run: Load["run"], store: Load["store"], options: ReadLoadOptions<T>): Load {
    const { timeoutMs, waitUntil } = options;
    const wholes = keys.map((key) => this.#sync.wholeKey(key));
    const keepAlive =
      waitUntil === undefined ? undefined : (load: Promise<unknown>) => this.#keepAlive(waitUntil, load);
    return { wholes, key: keys[0] as string, run, store, timeoutMs, keepAlive };
  }

  /** A `waitUntil` that was torn from its context throws: the load goes on without it. */
  #keepAlive(waitUntil: (p: Promise<unknown>) => void, load: Promise<unknown>): void {
    try {
      waitUntil(load);
    } catch (error) {
      this.#report(error, "waitUntil");
    }
  }
}

/** Whether a value that expired is served for this long after. */
function isWithin(held: Held | undefined, windowMs: number): held is Held {
  return held !== undefined && held.leftMs <= 0 && -held.leftMs < windowMs;
}

/** A value that `as` refuses is not stored; whoever asked for `as` gets the refusal. */
async function isAccepted(value: unknown, as: As<unknown> | undefined, key: string): Promise<boolean> {
  if (as === undefined || value === undefined) return true;
  return convert(value, as, key).then(
    () => true,
    () => false,
  );
}

/** The value of a key in what a loader of many gave. */
function pick(given: unknown, key: string): unknown {
  if (given instanceof Map) return given.get(key);
  if (typeof given !== "object" || given === null)
    throw invalidOption("the loader", `gave no Map or object but ${describe(given)}`, given);
  return Object.hasOwn(given, key) ? (given as Record<string, unknown>)[key] : undefined;
}
