// What is refused, with which code; and that a refused call changes nothing.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Cache, escapePattern, json, msgpack, SyncCache } from "isocache";
import { both, counts, keysOf, METHODS, newTime, opens, refusal, START, thrown } from "./helpers.mjs";

const bare = Object.create(null); // has no toString
const hostile = {
  toString() {
    throw new Error("toString was called");
  },
};
const cycle = { list: [] };
cycle.list.push(cycle);
const mapCycle = new Map();
mapCycle.set("self", mapCycle);
const keyCycle = new Map();
keyCycle.set(keyCycle, 1);
const setCycle = new Set();
setCycle.add([setCycle]);
const errorCycle = new Error("cycle");
errorCycle.cause = errorCycle;
function nested(depth) {
  let value = [];
  for (let i = 1; i < depth; i++) value = [value];
  return value;
}

const BAD_KEYS = {
  undefined: undefined,
  null: null,
  number: 5,
  NaN: NaN,
  bigint: 5n,
  boolean: true,
  symbol: Symbol("key"),
  object: {},
  "object without toString": bare,
  "object with hostile toString": hostile,
  array: ["key"],
  "String object": new String("key"),
  bytes: new Uint8Array(3),
  "lone high surrogate": "\ud800",
  "lone low surrogate": "\udc00",
  "surrogates in the wrong order": "\udc00\ud800",
  "lone surrogate at the end": `${"k".repeat(100)}\ud83d`,
  "lone surrogate in the middle": `é\ud83dé`,
  "65,536 bytes": "k".repeat(65_536),
  "65,536 bytes of two each": "é".repeat(32_768),
  "65,537 bytes of three each": `${"日".repeat(21_845)}ab`,
  "65,536 bytes of four each": "😀".repeat(16_384),
  "a million characters": "k".repeat(1_000_000),
};

const BAD_VALUES = {
  undefined: undefined,
  function: () => 1,
  class: class {},
  symbol: Symbol("value"),
  "function in an object": { a: { b: () => 1 } },
  "function in an array": [[() => 1]],
  "function in a Map's value": new Map([["a", () => 1]]),
  "function in a Map's key": new Map([[() => 1, "a"]]),
  "function in a Set": new Set([() => 1]),
  "symbol in an object": { a: Symbol("value") },
  "symbol in a Set": new Set([Symbol("value")]),
  "cycle of objects": cycle,
  "cycle of Maps": mapCycle,
  "cycle through a Map's key": keyCycle,
  "cycle of Sets": setCycle,
  "cycle of errors": errorCycle,
  "function as an error's cause": new Error("cause", { cause: { deep: () => 1 } }),
  "nesting of 100,000": nested(100_000),
};

const BAD_TTLS = {
  0: 0,
  "-0": -0,
  negative: -1,
  NaN: NaN,
  "-Infinity": -Infinity,
  "just above 1,000 years": 31_557_600_000.001,
  "5 parsecs": "5 parsecs",
  "no unit": "5",
  empty: "",
  zero: "0s",
  "negative text": "-5s",
  "more than 1,000 years": "365251d",
  boolean: true,
  bigint: 5n,
  symbol: Symbol("ttl"),
  function: () => 5,
};

/** Only where a TTL stands where no options may stand. */
const BAD_TTL_OBJECTS = { object: {}, array: [5], "without toString": bare, "hostile toString": hostile };

const BAD_PATTERNS = {
  number: 5,
  null: null,
  object: {},
  RegExp: /a/,
  symbol: Symbol("pattern"),
  "empty class": "[]",
  "empty class in the middle": "a[]b",
  unclosed: "[a",
  "unclosed after a range": "[a-",
  "unclosed by an escape": "[a\\]",
  "trailing backslash": "a\\",
  "lone surrogate": "\ud800*",
};

const BAD_SCOPES = [undefined, null, 5, {}, Symbol("scope"), "", ":", "a:b", "a:", ":a", "\ud800", new String("a")];

const NOT_ITERABLE = { undefined: undefined, null: null, string: "abc", number: 5, object: {}, function: () => [] };

const BAD_NUMBERS = {
  NaN,
  Infinity,
  "-Infinity": -Infinity,
  text: "1",
  null: null,
  bigint: 1n,
  boolean: true,
  object: {},
  bare,
};

