// What `on` tells, of every method that reads or writes, and what listeners may do.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Cache, SyncCache } from "isocache";
import { both as each, CAPTURE, counts, deferred, newTime, runNode, settled, thrown } from "./helpers.mjs";

const NAMES = ["hit", "miss", "set", "remove", "invalidate", "error"];

/** The class itself, where the face of the tests has no `on`. */
const real = (cache) => cache.sync ?? cache;

/** What is told from now on, as text; `take()` gives it and begins anew. */
function listen(cache, names = NAMES) {
  const told = [];
  const ends = names.map((name) => real(cache).on(name, (event) => told.push(asText(name, event))));
  return { told, take: () => told.splice(0), end: () => ends.forEach((end) => end()) };
}

function asText(name, event) {
  if (name === "remove") {
    const value = "value" in event ? ` ${JSON.stringify(event.value)}` : "";
    return `remove ${event.key} ${event.reason}${value}`;
  }
  if (name === "invalidate") return `invalidate ${event.tags.join()}`;
  if (name === "error") return `error ${event.operation} ${event.error.code ?? event.error}`;
  return `${name} ${event.key}`;
}

/** A test for each class, by copy and by reference. `gone(value)` is what a removal tells of a value. */
function both(title, run) {
  for (const values of ["copy", "reference"]) {
    const gone = (value) => (values === "copy" ? "" : ` ${JSON.stringify(value)}`);
    each(`${title}, by ${values}`, (open, t, name) => {
      const opened = (options) => open({ values, ...options });
      return run(opened, gone, name);
    });
  }
}

both("reads of one key", async (open, gone) => {
  const cache = open();
  await cache.set("a", { n: 1 });
  const { take } = listen(cache);
  assert.deepEqual(await cache.get("a"), { n: 1 });
  await cache.get("b");
  await cache.getItem("a");
  await cache.getItem("b");
  await cache.take("b");
  assert.deepEqual(await cache.take("a"), { n: 1 });
  assert.deepEqual(take(), [
    "hit a",
    "miss b",
    "hit a",
    "miss b",
    "miss b",
    "hit a",
    `remove a delete${gone({ n: 1 })}`,
  ]);
});

both("reads of many keys: one event each, in their order", async (open) => {
  const cache = open();
  await cache.setMany({ a: "1", b: 2, c: { n: 3 } });
  const { take } = listen(cache);
  await cache.getMany(["b", "x", "a", "b"]);
  assert.deepEqual(take(), ["hit b", "miss x", "hit a", "hit b"]);
  await cache.getAll(["x", "c"]);
  assert.deepEqual(take(), ["miss x", "hit c"]);
});

both("what is no read of a value tells nothing", async (open) => {
  const cache = open({ maxIdle: 50 });
  await cache.setMany({ a: 1, b: 2 });
  const { take } = listen(cache);
  for (const key of ["a", "x"]) {
    await cache.has(key);
    await cache.peek(key);
    await cache.ttl(key);
    await cache.expire(key, 5);
    await cache.persist(key);
    await cache.touch(key);
    await cache.touch(key, 5);
  }
  await cache.hasMany(["a", "x"]);
  await cache.countKeys();
  await cache.tagGeneration("tag");
  for await (const key of cache.keys()) void key;
  for await (const entry of cache.entries()) void entry;
  cache.stats();
  cache.resetStats();
  await cache.purgeExpired();
  await cache.resize({ maxEntries: 10 });
  assert.deepEqual(take(), []);
});

both("what is told of reads is what statistics count", async (open) => {
  const time = newTime();
  const cache = open({ clock: time.clock });
  const { take } = listen(cache, ["hit", "miss"]);
  await cache.setMany([["a", 1], ["b", 2, 1]]); // prettier-ignore
  const reads = [
    () => cache.get("a"),
    () => cache.get("b"),
    () => cache.getItem("a"),
    () => cache.getMany(["a", "x"]),
    () => cache.getAll(["b", "x", "x"]),
    () => cache.peek("a"),
    () => cache.take("b"),
    () => cache.update?.("a", (n) => n),
    () => cache.getOrSet?.("a", 1),
    () => cache.getOrSet?.("new", () => 5),
    () => cache.getOrSet?.("x", () => undefined),
  ];
  for (const wait of [0, 1_000]) {
    time.pass(wait);
    for (const read of reads) {
      const before = counts(cache);
      if (read() === undefined) continue;
      await read();
      const after = counts(cache);
      const told = take();
      const hits = told.filter((text) => text.startsWith("hit")).length;
      assert.equal(hits, after.hits - before.hits, String(read));
      assert.equal(told.length - hits, after.misses - before.misses, String(read));
    }
  }
});

