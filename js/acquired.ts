/** What `acquire` gives: a key under its lock. */

import type { Cache } from "./cache.js";
import { invalidOption } from "./keys.js";
import type { Asked, Hold } from "./locks.js";
import { assertSignal } from "./options.js";
import type { Acquired, AcquireOptions, CacheItem, SetOptions } from "./types.js";
import { type Duration, durationMs, type Ttl } from "./units.js";

const DEFAULT_LEASE_MS = 30_000;

/** Else INVALID_OPTION. */
export function readAcquireOptions(options: AcquireOptions = {}): Asked {
  if (typeof options !== "object" || options === null) throw invalidOption("options", "must be an object", options);
  const { wait = true, lease, signal } = options;
  assertSignal(signal);
  return {
    waitMs: readWait(wait),
    leaseMs: lease === undefined ? DEFAULT_LEASE_MS : durationMs(lease, "INVALID_OPTION", "lease"),
    signal,
  };
}

function readWait(wait: unknown): number {
  if (wait === true || wait === Number.POSITIVE_INFINITY) return Number.POSITIVE_INFINITY;
  return wait === false || wait === 0 ? 0 : durationMs(wait, "INVALID_OPTION", "wait");
}

export class Holding<T> implements Acquired<T> {
  readonly item: CacheItem<T> | undefined;
  readonly #cache: Cache;
  readonly #key: string;
  readonly #hold: Hold;

  constructor(cache: Cache, key: string, hold: Hold, item: CacheItem<T> | undefined) {
    this.#cache = cache;
    this.#key = key;
    this.#hold = hold;
    this.item = item;
  }

  get signal(): AbortSignal {
    return this.#hold.signal;
  }

  async set(value: T, options?: Ttl | SetOptions): Promise<boolean> {
    this.#hold.assertValid();
    return this.#cache.set(this.#key, value, options);
  }

  /** @internal Removes the entry. */
  async delete(): Promise<boolean> {
    this.#hold.assertValid();
    return this.#cache.delete(this.#key);
  }

  async extend(lease: Duration): Promise<boolean> {
    return this.#hold.extend(durationMs(lease, "INVALID_OPTION", "lease"));
  }

  async release(): Promise<void> {
    this.#hold.release();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#hold.release();
  }
}
