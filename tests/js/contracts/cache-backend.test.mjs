// Contract A, CacheBackend: a key-value backend protocol. A test for each of its rows, over every store.
import assert from "node:assert/strict";
import { refusal } from "../helpers.mjs";
import { everyStore, User } from "./stores.mjs";

everyStore("get_value: the value, or undefined on a miss", async ({ open, pass }) => {
  const cache = await open();
  assert.equal(await cache.get("key"), undefined);
  for (const value of ["text", "", 0, 1.5, true, false, null, { a: [1, { b: null }] }, [1, "two"]]) {
    await cache.set("key", value);
    assert.deepEqual(await cache.get("key"), value);
  }
  await cache.set("key", 1, 10);
  pass(10_000);
  assert.equal(await cache.get("key"), undefined);
});

everyStore("get_value with a type: converted by a schema or by a function", async ({ open }) => {
  const cache = await open();
  await cache.setMany({ user: { name: "Ada", admin: true }, number: "42", other: { nick: "Ada" } });
  assert.deepEqual(await cache.get("user", { as: User }), { name: "Ada" });
  assert.equal(await cache.get("number", { as: Number }), 42);
  assert.equal(await cache.get("number", { as: async (text) => BigInt(text) }), 42n);
  assert.equal(await cache.get("absent", { as: User }), undefined, "a miss stays a miss");
  const error = await refusal(cache.get("other", { as: User }), "VALIDATION");
  assert.equal(error.key, "other");
  assert.deepEqual(await cache.get("other"), { nick: "Ada" }, "what was refused stays");
});

everyStore("set_value: a TTL in seconds; None never expires, whatever the default", async ({ open, pass }) => {
  const cache = await open({ defaultTtl: 5 });
  assert.equal(await cache.set("ttl", "value", 10), true);
  assert.equal(await cache.set("none", "value", null), true);
  assert.deepEqual([await cache.ttl("ttl"), await cache.ttl("none")], [10, null]);
  pass(9_999);
  assert.equal(await cache.get("ttl"), "value");
  pass(1);
  assert.equal(await cache.get("ttl"), undefined);
  pass(1e9);
  assert.equal(await cache.get("none"), "value");
  assert.equal(await cache.set("none", "other", 1), true);
  assert.deepEqual([await cache.get("none"), await cache.ttl("none")], ["other", 1]);
  await refusal(cache.set("none", "refused", -1), "INVALID_TTL");
  assert.equal(await cache.get("none"), "other");
});

everyStore("multi_get_values: in the order of the keys, undefined for misses, one round trip", async (store) => {
  const cache = await store.open();
  await cache.setMany({ a: 1, b: null, c: { d: [2] } });
  const keys = ["c", "absent", "a", "b", "c"];
  const expected = [{ d: [2] }, undefined, 1, null, { d: [2] }];
  const trips = await store.trips(async () => assert.deepEqual(await cache.getAll(keys), expected));
  assert.equal(trips, 1);
  assert.deepEqual(await cache.getAll([]), []);
});

everyStore("multi_get_values with a type: each converted, misses stay misses", async ({ open }) => {
  const cache = await open();
  await cache.setMany({ a: { name: "Ada", age: 1 }, b: { name: "Bob" }, c: 5 });
  assert.deepEqual(await cache.getAll(["b", "absent", "a"], { as: User }), [
    { name: "Bob" },
    undefined,
    { name: "Ada" },
  ]);
  await refusal(cache.getAll(["a", "c"], { as: User }), "VALIDATION");
});

everyStore("multi_set_values: one TTL for all, one round trip", async (store) => {
  const cache = await store.open({ defaultTtl: 5 });
  const pairs = Array.from({ length: 50 }, (_, i) => [`key ${i}`, { i }]);
  const trips = await store.trips(async () => assert.equal(await cache.setMany(pairs, 10), 50));
  assert.equal(trips, 1);
  const keys = pairs.map(([key]) => key);
  store.pass(9_999);
  assert.deepEqual(
    await cache.getAll(keys),
    pairs.map(([, value]) => value),
  );
  store.pass(1);
  assert.deepEqual(await cache.getAll(keys), Array(50).fill(undefined));
  await cache.setMany(new Map([["none", 1]]), null);
  assert.equal(await cache.ttl("none"), null);
});

everyStore("multi_set_values: a pair that is refused leaves all as it was", async ({ open, copies }) => {
  const cache = await open();
  await cache.set("a", "before");
  const refused = [
    [["b", undefined], "NOT_SERIALIZABLE"],
    [["\ud800", 1], "INVALID_KEY"],
    [[5, 1], "INVALID_KEY"],
    [["b", 1, 0], "INVALID_TTL"],
    [["b"], "INVALID_OPTION"],
  ];
  if (copies) refused.push([["b", { f: () => 1 }], "NOT_SERIALIZABLE"]);
  for (const [pair, code] of refused) {
    await refusal(cache.setMany([["a", "after"], pair]), code);
    assert.deepEqual(await cache.getAll(["a", "b"]), ["before", undefined]);
  }
});

everyStore("exists, delete: booleans; delete_many: the number that were there", async ({ open, pass }) => {
  const cache = await open();
  await cache.setMany({ a: 1, b: null, c: 3 });
  await cache.set("expired", 1, 1);
  pass(1_000);
  assert.deepEqual([await cache.has("a"), await cache.has("b")], [true, true], "null is a value");
  assert.deepEqual([await cache.has("absent"), await cache.has("expired")], [false, false]);
  assert.deepEqual([await cache.delete("a"), await cache.delete("a")], [true, false]);
  await cache.set("expired", 1, 1);
  pass(1_000);
  assert.equal(await cache.delete("expired"), false);
  assert.equal(await cache.deleteMany(["a", "b", "c", "c", "absent"]), 2);
  assert.equal(await cache.deleteMany([]), 0);
  assert.deepEqual(await cache.getAll(["a", "b", "c"]), [undefined, undefined, undefined]);
});

everyStore("incr: by 1 or by a delta, the new value", async ({ open }) => {
  const cache = await open();
  assert.deepEqual([await cache.increment("n"), await cache.increment("n"), await cache.increment("n", 5)], [1, 2, 7]);
  assert.equal(await cache.increment("n", -10), -3);
  assert.equal(await cache.get("n"), -3);
  await cache.set("set", 40);
  assert.equal(await cache.increment("set", 2), 42);
});

everyStore("incr is atomic: of many at once none is lost", async ({ open }) => {
  const cache = await open();
  const sums = await Promise.all(Array.from({ length: 100 }, () => cache.increment("n")));
  assert.deepEqual(
    sums.toSorted((a, b) => a - b),
    Array.from({ length: 100 }, (_, i) => i + 1),
  );
  assert.equal(await cache.get("n"), 100);
});

everyStore("close releases everything: every later call is refused", async ({ open }) => {
  const cache = await open();
  await cache.set("key", 1);
  assert.equal(cache.closed, false);
  await cache.close();
  assert.equal(cache.closed, true);
  const calls = [
    () => cache.get("key"),
    () => cache.set("key", 2),
    () => cache.getAll(["key"]),
    () => cache.setMany({ key: 2 }),
    () => cache.has("key"),
    () => cache.delete("key"),
    () => cache.deleteMany(["key"]),
    () => cache.increment("key"),
  ];
  for (const call of calls) await refusal(call(), "CLOSED");
  await cache.close();
});

everyStore("await using closes", async ({ open }) => {
  const cache = await open();
  await cache[Symbol.asyncDispose]();
  assert.equal(cache.closed, true);
  await refusal(cache.get("key"), "CLOSED");
});