both("writes of one key: what was there goes first", async (open, gone) => {
  const cache = open();
  const { take } = listen(cache);
  await cache.set("a", "1");
  await cache.set("a", { n: 2 });
  assert.deepEqual(take(), ["set a", `remove a replace${gone("1")}`, "set a"]);
  await cache.setIfAbsent("a", 3);
  await cache.setIfAbsent("b", 3);
  await cache.replace("c", 4);
  await cache.replace("b", 4);
  assert.deepEqual(take(), ["set b", `remove b replace${gone(3)}`, "set b"]);
  await cache.set("b", "text", { tags: ["t"], ttl: 5, modified: 1 });
  await cache.set("b", "text", { keepTtl: true });
  assert.deepEqual(take(), [`remove b replace${gone(4)}`, "set b", `remove b replace${gone("text")}`, "set b"]);
  await cache.delete("b");
  await cache.delete("b");
  assert.deepEqual(take(), [`remove b delete${gone("text")}`]);
});

both("increments write: they replace what was there", async (open, gone) => {
  const cache = open();
  const { take } = listen(cache);
  await cache.increment("n");
  await cache.increment("n", 4);
  await cache.decrement("n", 2);
  const first = ["set n", `remove n replace${gone(1)}`, "set n", `remove n replace${gone(5)}`, "set n"];
  assert.deepEqual(take(), first);
  await cache.incrementMany({ n: 1, m: 2 });
  assert.deepEqual(take(), [`remove n replace${gone(3)}`, "set n", "set m"]);
});

test("a number with a size of its own, and one that is none, come along when they go", () => {
  const cache = new SyncCache({ values: "reference" });
  const { take } = listen(cache);
  cache.set("n", 1, { size: 100 });
  cache.increment("n", 2);
  cache.incrementMany({ n: 1, m: 1 });
  cache.set("n", NaN);
  cache.delete("n");
  assert.deepEqual(take(), [
    "set n",
    "remove n replace 1",
    "set n",
    "remove n replace 3",
    "set n",
    "set m",
    "remove n replace 4",
    "set n",
    "remove n delete null", // as JSON has it
  ]);
  cache.close();
});

both("size is what the entry costs", async (open) => {
  const cache = open({ maxBytes: "16MiB" });
  const sizes = [];
  real(cache).on("set", ({ key, size }) => sizes.push([key, size]));
  await cache.set("short", 1);
  await cache.set("with tags", { a: 1 }, { tags: ["one", "two"], ttl: 9 });
  await cache.set("large", new Uint8Array(300_000));
  await cache.set("k".repeat(60_000), "text");
  await cache.setMany({ a: "1", b: { list: [1, 2, 3] } });
  await cache.incrementMany({ m: 2 });
  await cache.increment("n", 2);
  assert.equal(sizes.length, 8);
  for (const [key, size] of sizes) assert.equal(size, (await cache.getItem(key)).size, key.slice(0, 20));
});

both("batches: one event for each key, in the order in which things happened", async (open, gone) => {
  const cache = open({ maxEntries: 3 });
  const { take } = listen(cache);
  await cache.setMany([["a", "1"], ["b", "2"], ["a", "3"]]); // prettier-ignore
  assert.deepEqual(take(), ["set a", "set b", `remove a replace${gone("1")}`, "set a"]);
  await cache.setMany([["c", "4"], ["d", "5"], ["e", "6"], ["f", "7"]]); // prettier-ignore
  assert.deepEqual(take(), [
    "set c",
    `remove b evict${gone("2")}`,
    "set d",
    `remove a evict${gone("3")}`,
    "set e",
    `remove c evict${gone("4")}`,
    "set f",
  ]);
  await cache.deleteMany(["f", "x", "d", "f"]);
  assert.deepEqual(take(), [`remove f delete${gone("7")}`, `remove d delete${gone("5")}`]);
});

