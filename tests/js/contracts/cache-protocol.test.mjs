// Contract D, CacheProtocol: the port of a hexagonal application. A test for each method, over every store.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CacheConfig } from "isocache/config";
import { refusal } from "../helpers.mjs";
import { everyStore } from "./stores.mjs";

everyStore("get, set(ttl): None is no expiry", async ({ open, pass }) => {
  const cache = await open({ defaultTtl: 1 });
  await cache.set("doc:1", { title: "One" }, 10);
  await cache.set("doc:2", { title: "Two" }, null);
  pass(9_999);
  assert.deepEqual(await cache.get("doc:1"), { title: "One" });
  pass(1);
  assert.deepEqual([await cache.get("doc:1"), await cache.get("doc:3")], [undefined, undefined]);
  assert.deepEqual(await cache.get("doc:2"), { title: "Two" });
});

everyStore("delete, exists", async ({ open }) => {
  const cache = await open();
  await cache.set("key", 1);
  assert.deepEqual([await cache.has("key"), await cache.delete("key")], [true, true]);
  assert.deepEqual([await cache.has("key"), await cache.delete("key")], [false, false]);
});

everyStore("get_many: misses left out", async ({ open }) => {
  const cache = await open();
  await cache.setMany({ a: 1, b: 2 });
  assert.deepEqual(await cache.getMany(["a", "absent", "b"]), new Map([["a", 1], ["b", 2]])); // prettier-ignore
});

everyStore("set_many(dict, ttl): an object or a Map", async ({ open, pass }) => {
  const cache = await open();
  assert.equal(await cache.setMany({ a: 1, b: { c: 2 } }, 10), 2);
  assert.equal(await cache.setMany(new Map([["d", 3]]), null), 1);
  assert.deepEqual([await cache.ttl("a"), await cache.ttl("b"), await cache.ttl("d")], [10, 10, null]);
  pass(10_000);
  assert.deepEqual(await cache.getMany(["a", "b", "d"]), new Map([["d", 3]]));
});

everyStore("delete_pattern: the number deleted, and nothing else goes", async ({ open, pass }) => {
  const cache = await open();
  const keys = ["user:1", "user:22", "user:", "users:1", "doc:Todo:1", "doc:Todo:a:b", "doc:todo:1", "doc:[Todo]:1"];
  await cache.setMany(keys.map((key) => [key, key]));
  await cache.set("user:expired", 1, 1);
  pass(1_000);
  assert.equal(await cache.deletePattern("user:*"), 3);
  assert.equal(await cache.deletePattern("doc:Todo:*"), 2);
  assert.equal(await cache.deletePattern("doc:Todo:*"), 0);
  assert.deepEqual([...(await cache.getMany(keys)).keys()], ["users:1", "doc:todo:1", "doc:[Todo]:1"]);
  assert.equal(await cache.deletePattern("doc:\\[Todo\\]:?"), 1);
  await refusal(cache.deletePattern("doc:["), "INVALID_PATTERN");
});

everyStore("ttl: seconds; null without one, or without the key", async ({ open, pass }) => {
  const cache = await open();
  await cache.set("key", 1, 90);
  await cache.set("never", 1);
  pass(30_000);
  assert.deepEqual([await cache.ttl("key"), await cache.ttl("never"), await cache.ttl("absent")], [60, null, null]);
  pass(60_000);
  assert.equal(await cache.ttl("key"), null);
});

everyStore("clear: everything", async ({ open }) => {
  const cache = await open();
  await cache.setMany({ "user:1": 1, "doc:Todo:1": 2 });
  await cache.clear();
  assert.equal(await cache.countKeys(), 0);
  assert.equal(await cache.set("user:1", 1), true);
});

/** A program that knows the port alone. */
async function program(cache) {
  await cache.setMany({ "user:1": { name: "Ada" }, "user:2": { name: "Bob" }, "doc:Todo:1": { done: false } }, 60);
  const found = await cache.getMany(["user:1", "user:3"]);
  const deleted = await cache.deletePattern("user:*");
  const left = [await cache.has("user:1"), await cache.get("doc:Todo:1"), (await cache.ttl("doc:Todo:1")) > 0];
  await cache.clear();
  return { found, deleted, left, cleared: await cache.has("doc:Todo:1") };
}

const EXPECTED = {
  found: new Map([["user:1", { name: "Ada" }]]),
  deleted: 2,
  left: [false, { done: false }, true],
  cleared: false,
};

everyStore("the same program over every adapter", async ({ open }) => {
  assert.deepEqual(await program(await open()), EXPECTED);
});

everyStore("the adapter is chosen by configuration alone", async ({ config }) => {
  assert.deepEqual(await program(await config({ maxEntries: 100 }).open()), EXPECTED);
});

test("without a Redis host the configuration chooses the in-process one, an LRU", async (t) => {
  const cache = await CacheConfig.fromEnv({ CACHE_MAX_ENTRIES: "3" }).open();
  t.after(() => cache.close());
  assert.deepEqual(await program(cache), EXPECTED);
  await cache.setMany([["a", 1], ["b", 2], ["c", 3]]); // prettier-ignore
  await cache.get("a");
  await cache.set("d", 4);
  assert.deepEqual(await cache.getAll(["a", "b", "c", "d"]), [1, undefined, 3, 4]);
});
