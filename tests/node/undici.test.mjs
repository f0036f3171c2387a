// undiciStore under undici's own cache, in front of a real server.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Cache } from "isocache";
import { undiciStore } from "isocache/node";
import { Agent, cacheStores, interceptors, request } from "undici";
import { FRESH, startOrigin, startTcp, text } from "./helpers.mjs";

/** A client with undici's cache over our store. */
function clientOf(t, options = {}, cache = new Cache()) {
  const agent = new Agent();
  t.after(() => agent.destroy());
  const store = undiciStore(cache, options);
  const dispatcher = agent.compose(interceptors.cache({ store }));
  const get = async (url, init) => {
    const response = await request(url, { dispatcher, ...init });
    return { status: response.statusCode, headers: response.headers, body: await response.body.text() };
  };
  return { cache, store, get };
}

/** An origin that numbers its answers. */
async function numbered(headers) {
  let count = 0;
  return startOrigin((request, response) => text(`answer ${++count}`, headers(request) ?? {})(request, response));
}

test("a fresh response is asked for once, and comes back as it was", async (t) => {
  const { get, cache } = clientOf(t);
  const origin = await numbered(() => ({ ...FRESH, "x-mine": "yes", link: ["<a>", "<b>"] }));
  const answers = [];
  for (let i = 0; i < 3; i++) answers.push(await get(`${origin.url}/a?b`));
  assert.equal(origin.seen.length, 1);
  for (const { status, headers, body } of answers) {
    assert.deepEqual([status, headers["x-mine"], headers.link, body], [200, "yes", ["<a>", "<b>"], "answer 1"]);
  }
  assert.equal((await get(`${origin.url}/a?c`)).body, "answer 2");
  assert.equal(cache.stats().entries, 4); // two resources, each with what is known of it
});

test("bytes come back as they were, and none at all too", async (t) => {
  const { store } = clientOf(t);
  for (const body of [Buffer.from([0, 255, 128, 10]), Buffer.alloc(0), Buffer.alloc(100_000, "x")]) {
    const key = { origin: "http://a", method: "GET", path: `/${body.length}`, headers: {} };
    await put(store, key, valueFor({}), body);
    assert.deepEqual(Buffer.concat((await store.get(key)).body), body);
  }
});

test("Vary tells responses apart, and grows", async (t) => {
  const { get } = clientOf(t);
  const origin = await numbered(({ url }) => ({ ...FRESH, vary: url === "/two" ? "x-a, x-b" : "x-a" }));
  const body = async (path, headers) => (await get(origin.url + path, { headers })).body;
  assert.equal(await body("/", { "x-a": "1" }), "answer 1");
  assert.equal(await body("/", { "x-a": "2" }), "answer 2");
  assert.equal(await body("/", {}), "answer 3");
  assert.equal(await body("/", { "x-a": "1", "x-b": "1" }), "answer 1");
  assert.equal(await body("/", { "x-a": "2" }), "answer 2");
  assert.equal(await body("/", {}), "answer 3");
  assert.equal(await body("/two", { "x-a": "1", "x-b": "1" }), "answer 4");
  assert.equal(await body("/two", { "x-a": "1", "x-b": "2" }), "answer 5");
  assert.equal(await body("/two", { "x-a": "1", "x-b": "1" }), "answer 4");
});

test("a resource that varies by more and more stays right", async (t) => {
  const { store } = clientOf(t);
  const key = (headers) => ({ origin: "http://a", method: "GET", path: "/", headers });
  const kept = async (headers) => String((await store.get(key(headers)))?.body ?? "nothing");
  await put(store, key({ a: "1" }), valueFor({ vary: { a: "1" } }), Buffer.from("by a"));
  await put(store, key({ a: "1", b: "2" }), valueFor({ vary: { b: "2" } }), Buffer.from("by b"));
  assert.equal(await kept({ a: "1", b: "2" }), "by b");
  assert.equal(await kept({ a: "1", b: "3" }), "nothing");
  assert.equal(await kept({ a: "9", b: "2" }), "nothing");
});

test("a method that changes something forgets the resource, all of it", async (t) => {
  const { get } = clientOf(t);
  const origin = await numbered(() => ({ ...FRESH, vary: "x-a" }));
  const body = async (method, headers) => (await get(origin.url, { method, headers })).body;
  await body("GET", { "x-a": "1" });
  await body("GET", { "x-a": "2" });
  await body("POST");
  assert.equal(await body("GET", { "x-a": "1" }), "answer 4");
  assert.equal(await body("GET", { "x-a": "2" }), "answer 5");
});

test("what was on its way when its resource was forgotten is not stored", async (t) => {
  const { store } = clientOf(t);
  const key = { origin: "http://a", method: "GET", path: "/", headers: {} };
  const stream = store.createWriteStream(key, valueFor({}));
  stream.write("old");
  await store.delete(key);
  await new Promise((ended) => stream.end(ended));
  assert.equal(await store.get(key), undefined);
  await put(store, key, valueFor({}), Buffer.from("new"));
  assert.equal(String((await store.get(key)).body), "new");
});

test("methods are apart", async (t) => {
  const { store } = clientOf(t);
  const key = (method) => ({ origin: "http://a", method, path: "/", headers: {} });
  await put(store, key("GET"), valueFor({}), Buffer.from("got"));
  assert.equal(await store.get(key("HEAD")), undefined);
  await put(store, key("HEAD"), valueFor({}), Buffer.alloc(0));
  assert.equal(String((await store.get(key("GET"))).body), "got");
  await store.delete(key("HEAD"));
  assert.equal(await store.get(key("GET")), undefined);
});