both("a mirror that knows events alone knows every key", async (open) => {
  const time = newTime();
  const cache = open({ clock: time.clock, maxEntries: 50, maxBytes: 10_000, policy: "s3-fifo" });
  const mirror = new Map();
  const wrong = [];
  real(cache).on("set", ({ key, size }) => mirror.set(key, size));
  real(cache).on("remove", ({ key }) => mirror.delete(key) || wrong.push(key));
  for (let i = 0; i < 2_000; i++) {
    const key = `key ${(i * 7919) % 97}`;
    const value = i % 3 === 0 ? i : "v".repeat((i * 31) % 400);
    if (i % 5 === 0)
      await cache.setMany([[key, value], [`${key}!`, i, 1 + (i % 9)], [key, "again"]]); // prettier-ignore
    else if (i % 11 === 0) await cache.deletePattern(`*${i % 10}`);
    else if (i % 7 === 0) await cache.get(key);
    else await cache.set(key, value, { ttl: 1 + (i % 20), tags: [`tag ${i % 5}`] });
    if (i % 13 === 0) time.pass(700);
    if (i % 101 === 0) await cache.invalidateTag(`tag ${i % 5}`);
    if (i % 500 === 499) await cache.clear();
    const { bytes, entries } = cache.stats();
    assert.equal(mirror.size, entries);
    assert.ok([...mirror.values()].reduce((sum, size) => sum + size, 0) <= bytes);
  }
  assert.deepEqual(wrong, []);
});

both("every reason", async (open, gone) => {
  const time = newTime();
  const cache = open({ clock: time.clock, maxEntries: 2 });
  const { take } = listen(cache, ["remove", "invalidate"]);
  await cache.set("a", "1", 1);
  time.pass(1_000);
  assert.deepEqual(take(), [], "nobody has met it yet");
  await cache.get("a");
  assert.deepEqual(take(), [`remove a expire${gone("1")}`]);
  await cache.setMany({ a: "1", b: "2", c: "3" });
  assert.deepEqual(take(), [`remove a evict${gone("1")}`]);
  await cache.set("b", "4", { tags: ["t"] });
  assert.deepEqual(take(), [`remove b replace${gone("2")}`]);
  await cache.invalidateTag("t", "u");
  assert.deepEqual(take(), ["invalidate t,u"]);
  await cache.get("b");
  assert.deepEqual(take(), [`remove b invalidate${gone("4")}`]);
  await cache.delete("c");
  assert.deepEqual(take(), [`remove c delete${gone("3")}`]);
  await cache.set("d", "5");
  await cache.clear();
  assert.deepEqual(take(), [`remove d clear${gone("5")}`]);
  await cache.set("e", "6", 1);
  time.pass(1_000);
  assert.equal(await cache.purgeExpired(), 1);
  assert.deepEqual(take(), [`remove e expire${gone("6")}`]);
});

both("whoever meets what has expired causes its event", async (open, gone) => {
  const meets = {
    get: (cache) => cache.get("a"),
    getItem: (cache) => cache.getItem("a"),
    peek: (cache) => cache.peek("a"),
    take: (cache) => cache.take("a"),
    has: (cache) => cache.has("a"),
    ttl: (cache) => cache.ttl("a"),
    touch: (cache) => cache.touch("a"),
    persist: (cache) => cache.persist("a"),
    expire: (cache) => cache.expire("a", 9),
    getAll: (cache) => cache.getAll(["a"]),
    getMany: (cache) => cache.getMany(["a"]),
    hasMany: (cache) => cache.hasMany(["a"]),
    delete: (cache) => cache.delete("a"),
    deleteMany: (cache) => cache.deleteMany(["a"]),
    replace: (cache) => cache.replace("a", 1),
    set: (cache) => cache.set("a", 1),
    setMany: (cache) => cache.setMany({ a: 1 }),
    increment: (cache) => cache.increment("a"),
    clear: (cache) => cache.clear(),
  };
  for (const [name, meet] of Object.entries(meets)) {
    const time = newTime();
    const cache = open({ clock: time.clock });
    await cache.set("a", "old", 1);
    time.pass(1_000);
    const { take } = listen(cache);
    await meet(cache);
    assert.equal(take()[0], `remove a expire${gone("old")}`, name);
  }
});