/** [what, call, code]; `open` cache holds what `filled` put there. */
function* badCalls(isSync) {
  const single = {
    get: (cache, key) => cache.get(key),
    set: (cache, key) => cache.set(key, 1),
    "set of an object": (cache, key) => cache.set(key, { a: 1 }),
    "set of a long text": (cache, key) => cache.set(key, "x".repeat(5_000)),
    "set of too much": (cache, key) => cache.set(key, new Uint8Array(2_000_000)),
    setIfAbsent: (cache, key) => cache.setIfAbsent(key, 1),
    has: (cache, key) => cache.has(key),
    delete: (cache, key) => cache.delete(key),
    increment: (cache, key) => cache.increment(key),
    decrement: (cache, key) => cache.decrement(key),
    ttl: (cache, key) => cache.ttl(key),
    expire: (cache, key) => cache.expire(key, 5),
    persist: (cache, key) => cache.persist(key),
    getMany: (cache, key) => cache.getMany(["text", key]),
    getAll: (cache, key) => cache.getAll(["text", key]),
    hasMany: (cache, key) => cache.hasMany(["text", key]),
    deleteMany: (cache, key) => cache.deleteMany(["text", "number", key]),
    setMany: (cache, key) => cache.setMany([["text", 0], [key, 1], ["new", 2]]), // prettier-ignore
  };
  if (!isSync) {
    single.getOrSet = (cache, key) => cache.getOrSet(key, 1);
    single["getOrSet with a loader"] = (cache, key) => cache.getOrSet(key, () => assert.fail("the loader ran"));
    single["getOrSet by force"] = (cache, key) =>
      cache.getOrSet(key, () => assert.fail("the loader ran"), { force: true });
  }
  for (const [method, call] of Object.entries(single)) {
    for (const [what, key] of Object.entries(BAD_KEYS)) {
      yield [`${method}, key: ${what}`, (cache) => call(cache, key), "INVALID_KEY"];
    }
  }

  const writes = {
    set: (cache, value) => cache.set("text", value),
    "set of a new key": (cache, value) => cache.set("new", value),
    setIfAbsent: (cache, value) => cache.setIfAbsent("new", value),
    setMany: (cache, value) => cache.setMany([["text", 0], ["new", value], ["number", 2]]), // prettier-ignore
    "setMany of an object": (cache, value) => cache.setMany({ text: 0, new: value }),
  };
  if (!isSync) writes["getOrSet, loaded,"] = (cache, value) => cache.getOrSet("new", async () => value);
  for (const [method, call] of Object.entries(writes)) {
    for (const [what, value] of Object.entries(BAD_VALUES)) {
      if (method.startsWith("getOrSet") && what === "undefined") continue; // is passed on
      yield [`${method}, value: ${what}`, (cache) => call(cache, value), "NOT_SERIALIZABLE"];
    }
  }

  const withTtl = {
    set: (cache, ttl) => cache.set("text", 1, ttl),
    "set, in options,": (cache, ttl) => cache.set("text", 1, { ttl }),
    setIfAbsent: (cache, ttl) => cache.setIfAbsent("new", 1, ttl),
    "setIfAbsent of a key that is present": (cache, ttl) => cache.setIfAbsent("text", 1, ttl),
    increment: (cache, ttl) => cache.increment("number", 1, { ttl }),
    "increment of a new key": (cache, ttl) => cache.increment("new", 1, { ttl }),
    decrement: (cache, ttl) => cache.decrement("number", 1, { ttl }),
    expire: (cache, ttl) => cache.expire("text", ttl),
    "expire of an absent key": (cache, ttl) => cache.expire("absent", ttl),
    setMany: (cache, ttl) => cache.setMany({ text: 0 }, ttl),
    "setMany of nothing": (cache, ttl) => cache.setMany([], ttl),
    "setMany, in options,": (cache, ttl) => cache.setMany({ text: 0 }, { ttl }),
    "setMany, in a triple,": (cache, ttl) => cache.setMany([["text", 0], ["number", 2, ttl]]), // prettier-ignore
  };
  if (!isSync) {
    withTtl.getOrSet = (cache, ttl) => cache.getOrSet("new", () => assert.fail("the loader ran"), ttl);
    withTtl["getOrSet, on a hit,"] = (cache, ttl) => cache.getOrSet("text", 1, { ttl });
  }
  for (const [method, call] of Object.entries(withTtl)) {
    const takesOptions =
      ["set", "setIfAbsent", "setMany", "getOrSet"].includes(method.split(/[ ,]/)[0]) && !method.includes(",");
    for (const [what, ttl] of Object.entries({ ...BAD_TTLS, ...(takesOptions ? {} : BAD_TTL_OBJECTS) })) {
      yield [`${method}, TTL: ${what}`, (cache) => call(cache, ttl), "INVALID_TTL"];
    }
  }
  yield ["expire without a TTL", (cache) => cache.expire("text"), "INVALID_TTL"];

  for (const [what, pattern] of Object.entries(BAD_PATTERNS)) {
    yield [`keys, pattern: ${what}`, (cache) => keysOf(cache, pattern), "INVALID_PATTERN"];
    for (const method of ["countKeys", "deletePattern", "clear"]) {
      yield [`${method}, pattern: ${what}`, (cache) => cache[method](pattern), "INVALID_PATTERN"];
    }
  }
  yield ["deletePattern without a pattern", (cache) => cache.deletePattern(), "INVALID_PATTERN"];

  for (const scope of BAD_SCOPES) {
    yield [`withScope ${String(scope)}`, async (cache) => cache.withScope(scope), "INVALID_SCOPE"];
  }

  for (const [what, keys] of Object.entries(NOT_ITERABLE)) {
    for (const method of ["getMany", "getAll", "hasMany", "deleteMany"]) {
      yield [`${method} of ${what}`, (cache) => cache[method](keys), "INVALID_OPTION"];
      if (isSync || !method.startsWith("get")) continue;
      yield [`${method} of ${what}, converted`, (cache) => cache[method](keys, { as: (v) => v }), "INVALID_OPTION"];
    }
  }
  for (const entries of [
    undefined,
    null,
    "text",
    5,
    true,
    () => [],
    ["text"],
    [["text"]],
    [["text", 1, 2, 3]],
    [null],
    [undefined],
    new Set(["text"]),
    [["number", 2], 5],
  ]) {
    yield [`setMany of ${JSON.stringify(entries)}`, (cache) => cache.setMany(entries), "INVALID_OPTION"];
  }

  for (const [what, number] of Object.entries(BAD_NUMBERS)) {
    for (const method of ["increment", "decrement"]) {
      yield [`${method} by ${what}`, (cache) => cache[method]("number", number), "INVALID_OPTION"];
      yield [`${method} of a new key by ${what}`, (cache) => cache[method]("new", number), "INVALID_OPTION"];
      const initial = (cache) => cache[method]("number", 1, { initial: number });
      yield [`${method}, initial: ${what}`, initial, "INVALID_OPTION"];
    }
  }
  for (const options of [null, 5, "5s", true]) {
    yield [`increment with options ${options}`, (cache) => cache.increment("number", 1, options), "INVALID_OPTION"];
  }
  const noNumbers = ["text", "digits", "object", "null", "true", "bigint", "bytes", "NaN", "infinity"];
  for (const key of noNumbers) {
    for (const method of ["increment", "decrement"]) {
      yield [`${method} of ${key}`, (cache) => cache[method](key), "NOT_A_NUMBER"];
      yield [`${method} of ${key} by 0`, (cache) => cache[method](key, 0, { initial: 5 }), "NOT_A_NUMBER"];
    }
  }
  const most = Number.MAX_SAFE_INTEGER;
  yield ["increment past the most", (cache) => cache.increment("most"), "OUT_OF_RANGE"];
  yield ["increment past the most by a fraction", (cache) => cache.increment("most", 0.9), "OUT_OF_RANGE"];
  yield ["decrement past the least", (cache) => cache.decrement("number", 2 ** 53 + 42), "OUT_OF_RANGE"];
  yield [
    "increment of a new key past the most",
    (cache) => cache.increment("new", 1, { initial: most }),
    "OUT_OF_RANGE",
  ];
  yield ["increment by the most there is", (cache) => cache.increment("new", Number.MAX_VALUE), "OUT_OF_RANGE"];
  yield ["increment past infinity", (cache) => cache.increment("huge", Number.MAX_VALUE), "OUT_OF_RANGE"];

  for (const limit of [-1, 1.5, NaN, "5", null, -Infinity, 5n]) {
    yield [`purgeExpired(${String(limit)})`, (cache) => cache.purgeExpired(limit), "INVALID_OPTION"];
  }

  if (isSync) return;
  for (const as of [5, "text", {}, null, [], { "~standard": {} }, { "~standard": { validate: 5 } }]) {
    const what = JSON.stringify(as);
    yield [`get as ${what}`, (cache) => cache.get("text", { as }), "INVALID_OPTION"];
    yield [`getAll as ${what}`, (cache) => cache.getAll(["text"], { as }), "INVALID_OPTION"];
    yield [`getMany as ${what}`, (cache) => cache.getMany(["text"], { as }), "INVALID_OPTION"];
    yield [`getOrSet as ${what}`, (cache) => cache.getOrSet("text", 1, { as }), "INVALID_OPTION"];
  }
  for (const options of [null, 5, "text", true]) {
    yield [`get with options ${options}`, (cache) => cache.get("text", options), "INVALID_OPTION"];
    yield [`getAll with options ${options}`, (cache) => cache.getAll(["text"], options), "INVALID_OPTION"];
    yield [`getMany with options ${options}`, (cache) => cache.getMany(["text"], options), "INVALID_OPTION"];
  }
  for (const timeout of [0, -1, NaN, Infinity, null, "soon", {}, bare, hostile]) {
    const call = (cache) => cache.getOrSet("new", () => assert.fail("the loader ran"), { timeout });
    yield [
      `getOrSet, timeout: ${timeout === bare || timeout === hostile ? "hostile" : timeout}`,
      call,
      "INVALID_OPTION",
    ];
  }
  for (const signal of [null, {}, "signal", new EventTarget()]) {
    const call = (cache) => cache.getOrSet("new", () => assert.fail("the loader ran"), { signal });
    yield [`getOrSet, signal: ${String(signal)}`, call, "INVALID_OPTION"];
  }
  yield ["getOrSet of undefined", (cache) => cache.getOrSet("new", undefined), "NOT_SERIALIZABLE"];
  yield ["getOrSet of a cycle", (cache) => cache.getOrSet("new", cycle), "NOT_SERIALIZABLE"];
  yield ["setTtl of nonsense", (cache) => cache.getOrSet("new", ({ setTtl }) => setTtl("5 parsecs")), "INVALID_TTL"];
}