test("a 304 renews what is stored", async (t) => {
  let now = Date.now();
  const { get, store } = clientOf(t, {}, new Cache({ clock: () => now }));
  const origin = await startOrigin((request, response) => {
    const headers = { "cache-control": "max-age=0, must-revalidate", etag: '"1"', date: new Date(now).toUTCString() };
    if (request.headers["if-none-match"] === '"1"') response.writeHead(304, headers).end();
    else text("validated", headers)(request, response);
  });
  // Stored as undici would do it a second ago.
  const key = { origin: origin.url, method: "GET", path: "/", headers: {} };
  const value = valueFor({ etag: '"1"', cachedAt: now - 2_000, staleAt: now - 1_000, deleteAt: now + 60_000 });
  await put(store, key, value, Buffer.from("validated"));
  const { status, body } = await get(origin.url);
  assert.deepEqual([status, body], [200, "validated"]);
  assert.equal(origin.seen[0].headers["if-none-match"], '"1"');
  now += 61_000;
  assert.equal(await store.get(key), undefined);
});

test("each variant expires for itself", async (t) => {
  let now = Date.now();
  const { store } = clientOf(t, {}, new Cache({ clock: () => now }));
  const key = (a) => ({ origin: "http://a", method: "GET", path: "/", headers: { a } });
  for (const [a, seconds] of [
    ["1", 10],
    ["2", 60],
  ]) {
    await put(store, key(a), valueFor({ vary: { a }, deleteAt: now + seconds * 1_000 }), Buffer.from(a));
  }
  now += 20_000;
  assert.equal(await store.get(key("1")), undefined);
  assert.equal(String((await store.get(key("2"))).body), "2");
  assert.equal(store.createWriteStream(key("3"), valueFor({ deleteAt: now })), undefined);
});

test("a larger body passes and is not stored", async (t) => {
  for (const [options, cache] of [
    [{ maxBodyBytes: "1KiB" }, new Cache()],
    [{}, new Cache({ maxBytes: "1MiB", maxEntryBytes: "1KiB" })],
  ]) {
    const { get } = clientOf(t, options, cache);
    const origin = await startOrigin(({ url }, response) =>
      text("x".repeat(Number(url.slice(1))), FRESH)({}, response),
    );
    for (const [bytes, asked] of [
      [2_000, 2],
      [400_000, 2],
      [500, 1],
    ]) {
      const before = origin.seen.length;
      for (let i = 0; i < 2; i++) assert.equal((await get(`${origin.url}/${bytes}`)).body.length, bytes);
      assert.equal(origin.seen.length - before, asked, String(bytes));
    }
  }
});

test("a body that breaks off is not stored", async (t) => {
  const { get, store, cache } = clientOf(t);
  const url = await startTcp((socket) =>
    socket.once("data", () =>
      socket.end("HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\nContent-Length: 10\r\n\r\nhalf"),
    ),
  );
  await assert.rejects(get(url));
  assert.equal(await store.get({ origin: url, method: "GET", path: "/", headers: {} }), undefined);
  assert.equal(cache.stats().entries, 0);
});

test("a closed cache is as good as none", async (t) => {
  const { get, cache } = clientOf(t);
  const origin = await numbered(() => FRESH);
  await cache.close();
  assert.equal((await get(origin.url)).body, "answer 1");
  assert.equal((await get(origin.url)).body, "answer 2");
  assert.equal((await get(origin.url, { method: "POST" })).body, "answer 3");
});

test("it answers as undici's own store does", async (t) => {
  const { store } = clientOf(t);
  const theirs = new cacheStores.MemoryCacheStore();
  const key = { origin: "http://a", method: "GET", path: "/", headers: { a: "1" } };
  const value = valueFor({
    vary: { a: "1", b: null },
    etag: '"1"',
    cacheControlDirectives: { "max-age": 600, public: true },
  });
  for (const each of [store, theirs]) await put(each, key, value, Buffer.from("body"));
  for (const headers of [{ a: "1" }, { a: "1", c: "3" }, { a: "2" }, { a: "1", b: "2" }, {}]) {
    assert.deepEqual(
      await store.get({ ...key, headers }),
      await theirs.get({ ...key, headers }),
      JSON.stringify(headers),
    );
  }
});

test("bad options are refused", () => {
  const code = "INVALID_OPTION";
  for (const cache of [undefined, null, {}, new Map()]) assert.throws(() => undiciStore(cache), { code });
  for (const options of [null, 5, { maxBodyBytes: -1 }, { maxBodyBytes: "much" }]) {
    assert.throws(() => undiciStore(new Cache(), options), { code });
  }
  assert.throws(() => undiciStore(new Cache(), { scope: 5 }), { code: "INVALID_SCOPE" });
});

/** What undici gives a store beside the body. */
function valueFor(more) {
  const now = Date.now();
  const times = { cachedAt: now, staleAt: now + 60_000, deleteAt: now + 60_000 };
  return {
    statusCode: 200,
    statusMessage: "OK",
    headers: { "x-mine": "yes" },
    cacheControlDirectives: {},
    ...times,
    ...more,
  };
}

async function put(store, key, value, body) {
  const stream = store.createWriteStream(key, value);
  await new Promise((ended) => stream.end(body, ended));
}
