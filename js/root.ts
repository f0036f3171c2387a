/** What a cache and all its scoped views share. */

import type { Codec } from "./codec.js";
import { Disabled } from "./disabled.js";
import { Embedded } from "./embedded.js";
import { readCacheOptions } from "./options.js";
import type { LocalStore } from "./store.js";
import type { CacheStats } from "./types.js";
import { copyValue } from "./values.js";

export class Root {
  readonly store: LocalStore;
  readonly clock: () => number;
  readonly enabled: boolean;
  readonly maxEntryBytes: number;
  readonly #codec: Codec;
  readonly loading = { loads: 0, loadFailures: 0, loadsShared: 0, staleServed: 0 };
  closed = false;

  constructor(options: unknown) {
    const { limits, codec, clock, enabled } = readCacheOptions(options);
    this.clock = clock;
    this.enabled = enabled;
    const { maxBytes, maxEntryBytes } = limits;
    this.maxEntryBytes = Math.min(maxBytes, Number.isNaN(maxEntryBytes) ? Math.floor(maxBytes / 4) : maxEntryBytes);
    this.#codec = codec;
    this.store = enabled ? new Embedded(limits, codec) : new Disabled(limits, codec);
  }

  stats(): CacheStats {
    const figures = this.store.figures();
    const reads = figures.hits + figures.misses;
    return {
      ...figures,
      hitRatio: reads === 0 ? 0 : figures.hits / reads,
      invalidations: 0,
      ...this.loading,
    };
  }

  resetStats(): void {
    this.store.resetFigures();
    Object.assign(this.loading, { loads: 0, loadFailures: 0, loadsShared: 0, staleServed: 0 });
  }

  /** A value that shares nothing with the one given, as a read would give it. */
  copy(value: unknown): unknown {
    return value === undefined ? value : copyValue(value, this.#codec);
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.store.close();
  }
}
