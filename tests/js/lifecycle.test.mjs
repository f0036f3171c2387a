// Caches come and go, and the engine under them may fall: memory comes back, nobody gets what is not theirs.
import assert from "node:assert/strict";
import { test } from "node:test";
import { SyncCache } from "isocache";
import { CAPTURE, runNode } from "./helpers.mjs";

test("thousands of caches, opened, filled and closed, take the memory of one", () => {
  const round = (i) => {
    const cache = new SyncCache({ maxBytes: "4MiB" });
    for (let j = 0; j < 20; j++) cache.set(`key ${j}`, new Uint8Array(10_000 + ((i * 37) % 1_000)));
    cache.set("object", { i });
    cache.close();
  };
  for (let i = 0; i < 50; i++) round(i);
  const { memoryBytes } = new SyncCache().stats();
  for (let i = 0; i < 3_000; i++) round(i);
  const after = new SyncCache().stats().memoryBytes;
  assert.ok(after - memoryBytes <= 2 ** 20, `${memoryBytes} bytes became ${after}`);
});

test("many caches open at once keep to themselves, whoever is closed among them", () => {
  const caches = Array.from({ length: 500 }, (_, i) => {
    const cache = new SyncCache({ maxBytes: "1MiB" });
    cache.setMany({ key: i, text: `text ${i}` });
    return cache;
  });
  for (let i = 0; i < 500; i += 3) caches[i].close();
  const more = Array.from({ length: 300 }, () => new SyncCache());
  for (const cache of more) assert.equal(cache.get("key"), undefined);
  for (const [i, cache] of more.entries()) cache.set("key", -i);
  for (let i = 0; i < 500; i++) {
    if (i % 3 === 0) assert.throws(() => caches[i].get("key"), { code: "CLOSED" });
    else assert.deepEqual(caches[i].getAll(["key", "text"]), [i, `text ${i}`]);
  }
  for (const cache of [...caches, ...more]) cache.close();
});

test("a large value leaves no large buffers behind", () => {
  const cache = new SyncCache({ maxBytes: "64MiB", maxEntryBytes: "32MiB" });
  cache.set("key", new Uint8Array(20 * 2 ** 20));
  const { memoryBytes } = cache.stats();
  cache.clear();
  for (let i = 0; i < 50; i++) {
    cache.set("key", new Uint8Array(20 * 2 ** 20));
    cache.clear();
  }
  assert.ok(cache.stats().memoryBytes <= memoryBytes + 2 ** 20, "what was given back is used again");
  cache.close();
});

const GC = ["--expose-gc"];

test("a cache that nobody closed is freed when it is collected", () => {
  const source = `
    import { Cache, SyncCache } from "isocache";
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    const drop = async (Class) => {
      const cache = new Class({ maxBytes: "16MiB" });
      for (let i = 0; i < 100; i++) await cache.set("key " + i, new Uint8Array(100_000));
      await cache.withScope("view").set("key", { a: 1 });
    };
    const sizes = [];
    for (let i = 0; i < 40; i++) {
      await drop(i % 2 ? Cache : SyncCache);
      for (let j = 0; j < 3; j++) { globalThis.gc(); await turn(); }
      sizes.push(new SyncCache().stats().memoryBytes);
    }
    console.log(JSON.stringify(sizes));
  `;
  const sizes = JSON.parse(runNode(source, { flags: GC }));
  assert.ok(sizes[39] <= 64 * 2 ** 20, `${sizes.map((size) => (size / 2 ** 20).toFixed(0)).join(" ")} MiB`);
});

test("a view keeps its cache from being collected, and a cache that is in use stays", () => {
  const source = `
    import { SyncCache, Cache } from "isocache";
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    const view = (() => { const cache = new SyncCache(); cache.set("view:key", 1); return cache.withScope("view"); })();
    const promised = (() => { const cache = new Cache(); return cache.withScope("view"); })();
    await promised.set("key", 2);
    const load = promised.getOrSet("slow", async () => { for (let i = 0; i < 20; i++) { globalThis.gc(); await turn(); } return 3; });
    for (let i = 0; i < 20; i++) { globalThis.gc(); await turn(); new SyncCache().set("key", "other"); }
    console.log(view.get("key"), await promised.get("key"), await load, await promised.get("slow"));
  `;
  assert.equal(runNode(source, { flags: GC }), "1 2 3 3");
});

test("a closed cache's place is not freed twice", () => {
  const source = `
    import { SyncCache } from "isocache";
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    (() => { for (let i = 0; i < 50; i++) { const cache = new SyncCache(); cache.set("key", i); cache.close(); cache.close(); } })();
    const kept = Array.from({ length: 50 }, (_, i) => { const cache = new SyncCache(); cache.set("key", i); return cache; });
    for (let i = 0; i < 10; i++) { globalThis.gc(); await turn(); }
    console.log(kept.every((cache, i) => cache.get("key") === i));
  `;
  assert.equal(runNode(source, { flags: GC }), "true");
});

