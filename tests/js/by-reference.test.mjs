// `values: "reference"`: the same value comes back, costs what it is said to, and is let go with its entry.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Cache, SyncCache } from "isocache";
import { both, newTime, randomFrom, refusal, runNode, settled, START, thrown } from "./helpers.mjs";

/** What an entry costs beyond key and value. */
const OVERHEAD = overhead();

function overhead() {
  const cache = new SyncCache();
  cache.set("12345678", 0);
  const { bytes } = cache.stats();
  cache.close();
  return bytes - 8;
}

const open = (options) => new SyncCache({ values: "reference", ...options });
const bytesOf = (cache) => cache.stats().bytes;

both("by reference: the same value comes back, whatever it is", async (open) => {
  const cache = open({ values: "reference" });
  const cycle = {};
  cycle.self = cycle;
  const values = [{ a: 1 }, [1], "text", "", 5, -0, NaN, Infinity, 5n, true, false, null, cycle, () => 5, Symbol("s")];
  values.push(new Map([[{}, 1]]), new Date(NaN), new Uint8Array(3), new WeakMap(), Object.create(null));
  for (const [i, value] of values.entries()) {
    assert.equal(await cache.set(`key ${i}`, value), true);
    assert.ok(Object.is(await cache.get(`key ${i}`), value), String(i));
  }
  const keys = values.map((_, i) => `key ${i}`);
  const all = await cache.getAll(["none", ...keys]);
  assert.deepEqual(
    all.map((value, i) => Object.is(value, i === 0 ? undefined : values[i - 1])),
    all.map(() => true),
  );
  assert.equal((await cache.getMany(keys)).get("key 12"), cycle);
  await refusal(cache.set("key", undefined), "NOT_SERIALIZABLE");
  await refusal(cache.setMany([["key 0", 1], ["key", undefined]]), "NOT_SERIALIZABLE"); // prettier-ignore
  assert.equal(await cache.get("key 0"), values[0]);
  assert.equal(await cache.has("key"), false);
});

both("by reference: a value is replaced by one of any kind", async (open) => {
  const cache = open({ values: "reference" });
  const [one, two] = [{}, {}];
  for (const value of [one, 5, two, "text", 6, 7, one]) {
    await cache.set("key", value);
    assert.equal(await cache.get("key"), value);
  }
  assert.equal(await cache.setIfAbsent("key", two), false);
  assert.equal(await cache.get("key"), one);
  assert.equal(await cache.setIfAbsent("other", two), true);
  assert.deepEqual([await cache.get("key"), await cache.get("other")], [one, two]);
  assert.equal(await cache.setMany({ key: two, other: 5, third: one }), 3);
  assert.deepEqual(await cache.getAll(["key", "other", "third"]), [two, 5, one]);
});

both("by reference: scopes, patterns and times are the same as by copy", async (open) => {
  const time = newTime();
  const cache = open({ values: "reference", clock: time.clock });
  const value = {};
  const scope = cache.withScope("s");
  await scope.set("key", value, 5);
  assert.equal(await cache.get("s:key"), value);
  assert.equal(await scope.ttl("key"), 5);
  time.pass(5_000);
  assert.equal(await scope.get("key"), undefined);
  await scope.setMany([["a", value, 5], ["b", value]]); // prettier-ignore
  assert.equal(await cache.deletePattern("s:*"), 2);
  assert.deepEqual(await scope.getAll(["a", "b"]), [undefined, undefined]);
});

// ------------------------------------------------------------------------------------------------ sizes

test("by reference: a value costs its size on top of key and record", () => {
  const asked = [];
  const cache = open({ sizeOf: (value, key) => (asked.push([value, key]), value.size) });
  const value = { size: 1_001 };
  cache.set("12345678", value);
  assert.equal(bytesOf(cache), OVERHEAD + 8 + 1_001);
  cache.withScope("s").set("k", value);
  assert.deepEqual(asked, [[value, "12345678"], [value, "s:k"]]); // prettier-ignore
  cache.delete("s:k");
  cache.set("12345678", value, { size: 5.2 });
  assert.equal(bytesOf(cache), OVERHEAD + 8 + 6);
  cache.set("12345678", value, { size: 0 });
  assert.equal(bytesOf(cache), OVERHEAD + 8);
  cache.setMany([["12345678", value], ["87654321", value]], { size: 20 }); // prettier-ignore
  assert.equal(bytesOf(cache), 2 * (OVERHEAD + 8 + 20));
  cache.setMany({ 12345678: value });
  assert.equal(bytesOf(cache), 2 * (OVERHEAD + 8) + 20 + 1_001);
});

