// isocache/cachified, through cachified() itself.
import assert from "node:assert/strict";
import { test } from "node:test";
import { cachified, createCacheEntry, softPurge } from "@epic-web/cachified";
import { Cache, SyncCache } from "isocache";
import { cachifiedCache } from "isocache/cachified";
import { CLASSES, clock, rejectsCode, stopDate, throwsCode } from "./helpers.mjs";

/** A caller of cachified that counts its loads, and waits for those in the background. */
function counting(cache, options) {
  const background = [];
  let loads = 0;
  const get = (more) =>
    cachified({
      key: "a",
      cache,
      getFreshValue: () => ++loads,
      waitUntil: (promise) => background.push(promise),
      ...options,
      ...more,
    });
  return { get, settled: () => Promise.all(background) };
}

for (const [name, Class] of Object.entries(CLASSES)) {
  test(`loads once, and again after the ttl: ${name}`, async (t) => {
    const advance = stopDate(t);
    const { get } = counting(cachifiedCache(new Class({ clock })), { ttl: 1_000 });
    assert.deepEqual(await Promise.all([get(), get()]), [1, 1]);
    advance(1_000);
    assert.equal(await get(), 1, "cachified's ttl is over after its last millisecond");
    advance(1);
    assert.equal(await get(), 2);
  });
}

test("serves stale values while one is loaded, for as long as swr says", async (t) => {
  const advance = stopDate(t);
  const store = new SyncCache({ clock });
  const { get, settled } = counting(cachifiedCache(store), { ttl: 1_000, swr: 500 });
  assert.equal(await get(), 1);
  advance(1_500);
  assert.equal(await get(), 1);
  await settled();
  assert.equal(await get(), 2);
  advance(1_501);
  assert.equal(store.countKeys(), 0, "the store drops what can no longer be served");
  assert.equal(await get(), 3);
});

test("what may be stale for ever is kept, as is what is fresh for ever", async (t) => {
  const advance = stopDate(t);
  const store = new SyncCache({ clock, defaultTtl: 60 });
  const stale = counting(cachifiedCache(store), { ttl: 1_000, swr: Number.POSITIVE_INFINITY });
  const fresh = counting(cachifiedCache(store), { key: "b" });
  assert.deepEqual([await stale.get(), await fresh.get()], [1, 1]);
  advance(365 * 86_400_000);
  assert.deepEqual([await stale.get(), await fresh.get()], [1, 1]);
  await stale.settled();
  assert.equal(await stale.get(), 2);
});

test("the time of an entry counts from its creation", async (t) => {
  const advance = stopDate(t);
  const store = new SyncCache({ clock });
  const cache = cachifiedCache(store);
  const entry = createCacheEntry("x", { ttl: 1_000, swr: 200 });
  advance(300);
  assert.equal(await cache.set("a", entry), true);
  assert.equal(store.ttl("a"), 0.901);
  advance(901);
  store.set("a", "old");
  assert.equal(await cache.set("a", entry), false);
  assert.equal(store.has("a"), false);
  await cache.set("b", { value: 1, metadata: { createdTime: Date.now(), ttl: 50, swv: 50 } });
  await cache.set("c", { value: 1, metadata: { createdTime: Date.now(), ttl: Number.MAX_SAFE_INTEGER } });
  assert.deepEqual([store.ttl("b"), store.ttl("c")], [0.101, null]);
});

test("a soft purge makes a value stale and keeps it as long", async (t) => {
  const advance = stopDate(t);
  const cache = cachifiedCache({ clock });
  const { get, settled } = counting(cache, { ttl: 1_000 });
  await get();
  advance(400);
  await softPurge({ cache, key: "a" });
  assert.equal(await get(), 1);
  await settled();
  assert.equal(await get(), 2);
});

test("values keep their types, undefined and null included", async () => {
  const cache = cachifiedCache();
  const values = [
    undefined,
    null,
    0,
    "",
    new Date(5),
    new Map([["k", new Set([1])]]),
    new Uint8Array([1]),
    { a: undefined },
  ];
  for (const value of values) {
    const get = () => cachified({ key: "a", cache, getFreshValue: () => value });
    await get();
    assert.deepEqual(await cachified({ key: "a", cache, getFreshValue: () => assert.fail("is cached") }), value);
    await cache.delete("a");
    assert.equal(await cache.get("a"), undefined);
  }
});

test("a fresh value that is refused is served all the same", async () => {
  const { get } = counting(cachifiedCache(), { getFreshValue: () => () => "a function is not stored" });
  assert.equal((await get())(), "a function is not stored");
});

test("forced loads that fail fall back to the cache", async (t) => {
  stopDate(t);
  const { get } = counting(cachifiedCache({ clock }), { ttl: 1_000 });
  await get();
  const getFreshValue = () => Promise.reject(new Error("the origin is down"));
  assert.equal(await get({ forceFresh: true, getFreshValue }), 1);
});

test("closes its own cache, and leaves the caller's open", async () => {
  const own = cachifiedCache({ maxBytes: "1MiB" });
  await own.close();
  await rejectsCode("CLOSED", own.get("a"));
  const cache = new Cache();
  await cachifiedCache(cache).close();
  assert.equal(cache.closed, false);
  throwsCode("INVALID_OPTION", () => cachifiedCache({ maxEntries: -1 }));
});
