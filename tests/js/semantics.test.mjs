// What every method promises, in both classes: with a clock that moves by hand.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Cache, SyncCache } from "isocache";
import { both, counted, counts, keysOf, newTime, START, thrown } from "./helpers.mjs";

/** The keys from the least to the most recently used: fills a cache of n entries up and sees who goes. */
async function recency(cache, n) {
  let left = await keysOf(cache);
  assert.equal(left.length, n, "the cache is full");
  const order = [];
  for (let i = 0; i < n; i++) {
    await cache.set(`filler ${i}`, i);
    const present = await cache.hasMany(left);
    const gone = left.filter((key) => !present.get(key));
    assert.equal(gone.length, 1, "one in, one out");
    order.push(...gone);
    left = left.filter((key) => present.get(key));
  }
  return order;
}

const ABC = { maxEntries: 3 };
async function abc(open, options = {}) {
  const cache = open({ ...ABC, ...options });
  for (const key of ["a", "b", "c"]) await cache.set(key, key.toUpperCase());
  return cache;
}

// --------------------------------------------------------------------------------------------- one key

both("a miss is undefined, a value comes back, the last one wins", async (open) => {
  const cache = open();
  assert.equal(await cache.get("key"), undefined);
  assert.equal(await cache.set("key", "one"), true);
  assert.equal(await cache.get("key"), "one");
  assert.equal(await cache.set("key", "two"), true);
  assert.equal(await cache.get("key"), "two");
  assert.equal(await cache.get("KEY"), undefined);
});

both("any string is a key: empty, long, with zeros, in any script", async (open) => {
  const cache = open({ maxBytes: "64MiB" });
  const keys = [
    "",
    "\0",
    "\0\0",
    " ",
    "\u00e9",
    "e\u0301",
    "日本",
    "👩‍👩‍👧",
    "\uFEFFkey",
    "key",
    "a:b",
    "*",
    "__proto__",
    "constructor",
  ];
  for (const length of [23, 24, 25, 39, 40, 41, 4_095, 4_096, 4_097, 65_535]) keys.push("k".repeat(length));
  keys.push("é".repeat(32_767), "日".repeat(21_845), "😀".repeat(16_383));
  assert.equal(new Set(keys).size, keys.length);
  for (const [i, key] of keys.entries()) assert.equal(await cache.set(key, i), true, `key ${i}`);
  for (const [i, key] of keys.entries()) assert.equal(await cache.get(key), i, `key ${i}`);
  assert.deepEqual(await cache.getAll(keys), [...keys.keys()]);
  assert.deepEqual(await keysOf(cache), keys.toSorted());
  assert.equal(await cache.countKeys(), keys.length);
  for (const key of keys) assert.equal(await cache.delete(key), true);
  assert.equal(await cache.countKeys(), 0);
});

both("keys of nearly the longest length differ in their last byte", async (open) => {
  const cache = open();
  const stem = "k".repeat(65_534);
  await cache.set(`${stem}a`, "a");
  await cache.set(`${stem}b`, "b");
  await cache.set(stem, "stem");
  assert.deepEqual(await cache.getAll([`${stem}a`, `${stem}b`, stem]), ["a", "b", "stem"]);
});

both("null is a value like any other", async (open) => {
  const cache = open();
  await cache.set("key", null);
  assert.equal(await cache.get("key"), null);
  assert.equal(await cache.has("key"), true);
  assert.equal(await cache.setIfAbsent("key", 1), false);
  assert.deepEqual(await cache.getMany(["key", "none"]), new Map([["key", null]]));
  assert.deepEqual(await cache.getAll(["key", "none"]), [null, undefined]);
});

both("setIfAbsent sets what is absent or expired, and nothing else", async (open) => {
  const time = newTime();
  const cache = open({ clock: time.clock });
  assert.equal(await cache.setIfAbsent("key", 1, 10), true);
  assert.equal(await cache.setIfAbsent("key", 2), false);
  assert.equal(await cache.get("key"), 1);
  assert.equal(await cache.ttl("key"), 10, "a refusal changes no expiry");
  time.pass(10_000);
  assert.equal(await cache.setIfAbsent("key", 3), true);
  assert.equal(await cache.get("key"), 3);
  assert.equal(await cache.ttl("key"), null);
});

both("setIfAbsent of what is larger than any entry may be", async (open) => {
  const cache = open({ maxEntryBytes: 1_000 });
  await cache.set("there", 1);
  for (const size of [900, 1_001, 100_000]) {
    assert.equal(await cache.setIfAbsent("there", "x".repeat(size)), false);
    assert.equal(await cache.get("there"), 1, "what is present stays");
  }
  assert.equal(cache.stats().rejections, 0, "a key that is present is no matter of size");
  assert.equal(await cache.setIfAbsent("absent", "x".repeat(999)), false);
  assert.equal(await cache.setIfAbsent("absent", "x".repeat(100_000)), false);
  assert.equal(await cache.has("absent"), false);
  assert.equal(cache.stats().rejections, 2);
});

both("delete says whether there was an entry", async (open) => {
  const time = newTime();
  const cache = open({ clock: time.clock });
  assert.equal(await cache.delete("key"), false);
  await cache.set("key", 1);
  assert.equal(await cache.delete("key"), true);
  assert.equal(await cache.delete("key"), false);
  assert.equal(await cache.get("key"), undefined);
  await cache.set("key", 1, 1);
  time.pass(1_000);
  assert.equal(await cache.delete("key"), false, "what has expired is absent");
});