test("by reference: what is no size is refused and changes nothing", () => {
  const bad = [-1, -0.5, NaN, Infinity, -Infinity, 2 ** 53, "5", null, 5n, {}, [], () => 5];
  for (const size of bad) {
    const cache = open({ sizeOf: (value) => (value === "bad" ? size : 1) });
    cache.set("key", "old");
    thrown(() => cache.set("key", "bad"), "INVALID_OPTION");
    thrown(() => cache.setIfAbsent("new", "bad"), "INVALID_OPTION");
    thrown(() => cache.setMany({ new: "good", key: "bad" }), "INVALID_OPTION");
    thrown(() => cache.set("key", "good", { size }), "INVALID_OPTION");
    thrown(() => cache.setMany({ key: "good" }, { size }), "INVALID_OPTION");
    assert.deepEqual([[...cache.keys()], cache.get("key")], [["key"], "old"]);
    thrown(() => new SyncCache().set("key", "good", { size }), "INVALID_OPTION");
  }
  for (const sizeOf of [null, 5, "size", {}]) thrown(() => open({ sizeOf }), "INVALID_OPTION");
  const cache = open({ sizeOf: () => undefined });
  thrown(() => cache.set("key", 1), "INVALID_OPTION");
  const failing = open({ sizeOf: () => assert.fail("no size") });
  assert.throws(() => failing.set("key", 1), /no size/);
});

test("by reference: sizes are held against the bounds", () => {
  const cache = open({ maxBytes: 10_000, maxEntryBytes: 4_000, sizeOf: () => 3_000 });
  for (let i = 0; i < 10; i++) assert.equal(cache.set(`key ${i}`, {}), true);
  assert.deepEqual([...cache.keys()].toSorted(), ["key 7", "key 8", "key 9"]);
  assert.equal(cache.stats().evictions, 7);
  assert.equal(cache.set("key 9", {}, { size: 4_000 }), false, "too large");
  assert.equal(cache.get("key 9"), undefined, "what was there is gone");
  assert.equal(cache.setMany({ "key 7": {}, large: {} }, { size: 5_000 }), 0);
  assert.equal(cache.set("huge", {}, { size: Number.MAX_SAFE_INTEGER }), false);
  assert.deepEqual([...cache.keys()], ["key 8"]);
});

test("by reference: without a size there is an estimate", () => {
  const cache = open({ maxBytes: "1GiB" });
  const estimate = (value) => {
    cache.clear();
    cache.set("12345678", value);
    return bytesOf(cache) - OVERHEAD - 8;
  };
  assert.equal(estimate(5), 0, "it lies in the record");
  assert.ok(estimate("x".repeat(1_000)) >= 1_000);
  assert.ok(estimate({ deep: [{ text: "x".repeat(1_000) }] }) >= 1_000);
  assert.ok(estimate(new Uint8Array(5_000)) >= 5_000);
  assert.ok(estimate(new Map([["key", new ArrayBuffer(5_000)]])) >= 5_000);
  assert.ok(estimate(new Set(["x".repeat(1_000)])) >= 1_000);
  const many = estimate(Array.from({ length: 100_000 }, (_, i) => ({ i })));
  assert.ok(many > 100_000 * 16 && many < 100_000 * 256, `of many: ${many}`);
  const cycle = { text: "x".repeat(100) };
  cycle.self = cycle;
  assert.ok(estimate(cycle) < 1_000);
  const hostile = new Proxy({}, { ownKeys: () => assert.fail("looked at") });
  assert.ok(estimate(hostile) < 1_000);
  let nested = {};
  for (let i = 0; i < 100_000; i++) nested = { nested };
  assert.ok(estimate(nested) > 0);
});

// ---------------------------------------------------------------------------------------------- numbers

both("by reference: increments", async (open) => {
  const time = newTime();
  const cache = open({ values: "reference", clock: time.clock });
  await cache.set("n", 5);
  assert.equal(await cache.increment("n", 2), 7);
  assert.equal(await cache.get("n"), 7);
  assert.equal(await cache.increment("new", 1, { initial: 9 }), 10);
  await cache.set("sized", 5, { size: 100, ttl: 9 });
  const before = cache.stats();
  time.pass(1_000);
  assert.equal(await cache.decrement("sized", 2), 3);
  assert.equal(await cache.get("sized"), 3);
  assert.equal(await cache.ttl("sized"), 8);
  assert.deepEqual([cache.stats().bytes, cache.stats().sets], [before.bytes, before.sets + 1]);
  await refusal(cache.increment("sized", Number.MAX_SAFE_INTEGER), "OUT_OF_RANGE");
  assert.equal(await cache.get("sized"), 3);
  for (const value of ["5", {}, null, true, 5n]) {
    await cache.set("other", value);
    await refusal(cache.increment("other"), "NOT_A_NUMBER");
    assert.equal(await cache.get("other"), value);
  }
  await cache.set("other", NaN, { size: 1 });
  await refusal(cache.increment("other"), "NOT_A_NUMBER");
});

