// The worker that is measured. /cached/N answers from isocache, /constant/N with a constant, /origin/N asks the origin each
// time, /default/N answers from the runtime's own caches.default; N is the body's length. A number behind it: so many times.
import { Cache } from "isocache";
import { withHttpCache } from "isocache/http";

const fromOrigin = (request, env) => {
  const { pathname } = new URL(request.url);
  return fetch(env.ORIGIN + pathname, request);
};

const cached = withHttpCache({ fetch: fromOrigin }, { cache: new Cache({ maxBytes: "64MiB" }) });

const constants = new Map();

/** The fields that a hit has, and the origin's body. */
async function prepare(request, env, ctx, size) {
  await (await cached.fetch(request, env, ctx)).arrayBuffer();
  const hit = await cached.fetch(request, env, ctx);
  constants.set(size, {
    body: new Uint8Array(await hit.arrayBuffer()),
    init: { headers: Object.fromEntries(hit.headers) },
  });
}

async function constant(request, env, ctx, size) {
  if (!constants.has(size)) await prepare(request, env, ctx, size);
  const { body, init } = constants.get(size);
  return new Response(body, init);
}

async function fromDefault(request, env) {
  const hit = await caches.default.match(request);
  if (hit) return hit;
  await caches.default.put(request, await fromOrigin(request, env));
  return caches.default.match(request);
}

function answer(request, env, ctx, kind, size) {
  if (kind === "cached") return cached.fetch(request, env, ctx);
  if (kind === "constant") return constant(request, env, ctx, size);
  if (kind === "default") return fromDefault(request, env);
  return fromOrigin(request, env);
}

/** The same answer many times: what it costs without what workerd does for a request. */
async function repeat(count, ...what) {
  await (await answer(...what)).arrayBuffer(); // read to its end it is stored
  for (let i = 0; i < count; i++) await answer(...what);
  return answer(...what);
}

export default {
  fetch(request, env, ctx) {
    const [, , , kind, size, count] = request.url.split("/");
    if (count) return repeat(Number(count), request, env, ctx, kind, size);
    return answer(request, env, ctx, kind, size);
  },
};