both("a value too large for the bound is refused, counted, and the older one is gone", async (open) => {
  const cache = open({ maxBytes: 100_000, maxEntryBytes: "1KB" });
  const large = [
    "x".repeat(1_000),
    "x".repeat(5_000),
    "é".repeat(500),
    "é".repeat(5_000),
    "\ud800".repeat(500),
    "\ud800".repeat(5_000),
    new Uint8Array(1_000),
    new Uint8Array(50_000_000),
    { text: "x".repeat(1_000) },
    { text: "x".repeat(5_000) },
    10n ** 1_000n,
  ];
  for (const [i, value] of large.entries()) {
    await cache.set("key", "old");
    const before = counts(cache);
    assert.equal(await cache.set("key", value), false, `value ${i}`);
    assert.equal(await cache.has("key"), false, `value ${i}`);
    const { rejections, entries, sets, deletes, evictions } = counted(before, counts(cache));
    assert.deepEqual([rejections, entries], [1, -1], `value ${i}`);
    assert.deepEqual([sets, deletes, evictions], [undefined, undefined, undefined], `value ${i}`);
  }
  assert.equal(cache.stats().bytes, 0);
});

both("the default bound for an entry is a quarter of maxBytes", async (open) => {
  const cache = open({ maxBytes: 40_000 });
  assert.equal(await cache.set("key", new Uint8Array(9_500)), true);
  assert.equal(await cache.set("key", new Uint8Array(10_000)), false);
});

both("a refusal evicts nobody", async (open) => {
  const cache = open({ maxBytes: 10_000, maxEntryBytes: 5_000 });
  for (let i = 0; i < 1_000; i++) await cache.set(`key ${i}`, i);
  const before = counts(cache);
  assert.equal(await cache.set("large", new Uint8Array(5_000)), false);
  assert.equal(await cache.setMany([["large", "x".repeat(6_000)]]), 0);
  assert.deepEqual(counted(before, counts(cache)), { rejections: 2 });
});

// ----------------------------------------------------------------------------------------------- time

both("an entry lives to the millisecond and not one longer", async (open) => {
  const time = newTime();
  const cache = open({ clock: time.clock });
  const lives = [
    [0.001, 1],
    [0.25, 250],
    ["250ms", 250],
    [1, 1_000],
    [1.1, 1_100],
    [0.0011, 2],
    ["1.5s", 1_500],
    [{ ttl: 3 }, 3_000],
    ["2h", 7_200_000],
  ];
  for (const [ttl, ms] of lives) {
    await cache.set("key", "value", ttl);
    assert.equal(await cache.ttl("key"), ms / 1_000);
    time.pass(ms - 1);
    assert.equal(await cache.get("key"), "value", `${JSON.stringify(ttl)} a millisecond before its end`);
    assert.equal(await cache.has("key"), true);
    assert.equal(await cache.ttl("key"), 0.001);
    time.pass(1);
    assert.equal(await cache.has("key"), false, `${JSON.stringify(ttl)} at its end`);
    assert.equal(await cache.ttl("key"), null);
    assert.equal(await cache.get("key"), undefined);
  }
});

both("no method sees what has expired", async (open) => {
  const time = newTime();
  const checks = {
    get: async (cache) => assert.equal(await cache.get("key"), undefined),
    has: async (cache) => assert.equal(await cache.has("key"), false),
    delete: async (cache) => assert.equal(await cache.delete("key"), false),
    ttl: async (cache) => assert.equal(await cache.ttl("key"), null),
    expire: async (cache) => assert.equal(await cache.expire("key", 5), false),
    persist: async (cache) => assert.equal(await cache.persist("key"), false),
    increment: async (cache) => assert.equal(await cache.increment("key"), 1),
    decrement: async (cache) => assert.equal(await cache.decrement("key"), -1),
    getMany: async (cache) => assert.deepEqual(await cache.getMany(["key"]), new Map()),
    getAll: async (cache) => assert.deepEqual(await cache.getAll(["key"]), [undefined]),
    hasMany: async (cache) => assert.deepEqual(await cache.hasMany(["key"]), new Map([["key", false]])),
    deleteMany: async (cache) => assert.equal(await cache.deleteMany(["key"]), 0),
    keys: async (cache) => assert.deepEqual(await keysOf(cache), []),
    countKeys: async (cache) => assert.equal(await cache.countKeys(), 0),
    deletePattern: async (cache) => assert.equal(await cache.deletePattern("*"), 0),
    clear: async (cache) => assert.equal(await cache.clear(), 0),
    setIfAbsent: async (cache) => assert.equal(await cache.setIfAbsent("key", "new"), true),
  };
  for (const [name, check] of Object.entries(checks)) {
    const cache = open({ clock: time.clock });
    await cache.set("key", 41, 1);
    time.pass(1_000);
    await check(cache).catch((error) => {
      throw new Error(name, { cause: error });
    });
    await cache.purgeExpired();
    assert.equal(cache.stats().expirations, 1, name);
  }
});

both("a TTL of undefined is the default, null and Infinity are none", async (open) => {
  const time = newTime();
  const cache = open({ clock: time.clock, defaultTtl: "10s" });
  await cache.set("default", 1);
  await cache.set("default, spelt", 1, undefined);
  await cache.set("default, in an object", 1, { ttl: undefined });
  await cache.set("empty object", 1, {});
  await cache.set("null", 1, null);
  await cache.set("null, in an object", 1, { ttl: null });
  await cache.set("infinity", 1, Infinity);
  await cache.set("own", 1, 20);
  await cache.setIfAbsent("if absent", 1);
  await cache.setMany({ many: 1 });
  await cache.increment("number");
  assert.deepEqual(
    await Promise.all(["default", "default, spelt", "default, in an object", "empty object"].map((k) => cache.ttl(k))),
    [10, 10, 10, 10],
  );
  assert.deepEqual(
    await Promise.all(["if absent", "many", "number", "own"].map((k) => cache.ttl(k))),
    [10, 10, 10, 20],
  );
  time.pass(10_000);
  assert.deepEqual(await keysOf(cache), ["infinity", "null", "null, in an object", "own"]);
  for (const never of [undefined, null, Infinity]) {
    const other = open({ defaultTtl: never });
    await other.set("key", 1);
    assert.equal(await other.ttl("key"), null);
  }
});