const HELD = [
  ["text", "text", 100],
  ["digits", "5"],
  ["number", 42, 50],
  ["most", Number.MAX_SAFE_INTEGER],
  ["object", { a: [1] }],
  ["null", null],
  ["true", true],
  ["bigint", 5n],
  ["bytes", new Uint8Array([1, 2, 3])],
  ["NaN", NaN],
  ["infinity", Infinity],
  ["huge", Number.MAX_VALUE],
  ["", "empty key"],
];
const KEYS = HELD.map(([key]) => key);

/** All that can be seen without changing it. Loads are counted apart: a load may fail. */
async function look(cache) {
  const { loads, loadFailures, misses, hitRatio, ...stats } = counts(cache);
  const ttls = [];
  for (const key of KEYS) ttls.push(await cache.ttl(key));
  return { stats, keys: await keysOf(cache), ttls };
}

for (const where of ["the cache itself", "a scope"]) {
  both(`a refused call leaves everything as it was (${where})`, async (open, t, name) => {
    const time = newTime();
    const whole = open({ clock: time.clock, maxEntries: HELD.length, maxBytes: "4MiB" });
    const cache = where === "a scope" ? whole.withScope("scope") : whole;
    const failures = [];
    let calls = 0;
    await cache.setMany(HELD);
    let before = await look(cache);
    for (const [what, call, code] of badCalls(name === "SyncCache")) {
      const missesBefore = cache.stats().misses;
      calls++;
      try {
        const error = await refusal(call(cache), code);
        assert.ok(error.message.length > 5 && error.message.length < 1_000_000, "a message for people");
        assert.deepEqual(await look(cache), before, "the cache has changed");
        // A load begins with a miss; nothing else that is refused counts as a read.
        const loads = what.startsWith("getOrSet") || what.startsWith("setTtl");
        assert.ok(loads || cache.stats().misses === missesBefore, "a miss was counted");
      } catch (error) {
        failures.push(`${what}: ${error.message.split("\n")[0]}`);
        await cache.clear();
        await cache.setMany(HELD);
        before = await look(cache);
      }
    }
    assert.equal(failures.join("\n"), "");
    assert.ok(calls > 500, `${calls} calls`);
    assert.deepEqual(
      await cache.getAll(KEYS),
      HELD.map(([, value]) => value),
    );
  });
}