both("patterns and scopes: whole keys, whatever view listens or acts", async (open, gone) => {
  const cache = open();
  const view = cache.withScope("a").withScope("b");
  const fromView = listen(view);
  const fromCache = listen(cache);
  await view.set("key", "1");
  await cache.set("x", "2");
  await view.get("key");
  await view.get("none");
  await view.getAll(["key"]);
  const expected = ["set a:b:key", "set x", "hit a:b:key", "miss a:b:none", "hit a:b:key"];
  assert.deepEqual(fromView.take(), expected);
  assert.deepEqual(fromCache.take(), expected);
  await view.deletePattern("k*");
  assert.deepEqual(fromCache.take(), [`remove a:b:key delete${gone("1")}`]);
  await view.set("key", "1");
  await view.clear();
  assert.deepEqual(fromCache.take(), ["set a:b:key", `remove a:b:key clear${gone("1")}`]);
  await cache.clear("x*");
  assert.deepEqual(fromCache.take(), [`remove x clear${gone("2")}`]);
  fromView.take();
  await view.close();
  await cache.set("x", "3");
  assert.deepEqual(fromView.take(), ["set x"], "a closed view's listeners listen to the cache");
});

both("refused writes: what was there goes, and nothing is set", async (open, gone) => {
  const cache = open({ maxEntryBytes: 1_000, sizeOf: (value) => String(value).length });
  await cache.set("a", "1");
  const { take } = listen(cache);
  assert.equal(await cache.set("a", "x".repeat(2_000)), false);
  assert.equal(await cache.set("b", "x".repeat(2_000)), false);
  assert.equal(await cache.setMany({ a: "y".repeat(2_000) }), 0);
  assert.deepEqual(take(), [`remove a replace${gone("1")}`]);
});

both("calls that are refused tell nothing", async (open) => {
  const cache = open();
  await cache.set("text", "1");
  const { take } = listen(cache);
  const calls = [
    () => cache.get(5),
    () => cache.set("\ud800", 1),
    () => cache.set("a", 1, -1),
    () => cache.set("a", undefined),
    () => cache.increment("text"),
    () => cache.incrementMany({ a: 1, text: 1 }),
    () => cache.setMany([["a", 1], ["b", undefined]]), // prettier-ignore
    () => cache.deletePattern("[a"),
    () => cache.restore(new Uint8Array(9)),
  ];
  for (const call of calls) await assert.rejects(call);
  assert.deepEqual(take(), []);
});

both("resize: what no longer fits", async (open, gone) => {
  const cache = open();
  await cache.setMany({ a: "1", b: "2", c: "3" });
  const { take } = listen(cache);
  await cache.resize({ maxEntries: 1 });
  assert.deepEqual(take(), [`remove a evict${gone("1")}`, `remove b evict${gone("2")}`]);
});

each("a snapshot's entries are set when they are taken over", async (open) => {
  const [from, to] = [open(), open()];
  await from.setMany({ a: 1, b: "2" });
  await to.set("a", "old");
  const { take } = listen(to);
  await to.restore(await from.snapshot());
  assert.deepEqual(take().toSorted(), ["remove a replace", "set a", "set b"]);
});

both("a great many removals: one event each, of each kind", async (open) => {
  const count = 20_000;
  const time = newTime();
  const cache = open({ clock: time.clock, sizeOf: () => 1 });
  const fill = async (ttl) => {
    await cache.setMany(
      Array.from({ length: count }, (_, i) => [`a key of some length ${i}`, i % 2 ? i : `${i}`, ttl]),
    );
  };
  const removed = new Map();
  const values = new Set();
  real(cache).on("remove", ({ key, reason, value }) => {
    removed.set(reason, (removed.get(reason) ?? 0) + 1);
    if (value !== undefined) assert.ok(key.endsWith(` ${value}`), `${value} of ${key}`);
    values.add(key);
  });
  await fill();
  assert.equal(await cache.clear(), count);
  await fill();
  assert.equal(await cache.deletePattern("*"), count);
  await fill(1);
  time.pass(1_000);
  assert.equal(await cache.purgeExpired(15_000), 15_000);
  assert.equal(await cache.purgeExpired(), 5_000);
  await fill();
  await fill();
  await cache.resize({ maxEntries: 1 });
  assert.equal(await cache.clear(), 1);
  const expected = { clear: count + 1, delete: count, expire: count, replace: count, evict: count - 1 };
  assert.deepEqual(Object.fromEntries(removed), expected);
  assert.equal(values.size, count);
});