both("set replaces the expiry, or its absence, as well", async (open) => {
  const time = newTime();
  const cache = open({ clock: time.clock });
  await cache.set("key", 1, 5);
  await cache.set("key", 2);
  assert.equal(await cache.ttl("key"), null);
  time.pass(5_000);
  assert.equal(await cache.get("key"), 2);
  await cache.set("key", 3, 5);
  assert.equal(await cache.ttl("key"), 5);
  await cache.set("key", 4, 2);
  time.pass(2_000);
  assert.equal(await cache.get("key"), undefined);
});

both("expire gives a new TTL from now on; null and Infinity take it away", async (open) => {
  const time = newTime();
  const cache = open({ clock: time.clock, defaultTtl: 100 });
  assert.equal(await cache.expire("key", 5), false);
  await cache.set("key", 1);
  time.pass(90_000);
  assert.equal(await cache.expire("key", "20s"), true);
  assert.equal(await cache.ttl("key"), 20);
  time.pass(19_999);
  assert.equal(await cache.get("key"), 1);
  assert.equal(await cache.expire("key", 0.001), true);
  assert.equal(await cache.expire("key", null), true);
  assert.equal(await cache.ttl("key"), null);
  assert.equal(await cache.expire("key", 5), true);
  assert.equal(await cache.expire("key", Infinity), true);
  assert.equal(await cache.ttl("key"), null);
  time.pass(1e9);
  assert.equal(await cache.get("key"), 1);
});

both("persist is true only for a key that had an expiry", async (open) => {
  const time = newTime();
  const cache = open({ clock: time.clock });
  assert.equal(await cache.persist("key"), false);
  await cache.set("key", 1, 5);
  assert.equal(await cache.persist("key"), true);
  assert.equal(await cache.persist("key"), false);
  time.pass(1e9);
  assert.equal(await cache.get("key"), 1);
});

both("time never runs backwards", async (open) => {
  const time = newTime();
  const cache = open({ clock: time.clock });
  await cache.set("key", 1, 10);
  time.pass(4_000);
  assert.equal(await cache.ttl("key"), 6);
  time.pass(-1_000_000);
  assert.equal(await cache.ttl("key"), 6, "it stands still");
  await cache.set("later", 1, 10);
  assert.equal(await cache.ttl("later"), 10, "counted from the latest time seen");
  time.now = START + 9_999;
  assert.equal(await cache.has("key"), true);
  time.now = START + 10_000;
  assert.equal(await cache.has("key"), false);
  time.now = START;
  assert.equal(await cache.has("key"), false, "what has expired does not come back");
  assert.equal(await cache.get("later"), 1);
});

both("without a clock, Date.now is asked, at each call", async (open, t) => {
  t.mock.timers.enable({ apis: ["Date"], now: START });
  const cache = open();
  await cache.set("key", 1, 5);
  t.mock.timers.setTime(START + 4_999);
  assert.equal(await cache.ttl("key"), 0.001);
  t.mock.timers.setTime(START + 5_000);
  assert.equal(await cache.get("key"), undefined);
});

both("the longest TTL is 1,000 years", async (open) => {
  const cache = open({ clock: () => START });
  await cache.set("key", 1, 31_557_600_000);
  assert.equal(await cache.ttl("key"), 31_557_600_000);
  await cache.set("key", 1, "365250d");
  assert.equal(await cache.ttl("key"), 31_557_600_000);
});

both("purgeExpired removes what has expired, at most limit, and tells how many", async (open) => {
  const time = newTime();
  const cache = open({ clock: time.clock });
  for (let i = 0; i < 10; i++) await cache.set(`short ${i}`, i, 1);
  for (let i = 0; i < 5; i++) await cache.set(`long ${i}`, i, 2);
  await cache.set("ever", 1);
  assert.equal(await cache.purgeExpired(), 0);
  time.pass(1_000);
  assert.equal(await cache.purgeExpired(0), 0);
  assert.equal(await cache.purgeExpired(4), 4);
  assert.equal(cache.stats().entries, 12);
  assert.equal(await cache.purgeExpired(100), 6);
  time.pass(1_000);
  const before = counts(cache);
  assert.equal(await cache.purgeExpired(Infinity), 5);
  const { expirations, entries } = counted(before, counts(cache));
  assert.deepEqual([expirations, entries], [5, -5]);
  assert.equal(cache.stats().expirations, 15);
  assert.deepEqual(await keysOf(cache), ["ever"]);
});

both("an entry that was deleted or replaced leaves no expiry behind", async (open) => {
  const time = newTime();
  const cache = open({ clock: time.clock });
  for (let i = 0; i < 50; i++) {
    await cache.set("key", i, 1 + i);
    await cache.set("other", i, 1);
    await cache.delete("other");
  }
  await cache.set("key", "last");
  time.pass(1e7);
  assert.equal(await cache.purgeExpired(), 0);
  assert.equal(await cache.get("key"), "last");
});

// -------------------------------------------------------------------------------------------- numbers