both("refused calls change no order of eviction", async (open, t, name) => {
  const cache = open({ maxEntries: HELD.length, maxBytes: "4MiB" });
  await cache.setMany(HELD);
  for (const [, call] of badCalls(name === "SyncCache")) await call(cache).catch(() => {});
  for (const [i, key] of KEYS.entries()) {
    assert.equal(await cache.has(key), true, `${i}: ${key}`);
    await cache.set(`filler ${i}`, 1);
    assert.equal(await cache.has(key), false, `${i}: ${key}`);
  }
});

both("every call after close is refused with CLOSED", async (open, t, name) => {
  const calls = {
    get: ["key"],
    set: ["key", 1],
    setIfAbsent: ["key", 1],
    has: ["key"],
    delete: ["key"],
    increment: ["key"],
    decrement: ["key"],
    ttl: ["key"],
    expire: ["key", 5],
    persist: ["key"],
    getMany: [["key"]],
    getAll: [["key"]],
    setMany: [{ key: 1 }],
    hasMany: [["key"]],
    deleteMany: [["key"]],
    countKeys: [],
    deletePattern: ["*"],
    clear: [],
    purgeExpired: [],
    getItem: ["key"],
    peek: ["key"],
    replace: ["key", 1],
    take: ["key"],
    touch: ["key"],
    incrementMany: [{ key: 1 }],
    invalidateTag: ["tag"],
    tagGeneration: ["tag"],
    resize: [{ maxEntries: 5 }],
    snapshot: [],
    restore: [new Uint8Array(1)],
  };
  assert.deepEqual(Object.keys(calls).toSorted(), METHODS.filter((method) => method !== "close").toSorted());
  const empty = { getMany: [[]], getAll: [[]], setMany: [[]], hasMany: [[]], deleteMany: [[]], clear: ["*"] };
  for (const options of [{}, { enabled: false }]) {
    const whole = open(options);
    const view = whole.withScope("view");
    const closedView = whole.withScope("closed");
    const unused = open(options);
    await whole.set("key", 1);
    await closedView.close();
    await whole.close();
    await unused.close();
    for (const cache of [whole, view, closedView, unused]) {
      for (const [method, args] of [...Object.entries(calls), ...Object.entries(empty)]) {
        await refusal(cache[method](...args), "CLOSED");
      }
      await refusal(keysOf(cache), "CLOSED");
      thrown(() => cache.stats(), "CLOSED");
      thrown(() => cache.resetStats(), "CLOSED");
      thrown(() => cache.withScope("scope"), "CLOSED");
      if (name === "SyncCache") continue;
      await refusal(cache.getOrSet("key", 1), "CLOSED");
      await refusal(cache.getOrSet("key", 1, { force: true }), "CLOSED");
      const never = () => assert.fail("the loader ran");
      await refusal(cache.getOrSet("key", never), "CLOSED");
      await refusal(cache.getOrSet("key", never, { force: true }), "CLOSED");
      await refusal(cache.getAll(["key"], { as: (value) => value }), "CLOSED");
    }
  }
});