// ------------------------------------------------------------------------------------------- listeners

each("on gives what ends the subscription", async (open) => {
  const cache = open();
  const told = [];
  const listener = ({ key }) => told.push(key);
  const [first, second] = [real(cache).on("set", listener), real(cache).on("set", listener)];
  await cache.set("a", 1);
  assert.equal(first(), undefined);
  first();
  await cache.set("b", 1);
  second();
  await cache.set("c", 1);
  assert.deepEqual(told, ["a", "a", "b"]);
});

each("what on refuses", async (open) => {
  const cache = open();
  const target = real(cache);
  for (const name of ["", "hits", undefined, "constructor", "__proto__", Symbol("hit"), {}]) {
    thrown(() => target.on(name, () => {}), "INVALID_OPTION");
  }
  for (const listener of [undefined, null, {}, "listener"]) thrown(() => target.on("hit", listener), "INVALID_OPTION");
  const view = target.withScope("view");
  const end = target.on("hit", () => {});
  view.close();
  thrown(() => view.on("hit", () => {}), "CLOSED");
  await cache.close();
  thrown(() => target.on("hit", () => {}), "CLOSED");
  end();
});

each("a listener that throws, or whose promise rejects, disturbs nobody", async (open) => {
  const cache = open();
  const told = [];
  for (const name of NAMES) {
    real(cache).on(name, () => {
      throw new Error("of a listener");
    });
    real(cache).on(name, () => Promise.reject(new Error("of a listener")));
    real(cache).on(name, (event) => told.push(asText(name, event)));
  }
  await cache.set("a", 1);
  assert.equal(await cache.get("a"), 1);
  await cache.getAll(["x", "a"]);
  await cache.delete("a");
  await cache.invalidateTag("t");
  await settled();
  assert.deepEqual(told, ["set a", "hit a", "miss x", "hit a", "remove a delete", "invalidate t"]);
});

each("listeners come and go while they are called", async (open) => {
  const cache = open();
  const told = [];
  const ends = {};
  ends.self = real(cache).on("set", () => {
    told.push("self");
    ends.self();
  });
  real(cache).on("set", () => {
    told.push("other");
    ends.last();
    ends.fresh ??= real(cache).on("set", () => told.push("fresh"));
  });
  ends.last = real(cache).on("set", () => told.push("last"));
  await cache.set("a", 1);
  assert.deepEqual(told.splice(0), ["self", "other"], "one that was ended is not called, one that came is not yet");
  await cache.set("b", 1);
  assert.deepEqual(told, ["other", "fresh"]);
});

both("the change is whole when a listener runs", async (open) => {
  const cache = open({ maxEntries: 2 });
  const sync = real(cache);
  const seen = [];
  const look = (name) => (event) => {
    const peeked = sync instanceof SyncCache ? sync.peek(event.key) : undefined;
    seen.push([name, event.key, sync.stats().entries, peeked]);
  };
  for (const name of ["set", "remove", "hit"]) sync.on(name, look(name));
  const peeked = (value) => (sync instanceof SyncCache ? value : undefined);
  await cache.setMany([["a", 1], ["b", 2], ["c", 3]]); // prettier-ignore
  assert.deepEqual(seen.splice(0), [
    ["set", "a", 2, undefined],
    ["set", "b", 2, peeked(2)],
    ["remove", "a", 2, undefined],
    ["set", "c", 2, peeked(3)],
  ]);
  await cache.take("b");
  assert.deepEqual(seen, [
    ["hit", "b", 1, undefined],
    ["remove", "b", 1, undefined],
  ]);
});

