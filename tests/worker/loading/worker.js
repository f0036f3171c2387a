// A worker whose requests load and lock what the test says, so that requests can be cancelled in the middle of it.
//
//   /load?key=&path=[&ttl=][&stale=][&timeout=][&wait][&leave=]   getOrSet of what the origin has under this path
//   /lock?key=&path=&lease=[&name=]                               acquire, ask the origin with the lock's signal, release
//   /update?key=                                                  adds one
//   /peek?key=   /pass?ms=   /stats
import { Cache } from "isocache";

let now = 1_700_000_000_000;
let cache;
let acquiring = 0;

const number = (text) => (text === null ? undefined : Number(text));

async function ask(env, path, init) {
  return (await fetch(env.ORIGIN + path, init)).text();
}

/** With `leave`, this caller gives up when the origin says so, and its request goes on until the origin says that too. */
async function load(query, env, ctx) {
  const path = query.get("path");
  const leave = query.get("leave");
  const controller = new AbortController();
  const options = {
    ttl: number(query.get("ttl")),
    staleWhileRevalidate: number(query.get("stale")),
    timeout: number(query.get("timeout")),
    waitUntil: query.has("wait") ? (promise) => ctx.waitUntil(promise) : undefined,
    signal: leave === null ? undefined : controller.signal,
  };
  const loaded = cache.getOrSet(query.get("key"), ({ signal }) => ask(env, path, { signal }), options);
  if (leave === null) return loaded;
  loaded.catch(() => {});
  await ask(env, leave);
  controller.abort();
  return ask(env, leave);
}

async function lock(query, env) {
  acquiring++;
  const name = query.get("name");
  // Held by the origin: it sees when this request is cancelled.
  if (name !== null) ask(env, `/alive/${name}`).catch(() => {});
  const acquired = await cache.acquire(query.get("key"), { lease: number(query.get("lease")) });
  try {
    return await ask(env, query.get("path"), { signal: acquired.signal });
  } finally {
    await acquired.release();
  }
}

async function answer({ pathname, searchParams: query }, env, ctx) {
  switch (pathname) {
    case "/load":
      return load(query, env, ctx);
    case "/lock":
      return lock(query, env);
    case "/update":
      return String(await cache.update(query.get("key"), (value = 0) => value + 1));
    case "/peek":
      return String(await cache.peek(query.get("key")));
    case "/pass":
      now += number(query.get("ms"));
      return "";
    default:
      return JSON.stringify({ ...cache.stats(), acquiring });
  }
}

export default {
  async fetch(request, env, ctx) {
    cache ??= new Cache({ clock: () => now });
    try {
      return new Response(await answer(new URL(request.url), env, ctx));
    } catch (error) {
      return new Response(`${error.code ?? error.name}: ${error.message}`, { status: 500 });
    }
  },
};