both("closing in the middle of an iteration", async (open) => {
  const cache = open({ maxBytes: "64MiB" });
  await cache.setMany(Array.from({ length: 20_000 }, (_, i) => [`key ${i}`, i]));
  const walk = async () => {
    for await (const key of cache.keys()) {
      assert.match(key, /^key /);
      await cache.close();
    }
  };
  await refusal(walk(), "CLOSED");
});

test("promise methods reject, they never throw", async () => {
  const cache = new Cache();
  await cache.close();
  for (const method of [...METHODS.filter((name) => name !== "close"), "getOrSet"]) {
    let promise;
    assert.doesNotThrow(() => {
      promise = cache[method](Symbol("bad"), Symbol("bad"), Symbol("bad"));
    }, method);
    assert.ok(promise instanceof Promise, method);
    await assert.rejects(promise, { name: "CacheError" }, method);
  }
  const iterator = cache.keys(Symbol("bad"))[Symbol.asyncIterator]();
  await assert.rejects(iterator.next(), { name: "CacheError" });
});

test("an error carries what was refused", async () => {
  const cache = new Cache();
  assert.equal((await refusal(cache.get("\ud800"), "INVALID_KEY")).key, "\ud800");
  const { key, value } = await refusal(cache.get(5), "INVALID_KEY");
  assert.deepEqual({ key, value }, { key: undefined, value: 5 });
  assert.equal((await refusal(cache.set("key", 1, "5 parsecs"), "INVALID_TTL")).value, "5 parsecs");
  assert.equal((await refusal(cache.countKeys("[a"), "INVALID_PATTERN")).value, "[a");
  assert.equal(thrown(() => cache.withScope("a:b"), "INVALID_SCOPE").value, "a:b");
  assert.equal((await refusal(cache.increment("n", NaN), "INVALID_OPTION")).value.toString(), "NaN");
  assert.equal(thrown(() => new Cache({ maxBytes: "a lot" }), "INVALID_OPTION").value, "a lot");
  await cache.set("text", "text");
  assert.equal((await refusal(cache.increment("text"), "NOT_A_NUMBER")).key, "text");
  assert.equal((await refusal(cache.increment("new", 2 ** 53), "OUT_OF_RANGE")).key, "new");
});