both("a listener that writes: what it causes is told afterwards", async (open, gone) => {
  const cache = open();
  const sync = real(cache);
  sync.on("set", ({ key }) => {
    if (key === "a") void sync.set("b", "of a");
    if (key === "b") void sync.delete("a");
  });
  const { take } = listen(cache);
  assert.equal(await cache.set("a", "1"), true);
  assert.deepEqual(take(), ["set a", "set b", `remove a delete${gone("1")}`]);
  assert.equal(await cache.get("b"), "of a");
});

each("listeners that would never end do end", async (open) => {
  const cache = open({ maxEntries: 1 });
  const sync = real(cache);
  let gets = 0;
  sync.on("hit", ({ key }) => {
    gets++;
    void sync.get(key);
  });
  sync.on("remove", ({ key }) => void sync.set(key, "back"));
  await cache.set("a", 1);
  await cache.get("a");
  await cache.set("b", 1);
  assert.ok(gets > 100 && gets < 10_000, `${gets}`);
  const before = gets;
  await cache.get("none");
  await cache.set("c", 1);
  await cache.get("c");
  assert.ok(gets >= before, "and the next event is told again");
});

both("a listener that closes the cache", async (open, gone, name) => {
  for (const call of ["set", "setMany", "get", "getAll", "take", "delete", "clear", "increment", "getOrSet"]) {
    const cache = open();
    if (cache[call] === undefined) continue;
    await cache.setMany({ a: 1, b: "2" });
    const told = [];
    for (const event of ["set", "hit", "remove"]) {
      real(cache).on(event, ({ key }) => {
        told.push(key);
        real(cache).close();
      });
    }
    const args = { set: ["a", 5], setMany: [{ a: 5, c: 6 }], getAll: [["a", "b"]], clear: [], getOrSet: ["a", 1] };
    const answers = { set: true, setMany: 2, getAll: [1, "2"], clear: 2, get: 1, take: 1, delete: true, increment: 2, getOrSet: 1 }; // prettier-ignore
    assert.deepEqual(await cache[call](...(args[call] ?? ["a"])), answers[call], `${name} ${call}`);
    assert.equal(told.length, 1, `${call}: nothing is told after the end`);
    assert.equal(cache.closed, true);
    await assert.rejects(cache.get("a"), { code: "CLOSED" });
  }
});

both("an iteration goes on over what listeners do", async (open) => {
  const cache = open();
  await cache.setMany(Array.from({ length: 5_000 }, (_, i) => [`key ${i}`, i]));
  const seen = new Set();
  const sync = real(cache);
  sync.on("hit", ({ key }) => void sync.delete(key));
  for await (const key of cache.keys()) {
    seen.add(key);
    await cache.get(key);
  }
  assert.equal(seen.size, 5_000);
  assert.equal(cache.stats().entries, 0);
});

test("codecs and sizes that call the cache are told in the midst of no change", () => {
  const told = [];
  const codec = {
    name: "calling",
    encode: (value) => {
      cache.get("other");
      assert.deepEqual(told, []);
      return new TextEncoder().encode(JSON.stringify(value));
    },
    decode: (bytes) => {
      cache.set("other", 1);
      return JSON.parse(new TextDecoder().decode(bytes));
    },
  };
  const cache = new SyncCache({ codec });
  for (const name of NAMES) cache.on(name, (event) => told.push(asText(name, event)));
  cache.setMany({ a: { n: 1 }, b: { n: 2 } });
  assert.deepEqual(told.splice(0).toSorted(), ["miss other", "miss other", "set a", "set b"]);
  assert.deepEqual(cache.get("a"), { n: 1 });
  assert.deepEqual(told.splice(0), ["set other", "hit a"]);
  cache.close();
});

test("loads tell what they read and write", async () => {
  const cache = new Cache();
  const { take } = listen(cache);
  const { promise, resolve } = deferred();
  const loads = [cache.getOrSet("a", () => promise), cache.getOrSet("a", () => promise)];
  resolve("loaded");
  await Promise.all(loads);
  await cache.getOrSet("a", "other");
  await cache.getOrSet("b", "value");
  assert.deepEqual(take(), ["miss a", "miss a", "set a", "hit a", "miss b", "set b"]);
  await cache.close();
});

