/** The standard's Cache. */

import type { Cache as Isocache } from "../cache.js";
import { assertArguments } from "./arguments.js";
import { fetchAll } from "./fetched.js";
import type { Hold, Holders } from "./holders.js";
import type { Names, Opened } from "./names.js";
import { type Pair, pairOf, Pairs, roomFor } from "./pairs.js";
import { readQuery, readRequest, readStorable } from "./requests.js";
import { assertStorable, encodeResponse } from "./responses.js";

export class StoredCache implements Cache {
  readonly #cache: Isocache;
  readonly #names: Names;
  readonly #holders: Holders;
  #opened: Opened;
  #hold: Hold;

  constructor(cache: Isocache, names: Names, holders: Holders, opened: Opened) {
    this.#cache = cache;
    this.#names = names;
    this.#holders = holders;
    this.#opened = opened;
    this.#hold = holders.hold(opened.id);
  }

  /** A new response like the oldest one stored that the request selects. */
  async match(request: RequestInfo | URL, options?: CacheQueryOptions): Promise<Response | undefined> {
    assertArguments(arguments.length, 1);
    const query = readQuery(request, options);
    return query && this.#using((pairs) => pairs.match(query));
  }

  /** The same of all, oldest first; without a request, of everything. */
  async matchAll(request?: RequestInfo | URL, options?: CacheQueryOptions): Promise<readonly Response[]> {
    const query = request === undefined ? undefined : readQuery(request, options);
    if (request !== undefined && query === undefined) return [];
    return this.#using((pairs) => pairs.matchAll(query));
  }

  /** The requests, oldest first: those that a request selects, or all. */
  async keys(request?: RequestInfo | URL, options?: CacheQueryOptions): Promise<readonly Request[]> {
    const query = request === undefined ? undefined : readQuery(request, options);
    if (request !== undefined && query === undefined) return [];
    return this.#using((pairs) => pairs.keys(query));
  }

  /** Fetches a request, and stores the response. As `addAll`. */
  async add(request: RequestInfo | URL): Promise<void> {
    assertArguments(arguments.length, 1);
    return this.addAll([request as RequestInfo]);
  }

  /**
   * Fetches requests, and stores all responses or none. TypeError: a request that cannot be stored (then none is
   * fetched), or a response that is not of success. InvalidStateError: one would replace another. QuotaExceededError.
   */
  async addAll(requests: Iterable<RequestInfo>): Promise<void> {
    assertArguments(arguments.length, 1);
    const asked = [...requests].map((request) => readStorable(readRequest(request)));
    const pairs = await fetchAll(asked, (request, response) => this.#pair(request, response));
    await this.#using((stored) => stored.put(pairs));
  }

  /**
   * Stores a response, whose body is read to its end, in the place of those that the request selects. TypeError: the
   * request or the response cannot be stored. QuotaExceededError: the response is larger than an entry may be.
   */
  async put(request: RequestInfo | URL, response: Response): Promise<void> {
    assertArguments(arguments.length, 2);
    const asked = readStorable(readRequest(request));
    assertStorable(response);
    const pair = await this.#pair(asked, response);
    await this.#using((stored) => stored.put([pair]));
  }

  /** Removes what a request selects: whether there was anything. */
  async delete(request: RequestInfo | URL, options?: CacheQueryOptions): Promise<boolean> {
    assertArguments(arguments.length, 1);
    const query = readQuery(request, options);
    return query !== undefined && this.#using((pairs) => pairs.delete(query));
  }

  get [Symbol.toStringTag](): string {
    return "Cache";
  }

  async #pair(request: Request, response: Response): Promise<Pair> {
    const value = await encodeResponse(response, roomFor(this.#cache, request.url));
    return pairOf(request, response, value);
  }

  /** Works on the cache that is this one by now, and renews its name after all that is in it. */
  async #using<T>(work: (pairs: Pairs) => Promise<T>): Promise<T> {
    this.#opened = await this.#names.confirmed(this.#opened);
    if (this.#opened.id !== this.#hold.id) this.#hold = this.#holders.hold(this.#opened.id);
    const result = await work(new Pairs(this.#cache, this.#hold.id));
    await this.#names.use();
    return result;
  }
}