both("increment and decrement add, from initial where the key is absent", async (open) => {
  const cache = open();
  assert.equal(await cache.increment("n"), 1);
  assert.equal(await cache.increment("n"), 2);
  assert.equal(await cache.increment("n", 40), 42);
  assert.equal(await cache.increment("n", -2.5), 39.5);
  assert.equal(await cache.decrement("n"), 38.5);
  assert.equal(await cache.decrement("n", 8.5), 30);
  assert.equal(await cache.decrement("n", -12), 42);
  assert.equal(await cache.get("n"), 42);
  assert.equal(await cache.increment("from", 1, { initial: 100 }), 101);
  assert.equal(await cache.increment("from", 1, { initial: 100 }), 102, "initial is for an absent key");
  assert.equal(await cache.decrement("down"), -1);
  assert.equal(await cache.decrement("down from", 3, { initial: 10 }), 7);
  assert.equal(await cache.increment("zero", 0), 0);
  assert.equal(await cache.increment("by undefined", undefined, {}), 1);
  await cache.set("set", 7);
  assert.equal(await cache.increment("set"), 8);
  assert.deepEqual(await cache.getAll(["n", "from", "down", "set"]), [42, 102, -1, 8]);
});

both("numbers reach to 2^53 - 1 and no further", async (open) => {
  const cache = open();
  const most = Number.MAX_SAFE_INTEGER;
  assert.equal(await cache.increment("up", 1, { initial: most - 1 }), most);
  assert.equal(await cache.decrement("down", 1, { initial: 1 - most }), -most);
  assert.equal(await cache.increment("over and back", -1, { initial: 2 ** 53 }), most, "the result is what counts");
  await cache.set("large", 1e300);
  assert.equal(await cache.increment("large", -1e300), 0);
});

both("a ttl of increment applies only when the key is created: a fixed window", async (open) => {
  const time = newTime();
  const cache = open({ clock: time.clock });
  assert.equal(await cache.increment("window", 1, { ttl: 60 }), 1);
  time.pass(30_000);
  assert.equal(await cache.increment("window", 1, { ttl: 60 }), 2);
  assert.equal(await cache.decrement("window", 1, { ttl: null }), 1);
  assert.equal(await cache.ttl("window"), 30);
  time.pass(29_999);
  assert.equal(await cache.increment("window", 1, { ttl: 60 }), 2);
  time.pass(1);
  assert.equal(await cache.increment("window", 1, { ttl: 60 }), 1, "a new window");
  assert.equal(await cache.ttl("window"), 60);
  await cache.set("ever", 1);
  await cache.increment("ever", 1, { ttl: 60 });
  assert.equal(await cache.ttl("ever"), null);
});

// -------------------------------------------------------------------------------------------- batches

both("getMany gives the keys that are present, getAll keeps their order", async (open) => {
  const cache = open();
  await cache.setMany({ a: 1, b: { deep: [2] }, c: "three" });
  const found = await cache.getMany(["c", "none", "a", "b"]);
  assert.ok(found instanceof Map);
  assert.deepEqual([...found], [["c", "three"], ["a", 1], ["b", { deep: [2] }]]); // prettier-ignore
  assert.deepEqual(await cache.getAll(["c", "none", "a", "c"]), ["three", undefined, 1, "three"]);
  assert.deepEqual(await cache.getMany([]), new Map());
  assert.deepEqual(await cache.getAll([]), []);
  assert.deepEqual(await cache.getAll(new Set(["a", "c"])), [1, "three"]);
  assert.deepEqual(await cache.getAll(new Map([["a", 0]]).keys()), [1], "any iterable");
});

both("setMany takes a Map, pairs, triples, an iterator or an object", async (open) => {
  const time = newTime();
  const cache = open({ clock: time.clock, defaultTtl: 9 });
  assert.equal(await cache.setMany(new Map([["map", 1]])), 1);
  assert.equal(await cache.setMany([["pair", 2]]), 1);
  assert.equal(
    await cache.setMany(
      [
        ["own", 3, 5],
        ["never", 4, null],
        ["forever", 4, Infinity],
        ["undefined", 5, undefined],
        ["units", 6, "2m"],
        ["shared", 7],
      ],
      { ttl: 7 },
    ),
    6,
  );
  assert.equal(await cache.setMany({ object: 8 }, 8), 1);
  assert.equal(
    await cache.setMany(
      (function* () {
        yield ["generator", 9];
      })(),
      null,
    ),
    1,
  );
  assert.equal(await cache.setMany([]), 0);
  assert.equal(await cache.setMany({}), 0);
  const ttls = { map: 9, pair: 9, own: 5, never: null, forever: null, undefined: 7, units: 120, shared: 7, object: 8 };
  for (const [key, ttl] of Object.entries({ ...ttls, generator: null })) {
    assert.equal(await cache.ttl(key), ttl, key);
    assert.equal(await cache.has(key), true, key);
  }
});

both("setMany stores in order, counts what it stored, and the last of one key wins", async (open) => {
  const cache = open({ maxEntries: 3, maxEntryBytes: 1_000 });
  await cache.setMany([["a", 1], ["b", 2], ["c", 3], ["d", 4]]); // prettier-ignore
  assert.deepEqual(await keysOf(cache), ["b", "c", "d"]);
  await cache.setMany([["b", "first"], ["b", "second"]]); // prettier-ignore
  assert.equal(await cache.get("b"), "second");
  assert.equal(await cache.countKeys(), 3);
  assert.equal(await cache.setMany([["c", "x".repeat(999)], ["d", new Uint8Array(5_000)], ["e", 5]]), 1); // prettier-ignore
  assert.deepEqual(await keysOf(cache), ["b", "e"], "refused ones take their older values along");
  assert.equal(cache.stats().rejections, 2);
});

both("hasMany and deleteMany", async (open) => {
  const cache = open();
  await cache.setMany({ a: 1, b: 2, c: 3 });
  assert.deepEqual([...(await cache.hasMany(["c", "none", "a"]))], [["c", true], ["none", false], ["a", true]]); // prettier-ignore
  assert.deepEqual(await cache.hasMany([]), new Map());
  assert.equal(await cache.deleteMany(["a", "none", "a", "b"]), 2);
  assert.equal(await cache.deleteMany([]), 0);
  assert.deepEqual(await keysOf(cache), ["c"]);
});

