// Request caching: a worker's handler keeps its type.
import { expectTypeOf } from "expect-type";
import { Cache } from "isocache";
import { HttpCache, withHttpCache } from "isocache/http";

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
