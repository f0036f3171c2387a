// The site as its visitors have it: an HttpCache that goes on without its origin and outlives the worker.
//
// `isocache/slim` has the classes without the engine, which `isocache/http` brings along: so the bundle has it once.
import { Cache } from "isocache/slim";
import { HttpCache } from "isocache/http";
import { Saver } from "./saver.js";
import { load, store } from "./storage.js";

/** How many of the latest answers are remembered for the page to show. */
const LATEST = 20;

export class SiteCache {
  // gdsf keeps what is asked for often and is small: the most answers for the room that a visitor's disk has to give.
  #cache = new Cache({ maxBytes: "8MiB", policy: "gdsf" });
  // The browser's own HTTP cache is left out, so that each response has one owner, and purging it here is enough.
  #http = new HttpCache({
    cache: this.#cache,
    shared: false,
    name: "site",
    fetch: (request) => fetch(request, { cache: "no-store" }),
  });
  #saver = new Saver(async () => store(await this.#cache.snapshot()));
  #restored;
  #latest = [];
  #offlinePage;

  constructor({ offlinePage }) {
    this.#offlinePage = offlinePage;
    // No request waits for this: it is only said that there is something to save.
    for (const event of ["set", "remove"]) this.#cache.on(event, () => this.#saver.changed());
  }

  /** Fetches and stores URLs. Rejects when one of them is not to be had. */
  async precache(urls) {
    await this.#restore();
    const fetching = urls.map(async (url) => {
      // "reload" asks the origin, though an earlier worker may have stored it.
      const response = await this.#http.fetch(new Request(url, { cache: "reload" }));
      if (!response.ok) throw new Error(`${url} answered with status ${response.status}`);
      await response.arrayBuffer(); // a response is stored when its body was read to the end
    });
    await Promise.all(fetching);
    await this.#saver.save();
  }

  /** The response to a request: fresh from the store, from the origin or, where that fails, stale from the store. */
  async respond(request, waitUntil) {
    await this.#restore();
    const { response, from } = await this.#answer(request);
    this.#remember(request, response, from);
    if (response.body === null || response.status < 200) return response;
    const [watched, ended] = untilEnd(response);
    waitUntil(ended.then(() => this.#saver.save()));
    return watched;
  }

  /** Removes what matches a glob over whole URLs, so that the origin is asked: how many. */
  async purge(pattern) {
    await this.#restore();
    const purged = await this.#http.purge({ pattern });
    await this.#saver.save();
    return purged;
  }

  /** Resolves when everything that is stored is written down. */
  async save() {
    await this.#saver.save();
  }

  async status() {
    await this.#restore();
    const { entries, bytes, maxBytes } = this.#cache.stats();
    return { entries, bytes, maxBytes, latest: this.#latest };
  }

  async #answer(request) {
    let failed;
    try {
      failed = await this.#http.fetch(request);
      if (failed.status < 500) return { response: failed, from: isHit(failed) ? "cache" : "network" };
    } catch {
      // the origin cannot be reached
    }
    const stale = await this.#stored(request);
    if (stale !== undefined) {
      failed?.body?.cancel().catch(() => {});
      return { response: stale, from: "stale" };
    }
    if (failed !== undefined) return { response: failed, from: "network" };
    const offline = request.mode === "navigate" ? await this.#stored({ url: this.#offlinePage }) : undefined;
    return { response: offline ?? Response.error(), from: "nowhere" };
  }

  /** What is stored for a request, however old; the origin is not asked. undefined: nothing, or what its owner lets nobody use stale. */
  async #stored({ url, headers = {} }) {
    const request = new Request(url, { headers, mode: "same-origin", cache: "only-if-cached" });
    const response = await this.#http.fetch(request);
    return response.status === 504 ? undefined : response;
  }

  /** Once in a worker's life, which may be as short as one event. */
  #restore() {
    this.#restored ??= load()
      .then((bytes) => bytes && this.#cache.restore(bytes))
      .then(() => this.#saver.settled())
      // No storage, or a snapshot that is damaged: the cache starts empty.
      .catch((error) => console.warn("nothing was restored:", error));
    return this.#restored;
  }

  #remember(request, response, from) {
    const { pathname } = new URL(request.url);
    this.#latest.unshift({ pathname, from, status: response.headers.get("cache-status") });
    this.#latest.length = Math.min(this.#latest.length, LATEST);
  }
}

function isHit(response) {
  return /;\s*hit\b/.test(response.headers.get("cache-status") ?? "");
}

/** A response, and a promise of the end of its body, which is when it is stored; also of its failure, or its reader's leaving. */
function untilEnd(response) {
  const { readable, writable } = new TransformStream();
  const ended = response.body.pipeTo(writable).catch(() => {});
  return [new Response(readable, response), ended];
}