both("a batch of any size is one batch", async (open) => {
  const cache = open({ maxBytes: "256MiB" });
  const keys = Array.from(
    { length: 30_000 },
    (_, i) => `key number ${i} ${"p".repeat(i % 60)}${i % 7 === 0 ? "é" : ""}`,
  );
  const value = (i) => (i % 5 === 0 ? { i, text: "t".repeat(i % 300) } : i % 5 === 1 ? "s".repeat(i % 5_000) : i);
  assert.equal(await cache.setMany(keys.map((key, i) => [key, value(i)])), keys.length);
  const all = await cache.getAll(keys);
  for (const i of keys.keys()) assert.deepEqual(all[i], value(i));
  assert.equal((await cache.getMany([...keys, "none"])).size, keys.length);
  assert.equal([...(await cache.hasMany(keys)).values()].every(Boolean), true);
  const listed = await keysOf(cache);
  assert.deepEqual(listed, keys.toSorted());
  assert.equal(await cache.deleteMany(keys.slice(5)), keys.length - 5);
  assert.equal(await cache.countKeys(), 5);
});

// --------------------------------------------------------------------------------- what uses an entry

both("without a use the oldest write goes first", async (open) => {
  assert.deepEqual(await recency(await abc(open), 3), ["a", "b", "c"]);
});

const uses = {
  get: (cache) => cache.get("a"),
  getMany: (cache) => cache.getMany(["a"]),
  getAll: (cache) => cache.getAll(["a"]),
  set: (cache) => cache.set("a", 1),
  setMany: (cache) => cache.setMany({ a: 1 }),
};
for (const [name, use] of Object.entries(uses)) {
  both(`${name} uses the entry`, async (open) => {
    const cache = await abc(open);
    await use(cache);
    assert.deepEqual(await recency(cache, 3), ["b", "c", "a"]);
  });
}

both("increment and decrement use the entry", async (open) => {
  for (const method of ["increment", "decrement"]) {
    const cache = open(ABC);
    for (const key of ["a", "b", "c"]) await cache.set(key, 1);
    await cache[method]("a");
    assert.deepEqual(await recency(cache, 3), ["b", "c", "a"], method);
  }
});

test("getOrSet uses the entry, whether it finds or stores it", async () => {
  const found = new Cache(ABC);
  for (const key of ["a", "b", "c"]) await found.set(key, 1);
  await found.getOrSet("a", 2);
  assert.deepEqual(await recency(found, 3), ["b", "c", "a"]);
  const stored = new Cache(ABC);
  for (const key of ["a", "b", "c"]) await stored.set(key, 1);
  await stored.getOrSet("a", () => 2, { force: true });
  assert.deepEqual(await recency(stored, 3), ["b", "c", "a"]);
});

const looks = {
  has: (cache) => cache.has("a"),
  hasMany: (cache) => cache.hasMany(["a"]),
  ttl: (cache) => cache.ttl("a"),
  keys: (cache) => keysOf(cache),
  countKeys: (cache) => cache.countKeys("a"),
  stats: (cache) => cache.stats(),
  purgeExpired: (cache) => cache.purgeExpired(),
};
for (const [name, look] of Object.entries(looks)) {
  both(`${name} neither uses the entry nor counts`, async (open) => {
    const cache = await abc(open);
    const before = counts(cache);
    await look(cache);
    assert.deepEqual(counts(cache), before);
    assert.deepEqual(await recency(cache, 3), ["a", "b", "c"]);
  });
}

both("a batch uses its keys in their order", async (open) => {
  const cache = await abc(open);
  await cache.getAll(["c", "none", "a"]);
  assert.deepEqual(await recency(cache, 3), ["b", "c", "a"]);
});

both("whoever has expired goes before anybody live, however recently it was used", async (open) => {
  const time = newTime();
  const cache = open({ clock: time.clock, maxEntries: 3 });
  await cache.set("old", 1);
  await cache.set("older", 1);
  await cache.get("old");
  await cache.set("expiring", 1, 1);
  await cache.get("expiring");
  time.pass(1_000);
  await cache.set("new", 1);
  assert.deepEqual(await keysOf(cache), ["new", "old", "older"]);
  const { evictions, expirations } = cache.stats();
  assert.deepEqual({ evictions, expirations }, { evictions: 0, expirations: 1 });
});

both("a millisecond before its end an entry has no less a place than others", async (open) => {
  const time = newTime();
  const cache = open({ clock: time.clock, maxEntries: 2 });
  await cache.set("a", 1);
  await cache.set("b", 1, 1);
  time.pass(999);
  await cache.set("c", 1);
  assert.deepEqual(await keysOf(cache), ["b", "c"]);
});

both("the byte bound evicts the least recently used until the new entry fits", async (open) => {
  const cache = open({ maxBytes: 10_000, maxEntryBytes: 10_000 });
  for (let i = 0; i < 9; i++) await cache.set(`key ${i}`, new Uint8Array(900));
  assert.equal(cache.stats().evictions, 0);
  await cache.get("key 0");
  await cache.set("large", new Uint8Array(4_000));
  const left = await keysOf(cache);
  assert.ok(left.includes("large") && left.includes("key 0") && left.includes("key 8"), String(left));
  assert.ok(!left.includes("key 1") && !left.includes("key 2") && !left.includes("key 3"), String(left));
  const { bytes, evictions, entries } = cache.stats();
  assert.ok(bytes <= 10_000);
  assert.equal(evictions, 10 - entries);
  assert.equal(await cache.set("key 8", new Uint8Array(9_800)), true, "an entry that grows makes room as well");
  assert.deepEqual(await keysOf(cache), ["key 8"]);
});