both("a cache that keeps nothing: every read misses, and nothing is set", async (open) => {
  const cache = open({ enabled: false });
  const { take } = listen(cache);
  await cache.set("a", 1);
  await cache.setMany({ a: 1 });
  await cache.increment("a");
  await cache.incrementMany({ a: 1 });
  assert.deepEqual(take(), []);
  await cache.get("a");
  await cache.getItem("b");
  await cache.getMany(["c", "d"]);
  await cache.take("e");
  await cache.delete("a");
  await cache.clear();
  await cache.invalidateTag("t");
  assert.deepEqual(take(), ["miss a", "miss b", "miss c", "miss d", "miss e", "invalidate t"]);
});

both("caches keep their events to themselves, and statistics are as if nobody listened", async (open) => {
  const time = newTime();
  const caches = [open({ clock: time.clock, maxEntries: 5 }), open({ clock: time.clock, maxEntries: 5 })];
  const { told } = listen(caches[0]);
  const results = [];
  for (const cache of caches) {
    const result = [];
    for (let i = 0; i < 20; i++) {
      result.push(await cache.set(`key ${i}`, i, i % 3 ? { tags: ["t"] } : 1), await cache.get(`key ${i >> 1}`));
    }
    result.push(await cache.setMany({ a: 1, b: "2" }), await cache.incrementMany({ a: 2 }));
    await cache.invalidateTag("t");
    result.push(
      await cache.getAll(["a", "b", "key 19"]),
      await cache.deletePattern("key*"),
      await cache.purgeExpired(),
    );
    result.push(await cache.clear(), counts(cache));
    results.push(result);
  }
  assert.deepEqual(results[0], results[1]);
  const before = told.length;
  await caches[1].set("other", 1);
  assert.equal(told.length, before);
});

// ---------------------------------------------------------------------------------------- linear memory

test("events do not make linear memory grow past its bound", () => {
  const source = `
    import { SyncCache } from "isocache";
    const cache = new SyncCache({ maxEntryBytes: "32MiB" });
    let events = 0;
    cache.on("remove", () => events++);
    cache.on("set", () => events++);
    const fill = (key) => cache.setMany(Array.from({ length: 2e5 }, (_, i) => [key(i), i]));
    const short = (i) => "key " + i;
    const long = (i) => "a key that is longer than most keys are, as if somebody had put a whole URL into it " + i;
    for (const key of [short, long]) {
      fill(key); cache.clear();
      fill(key); cache.deletePattern("*");
      fill(key); cache.set("large", new Uint8Array(31 * 2 ** 20));
      fill(key); cache.deleteMany(Array.from({ length: 2e5 }, (_, i) => key(i)));
      fill(key); cache.resize({ maxEntries: 1 }); cache.resize({ maxEntries: Infinity });
    }
    console.log(JSON.stringify([cache.stats().memoryBytes, events]));
  `;
  const [memoryBytes, events] = JSON.parse(runNode(source, { timeout: 120_000 }));
  assert.ok(events > 3e6, `${events} events`);
  const limit = 32 * 2 ** 20 * 1.25 + 2 * 2 ** 20;
  assert.ok(memoryBytes <= limit, `${(memoryBytes / 2 ** 20).toFixed(1)} of ${limit / 2 ** 20} MiB`);
});

test("a cache with listeners that nobody closed is collected", () => {
  const source = `
    import { SyncCache } from "isocache";
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    const refs = [];
    for (let i = 0; i < 20; i++) {
      (() => {
        const cache = new SyncCache({ values: "reference" });
        for (const name of ["hit", "remove", "error"]) cache.on(name, () => cache.peek("key"));
        cache.set("key", { i });
        cache.get("key");
        refs.push(new WeakRef(cache));
      })();
    }
    for (let i = 0; i < 10; i++) { globalThis.gc(); await turn(); }
    console.log(refs.filter((ref) => ref.deref() !== undefined).length);
  `;
  assert.ok(Number(runNode(source, { flags: ["--expose-gc"] })) <= 1);
});

// -------------------------------------------------------------------------------------------- failure

