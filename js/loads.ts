/**
 * Reading through the cache: what is missing is loaded, by one caller for all, and what has expired may
 * be served while it is, or when that fails.
 */

import { convert } from "./as.js";
import { undefinedValue } from "./errors.js";
import { type Flight, Flights, type Load, type Values } from "./flights.js";
import { describe, invalidOption } from "./keys.js";
import { NOTHING_SAID, type ReadLoadOptions } from "./load-options.js";
import { readTags } from "./options.js";
import type { Extra, Held } from "./store.js";
import type { SyncCache } from "./sync-cache.js";
import type { As, Awaitable, LoadContext } from "./types.js";
import { type Ttl, ttlMs } from "./units.js";

export type Loader<T> = (context: LoadContext<T>) => Awaitable<T>;
export type BatchLoader<T> = (missing: string[]) => Awaitable<Map<string, T> | { readonly [key: string]: T }>;

interface Found {
  found: Map<string, unknown>;
  due: string[];
  missing: string[];
}

/** The load of these keys. */
type Make = (keys: readonly string[]) => Load;

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
      // Without a wait between: who comes next finds it. Converted is a copy, should `as` change what it is given.
      const converted = as === undefined ? value : await convert(this.#sync.root.copy(value), as, key);
      // A write while it was converted wins; `force` asks for this value all the same.
      if (as === undefined || force || this.#sync.closed || !this.#sync.has(key)) {
        this.#sync.storeLoaded([key], [value], options.ttl, options.size, options.extra);
        this.#shared.outdate(this.#sync.wholeKey(key));
      }
      return converted as T;
    }
    const loader = value as Loader<unknown>;
    if (present !== undefined) {
      if (this.#isDue(key, options)) this.#refresh(this.#single(key, loader, options, undefined));
      return (await convert(present, as, key)) as T;
    }
    const held = this.#held(key);
    if (!force && isWithin(held, options.whileRevalidateMs)) {
      this.#refresh(this.#single(key, loader, options, held));
      return (await convert(this.#serve(held), as, key)) as T;
    }
    const loaded = await this.#load([key], () => this.#single(key, loader, options, held), options);
    return (await convert(loaded.get(key), as, key)) as T;
  }

  async getOrSetMany<T>(
    keys: readonly string[],
    loader: BatchLoader<unknown>,
    options: ReadLoadOptions<T>,
  ): Promise<Map<string, T>> {
    const asked = [...new Set(keys)];
    const { found, due, missing } = this.#find(asked, options);
    if (due.length > 0) this.#refresh(this.#batch(due, loader, options));
    const loaded = await this.#load(missing, (own) => this.#batch(own, loader, options), options);
    for (const [key, value] of loaded) found.set(key, value);
    const converted = asked.map(async (key) => [key, await convert(found.get(key), options.as, key)] as const);
    const all = await Promise.all(converted);
    return new Map(all.filter(([, value]) => value !== undefined)) as Map<string, T>;
  }

  /** What is to be had without waiting, what of it is to be loaded in the background, and what is missing. */
  #find<T>(keys: readonly string[], options: ReadLoadOptions<T>): Found {
    const { force, whileRevalidateMs } = options;
    if (force) this.#sync.hasMany(keys); // refuses what is no key
    const found = force ? new Map<string, unknown>() : this.#sync.getMany(keys);
    const due = keys.filter((key) => found.has(key) && this.#isDue(key, options));
    const missing: string[] = [];
    for (const key of keys) {
      if (found.has(key)) continue;
      const held = force || whileRevalidateMs === 0 ? undefined : this.#held(key);
      if (isWithin(held, whileRevalidateMs)) {
        found.set(key, this.#serve(held));
        if (!this.#isLoading(key)) due.push(key);
      } else missing.push(key);
    }
    return { found, due, missing };
  }

  /** The values of keys: those that others load from them, the rest by one load of its own. */
  async #load<T>(keys: readonly string[], make: Make, options: ReadLoadOptions<T>): Promise<Map<string, unknown>> {
    const flights = this.#flights();
    const parts = new Map<Flight | undefined, string[]>();
    for (const key of keys) {
      const flight = flights.running(this.#sync.wholeKey(key));
      const part = parts.get(flight);
      if (part === undefined) parts.set(flight, [key]);
      else part.push(key);
    }
    const loads = Array.from(parts, ([flight, part]) => this.#loadPart(part, make, options, flights, flight));
    return new Map((await Promise.all(loads)).flatMap((loaded) => [...loaded]));
  }

  /** Keys of one load: of another's, or of the one that is started here. */
  async #loadPart<T>(
    keys: readonly string[],
    make: Make,
    options: ReadLoadOptions<T>,
    flights: Flights,
    flight: Flight | undefined,
  ): Promise<Map<string, unknown>> {
    const { root } = this.#sync;
    const load = make(keys);
    try {
      if (flight === undefined) return this.#named(keys, await flights.start(load, options.signal));
      if (flight.starting) return this.#named(keys, await this.#loadApart(load, options.signal));
      const values = await flights.join(flight, load, options.signal);
      if (values === undefined) return await this.#load(keys, make, options);
      return this.#named(keys, values, (value) => root.copy(value));
    } catch (error) {
      const held = keys.map((key) => this.#instead(key, options, error));
      if (held.includes(undefined)) throw error;
      this.#report(error, "load");
      return new Map(keys.map((key, i) => [key, this.#serve(held[i])]));
    }
  }

  /** A loader that asks for its own keys would wait for itself. The load that it is part of stores them. */
  #loadApart(load: Load, signal: AbortSignal | undefined): Promise<Values> {
    return new Flights(this.#sync.root.loading).start({ ...load, store: () => {} }, signal);
  }

  /** Values by the names that this view has for them. */
  #named(keys: readonly string[], values: Values, copy = (value: unknown) => value): Map<string, unknown> {
    return new Map(keys.map((key) => [key, copy(values.get(this.#sync.wholeKey(key)))]));
  }

  /** The flights that this call takes part in: a cache that is switched off shares no loads. */
  #flights(): Flights {
    const { root } = this.#sync;
    return root.enabled ? this.#shared : new Flights(root.loading);
  }

  #isLoading(key: string): boolean {
    return this.#shared.running(this.#sync.wholeKey(key)) !== undefined;
  }

  /** Whether a live entry is to be loaded before it expires. */
  #isDue<T>(key: string, { refreshAheadMs }: ReadLoadOptions<T>): boolean {
    if (refreshAheadMs === 0 || !this.#sync.root.store.expiring) return false;
    return this.#sync.left(key) < refreshAheadMs && !this.#isLoading(key);
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
    if (this.#shared.running(load.wholes[0] as string) !== undefined) return;
    this.#shared.start(load, undefined).catch((error: unknown) => this.#report(error, "refresh"));
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
      if (!(await this.#isAccepted(value, options.as, key))) skipped = true;
      return [value];
    };
    const store: Load["store"] = (values, invalidated) => {
      if (!skipped && !isInvalid(extra, invalidated)) this.#sync.storeLoaded([key], values, ttl, options.size, extra);
    };
    return this.#newLoad([key], run, store, options);
  }

  #batch<T>(keys: readonly string[], loader: BatchLoader<unknown>, options: ReadLoadOptions<T>): Load {
    const { as, ttl, size, extra } = options;
    let accepted: boolean[] = [];
    const run = async () => {
      const given: unknown = await loader([...keys]);
      const values = keys.map((key) => pick(given, key));
      accepted = await Promise.all(keys.map((key, i) => this.#isAccepted(values[i], as, key)));
      return values;
    };
    const store: Load["store"] = (values, invalidated) => {
      if (isInvalid(extra, invalidated)) return;
      const kept = values.map((value, i) => (accepted[i] ? value : undefined));
      this.#sync.storeLoaded(keys, kept, ttl, size, extra);
    };
    return this.#newLoad(keys, run, store, options);
  }

  #newLoad<T>(keys: readonly string[], run: Load["run"], store: Load["store"], options: ReadLoadOptions<T>): Load {
    const { timeoutMs, waitUntil } = options;
    const wholes = keys.map((key) => this.#sync.wholeKey(key));
    const keepAlive =
      waitUntil === undefined ? undefined : (load: Promise<unknown>) => this.#keepAlive(waitUntil, load);
    return { wholes, key: keys[0] as string, run, store, timeoutMs, keepAlive };
  }

  /** A value that `as` refuses is not stored; whoever asked for `as` gets the refusal. */
  async #isAccepted(value: unknown, as: As<unknown> | undefined, key: string): Promise<boolean> {
    if (as === undefined || value === undefined) return true;
    return convert(this.#sync.root.copy(value), as, key).then(
      // a copy: `as` may change what it is given
      () => true,
      () => false,
    );
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

/** Whether what was loaded may have been invalidated meanwhile: without tags of its own it may stand for what had them. */
function isInvalid({ tags }: Extra = NOTHING_SAID, invalidated: ReadonlySet<string>): boolean {
  return tags.length === 0 ? invalidated.size > 0 : tags.some((tag) => invalidated.has(tag));
}

/** The value of a key in what a loader of many gave. */
function pick(given: unknown, key: string): unknown {
  if (given instanceof Map) return given.get(key);
  if (typeof given !== "object" || given === null)
    throw invalidOption("the loader", `gave no Map or object but ${describe(given)}`, given);
  return Object.hasOwn(given, key) ? (given as Record<string, unknown>)[key] : undefined;
}