// ------------------------------------------------------------------------------------------ statistics

both("statistics count what happened", async (open) => {
  const time = newTime();
  const cache = open({ clock: time.clock, maxEntries: 4, maxBytes: "1MiB", maxEntryBytes: 2_000 });
  const { bytes, memoryBytes, ...rest } = cache.stats();
  assert.deepEqual(rest, {
    hits: 0, misses: 0, hitRatio: 0, sets: 0, deletes: 0, rejections: 0, evictions: 0, expirations: 0,
    invalidations: 0, loads: 0, loadFailures: 0, loadsShared: 0, staleServed: 0,
    entries: 0, maxBytes: 1_048_576, maxEntries: 4, policy: "lru",
  }); // prettier-ignore
  assert.equal(bytes, 0);
  assert.ok(memoryBytes > 0 && memoryBytes % 65_536 === 0);

  const table = [
    [() => cache.get("a"), { misses: 1 }],
    [() => cache.set("a", 1), { sets: 1, entries: 1 }],
    [() => cache.get("a"), { hits: 1 }],
    [() => cache.getAll(["a", "b", "a"]), { hits: 2, misses: 1 }],
    [() => cache.getMany(["a", "b"]), { hits: 1, misses: 1 }],
    [() => cache.setMany({ a: 2, b: 3 }), { sets: 2, entries: 1 }],
    [() => cache.setIfAbsent("a", 1), {}],
    [() => cache.setIfAbsent("c", 1, 1), { sets: 1, entries: 1 }],
    [() => cache.increment("d"), { sets: 1, entries: 1 }],
    [() => cache.increment("d"), { sets: 1 }],
    [() => cache.set("e", 1), { sets: 1, evictions: 1 }],
    [() => cache.set("e", "x".repeat(2_000)), { rejections: 1, entries: -1 }],
    [() => cache.delete("none"), {}],
    [() => cache.delete("d"), { deletes: 1, entries: -1 }],
    [() => time.pass(1_000), {}],
    [() => cache.get("c"), { misses: 1, expirations: 1, entries: -1 }],
    [() => cache.setMany({ x: 1, y: 1 }), { sets: 2, entries: 2 }],
    [() => cache.deleteMany(["x", "none"]), { deletes: 1, entries: -1 }],
    [() => cache.deletePattern("y*"), { deletes: 1, entries: -1 }],
    [() => cache.ttl("b"), {}],
    [() => cache.expire("b", 5), {}],
    [() => cache.persist("b"), {}],
    [() => cache.clear(), { deletes: 1, entries: -1 }],
  ];
  for (const [i, [act, expected]] of table.entries()) {
    const before = counts(cache);
    await act();
    const { bytes: _, ...change } = counted(before, counts(cache));
    assert.deepEqual(change, expected, `row ${i}: ${act}`);
  }
  const { hits, misses, hitRatio } = cache.stats();
  assert.equal(hitRatio, hits / (hits + misses));
});

both("resetStats sets the counts to zero and leaves what is held", async (open) => {
  const cache = open();
  await cache.set("a", 1);
  await cache.getAll(["a", "b"]);
  const { bytes, entries } = cache.stats();
  cache.resetStats();
  const after = cache.stats();
  assert.deepEqual(
    [after.hits, after.misses, after.sets, after.hitRatio, after.bytes, after.entries],
    [0, 0, 0, 0, bytes, entries],
  );
  assert.equal(await cache.get("a"), 1);
  assert.equal(cache.stats().hitRatio, 1);
});

test("resetStats covers loads as well", async () => {
  const cache = new Cache();
  await cache.getOrSet("a", () => 1);
  assert.equal(cache.stats().loads, 1);
  cache.resetStats();
  assert.equal(cache.stats().loads, 0);
});

both("stats gives a picture, not the books", async (open) => {
  const cache = open();
  const stats = cache.stats();
  await cache.set("a", 1);
  assert.equal(stats.sets, 0);
  stats.sets = 99;
  assert.equal(cache.stats().sets, 1);
});

both("bytes are charged for all that an entry costs, and given back", async (open) => {
  const cache = open();
  await cache.set("key", new Uint8Array(1_000));
  const { bytes } = cache.stats();
  assert.ok(bytes > 1_003 && bytes < 1_200, `${bytes}`);
  await cache.set("key", new Uint8Array(1_000));
  assert.equal(cache.stats().bytes, bytes);
  await cache.set("key", 1);
  assert.ok(cache.stats().bytes < 200);
  await cache.increment("key");
  assert.ok(cache.stats().bytes < 200);
  await cache.delete("key");
  assert.equal(cache.stats().bytes, 0);
});

// --------------------------------------------------------------------------------------------- clearing

both("clear removes everything, or what matches, and tells how many", async (open) => {
  const cache = open();
  await cache.setMany({ "a:1": 1, "a:2": 2, "b:1": 3 });
  assert.equal(await cache.clear("a:*"), 2);
  assert.deepEqual(await keysOf(cache), ["b:1"]);
  assert.equal(await cache.clear(), 1);
  assert.equal(await cache.clear(), 0);
  assert.equal(await cache.get("b:1"), undefined);
  await cache.set("new", 1);
  assert.equal(await cache.get("new"), 1);
  assert.equal(await cache.countKeys(), 1);
});

both("clear counts live entries only", async (open) => {
  const time = newTime();
  const cache = open({ clock: time.clock });
  await cache.set("short", 1, 1);
  await cache.set("long", 1, 2);
  time.pass(1_000);
  assert.equal(await cache.clear(), 1);
  time.pass(5_000);
  assert.equal(await cache.purgeExpired(), 0);
});