test("closed caches and their values are garbage", () => {
  const source = `
    import { Cache, SyncCache } from "isocache";
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    const refs = [];
    await (async () => {
      for (let i = 0; i < 20; i++) {
        const cache = new Cache();
        const value = { big: new Uint8Array(1000) };
        await cache.set("key", value);
        await cache.getOrSet("other", () => value);
        refs.push(new WeakRef(cache), new WeakRef(value));
        await cache.close();
      }
    })();
    new SyncCache().set("last", 1);
    for (let i = 0; i < 10; i++) { globalThis.gc(); await turn(); }
    console.log(refs.filter((ref) => ref.deref() !== undefined).length);
  `;
  assert.ok(Number(runNode(source, { flags: GC })) <= 2);
});

// --------------------------------------------------------------------------------------- a fallen engine
const calls = {
  get: `cache.get("key")`,
  set: `cache.set("key", 1)`,
  "set of text": `cache.set("key", "text")`,
  "set of much": `cache.set("key", new Uint8Array(100_000))`,
  "get of a long key": `cache.get("k".repeat(60_000))`,
  "increment of a long key": `cache.increment("k".repeat(60_000))`,
  "has of a long key": `cache.has("k".repeat(60_000))`,
  "getAll of long keys": `cache.getAll(["k".repeat(60_000), "k".repeat(60_001)])`,
  "setMany of much": `cache.setMany({ a: new Uint8Array(100_000), b: new Uint8Array(100_000) })`,
  "countKeys of a long pattern": `cache.countKeys("k*".repeat(60_000))`,
  "set of too much": `cache.set("key", new Uint8Array(100_000_000))`,
  setIfAbsent: `cache.setIfAbsent("key", 1)`,
  has: `cache.has("key")`,
  delete: `cache.delete("key")`,
  increment: `cache.increment("key")`,
  ttl: `cache.ttl("key")`,
  expire: `cache.expire("key", 5)`,
  persist: `cache.persist("key")`,
  getAll: `cache.getAll(["key"])`,
  getMany: `cache.getMany(["key"])`,
  setMany: `cache.setMany({ key: 1 })`,
  hasMany: `cache.hasMany(["key"])`,
  deleteMany: `cache.deleteMany(["key"])`,
  keys: `[...cache.keys()]`,
  countKeys: `cache.countKeys()`,
  deletePattern: `cache.deletePattern("*")`,
  clear: `cache.clear()`,
  purgeExpired: `cache.purgeExpired()`,
  stats: `cache.stats()`,
  resetStats: `cache.resetStats()`,
};

test("a trap: the call that met it gets ENGINE_FAILED, and all goes on with empty caches", () => {
  const source = `${CAPTURE}
    const calls = { ${Object.entries(calls)
      .map(([name, call]) => `"${name}": (cache) => ${call}`)
      .join(", ")} };
    const wrong = [];
    const check = (what, actual, expected) => { if (JSON.stringify(actual) !== JSON.stringify(expected)) wrong.push(what + ": " + JSON.stringify(actual)); };
    const bystander = new SyncCache();
    for (const [name, call] of Object.entries(calls)) {
      const cache = new SyncCache({ maxBytes: "8MiB" });
      cache.set("key", 1);
      bystander.set("bystander", "here");
      const engines = memories.length;
      wreck();
      check(name, code(() => call(cache)), "ENGINE_FAILED");
      check(name + ", then get", code(() => cache.get("key")), "no error");
      check(name + ", engines", memories.length, engines + 1);
      check(name + ", then keys", [...cache.keys()], []);
      check(name + ", bystander", bystander.get("bystander"), undefined);
      check(name + ", then set", [cache.set("key", { a: 1 }), cache.get("key"), cache.increment("n")], [true, { a: 1 }, 1]);
      check(name + ", then stats", [cache.stats().entries, cache.stats().maxBytes], [2, 8 * 2 ** 20]);
      cache.close();
      check(name + ", then closed", code(() => cache.get("key")), "CLOSED");
    }
    console.log(wrong.join("\\n"));
  `;
  assert.equal(runNode(source), "");
});

test("a trap in a promise rejects, and waiting loads settle", () => {
  const source = `${CAPTURE}
    const cache = new Cache();
    await cache.set("key", 1);
    let finish;
    const load = cache.getOrSet("loaded", () => new Promise((resolve) => { finish = resolve; }));
    const waiter = cache.getOrSet("loaded", () => 0);
    await new Promise((resolve) => setImmediate(resolve));
    wreck();
    finish("value");
    const ends = await Promise.allSettled([load, waiter]);
    console.log(ends.map((end) => end.reason?.code ?? end.value).join());
    console.log(await cache.get("key"), await cache.getOrSet("loaded", () => "again"), await cache.get("loaded"));
  `;
  assert.equal(runNode(source), "ENGINE_FAILED,ENGINE_FAILED\nundefined again again");
});