// ---------------------------------------------------------------------------------------------- loading

test("by reference: a load gives the same value to all, and `size` is what it costs", async () => {
  const cache = new Cache({ values: "reference" });
  const value = { a: 1 };
  const load = () => cache.getOrSet("12345678", async () => (await settled(), value), { size: 50 });
  assert.deepEqual(await Promise.all([load(), load(), load()]).then((all) => all.map((one) => one === value)), [true, true, true]); // prettier-ignore
  assert.equal(await cache.get("12345678"), value);
  assert.equal(cache.stats().bytes, OVERHEAD + 8 + 50);
  await refusal(cache.getOrSet("other", 5, { size: -1 }), "INVALID_OPTION");
});

test("by reference, disabled: nothing is kept, and the same is refused", () => {
  const cache = open({ enabled: false, sizeOf: () => 1 });
  assert.equal(cache.set("key", () => {}), false); // prettier-ignore
  assert.equal(cache.get("key"), undefined);
  thrown(() => cache.set("key", undefined), "NOT_SERIALIZABLE");
  thrown(() => cache.setMany({ key: undefined }), "NOT_SERIALIZABLE");
  thrown(() => open({ enabled: false, sizeOf: () => -1 }).set("key", {}), "INVALID_OPTION");
});

// ------------------------------------------------------------------------------------------- letting go

/** Whether what these refer to is gone, once the collector had its turns. */
async function collected(refs) {
  for (let turn = 0; turn < 10; turn++) {
    await settled();
    globalThis.gc();
    if (refs.every((ref) => ref.deref() === undefined)) break;
  }
  return refs.map((ref) => ref.deref() === undefined);
}

/** Puts a new object under each key, and gives weak references to them. */
function fill(cache, keys, options) {
  return keys.map((key) => {
    const value = { key };
    cache.set(key, value, options);
    return new WeakRef(value);
  });
}

const ALL = ["a", "b", "c"];
const WAYS = {
  evict: { limits: { maxEntries: 3 }, run: (cache) => cache.setMany({ d: {}, e: {}, f: {} }) },
  "evict by bytes": { limits: { maxBytes: 4_000, maxEntryBytes: 4_000 }, run: (cache) => cache.set("large", {}, { size: 3_900 }) },
  "expire on a read": { ttl: 5, run: (cache) => ALL.forEach((key) => cache.get(key)) },
  "expire on a batch's read": { ttl: 5, run: (cache) => cache.getAll(ALL) },
  "expire on has": { ttl: 5, run: (cache) => ALL.forEach((key) => cache.has(key)) },
  "expire on a write": { ttl: 5, run: (cache) => ["x", "y"].forEach((key) => cache.set(key, 1)) },
  purge: { ttl: 5, run: (cache) => cache.purgeExpired() },
  delete: { run: (cache) => ALL.forEach((key) => cache.delete(key)) },
  deleteMany: { run: (cache) => cache.deleteMany(ALL) },
  replace: { run: (cache) => ALL.forEach((key) => cache.set(key, {})) },
  "replace by numbers": { run: (cache) => cache.setMany(ALL.map((key) => [key, 1])) },
  "refused for its size": { run: (cache) => ALL.forEach((key) => cache.set(key, {}, { size: 2 ** 40 })) },
  "refused in a batch": { run: (cache) => cache.setMany(ALL.map((key) => [key, {}]), { size: 2 ** 40 }) },
  clear: { run: (cache) => cache.clear() },
  deletePattern: { run: (cache) => cache.deletePattern("[abc]") },
  "clear of a scope": { keys: ["s:a", "s:b"], run: (cache) => cache.withScope("s").clear() },
  close: { run: (cache) => cache.close() },
}; // prettier-ignore

for (const [way, { limits, ttl, keys = ALL, run }] of Object.entries(WAYS)) {
  test(`by reference: let go at once: ${way}`, async () => {
    const time = newTime();
    const cache = open({ clock: time.clock, ...limits });
    const refs = fill(cache, keys, { ttl, size: 10 });
    assert.ok(!(await collected(refs)).includes(true), "held while they are there");
    time.pass(5_000);
    run(cache);
    assert.deepEqual(
      await collected(refs),
      keys.map(() => true),
    );
    assert.equal(cache.closed || cache.set("still", 1), true); // the cache itself lives until here
  });
}