// ------------------------------------------------------------------------------------------- iteration

both("an iteration gives each key that stays exactly once, whatever happens meanwhile", async (open) => {
  const cache = open({ maxBytes: "64MiB" });
  const stay = Array.from({ length: 6_000 }, (_, i) => `stays ${i}`);
  await cache.setMany(stay.map((key, i) => [key, i]));
  await cache.setMany(Array.from({ length: 6_000 }, (_, i) => [`goes ${i}`, i]));
  const seen = new Map();
  let step = 0;
  for await (const key of cache.keys()) {
    seen.set(key, (seen.get(key) ?? 0) + 1);
    const i = step++;
    await cache.delete(`goes ${(i * 7) % 6_000}`);
    await cache.set(stay[(i * 13) % 6_000], "a longer value than before".repeat(i % 5));
    await cache.get(stay[(i * 31) % 6_000]);
    await cache.set(`comes ${i}`, i);
    if (i > 50_000) break;
  }
  for (const key of stay) assert.equal(seen.get(key), 1, key);
});

both("an iteration can be left and begun anew", async (open) => {
  const cache = open();
  await cache.setMany({ a: 1, b: 2 });
  for await (const key of cache.keys()) {
    assert.ok(["a", "b"].includes(key));
    break;
  }
  assert.deepEqual(await keysOf(cache), ["a", "b"]);
  await cache.clear();
  for await (const key of cache.keys()) assert.fail(key);
});

both("clear in the middle of an iteration ends it", async (open) => {
  const cache = open({ maxBytes: "64MiB" });
  await cache.setMany(Array.from({ length: 20_000 }, (_, i) => [`key ${i}`, i]));
  let seen = 0;
  for await (const key of cache.keys()) {
    assert.match(key, /^key /);
    if (seen++ === 10) await cache.clear();
    assert.ok(seen < 15_000, "only what had been read ahead");
  }
});

// --------------------------------------------------------------------------------------------- scopes

both("a scope is the same cache under a prefix", async (open) => {
  const cache = open();
  const users = cache.withScope("users");
  assert.equal(cache.scope, "");
  assert.equal(users.scope, "users");
  assert.equal(users.withScope("eu").scope, "users:eu");
  await users.set("1", "in the scope");
  await cache.set("1", "outside");
  assert.equal(await cache.get("users:1"), "in the scope");
  assert.equal(await users.get("1"), "in the scope");
  assert.equal(await cache.withScope("users").get("1"), "in the scope", "two views of one scope");
  await users.withScope("eu").setMany({ a: 1, b: 2 });
  assert.deepEqual(await users.getMany(["eu:a", "b"]), new Map([["eu:a", 1]]));
  assert.deepEqual(await users.withScope("eu").getAll(["a", "b"]), [1, 2]);
  assert.equal(await users.increment("n", 2), 2);
  assert.equal(await cache.decrement("users:n"), 1);
  assert.equal(await users.expire("n", 5), true);
  assert.ok((await cache.ttl("users:n")) > 4);
  assert.equal(await users.persist("n"), true);
  assert.equal(await users.setIfAbsent("n", 1), false);
  assert.deepEqual(await users.hasMany(["n", "users:n"]), new Map([["n", true], ["users:n", false]])); // prettier-ignore
  assert.equal(await users.deleteMany(["n", "none"]), 1);
  assert.equal(await users.delete("1"), true);
  assert.equal(await cache.get("1"), "outside");
});

both("keys of a scope are relative to it, and patterns too", async (open) => {
  const cache = open();
  const users = cache.withScope("users");
  await users.setMany({ "": 0, a: 1, "b:c": 2 });
  await cache.setMany({ users: 3, "users-archive:a": 4, "other:users:a": 5 });
  assert.deepEqual(await keysOf(users), ["", "a", "b:c"]);
  assert.deepEqual(await keysOf(users, "b*"), ["b:c"]);
  assert.deepEqual(await keysOf(users, "users:*"), []);
  assert.deepEqual(await keysOf(users, ""), [""]);
  assert.equal(await users.countKeys(), 3);
  assert.equal(await users.countKeys("?"), 1);
  assert.equal(await cache.countKeys("users:*"), 3);
  assert.deepEqual(await keysOf(users.withScope("b")), ["c"]);
  assert.equal(await users.deletePattern("?"), 1);
  assert.equal(await users.clear("users*"), 0);
  assert.equal(await users.clear(), 2);
  assert.deepEqual(await keysOf(cache), ["other:users:a", "users", "users-archive:a"]);
});

both("a scope's name has no other meaning than itself", async (open) => {
  const cache = open();
  for (const scope of ["*", "?", "[a-z]", "\\", "[", "é", " ", "日本", "\uFEFF"]) {
    const view = cache.withScope(scope);
    await cache.set("x:key", "not in it");
    await cache.set(`${scope}:key`, 1);
    assert.deepEqual(await keysOf(view), ["key"], scope);
    assert.equal(await view.countKeys("k*"), 1);
    assert.equal(await view.clear(), 1, scope);
    assert.equal(await cache.get("x:key"), "not in it");
  }
});

both("statistics and purgeExpired are the whole cache's", async (open) => {
  const time = newTime();
  const cache = open({ clock: time.clock });
  const view = cache.withScope("view");
  await cache.set("outside", 1, 1);
  await view.set("inside", 1, 1);
  await view.get("none");
  assert.deepEqual(view.stats(), cache.stats());
  assert.equal(view.stats().entries, 2);
  time.pass(1_000);
  assert.equal(await view.purgeExpired(), 2);
  view.resetStats();
  assert.equal(cache.stats().sets, 0);
});