test("what a fallen engine left is neither closed nor freed in the new one", () => {
  const source = `${CAPTURE}
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    const old = Array.from({ length: 20 }, () => new SyncCache());
    (() => { for (let i = 0; i < 20; i++) new SyncCache().set("dropped", i); })();
    for (const cache of old) cache.set("key", "old");
    wreck();
    code(() => old[0].get("key"));
    const fresh = Array.from({ length: 40 }, (_, i) => { const cache = new SyncCache(); cache.set("key", i); return cache; });
    for (const cache of old) cache.close();
    for (let i = 0; i < 10; i++) { globalThis.gc(); await turn(); }
    console.log(fresh.every((cache, i) => cache.get("key") === i), fresh[0].stats().memoryBytes < 8 * 2 ** 20);
  `;
  assert.equal(runNode(source, { flags: GC }), "true true");
});

test("a fallen engine's memory is garbage", () => {
  const source = `${CAPTURE}
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    const cache = new SyncCache({ maxBytes: "64MiB" });
    const refs = [];
    for (let i = 0; i < 10; i++) {
      for (let j = 0; j < 20; j++) cache.set("key " + j, new Uint8Array(1_000_000));
      wreck();
      code(() => cache.get("key"));
      refs.push(new WeakRef(memories.pop()));
    }
    cache.set("key", 1);
    for (let i = 0; i < 10; i++) { globalThis.gc(); await turn(); }
    console.log(refs.filter((ref) => ref.deref() !== undefined).length);
  `;
  assert.ok(Number(runNode(source, { flags: GC })) <= 1);
});

const EXHAUST = {
  "small entries": `cache.set("key " + i, "v".repeat(50))`,
  "large entries": `cache.set("key " + i, new Uint8Array(1_000_000))`,
  "one large entry": `cache.set("key", new Uint8Array(7_000_000 + i * 100_000))`,
  batches: `cache.setMany(Array.from({ length: 1000 }, (_, j) => ["key " + i + " " + j, "v".repeat(50)]))`,
  "batches of large entries": `cache.setMany([["a" + i, new Uint8Array(500_000)], ["b" + i, { text: "t".repeat(500_000) }]])`,
  "an entry larger than memory": `cache.set("key", new Uint8Array(20_000_000))`,
  "a batch larger than memory": `cache.setMany({ a: new Uint8Array(20_000_000) })`,
  counters: `cache.increment("key " + i)`,
  "long keys": `cache.setIfAbsent(i + "k".repeat(60_000), i)`,
  "many caches": `keep(new SyncCache()).set("key", new Uint8Array(300_000))`,
};
for (const [name, call] of Object.entries(EXHAUST)) {
  test(`no memory left: ENGINE_FAILED and a fresh start: ${name}`, () => {
    const source = `
      import { SyncCache } from "isocache";
      const kept = [];
      const keep = (cache) => (kept.push(cache), cache);
      const cache = new SyncCache({ maxBytes: "256MiB" });
      const codes = new Set();
      let failures = 0;
      for (let i = 0; i < 1e6 && failures < 3; i++) {
        try {
          ${call};
        } catch (error) {
          failures++;
          codes.add(error.code ?? String(error));
          if (cache.get("key") !== undefined) codes.add("not empty");
          cache.set("small", i);
          if (cache.get("small") !== i) codes.add("does not work");
        }
      }
      console.log(failures, [...codes].join());
    `;
    assert.equal(runNode(source, { flags: ["--wasm-max-mem-pages=256"] }), "3 ENGINE_FAILED");
  });
}

// V8 before 12 ends the process ("unreachable code", in the deoptimizer) when code that calls WebAssembly, into which
// that call was inlined, is invalidated by what the call itself does, and the call gives a reference.
test("asking for statistics in a hot loop, of one cache after another, ends no process", () => {
  const source = `
    import { SyncCache } from "isocache";
    let random = 1;
    const below = (n) => (random = (random * 1103515245 + 12345) % 2147483648) % n;
    for (const options of [{ maxBytes: 10_000, maxEntries: 20 }, { maxBytes: 100_000 }]) {
      const cache = new SyncCache(options);
      for (let i = 0; i < 50_000; i++) {
        if (i % 3 === 0) cache.set("key " + below(300), i);
        else if (i % 3 === 1) cache.purgeExpired();
        else cache.stats();
      }
    }
    console.log("works");
  `;
  assert.equal(runNode(source), "works");
});