test("options that are none", () => {
  const bad = {
    maxBytes: [0, -1, NaN, Infinity, null, "", "5", "5 XB", "0B", "-1KB", "4GiB1", "5GiB", 2 ** 33, true, 5n, {}, [], bare, hostile, () => 5],
    maxEntries: [0, -1, 1.5, NaN, null, "5", 5n, true, {}, bare, -Infinity],
    maxEntryBytes: [0, -1, NaN, Infinity, null, "", "much", {}, bare, hostile],
    codec: [null, 5, "json", {}, { name: "x" }, { ...json, name: 5 }, { ...json, encode: 5 }, { ...json, decode: null }, () => json],
    clock: [null, 5, "now", {}, new Date()],
    enabled: [null, 0, 1, "true", "false", {}],
    policy: [null, "LRU", "lfu", 5, "toString"],
    values: [null, "move", 5],
  }; // prettier-ignore
  for (const Class of [Cache, SyncCache]) {
    for (const [name, values] of Object.entries(bad)) {
      for (const value of values) thrown(() => new Class({ [name]: value }), "INVALID_OPTION");
    }
    for (const ttl of [...Object.values(BAD_TTLS), ...Object.values(BAD_TTL_OBJECTS)]) {
      thrown(() => new Class({ defaultTtl: ttl }), "INVALID_TTL");
    }
    for (const options of [null, 5, "32MiB", true, Symbol("options")]) {
      thrown(() => new Class(options), "INVALID_OPTION");
    }
  }
});

test("options at their borders", () => {
  const open = (options) => new SyncCache(options);
  assert.equal(open({ maxBytes: "4GiB" }).stats().maxBytes, 2 ** 32);
  assert.equal(open({}).stats().maxBytes, 32 * 2 ** 20);
  assert.equal(open({ maxBytes: "1.5KiB" }).stats().maxBytes, 1_536);
  assert.equal(open({}).stats().maxEntries, null);
  assert.equal(open({ maxEntries: Infinity }).stats().maxEntries, null);
  assert.equal(open({ maxEntries: 7 }).stats().maxEntries, 7);
  for (const options of [
    undefined,
    {},
    { maxBytes: undefined, maxEntries: undefined, maxEntryBytes: undefined, defaultTtl: undefined },
    { codec: undefined, clock: undefined, enabled: undefined, policy: undefined, values: undefined },
    { policy: "lru", values: "copy", enabled: true, codec: msgpack },
  ]) {
    const cache = open(options);
    assert.equal(cache.set("key", { a: 1 }), true);
    assert.deepEqual(cache.get("key"), { a: 1 });
    cache.close();
  }
  const one = open({ maxEntries: 1 });
  one.set("a", 1);
  one.set("b", 1);
  assert.deepEqual([...one.keys()], ["b"]);
  const tiny = open({ maxBytes: 1 });
  assert.equal(tiny.set("", 0), false);
  assert.equal(tiny.increment("n"), 1, "an increment that cannot be kept still has its sum");
  assert.equal(tiny.stats().entries, 0);
  const all = open({ maxBytes: 1_000, maxEntryBytes: "1GB" });
  assert.equal(all.set("key", new Uint8Array(2_000)), false, "never above maxBytes");
  assert.equal(all.set("key", new Uint8Array(800)), true);
  assert.ok(all.stats().bytes <= 1_000);
});