test("a trap is told to all caches that were in the instance, and all work again", () => {
  const source = `${CAPTURE}
    const told = [];
    const listen = (name, cache) => cache.on("error", ({ error, operation }) => told.push([name, operation, error.code]));
    const [met, silent, unused, closed] = Array.from({ length: 4 }, () => new SyncCache());
    const other = new Cache({ values: "reference" });
    for (const [name, cache] of Object.entries({ met, other, unused, closed })) listen(name, cache);
    for (const cache of [met, silent, other, closed]) await cache.set("key", { n: 1 });
    closed.close();
    const results = [];
    for (const call of [() => met.set("key", 2), () => silent.get("key"), () => other.getMany(["key"])]) {
      wreck();
      results.push(await Promise.resolve().then(call).catch((error) => error.code), told.splice(0).toSorted());
      for (const cache of [met, silent, other]) results.push(await cache.get("key"), await cache.set("key", 1), await cache.get("key"));
    }
    console.log(JSON.stringify(results));
  `;
  const again = [null, true, 1, null, true, 1, null, true, 1];
  const failed = (name, operation) => [name, operation, "ENGINE_FAILED"];
  assert.deepEqual(JSON.parse(runNode(source)), [
    "ENGINE_FAILED",
    [failed("met", "set"), failed("other", "restart")],
    ...again,
    "ENGINE_FAILED",
    [failed("met", "restart"), failed("other", "restart")],
    ...again,
    "ENGINE_FAILED",
    [failed("met", "restart"), failed("other", "getMany")],
    ...again,
  ]);
});

test("every call that meets a trap is named, and events are told of the cache that begins anew", () => {
  const source = `${CAPTURE}
    const calls = {
      get: (cache) => cache.get("key"), getItem: (cache) => cache.getItem("key"), take: (cache) => cache.take("key"),
      set: (cache) => cache.set("key", 1), setIfAbsent: (cache) => cache.setIfAbsent("key", 1), replace: (cache) => cache.replace("key", 1),
      delete: (cache) => cache.delete("key"), increment: (cache) => cache.increment("key"), clear: (cache) => cache.clear("k*"),
      deletePattern: (cache) => cache.deletePattern("*"), setMany: (cache) => cache.setMany({ a: 1 }), restore: (cache) => cache.restore(bytes),
      invalidateTag: (cache) => cache.invalidateTag("t"), keys: (cache) => [...cache.keys()], stats: (cache) => cache.stats(),
    };
    const bytes = (() => { const cache = new SyncCache(); cache.set("a", 1); return cache.snapshot(); })();
    const wrong = [];
    for (const [name, call] of Object.entries(calls)) {
      const cache = new SyncCache();
      const told = [];
      for (const event of ["hit", "miss", "set", "remove", "invalidate"]) cache.on(event, ({ key }) => told.push(event + " " + key));
      cache.on("error", ({ operation }) => { told.push("error " + operation); cache.set("again", 1); });
      cache.set("key", 1);
      told.length = 0;
      wreck();
      const ended = code(() => call(cache));
      cache.set("more", 1);
      cache.delete("more");
      const text = [ended, ...told].join();
      if (text !== "ENGINE_FAILED,error " + name + ",set again,set more,remove more") wrong.push(name + ": " + text);
      cache.close();
    }
    console.log(wrong.join("\\n"));
  `;
  assert.equal(runNode(source), "");
});

test("what the loading code meets in the background is an error event", () => {
  const cache = new Cache();
  const told = listen(cache).told;
  const error = new Error("of a loader");
  cache.root.emit("error", { error, operation: "refresh" });
  assert.deepEqual(told, ["error refresh Error: of a loader"]);
  cache.close();
  cache.root.emit("error", { error, operation: "refresh" });
  assert.equal(told.length, 1);
});

test("listeners that cause two events for each of their own come to an end", () => {
  const cache = new SyncCache();
  let calls = 0;
  cache.on("hit", () => {
    calls++;
    cache.get("a");
    cache.get("b");
  });
  cache.setMany({ a: 1, b: 2 });
  cache.get("a");
  assert.ok(calls > 1_000_000 && calls < 1_200_000, `${calls} calls`);
});