test("by reference: in a batch that evicts its own entries, the last ones stay and the others are let go", async () => {
  const cache = open({ maxEntries: 2 });
  let values = Array.from({ length: 9 }, (_, i) => ({ i }));
  const refs = values.map((value) => new WeakRef(value));
  assert.equal(cache.setMany(values.map((value, i) => [`key ${i}`, value])), 9);
  assert.deepEqual(cache.getAll(["key 6", "key 7", "key 8"]), [undefined, { i: 7 }, { i: 8 }]);
  values = undefined;
  assert.deepEqual(
    await collected(refs.slice(0, 7)),
    refs.slice(0, 7).map(() => true),
  );
  assert.deepEqual([refs[7].deref(), refs[8].deref()], [{ i: 7 }, { i: 8 }]);
});

test("by reference: after a trap nothing is held", () => {
  const source = `
    const memories = [];
    const { Instance } = WebAssembly;
    WebAssembly.Instance = class extends Instance {
      constructor(...args) { super(...args); memories.push(this.exports.memory); }
    };
    const { SyncCache } = await import("isocache");
    const cache = new SyncCache({ values: "reference" });
    const refs = ["a", "b"].map((key) => { const value = {}; cache.set(key, value); return new WeakRef(value); });
    new Uint8Array(memories[0].buffer).fill(0xff);
    let code;
    try { cache.get("a"); } catch (error) { code = error.code; }
    const now = [cache.get("a"), cache.set("b", "new"), cache.get("b"), cache.stats().entries];
    await new Promise((resolve) => setImmediate(resolve));
    gc();
    console.log(JSON.stringify([code, now, refs.map((ref) => ref.deref() === undefined)]));`;
  assert.deepEqual(JSON.parse(runNode(source, { flags: ["--expose-gc"] })), [
    "ENGINE_FAILED",
    [null, true, "new", 1],
    [true, true],
  ]);
});

test("by reference: a cache that nobody holds goes with its values, also when they hold it", async () => {
  let cache = open();
  const ref = new WeakRef(cache);
  cache.set("self", { cache });
  cache = undefined;
  assert.deepEqual(await collected([ref]), [true]);
});

// ---------------------------------------------------------------------------------------------- a model

test("by reference: random operations against a cache by copy", () => {
  const seed = Number(process.env.ISOCACHE_SEED ?? Date.now() % 2 ** 32);
  const random = randomFrom(seed);
  const below = (n) => Math.floor(random() * n);
  for (const policy of ["lru", "sieve", "s3-fifo", "w-tinylfu", "gdsf"]) {
    const time = newTime();
    // Both charge the same: the text's length, of which what a reference costs takes eight bytes itself.
    const limits = { clock: time.clock, maxBytes: 6_000, maxEntries: 20, policy };
    const caches = [new SyncCache(limits), open({ ...limits, sizeOf: (value) => value.length - 8 })];
    const key = () => "k".repeat(8 * (1 + below(4))).slice(0, -1) + below(10);
    const ttl = () => [undefined, null, 1 + below(5)][below(3)];
    const value = () => "v".repeat(8 + 8 * below(60));
    const operations = [
      () => ["get", key()],
      () => ["set", key(), value(), ttl()],
      () => ["set", key(), below(100), { ttl: ttl(), size: 0 }],
      () => ["setIfAbsent", key(), value(), ttl()],
      () => ["delete", key()],
      () => ["has", key()],
      () => ["expire", key(), 1 + below(5)],
      () => ["getAll", Array.from({ length: below(6) }, key)],
      () => ["setMany", Array.from({ length: below(30) }, () => [key(), value(), ttl()])],
      () => ["deleteMany", Array.from({ length: below(4) }, key)],
      () => ["deletePattern", `*${below(10)}`],
      () => ["purgeExpired", below(5)],
      () => (below(30) === 0 ? ["clear"] : ["persist", key()]),
    ];
    for (let step = 0; step < 4_000; step++) {
      time.pass(below(4) === 0 ? below(2_000) : 0);
      const [name, ...args] = operations[below(operations.length)]();
      const [copied, kept] = caches.map((cache) => cache[name](...args));
      const where = `ISOCACHE_SEED=${seed} ${policy}, step ${step}: ${name} ${JSON.stringify(args)}`;
      assert.deepEqual(kept, copied, where);
      const [a, b] = caches.map((cache) => cache.stats());
      assert.deepEqual({ ...b, memoryBytes: 0 }, { ...a, memoryBytes: 0 }, where);
    }
    for (const cache of caches) cache.close();
  }
});