both("a clock that gives no finite number, or throws, is met where it is asked", async (open) => {
  let give = () => START;
  const cache = open({ clock: () => give() });
  await cache.set("key", 1, 5);
  const before = counts(cache);
  for (const now of [NaN, Infinity, -Infinity, undefined, "1", null, 5n, {}, bare]) {
    give = () => now;
    await refusal(cache.get("key"), "INVALID_OPTION");
    await refusal(cache.set("key", 2), "INVALID_OPTION");
    await refusal(cache.setMany({ key: 2 }), "INVALID_OPTION");
    await refusal(cache.clear(), "INVALID_OPTION");
    await refusal(cache.increment("key"), "INVALID_OPTION");
  }
  give = () => {
    throw new RangeError("no time");
  };
  await assert.rejects(cache.set("key", 2), RangeError);
  give = () => START;
  assert.deepEqual(counts(cache), before);
  assert.equal(await cache.ttl("key"), 5);
  assert.equal(await cache.get("key"), 1);
});

both("a clock far beyond all dates ends no entry that never ends", async (open) => {
  const cache = open({ clock: () => 1e20 });
  const stored = await cache.set("key", 1, null).catch((error) => error.code);
  if (stored === "INVALID_OPTION") return;
  assert.equal(await cache.get("key"), 1);
});

both("an iterable that throws in the middle changes nothing", async (open) => {
  const cache = open();
  await cache.set("key", 1);
  const before = counts(cache);
  const failure = new Error("in the middle");
  function* broken(element) {
    yield element;
    throw failure;
  }
  const isFailure = (error) => error === failure;
  await assert.rejects(cache.setMany(broken(["key", 2])), isFailure);
  for (const method of ["getAll", "getMany", "hasMany", "deleteMany"]) {
    await assert.rejects(cache[method](broken("key")), isFailure);
  }
  assert.deepEqual(counts(cache), before);
  assert.equal(await cache.get("key"), 1);
});

both("an iterable that closes the cache in the middle", async (open) => {
  for (const method of ["setMany", "getAll", "getMany", "hasMany", "deleteMany"]) {
    const cache = open();
    await cache.set("key", 1);
    function* closing() {
      yield method === "setMany" ? ["key", 2] : "key";
      (cache.sync ?? cache).close();
      yield method === "setMany" ? ["other", 2] : "other";
    }
    await refusal(cache[method](closing()), "CLOSED");
  }
});

test("what is refused late in a large batch changes nothing early in it", async () => {
  for (const open of Object.values(opens)) {
    const cache = open({ maxBytes: "256MiB", maxEntryBytes: "32MiB" });
    await cache.set("key 0", "old");
    const before = counts(cache);
    const entries = Array.from({ length: 20_000 }, (_, i) => [`key ${i}`, "x".repeat(i % 100)]);
    const keys = entries.map(([key]) => key);
    await refusal(cache.setMany([...entries, ["bad", () => 1]]), "NOT_SERIALIZABLE");
    await refusal(cache.setMany([...entries, ["\udfff", 1]]), "INVALID_KEY");
    await refusal(cache.setMany([...entries, ["bad", 1, 0]]), "INVALID_TTL");
    await refusal(cache.setMany([["large", new Uint8Array(20_000_000)], ...entries, [5, 1]]), "INVALID_KEY");
    for (const method of ["getMany", "getAll", "hasMany", "deleteMany"]) {
      await refusal(cache[method]([...keys, "\udfff"]), "INVALID_KEY");
      await refusal(cache[method]([...keys, "k".repeat(70_000)]), "INVALID_KEY");
    }
    assert.deepEqual(counts(cache), before);
    assert.deepEqual(await keysOf(cache), ["key 0"]);
    assert.equal(await cache.get("key 0"), "old");
    await cache.close();
  }
});

test("escapePattern takes text only", () => {
  for (const text of [undefined, null, 5, {}, Symbol("text")]) thrown(() => escapePattern(text), "INVALID_PATTERN");
});