both("the limit on keys includes the prefix", async (open) => {
  const cache = open();
  const view = cache.withScope("scope");
  assert.equal(await view.set("k".repeat(65_535 - 6), 1), true);
  await assert.rejects(view.set("k".repeat(65_535 - 5), 1), { code: "INVALID_KEY" });
});

// --------------------------------------------------------------------------------------------- closing

both("closing closes all views; closing a view closes that view alone", async (open) => {
  const cache = open();
  const view = cache.withScope("view");
  const nested = view.withScope("nested");
  await nested.set("key", 1);
  assert.deepEqual([cache.closed, view.closed, nested.closed], [false, false, false]);
  await view.close();
  assert.deepEqual([cache.closed, view.closed, nested.closed], [false, true, false]);
  await assert.rejects(view.get("key"), { code: "CLOSED" });
  assert.equal(await nested.get("key"), 1);
  assert.equal(await cache.get("view:nested:key"), 1);
  await view.close();
  await cache.close();
  assert.deepEqual([cache.closed, view.closed, nested.closed], [true, true, true]);
  await assert.rejects(nested.get("key"), { code: "CLOSED" });
  await cache.close();
  await nested.close();
});

both("a cache can be disposed of", async (open) => {
  const cache = open();
  await cache[Symbol.asyncDispose]();
  assert.equal(cache.closed, true);
});

test("caches share nothing but the engine", async () => {
  const one = new SyncCache();
  const two = new SyncCache();
  one.set("key", 1);
  assert.equal(two.get("key"), undefined);
  two.set("key", 2);
  one.close();
  assert.equal(two.get("key"), 2);
  const three = new SyncCache();
  assert.equal(three.get("key"), undefined, "a cache that takes another's place finds nothing of it");
  thrown(() => one.get("key"), "CLOSED");
  assert.equal(two.stats().hits, 1);
  two.close();
  three.close();
});

// -------------------------------------------------------------------------------------------- disabled

both("a disabled cache stores nothing and says so", async (open) => {
  const cache = open({ enabled: false, maxBytes: 1_000_000 });
  assert.equal(await cache.set("key", 1), false);
  assert.equal(await cache.setIfAbsent("key", 1), false);
  assert.equal(await cache.setMany({ a: 1, b: 2 }), 0);
  assert.equal(await cache.get("key"), undefined);
  assert.equal(await cache.has("key"), false);
  assert.equal(await cache.delete("key"), false);
  assert.equal(await cache.expire("key", 5), false);
  assert.equal(await cache.persist("key"), false);
  assert.equal(await cache.ttl("key"), null);
  assert.deepEqual(await cache.getAll(["a", "b"]), [undefined, undefined]);
  assert.deepEqual(await cache.getMany(["a"]), new Map());
  assert.deepEqual(await cache.hasMany(["a"]), new Map([["a", false]]));
  assert.equal(await cache.deleteMany(["a"]), 0);
  assert.deepEqual(await keysOf(cache), []);
  assert.equal(await cache.countKeys(), 0);
  assert.equal(await cache.clear(), 0);
  assert.equal(await cache.increment("n", 2, { initial: 40 }), 42);
  assert.equal(await cache.increment("n", 2, { initial: 40 }), 42, "from initial each time");
  assert.equal(await cache.decrement("n"), -1);
  assert.equal(await cache.withScope("view").set("key", 1), false);
  const { entries, bytes, misses, hits } = cache.stats();
  assert.deepEqual({ entries, bytes, misses, hits }, { entries: 0, bytes: 0, misses: 4, hits: 0 });
});

test("loaders of a disabled cache always run", async () => {
  const cache = new Cache({ enabled: false });
  let runs = 0;
  const load = () => cache.getOrSet("key", async () => ++runs);
  assert.deepEqual(await Promise.all([load(), load()]), [1, 2]);
  assert.equal(await load(), 3);
  assert.equal(await cache.getOrSet("key", "given"), "given");
});

// ------------------------------------------------------------------------------------- only in Cache

test("`as` converts what was read, and refuses with the cause", async () => {
  const cache = new Cache();
  await cache.setMany({ a: 1, b: 2 });
  assert.equal(await cache.get("a", { as: (value) => `${value}!` }), "1!");
  assert.equal(await cache.get("a", { as: async (value) => value + 1 }), 2);
  assert.equal(await cache.get("none", { as: () => "called" }), undefined, "a miss stays a miss");
  assert.deepEqual(await cache.getAll(["b", "none", "a"], { as: (value) => value * 10 }), [20, undefined, 10]);
  assert.deepEqual(await cache.getMany(["b", "none"], { as: (value) => value * 10 }), new Map([["b", 20]]));
  const schema = (validate) => ({ "~standard": { version: 1, vendor: "test", validate } });
  assert.equal(await cache.get("a", { as: schema((value) => ({ value: value + 0.5 })) }), 1.5);
  assert.equal(await cache.get("a", { as: schema(async (value) => ({ value: value + 0.5 })) }), 1.5);
  const callable = Object.assign(() => assert.fail("a schema that is a function is a schema"), schema((value) => ({ value }))); // prettier-ignore
  assert.equal(await cache.get("a", { as: callable }), 1);
  const cause = new Error("no");
  const fail = () => {
    throw cause;
  };
  const issues = [{ message: "not that" }];
  for (const [as, expected] of [
    [fail, cause],
    [async () => fail(), cause],
    [schema(() => ({ issues })), issues],
    [schema(fail), cause],
  ]) {
    for (const read of [
      () => cache.get("a", { as }),
      () => cache.getAll(["a"], { as }),
      () => cache.getMany(["a"], { as }),
    ]) {
      await assert.rejects(
        read,
        (error) => error.code === "VALIDATION" && error.cause === expected && error.key === "a",
      );
    }
  }
  assert.equal(await cache.get("a"), 1);
});