// --------------------------------------------------------------------------------------- time and reads

both("a read asks the clock where an entry can expire, also after those that could are gone", async (open, t) => {
  t.mock.timers.enable({ apis: ["Date"], now: START });
  for (const values of ["copy", "reference"]) {
    const cache = open({ values });
    await cache.set("stays", "text");
    assert.equal(await cache.get("stays"), "text");
    await cache.expire("stays", 5);
    t.mock.timers.setTime(Date.now() + 5_000);
    assert.equal(await cache.get("stays"), undefined, "expire");
    await cache.setMany([["batch", "text", 5]]);
    t.mock.timers.setTime(Date.now() + 5_000);
    assert.equal(await cache.get("batch"), undefined, "setMany");
    await cache.increment("n", 1, { ttl: 5 });
    t.mock.timers.setTime(Date.now() + 5_000);
    assert.equal(await cache.get("n"), undefined, "increment");
    await cache.set("a", "text", 5);
    await cache.delete("a");
    await cache.set("b", "text");
    t.mock.timers.setTime(Date.now() + 5_000);
    assert.equal(await cache.get("b"), "text");
    await cache.set("c", "text", 5);
    assert.equal(await cache.ttl("c"), 5);
    assert.equal(cache.stats().expirations, 3);
  }
});

test("what the engine said of another cache is not taken for an answer: a batch of nothing asks nothing", (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: START });
  const [one, other] = [open(), open()];
  const value = {};
  one.set("short", value, 5);
  one.setMany({ a: value, b: {}, c: {} });
  other.setMany({ a: {}, b: {}, c: {} });
  other.deletePattern("*");
  for (const name of ["getAll", "getMany", "deleteMany", "hasMany", "setMany"]) one[name]([]);
  assert.equal(one.get("a"), value);
  assert.equal(one.stats().entries, 4);
  t.mock.timers.setTime(START + 5_000);
  assert.equal(one.get("short"), undefined, "time is asked for still");
});

// ------------------------------------------------------------------------------------------- new bounds

test("by reference: new bounds let go what they evict, and nothing else", async () => {
  const cache = open({ maxEntries: 100 });
  const refs = [];
  for (let i = 0; i < 101; i++) {
    const value = { i };
    refs.push(new WeakRef(value));
    cache.set(`k${i}`, value);
  }
  cache.resize({ maxEntries: 101 });
  for (let i = 1; i < 101; i++) assert.equal(cache.get(`k${i}`).i, i);
  cache.has("k1");
  cache.resize({ maxEntries: 10 });
  const gone = await collected(refs.slice(0, 91));
  assert.ok(gone.every(Boolean));
  assert.equal(cache.get("k100").i, 100);
});

test("new bounds of one cache are no answer for another", (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: START });
  const [one, other] = [new SyncCache(), new SyncCache()];
  one.set("short", "text", 1);
  other.set("k", 1);
  one.resize({ maxEntries: 1_000 });
  t.mock.timers.setTime(START + 5_000);
  assert.equal(one.get("short"), undefined);
});

test("by reference: a number with a size of its own keeps tags, expiry and idleness when it is added to", () => {
  const time = newTime();
  const cache = open({ clock: time.clock, maxIdle: 60 });
  cache.set("n", 5, { size: 100, tags: ["t"] });
  assert.equal(cache.increment("n"), 6);
  const { bytes } = cache.stats();
  for (let i = 0; i < 5; i++) {
    time.pass(50_000);
    assert.equal(cache.increment("n"), 7 + i);
  }
  assert.deepEqual(
    [...cache.incrementMany({ n: 1, fresh: 2 })],
    [
      ["n", 12],
      ["fresh", 2],
    ],
  );
  assert.ok(cache.stats().bytes > bytes);
  cache.set("text", "text");
  assert.throws(() => cache.incrementMany({ n: 1, text: 1 }), { code: "NOT_A_NUMBER", key: "text" });
  assert.equal(cache.get("n"), 12);
  cache.invalidateTag("t");
  assert.equal(cache.get("n"), undefined);
});

test("by reference: sizeOf may close the cache that asks it", () => {
  const cache = open({
    sizeOf: () => {
      cache.close();
      return 10;
    },
  });
  assert.throws(() => cache.set("k", {}), { code: "CLOSED" });
});
