// Contract C, CacheGateway: a facade over named backends, MessagePack inside. A test for each part, over every store.
import assert from "node:assert/strict";
import { test } from "node:test";
import { msgpack } from "isocache";
import { CacheRegistry } from "isocache/config";
import { refusal } from "../helpers.mjs";
import { everyStore, User } from "./stores.mjs";

/** A data cache and a counter cache, each by its alias, as a gateway has them. */
function gateway({ config }, t) {
  const registry = new CacheRegistry();
  t.after(() => registry.close());
  registry.configure({
    default: config({ codec: msgpack, defaultTtl: 60 }),
    counters: config({ defaultTtl: null }),
  });
  return registry;
}

everyStore("CacheGateway(alias): one of several, each by its name", async (store, t) => {
  const registry = gateway(store, t);
  const [data, counters] = [await registry.get(), await registry.get("counters")];
  assert.equal(await registry.get("default"), data);
  assert.notEqual(counters, data);
  await data.set("key", 1);
  await counters.set("key", 1);
  assert.deepEqual([await data.ttl("key"), await counters.ttl("key")], [60, null]);
  await refusal(registry.get("unknown"), "INVALID_OPTION");
});

everyStore("configure: all aliases from one mapping", async (store, t) => {
  const registry = new CacheRegistry();
  t.after(() => registry.close());
  registry.configure({ a: store.config({ defaultTtl: 1 }), b: store.config({ defaultTtl: 2 }) });
  registry.configure({ b: store.config({ defaultTtl: 3 }), c: store.config({ defaultTtl: 4 }) });
  for (const [alias, ttl] of Object.entries({ a: 1, b: 3, c: 4 })) {
    const cache = await registry.get(alias);
    await cache.set(`key of ${alias}`, 1);
    assert.equal(await cache.ttl(`key of ${alias}`), ttl);
  }
});

test("apply_config: its size goes to every in-memory alias that names none", async (t) => {
  const registry = new CacheRegistry();
  t.after(() => registry.close());
  registry.applyConfig({ maxEntries: 2, caches: { default: {}, named: { maxEntries: 3 } } });
  for (const [alias, bound] of Object.entries({ default: 2, named: 3 })) {
    const cache = await registry.get(alias);
    await cache.setMany({ a: 1, b: 2, c: 3, d: 4 });
    assert.equal(await cache.countKeys(), bound, alias);
  }
});

everyStore("get_value, multi_get_values, multi_set_values over the alias's backend", async (store, t) => {
  const cache = await gateway(store, t).get();
  assert.equal(await cache.get("absent"), undefined);
  assert.equal(await cache.setMany([["a", { name: "Ada", age: 1 }], ["b", { name: "Bob" }]], 10), 2); // prettier-ignore
  assert.deepEqual(await cache.get("a"), { name: "Ada", age: 1 });
  assert.deepEqual(await cache.get("a", { as: User }), { name: "Ada" });
  assert.deepEqual(await cache.getAll(["b", "absent", "a"], { as: User }), [
    { name: "Bob" },
    undefined,
    { name: "Ada" },
  ]);
  store.pass(10_000);
  assert.deepEqual(await cache.getAll(["a", "b"]), [undefined, undefined]);
});

everyStore("exists, delete, delete_many over the alias's backend", async (store, t) => {
  const cache = await gateway(store, t).get();
  await cache.setMany({ a: 1, b: 2, c: 3 });
  assert.deepEqual([await cache.has("a"), await cache.delete("a"), await cache.delete("a")], [true, true, false]);
  assert.deepEqual([await cache.deleteMany(["a", "b", "c"]), await cache.has("b")], [2, false]);
});

everyStore("data gateway: values of every kind come back, to a type if asked", async (store, t) => {
  const cache = await gateway(store, t).get();
  const value = {
    text: "é😀",
    numbers: [0, -1, 2 ** 40, 1.5],
    big: 2n ** 63n,
    bytes: new Uint8Array([1, 2, 3]),
    map: new Map([[1, "one"]]),
    set: new Set(["a"]),
    date: new Date(5),
    nothing: null,
    nested: { list: [{ a: 1 }] },
  };
  await cache.set("key", value);
  assert.deepEqual(await cache.get("key"), value);
  assert.deepEqual(await cache.get("key", { as: ({ text }) => text }), "é😀");
});

everyStore("data gateway: a copy on write and on read, where the store copies", async (store, t) => {
  const cache = await gateway(store, t).get();
  const value = { list: [1] };
  await cache.set("key", value);
  if (!store.copies) return assert.equal(await cache.get("key"), value);
  value.list.push(2);
  const read = await cache.get("key");
  assert.deepEqual(read, { list: [1] });
  read.list.push(3);
  assert.deepEqual(await cache.get("key"), { list: [1] });
});

everyStore("counter gateway: plain numbers, which the store itself adds to", async (store, t) => {
  const counters = await gateway(store, t).get("counters");
  await counters.set("n", 5);
  assert.equal(await counters.increment("n", 3), 8);
  assert.equal(await counters.get("n"), 8);
  assert.deepEqual(await counters.getAll(["n", "absent"]), [8, undefined]);
  await counters.set("large", Number.MAX_SAFE_INTEGER);
  await refusal(counters.increment("large"), "OUT_OF_RANGE");
  assert.equal(await counters.get("large"), Number.MAX_SAFE_INTEGER);
});

everyStore("incr: atomic, on either gateway; a TTL counts a fixed window", async (store, t) => {
  const registry = gateway(store, t);
  for (const alias of ["default", "counters"]) {
    const cache = await registry.get(alias);
    const sums = await Promise.all(Array.from({ length: 30 }, () => cache.increment(`${alias} n`, 2)));
    assert.equal(Math.max(...sums), 60);
    assert.equal(new Set(sums).size, 30);
  }
  const counters = await registry.get("counters");
  await counters.increment("window", 1, { ttl: 60 });
  store.pass(59_999);
  assert.equal(await counters.increment("window", 1, { ttl: 60 }), 2);
  store.pass(1);
  assert.equal(await counters.increment("window", 1, { ttl: 60 }), 1);
});

everyStore("generation counters: what was made under the old one is stale", async (store, t) => {
  const cache = await gateway(store, t).get();
  await cache.set("page", "old", { tags: ["user:1", "site"] });
  await cache.set("other", "stays", { tags: ["user:2", "site"] });
  const before = await cache.tagGeneration("user:1");
  await cache.invalidateTag("user:1");
  assert.ok((await cache.tagGeneration("user:1")) > before);
  assert.deepEqual(
    [await cache.get("page"), await cache.has("page"), await cache.get("other")],
    [undefined, false, "stays"],
  );
  await cache.set("page", "new", { tags: ["user:1"] });
  assert.equal(await cache.get("page"), "new");
  await cache.invalidateTag("user:1", "site");
  assert.deepEqual(await cache.getAll(["page", "other"]), [undefined, undefined]);
});

everyStore("generation counters never fall and never repeat", async (store, t) => {
  const cache = await gateway(store, t).get();
  const seen = [await cache.tagGeneration("tag")];
  for (let i = 0; i < 20; i++) {
    await cache.set("key", i, { tags: ["tag"] });
    await cache.invalidateTag("tag");
    if (i % 5 === 4) await cache.clear();
    seen.push(await cache.tagGeneration("tag"));
  }
  for (let i = 1; i < seen.length; i++) assert.ok(seen[i] > seen[i - 1], seen.join(" "));
});
