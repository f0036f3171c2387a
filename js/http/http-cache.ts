/** A cache for HTTP responses: what fetch is, with a memory. */

import { Cache, clockOf, maxEntryBytesOf } from "../cache.js";
import { Budget } from "./budget.js";
import { callOf, queryOf } from "./call.js";
import { Desk } from "./desk.js";
import { attempt } from "./failures.js";
import { Forwarder } from "./forwarder.js";
import { invalidationsOf } from "./invalidations.js";
import { type FetchInit, type HttpCacheOptions, type Purge, type Purged, readOptions, readPurge } from "./options.js";
import { Shelf } from "./shelf.js";

const NOTHING: FetchInit = {};
/** What bodies on their way may take where a cache does not say how large it is. */
const UNBOUNDED_BUDGET = 64 << 20;

/**
 * Answers requests from the store where RFC 9111 allows it, and asks the origin where it does not.
 * A cache that fails is as good as none: the origin is asked. What the origin throws, `fetch` throws,
 * unless a stored response may stand in for it.
 */
export class HttpCache {
  readonly #settings;
  #opened: Desk | undefined;

  /** INVALID_OPTION. */
  constructor(options?: HttpCacheOptions) {
    this.#settings = readOptions(options);
  }

  /**
   * The response to a request; takes what the global fetch takes. It is stored when its body has been
   * read to the end. Requests for the same at the same time ask the origin once. Rejects with what the
   * origin rejects with, with the reason of an aborted signal, and with TypeError for what is no request.
   */
  async fetch(input: Request | string | URL, init: FetchInit = NOTHING): Promise<Response> {
    const { waitUntil, origin = this.#settings.origin, ...rest } = init;
    const plain = input instanceof Request && (init === NOTHING || Object.keys(rest).length === 0);
    const request = plain ? input : new Request(input, rest);
    request.signal?.throwIfAborted();
    const desk = attempt(() => this.#open());
    if (desk === undefined) return origin(request);
    const around = { origin, waitUntil };
    if (request.method === "QUERY") return desk.answer(await queryOf(request, this.#settings, around));
    const call = callOf(request, this.#settings, around);
    return (call.isRead && attempt(() => desk.hit(call))) || desk.answer(call);
  }

  /**
   * Removes stored responses by URL, glob, tag or cache group, or marks them stale, and gives their
   * number. With a `key` of the owner's, a glob is matched against what that gave. INVALID_OPTION,
   * INVALID_PATTERN. By URL and by glob every key is read once; by tag and group what has it.
   */
  async purge(what: Purge): Promise<number> {
    const purged = readPurge(what);
    const { shelf, invalidations } = this.#open().forwarder;
    if (purged.by === "url") {
      const key = this.#settings.key(new Request(purged.what));
      if (key === undefined) return 0;
      invalidations.add(key);
      return shelf.purge(key, purged.soft);
    }
    const forget = () => (purged.by === "label" ? invalidations.add(purged.what) : invalidations.addAll());
    forget();
    const removed = await purgedBy(shelf, purged);
    forget(); // for what was stored meanwhile
    return removed;
  }

  /** Not in the constructor: workers construct while they start, where neither time nor randomness is to be had. */
  #open(): Desk {
    if (this.#opened === undefined) {
      const { cache = new Cache(), shared, maxBodyBytes } = this.#settings;
      // What may be stored differs, so that the two kinds must not see each other's responses.
      const shelf = new Shelf(cache.withScope(shared ? "http" : "http-private"));
      const bounds = { body: maxBodyBytes ?? Number.POSITIVE_INFINITY, entry: maxEntryBytesOf(cache) };
      const budget = new Budget(cache.stats().maxBytes ?? UNBOUNDED_BUDGET);
      const forwarder = new Forwarder(this.#settings, invalidationsOf(cache), shelf, clockOf(cache), bounds, budget);
      this.#opened = new Desk(forwarder);
    }
    return this.#opened;
  }
}

function purgedBy(shelf: Shelf, { by, what, soft }: Purged): Promise<number> {
  return by === "label" ? shelf.purgeLabelled(what, soft) : shelf.purgeMatching(what, soft);
}
