// A cache in front of an origin that is a function; time stands still until `wait`.
import { Cache } from "isocache";
import { HttpCache } from "isocache/http";

export const START = 1_697_328_000_000;
export const A = "https://example.org/a";
export const FRESH = { "cache-control": "max-age=60" };

/** `answer(request, n)` is the origin's response to the n-th request that reached it. */
export function setup(answer = () => new Response("body", { headers: FRESH }), options = {}, cacheOptions = {}) {
  let now = START;
  const cache = new Cache({ clock: () => now, ...cacheOptions });
  const seen = [];
  const fetch = (request) => {
    seen.push(request);
    return answer(request, seen.length);
  };
  const http = new HttpCache({ cache, fetch, ...options });
  /** Status, body and Cache-Status of a request. */
  const ask = async (url = A, init = undefined) => {
    const response = await http.fetch(url, init);
    const text = await response.text();
    return { status: response.status, text, said: response.headers.get("cache-status"), response };
  };
  return { cache, http, seen, ask, wait: (seconds) => (now += seconds * 1_000) };
}

/** An origin that says which request it answered. */
export const numbered =
  (headers = FRESH, status = 200) =>
  (_, n) =>
    new Response(`body ${n}`, { status, headers });

/** A promise to settle by hand. */
export function gate() {
  const it = {};
  it.promise = new Promise((open, fail) => Object.assign(it, { open, fail }));
  return it;
}

/** A body whose chunks come when they are pushed. `pulls` counts how often one was asked for. */
export function pushed() {
  const it = { pulls: 0, cancelled: undefined };
  let controller;
  let wanted = gate();
  it.stream = new ReadableStream(
    {
      start(given) {
        controller = given;
      },
      pull() {
        it.pulls++;
        wanted.open();
        wanted = gate();
      },
      cancel(reason) {
        it.cancelled = reason ?? true;
      },
    },
    { highWaterMark: 0 },
  );
  it.push = (text) => controller.enqueue(typeof text === "string" ? new TextEncoder().encode(text) : text);
  it.end = () => controller.close();
  it.fail = (error) => controller.error(error);
  /** Resolves at the next pull. */
  it.wanted = () => wanted.promise;
  return it;
}

/** Lets all that is ready to run do so. */
export async function settle() {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
}

export const textOf = (chunk) => new TextDecoder().decode(chunk);
