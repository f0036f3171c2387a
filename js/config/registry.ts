/** Several caches, each by its alias. */

import type { Cache } from "../cache.js";
import { CacheError, closedError } from "../errors.js";
import { describe, invalidOption } from "../keys.js";
import { assertObject, readMaxEntries } from "../options.js";
import { CacheConfig } from "./config.js";
import type { CacheConfigInit } from "./init.js";

/** What `CacheRegistry.applyConfig` takes. */
export interface CachesConfig {
  /** For every embedded alias of `caches` that names none. */
  maxEntries?: number;
  /** Each alias with its configuration. */
  caches: Record<string, CacheConfigInit | CacheConfig>;
}

/** An alias's configuration and, once somebody asked for it, its cache. */
class Slot {
  #opened: Promise<Cache> | undefined;
  /** Once it is open. */
  #cache: Cache | undefined;

  constructor(readonly config: CacheConfig) {}

  /** One cache for all who ask. */
  open(): Promise<Cache> {
    this.#opened ??= this.config.open().then((cache) => (this.#cache = cache));
    return this.#opened;
  }

  /** The next one to ask opens anew, unless somebody did already. */
  forget(opened: Promise<Cache>): void {
    if (this.#opened !== opened) return;
    this.#opened = undefined;
    this.#cache = undefined;
  }

  /** Closes what is open at once, and what is opening as soon as it is. What cannot be opened needs no closing. */
  async close(): Promise<void> {
    const cache = this.#cache ?? (await this.#opened?.catch(() => undefined));
    await cache?.close();
  }
}

/**
 * Caches by their aliases, each opened when it is first asked for and shared from then on. The
 * registry owns them: it closes them when their alias is configured anew, and when it is closed.
 */
export class CacheRegistry implements AsyncDisposable {
  readonly #slots = new Map<string, Slot>();
  /** Caches that were replaced and are not closed yet. */
  readonly #closing = new Set<Promise<void>>();
  #closed: Promise<void> | undefined;

  /**
   * Replaces the configuration of the aliases it names. What was open under one of them is closed: who
   * holds it gets CLOSED, and `get` gives the new one. INVALID_OPTION, INVALID_TTL: nothing changes.
   * CLOSED.
   */
  configure(config: Record<string, CacheConfigInit | CacheConfig>): void {
    this.#replace(readCaches(config, "the mapping"), undefined);
  }

  /** As `configure`, errors too; `maxEntries` goes to every embedded alias of `caches` that names none. */
  applyConfig(config: CachesConfig): void {
    const { maxEntries, caches } = assertObject(config, "the configuration");
    if (maxEntries !== undefined) readMaxEntries(maxEntries);
    this.#replace(readCaches(caches, "caches"), maxEntries as number | undefined);
  }

  /**
   * The cache of an alias, opened on first use and shared after that. One that somebody closed, or that
   * could not be opened, is opened anew. INVALID_OPTION: the alias is not configured; CLOSED; and what
   * `CacheConfig.open` rejects with.
   */
  async get(alias = "default"): Promise<Cache> {
    for (;;) {
      const slot = this.#slot(alias);
      const opened = slot.open();
      const cache = await opened.catch((error: unknown) => {
        slot.forget(opened);
        if (this.#slots.get(alias) === slot) throw error;
      });
      // Configured anew, or closed, while this one opened.
      if (this.#slots.get(alias) !== slot || cache === undefined) continue;
      if (!cache.closed) return cache;
      slot.forget(opened);
    }
  }

  /** Closes every cache; after that `get` rejects and `configure` throws CLOSED. Closing twice is fine. */
  close(): Promise<void> {
    this.#closed ??= this.#closeAll();
    return this.#closed;
  }

  /** `await using` closes at the end of its block. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #slot(alias: unknown): Slot {
    if (this.#closed !== undefined) throw closedError();
    const slot = this.#slots.get(alias as string);
    if (slot === undefined) throw invalidOption("alias", `is not configured: ${describe(alias)}`, alias);
    return slot;
  }

  #replace(configs: Map<string, CacheConfig>, maxEntries: number | undefined): void {
    if (this.#closed !== undefined) throw closedError();
    for (const [alias, config] of configs) {
      const replaced = this.#slots.get(alias);
      this.#slots.set(alias, new Slot(config.bounded(maxEntries)));
      if (replaced !== undefined) this.#closeLater(replaced);
    }
  }

  #closeLater(slot: Slot): void {
    // Nobody waits for it but `close`, and nobody could do anything about a failure.
    const closing = slot.close().catch(() => {});
    this.#closing.add(closing);
    void closing.then(() => this.#closing.delete(closing));
  }

  async #closeAll(): Promise<void> {
    const slots = [...this.#slots.values()];
    this.#slots.clear();
    await Promise.all([...this.#closing, ...slots.map((slot) => slot.close())]);
  }
}

/** Each alias with its configuration. INVALID_OPTION, INVALID_TTL, with the alias in the message. */
function readCaches(caches: unknown, what: string): Map<string, CacheConfig> {
  const given = assertObject(caches, what);
  if (Symbol.iterator in given) throw invalidOption(what, "must be an object with an alias for each cache", caches);
  return new Map(Object.entries(given).map(([alias, config]) => [alias, readConfig(alias, config)]));
}

function readConfig(alias: string, config: unknown): CacheConfig {
  if (config instanceof CacheConfig) return config;
  try {
    return new CacheConfig(assertObject(config, "the configuration"));
  } catch (cause) {
    if (!(cause instanceof CacheError)) throw cause;
    const { code, message, value } = cause;
    throw new CacheError(code, `the cache ${describe(alias)}: ${message}`, { value, cause });
  }
}
