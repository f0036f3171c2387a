/** What a cache and all its scoped views share. */

import type { Codec } from "./codec.js";
import { ByReference } from "./by-reference.js";
import { Disabled } from "./disabled.js";
import { Embedded } from "./embedded.js";
import { readCacheOptions } from "./options.js";
import type { LocalStore } from "./store.js";
import type { CacheEvents, CacheStats } from "./types.js";
import { copyValue } from "./values.js";
import { Watch } from "./watched.js";

export class Root {
  /** Where entries live; while anybody listens, through what raises events. */
  store: LocalStore;
  readonly #entries: Embedded;
  #watch: Watch | undefined;
  readonly clock: () => number;
  /** Time moves by itself: nobody can tell when it was not asked for. */
  readonly #unwatched: boolean;
  readonly enabled: boolean;
  /** What one entry may cost at most. */
  maxEntryBytes: number;
  readonly #ownEntryBytes: number;
  readonly #codec: Codec;
  readonly #byReference: boolean;
  readonly loading = { loads: 0, loadFailures: 0, loadsShared: 0, staleServed: 0 };
  closed = false;

  constructor(options: unknown) {
    const { limits, codec, clock, enabled, sizer } = readCacheOptions(options);
    this.clock = clock;
    this.#unwatched = clock === Date.now;
    this.enabled = enabled;
    this.#ownEntryBytes = limits.maxEntryBytes;
    this.maxEntryBytes = this.#entryBound(limits.maxBytes);
    this.#codec = codec;
    this.#byReference = sizer !== undefined;
    if (!enabled) this.#entries = new Disabled(limits, codec, sizer);
    else this.#entries = sizer === undefined ? new Embedded(limits, codec) : new ByReference(limits, sizer);
    this.store = this.#entries;
  }

  /** The time for a read. The system's costs as much as half a hit, and where nothing can expire none is needed. */
  readTime(): number {
    return this.#unwatched && !this.store.expiring ? 0 : this.clock();
  }

  stats(): CacheStats {
    const figures = this.store.figures();
    const reads = figures.hits + figures.misses;
    return {
      ...figures,
      hitRatio: reads === 0 ? 0 : figures.hits / reads,
      ...this.loading,
    };
  }

  resetStats(): void {
    this.store.resetFigures();
    Object.assign(this.loading, { loads: 0, loadFailures: 0, loadsShared: 0, staleServed: 0 });
  }

  resize({ maxBytes, maxEntries }: { maxBytes: number; maxEntries: number }, now: number): void {
    this.store.resize(maxBytes, maxEntries, now);
    if (!Number.isNaN(maxBytes)) this.maxEntryBytes = this.#entryBound(maxBytes);
  }

  #entryBound(maxBytes: number): number {
    const own = this.#ownEntryBytes;
    return Math.min(maxBytes, Number.isNaN(own) ? Math.floor(maxBytes / 4) : own);
  }

  /** A value as a read would give it: by copy, one that shares nothing with the one given. */
  copy(value: unknown): unknown {
    return value === undefined || this.#byReference ? value : copyValue(value, this.#codec);
  }

  /** Gives what ends the subscription. INVALID_OPTION. */
  on(event: unknown, listener: unknown): () => void {
    const use = (store: LocalStore) => {
      this.store = store;
    };
    this.#watch ??= new Watch(this.#entries, use);
    return this.#watch.events.on(event, listener);
  }

  /** Tells those who listen; after the call that is under way, if there is one. */
  emit<E extends keyof CacheEvents>(event: E, told: CacheEvents[E]): void {
    this.#watch?.events.emit(event, told);
  }

  /** An error that no caller gets to see. */
  report(error: unknown, operation: string): void {
    this.emit("error", { error, operation });
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.#entries.close();
    this.#watch?.events.close();
  }
}
