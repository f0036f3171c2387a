// Request caching: a worker's handler keeps its type.
import { expectTypeOf } from "expect-type";
import { Cache } from "isocache";
import { cacheStorage, HttpCache, withHttpCache } from "isocache/http";

interface Env {
  ORIGIN: string;
}
const handler = {
  fetch: (_request: Request, env: Env) => new Response(env.ORIGIN),
  scheduled: () => 5,
};
const wrapped = withHttpCache(handler, { cache: new Cache(), shared: true, targets: ["CDN-Cache-Control"] });
expectTypeOf(wrapped.scheduled()).toEqualTypeOf<number>();
expectTypeOf(wrapped).toEqualTypeOf<typeof handler>();

const http = new HttpCache({ fetch: async (request) => new Response(request.url), key: (request) => request.url });
expectTypeOf(http.fetch("https://a.test/", { waitUntil: () => {} })).resolves.toEqualTypeOf<Response>();
// @ts-expect-error a cache is a Cache
new HttpCache({ cache: new Map() });

// The standard's interface, wherever it is asked for.
const storage: CacheStorage = cacheStorage(new Cache());
expectTypeOf(storage.match("https://a.test/")).resolves.toEqualTypeOf<Response | undefined>();
expectTypeOf(cacheStorage(new Cache()).open("v1")).resolves.toEqualTypeOf<globalThis.Cache>();
// @ts-expect-error options are none of its arguments
cacheStorage(new Cache(), {});
