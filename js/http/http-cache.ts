/** A cache for HTTP responses: what fetch is, with a memory. */

import { Cache, clockOf, maxEntryBytesOf } from "../cache.js";
import { type Lookup, lookup } from "./decisions.js";
import { assertCacheError, attempt } from "./failures.js";
import { type Call, Forwarder, respond } from "./forwarder.js";
import { invalidationsOf } from "./invalidations.js";
import { type FetchInit, type HttpCacheOptions, type Purge, readOptions, readPurge } from "./options.js";
import { Shelf } from "./shelf.js";
import { requestText } from "./text.js";

/**
 * Answers requests from the store where RFC 9111 allows it, and asks the origin where it does not.
 * A cache that fails is as good as none: the origin is asked. What the origin throws, `fetch` throws.
 */
export class HttpCache {
  readonly #settings;
  #opened: Forwarder | undefined;

  /** INVALID_OPTION. */
  constructor(options?: HttpCacheOptions) {
    this.#settings = readOptions(options);
  }

  /**
   * The response to a request; takes what the global fetch takes. It is stored when its body has been
   * read to the end. Rejects with what the origin rejects with, with the reason of an aborted signal,
   * and with TypeError for what is no request.
   */
  async fetch(input: Request | string | URL, init: FetchInit = {}): Promise<Response> {
    const { waitUntil, origin = this.#settings.origin, ...rest } = init;
    const plain = input instanceof Request && Object.keys(rest).length === 0;
    const request = plain ? input : new Request(input, rest);
    request.signal?.throwIfAborted();
    const text = requestText(request);
    const isRead = request.method === "GET" || request.method === "HEAD";
    // A body changes what a GET means to some servers, and is in no key.
    const key = isRead && !request.body ? this.#settings.key(request) : undefined;
    const call: Call = { request, text, isRead, key, found: {}, origin, waitUntil };
    const forwarder = attempt(() => this.#open());
    if (forwarder === undefined) return origin(request);
    const decision = await this.#decide(call, forwarder);
    if (decision === undefined) return origin(request);
    if (decision.outcome === "forward") return forwarder.forward(call, decision.reason, decision.conditions);
    return respond(request, decision.head, decision.outcome === "hit" ? call.found.entry?.body : undefined);
  }

  /**
   * Removes stored responses by URL or by glob, and gives their number. With a `key` of the owner's, a
   * glob is matched against what that gave. INVALID_OPTION, INVALID_PATTERN. A glob reads every key once.
   */
  async purge(what: Purge): Promise<number> {
    const { url, pattern } = readPurge(what);
    const { shelf, invalidations } = this.#open();
    if (pattern !== undefined) {
      invalidations.addAll();
      const removed = await shelf.purgeMatching(pattern);
      invalidations.addAll(); // for what was stored meanwhile
      return removed;
    }
    const key = this.#settings.key(new Request(url));
    if (key === undefined) return 0;
    invalidations.add(key);
    return shelf.purge(key);
  }

  /** Not in the constructor: workers construct while they start, where neither time nor randomness is to be had. */
  #open(): Forwarder {
    if (this.#opened === undefined) {
      const { cache = new Cache(), shared, maxBodyBytes } = this.#settings;
      // What may be stored differs, so that the two kinds must not see each other's responses.
      const shelf = new Shelf(cache.withScope(shared ? "http" : "http-private"));
      const bounds = { body: maxBodyBytes ?? Number.POSITIVE_INFINITY, entry: maxEntryBytesOf(cache) };
      this.#opened = new Forwarder(this.#settings, invalidationsOf(cache), shelf, clockOf(cache), bounds);
    }
    return this.#opened;
  }

  /** What to do, with what was found in `call.found`; undefined: the cache cannot say. */
  async #decide(call: Call, { shelf, clock }: Forwarder): Promise<Lookup | undefined> {
    try {
      if (call.key !== undefined) call.found = await shelf.find(call.key, call.text);
    } catch (error) {
      assertCacheError(error);
      call.key = undefined; // too long, or the store is out of order
    }
    return attempt(() => lookup(this.#settings.text, call.text, call.found.entry?.head ?? "", clock()));
  }
}
