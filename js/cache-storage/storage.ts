/** The standard's CacheStorage. */

import type { Cache as Isocache } from "../cache.js";
import { assertArguments } from "./arguments.js";
import { type Holders, holdersOf } from "./holders.js";
import { type Named, Names } from "./names.js";
import { Pairs } from "./pairs.js";
import { readQuery } from "./requests.js";
import { StoredCache } from "./stored-cache.js";

/** Of the cache that is underneath: neither data nor what HttpCache stores is in it. */
const SCOPE = "cache-storage";

export class Storage implements CacheStorage {
  readonly #cache: Isocache;
  readonly #names: Names;
  readonly #holders: Holders;

  constructor(cache: Isocache) {
    this.#cache = cache.withScope(SCOPE);
    this.#names = new Names(this.#cache);
    this.#holders = holdersOf(cache);
  }

  /** The cache of that name, which is made where there is none. */
  async open(name: string): Promise<Cache> {
    assertArguments(arguments.length, 1);
    return new StoredCache(this.#cache, this.#names, this.#holders, await this.#names.open(`${name}`));
  }

  /** Whether there is a cache of that name. */
  async has(name: string): Promise<boolean> {
    assertArguments(arguments.length, 1);
    return (await this.#names.find(`${name}`)) !== undefined;
  }

  /** Whether there was one. Who has opened it may go on with it; it is freed when nobody holds it any more. */
  async delete(name: string): Promise<boolean> {
    assertArguments(arguments.length, 1);
    const removed = await this.#names.remove(`${name}`);
    if (removed === undefined) return false;
    await this.#holders.free(removed.id, () => this.#clear(removed));
    return true;
  }

  /** The names, in the order in which their caches were made. */
  async keys(): Promise<string[]> {
    return (await this.#names.list()).map(({ name }) => name);
  }

  /** The first response to the request, of the cache `cacheName` or of all in the order of `keys`. */
  async match(request: RequestInfo | URL, options?: MultiCacheQueryOptions): Promise<Response | undefined> {
    assertArguments(arguments.length, 1);
    const query = readQuery(request, options);
    if (query === undefined) return undefined;
    const only = options?.cacheName;
    const named = await this.#names.list();
    for (const { id } of only === undefined ? named : named.filter(({ name }) => name === `${only}`)) {
      const response = await new Pairs(this.#cache, id).match(query);
      if (response !== undefined) {
        await this.#names.use();
        return response;
      }
    }
    return undefined;
  }

  /** Unless a snapshot that was restored meanwhile has brought it back. */
  async #clear({ id }: Named): Promise<void> {
    const named = await this.#names.list();
    if (!named.some((other) => other.id === id)) await new Pairs(this.#cache, id).clear();
  }

  get [Symbol.toStringTag](): string {
    return "CacheStorage";
  }
}
