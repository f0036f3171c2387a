// Tags, items, and what else an entry can say of itself: the same in both classes.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Cache, SyncCache } from "isocache";
import { both, newTime, refusal, runNode, START } from "./helpers.mjs";

both("an invalidated tag makes its entries misses at once, and no others", async (open) => {
  const cache = open();
  await cache.set("a", 1, { tags: ["x", "y"] });
  await cache.set("b", 2, { tags: new Set(["y"]) });
  await cache.set("c", 3, { tags: ["z"] });
  await cache.set("d", 4);
  await cache.invalidateTag("y");
  assert.deepEqual(await cache.getAll(["a", "b", "c", "d"]), [undefined, undefined, 3, 4]);
  assert.equal(await cache.has("a"), false);
  assert.equal(await cache.countKeys(), 2);
  await cache.set("a", 5, { tags: ["x", "y"] });
  assert.equal(await cache.get("a"), 5, "what is stored afterwards is valid");
  await cache.invalidateTag("x", "z");
  assert.deepEqual(await cache.getAll(["a", "c", "d"]), [undefined, undefined, 4]);
  assert.ok(cache.stats().invalidations >= 2);
});

both("tags belong to the whole cache, whatever the scope", async (open) => {
  const cache = open();
  const users = cache.withScope("users");
  await users.set("1", "a", { tags: ["t"] });
  await cache.set("other", "b", { tags: ["t"] });
  await users.invalidateTag("t");
  assert.equal(await cache.get("other"), undefined);
  assert.equal(await users.get("1"), undefined);
});

both("a generation rises with each invalidation and never repeats", async (open) => {
  const cache = open({ maxBytes: 200_000 });
  const seen = new Set();
  for (let round = 0; round < 20; round++) {
    const before = await cache.tagGeneration("t");
    await cache.invalidateTag("t");
    const after = await cache.tagGeneration("t");
    assert.ok(after > before);
    assert.ok(!seen.has(after));
    seen.add(after);
    await cache.set("k", 1, { tags: ["t"] });
    // Enough other tags that nobody holds "t" any more, and it is forgotten.
    for (let i = 0; i < 300; i++) await cache.invalidateTag(`${round} ${i}`);
    await cache.delete("k");
  }
  await cache.clear();
  assert.ok((await cache.tagGeneration("t")) >= Math.max(...seen));
});

test("a generation does not repeat though the engine was started afresh", () => {
  const cache = new SyncCache();
  cache.invalidateTag("t", "u");
  const before = cache.tagGeneration("u");
  // A trap of another kind is made in lifecycle.test.mjs; here the instance is dropped by hand.
  const source = `
    import { SyncCache } from "isocache";
    const real = WebAssembly.Instance;
    const instances = [];
    WebAssembly.Instance = class extends real { constructor(...args) { super(...args); instances.push(this); } };
    const cache = new SyncCache();
    cache.set("k", 1, { tags: ["t"] });
    cache.invalidateTag("t");
    const first = cache.tagGeneration("t");
    // Corrupt the engine's caches so that the next call traps.
    new Uint8Array(instances[0].exports.memory.buffer).fill(0xff);
    let code;
    try { for (let i = 0; i < 100; i++) cache.set("k" + i, "v".repeat(i)); } catch (error) { code = error.code; }
    cache.invalidateTag("t");
    console.log(JSON.stringify({ code, first, second: cache.tagGeneration("t"), instances: instances.length }));
  `;
  const { code, first, second, instances } = JSON.parse(runNode(source));
  assert.equal(code, "ENGINE_FAILED");
  assert.equal(instances, 2);
  assert.ok(second > first, `${second} after ${first}`);
  assert.equal(before, 2);
  cache.close();
});

both("what was invalidated goes before what lives", async (open) => {
  const cache = open({ maxEntries: 10 });
  for (let i = 0; i < 5; i++) await cache.set(`live ${i}`, i);
  for (let i = 0; i < 5; i++) await cache.set(`dead ${i}`, i, { tags: ["t"] });
  await cache.invalidateTag("t");
  for (let i = 0; i < 5; i++) await cache.set(`new ${i}`, i);
  for (let i = 0; i < 5; i++) assert.equal(await cache.get(`live ${i}`), i);
  assert.equal(cache.stats().evictions, 0);
});

both("what is no tag is refused and changes nothing", async (open) => {
  const cache = open();
  await cache.set("k", "old");
  for (const tags of ["text", 1, {}, [1], ["\ud800"], ["t".repeat(65_536)], null]) {
    await refusal(cache.set("k", "new", { tags }), "INVALID_OPTION");
    await refusal(cache.setMany({ k: "new" }, { tags }), "INVALID_OPTION");
  }
  await refusal(cache.invalidateTag("t", 1), "INVALID_OPTION");
  await refusal(cache.tagGeneration(undefined), "INVALID_OPTION");
  assert.equal(await cache.get("k"), "old");
  // A write that was refused for its key leaves its tags to nobody.
  await refusal(cache.set("\ud800", 1, { tags: ["t"] }), "INVALID_KEY");
  await cache.set("k", "plain");
  await cache.invalidateTag("t");
  assert.equal(await cache.get("k"), "plain");
});

both("a batch gives its tags to every entry", async (open) => {
  const cache = open();
  const large = "v".repeat(200_000); // so that the batch crosses in pieces
  await cache.setMany({ a: large, b: large, c: 1 }, { tags: ["t"], ttl: 60 });
  assert.deepEqual((await cache.getItem("c")).tags, ["t"]);
  await cache.invalidateTag("t");
  assert.equal(await cache.countKeys(), 0);
});

both("many tags and long ones stay within the bound", async (open) => {
  const cache = open({ maxBytes: "1MiB" });
  for (let i = 0; i < 2_000; i++) {
    await cache.set(`k${i}`, i, { tags: [`${"t".repeat(5_000)}${i}`, "shared", `u${i % 7}`] });
    const { bytes, maxBytes } = cache.stats();
    assert.ok(bytes <= maxBytes);
  }
  assert.ok(cache.stats().memoryBytes < 40 * 2 ** 20);
  await cache.invalidateTag("shared");
  assert.equal(await cache.countKeys(), 0);
  await cache.clear();
  assert.equal(cache.stats().bytes, 0);
});

both("an item says all that is known of an entry", async (open) => {
  const time = newTime();
  const cache = open({ clock: time.clock });
  const value = { list: [1, 2] };
  await cache.set("a", value, { ttl: 10, tags: ["x", "y"], modified: 1_234.5 });
  time.pass(4_000);
  const item = await cache.getItem("a");
  assert.deepEqual([item.key, item.modified, item.ttl, item.tags], ["a", 1_234.5, 6, ["x", "y"]]);
  assert.equal(item.size, cache.stats().bytes - 2 * 96 - 2, "beside what the two tags cost themselves");
  const [one, other] = [await item.value(), await item.value()];
  assert.deepEqual(one, value);
  assert.notEqual(one, other);
  await cache.set("a", "else");
  assert.deepEqual(await item.value(), value, "as it was when it was read");
  const plain = await cache.getItem("a");
  assert.deepEqual([plain.modified, plain.ttl, plain.tags], [(START + 4_000) / 1_000, null, []]);
  assert.equal(await cache.getItem("absent"), undefined);
  const { hits, misses } = cache.stats();
  assert.deepEqual([hits, misses], [2, 1]);
});

both("an item of every kind of value", async (open) => {
  for (const values of ["copy", "reference"]) {
    const cache = open({ values });
    const all = ["text", "é", 1.5, Number.NaN, null, true, 12n, new Uint8Array([1, 2]), { a: 1 }, "v".repeat(500_000)];
    for (const [i, value] of all.entries()) {
      await cache.set(`k${i}`, value);
      assert.deepEqual(await (await cache.getItem(`k${i}`)).value(), value);
      assert.deepEqual(await cache.peek(`k${i}`), value);
    }
  }
});

both("a write may keep the expiry that is there", async (open) => {
  const time = newTime();
  const cache = open({ clock: time.clock });
  await cache.set("k", 1, 10);
  time.pass(4_000);
  await cache.set("k", 2, { ttl: 100, keepTtl: true });
  assert.equal(await cache.ttl("k"), 6);
  await cache.set("new", 1, { ttl: 100, keepTtl: true });
  assert.equal(await cache.ttl("new"), 100);
  await cache.persist("k");
  await cache.set("k", 3, { ttl: 5, keepTtl: true });
  assert.equal(await cache.ttl("k"), null);
  for (const modified of [-1, Number.NaN, Infinity, "1", 1e15]) {
    await refusal(cache.set("k", 4, { modified }), "INVALID_OPTION");
  }
  await refusal(cache.set("k", 4, { keepTtl: 1 }), "INVALID_OPTION");
  assert.equal(await cache.get("k"), 3);
});

both("replace, take, touch and peek", async (open) => {
  const time = newTime();
  const cache = open({ clock: time.clock, maxEntries: 2 });
  assert.equal(await cache.replace("a", 1), false);
  assert.equal(await cache.has("a"), false);
  await cache.set("a", 1, 5);
  assert.equal(await cache.replace("a", 2), true);
  assert.equal(await cache.ttl("a"), null);
  assert.equal(await cache.take("a"), 2);
  assert.equal(await cache.take("a"), undefined);
  await cache.set("a", 1);
  await cache.set("b", 1, 5);
  assert.equal(await cache.touch("a"), true);
  assert.equal(await cache.touch("absent"), false);
  await cache.set("c", 1);
  assert.deepEqual([await cache.has("a"), await cache.has("b")], [true, false], "touched, so used last");
  assert.equal(await cache.peek("a"), 1);
  await cache.set("d", 1);
  assert.equal(await cache.has("a"), false, "a peek is no use");
  await cache.touch("d", 7);
  assert.equal(await cache.ttl("d"), 7);
  await cache.touch("d", null);
  assert.equal(await cache.ttl("d"), null);
  await refusal(cache.touch("d", 0), "INVALID_TTL");
});

both("several numbers are added to, or none", async (open) => {
  const cache = open({ clock: newTime().clock });
  await cache.set("n", 5);
  await cache.set("text", "x");
  const sums = await cache.incrementMany(
    [
      ["n", 1],
      ["m", 2],
      ["n", 3],
    ],
    { initial: 10, ttl: 60 },
  );
  assert.deepEqual(
    [...sums],
    [
      ["n", 9],
      ["m", 12],
    ],
  );
  assert.equal(await cache.ttl("m"), 60);
  assert.equal(await cache.ttl("n"), null);
  const error = await refusal(cache.incrementMany({ n: 1, fresh: 1, text: 1 }), "NOT_A_NUMBER");
  assert.equal(error.key, "text");
  await refusal(cache.incrementMany({ n: Number.MAX_SAFE_INTEGER }), "OUT_OF_RANGE");
  await refusal(cache.incrementMany({ n: Number.NaN }), "INVALID_OPTION");
  assert.deepEqual(await cache.getAll(["n", "m", "fresh"]), [9, 12, undefined]);
});

both("entries come with their keys, and are not used by it", async (open) => {
  const cache = open();
  const scope = cache.withScope("s");
  await scope.set("a", 1);
  await scope.set("b", { c: 2 });
  await cache.set("outside", 3);
  const found = [];
  for await (const entry of scope.entries("*")) found.push(entry);
  assert.deepEqual(
    new Map(found),
    new Map([
      ["a", 1],
      ["b", { c: 2 }],
    ]),
  );
  assert.equal(cache.stats().hits, 0);
});

both("what is not used for long is dropped", async (open) => {
  const time = newTime();
  const cache = open({ clock: time.clock, maxIdle: 10 });
  await cache.set("used", 1);
  await cache.set("idle", 1);
  await cache.set("short", 1, 12);
  for (let i = 0; i < 3; i++) {
    time.pass(9_000);
    assert.equal(await cache.get("used"), 1);
  }
  assert.equal(await cache.get("idle"), undefined);
  assert.equal(await cache.get("short"), undefined);
  assert.equal(await cache.ttl("used"), 10);
  for (const maxIdle of [0, -1, Number.NaN, "5", {}])
    assert.throws(() => new SyncCache({ maxIdle }), { code: "INVALID_OPTION" });
});

both("lifetimes are spread", async (open) => {
  const time = newTime();
  const cache = open({ clock: time.clock, ttlJitter: 0.5 });
  const left = [];
  for (let i = 0; i < 100; i++) {
    await cache.set(`k${i}`, 1, 100);
    left.push(await cache.ttl(`k${i}`));
  }
  assert.ok(left.every((seconds) => seconds >= 50 && seconds <= 100));
  assert.ok(new Set(left).size > 50);
  for (const ttlJitter of [-0.1, 1.1, Number.NaN, "0.5"])
    assert.throws(() => new SyncCache({ ttlJitter }), { code: "INVALID_OPTION" });
});

both("new bounds evict at once and let more in", async (open) => {
  const cache = open({ maxBytes: "1MiB" });
  for (let i = 0; i < 500; i++) await cache.set(`k${i}`, "v".repeat(1_000));
  await cache.resize({ maxBytes: 100_000 });
  const small = cache.stats();
  assert.ok(small.bytes <= 100_000 && small.entries > 50);
  assert.equal(small.maxBytes, 100_000);
  assert.equal(await cache.has("k499"), true);
  await cache.resize({ maxEntries: 5 });
  assert.deepEqual([cache.stats().entries, cache.stats().maxEntries], [5, 5]);
  await cache.resize({ maxBytes: "2MiB", maxEntries: Infinity });
  assert.equal(cache.stats().maxEntries, null);
  assert.equal(await cache.set("large", "v".repeat(400_000)), true);
  for (const limits of [undefined, { maxBytes: 0 }, { maxEntries: 0 }, { maxEntries: 1.5 }, { maxBytes: "x" }]) {
    await refusal(cache.resize(limits), "INVALID_OPTION");
  }
});

test("tags and items of the promise class go through loads", async () => {
  const cache = new Cache();
  const load = () => cache.getOrSet("k", async () => ({ n: 1 }), { tags: new Set(["t"]), ttl: 60 });
  await load();
  assert.deepEqual((await cache.getItem("k")).tags, ["t"]);
  await cache.invalidateTag("t");
  assert.equal(await cache.get("k"), undefined);
  await load();
  assert.equal(cache.stats().loads, 2);
  await cache.close();
});

test("a write that empties the cache keeps its own tags", () => {
  const some = new SyncCache({ maxBytes: "64KiB" });
  for (let i = 0; i < 3_000; i++) some.set(`u${i}`, i, { tags: [`user:${i}`] });
  for (let i = 0; i < 50; i++) some.set(`page${i}`, new Uint8Array(16_000), { tags: [`page:${i}`] });
  assert.ok(some.has("page49"));
  some.invalidateTag("page:49");
  assert.equal(some.has("page49"), false);
  some.close();
  for (const policy of ["lru", "sieve", "s3-fifo", "w-tinylfu", "gdsf"]) {
    const cache = new SyncCache({ maxBytes: "1MiB", maxEntryBytes: "1MiB", policy });
    for (let i = 0; i < 20_000; i++) cache.set(`small ${i}`, i);
    assert.equal(cache.set("whole", new Uint8Array(2 ** 20 - 400), { tags: ["t"] }), true);
    assert.equal(cache.get("whole").length, 2 ** 20 - 400);
    const long = "k".repeat(600);
    cache.clear();
    cache.set(long, 1);
    for (let i = 0; i < 5_000; i++) cache.set(`small ${i}`, i);
    assert.equal(cache.set(long, new Uint8Array(2 ** 20 - 900)), true);
    assert.equal(cache.get(long).length, 2 ** 20 - 900);
    cache.close();
  }
  const shared = new SyncCache({ maxBytes: 100_000, maxEntryBytes: 100_000 });
  const tags = ["t".repeat(65_000)];
  shared.set("a", 1, { tags });
  assert.equal(shared.set("b", new Uint8Array(90_000), { tags }), false, "tag and value are more than the bound");
  assert.ok(shared.stats().bytes <= 100_000);
  shared.close();
});

test("tags that are more than any entry may be need no memory", () => {
  const source = `
    import { SyncCache } from "isocache";
    const cache = new SyncCache({ maxBytes: "64KiB" });
    const tags = Array.from({ length: 500 }, (_, i) => "t".repeat(30_000) + i);
    const before = cache.set("k", 1);
    const answers = [cache.set("k", 1, { tags }), cache.setMany({ a: 1, b: 2 }, { tags })];
    cache.invalidateTag(...tags);
    const values = new SyncCache({ maxBytes: "64KiB", values: "reference" });
    answers.push(values.set("k", {}, { tags }), values.has("k"));
    cache.incrementMany(Array.from({ length: 200_000 }, (_, i) => ["n" + i, 1]));
    console.log(JSON.stringify({ answers, memory: cache.stats().memoryBytes }));
  `;
  const { answers, memory } = JSON.parse(runNode(source));
  assert.deepEqual(answers, [false, 0, false, false]);
  assert.ok(memory < 4 * 2 ** 20, String(memory));
});

both("a batch of numbers is added to as a whole, though it evicts", async (open) => {
  const cache = open({ maxEntries: 1 });
  await cache.set("b", -5e15);
  assert.deepEqual(
    [
      ...(await cache.incrementMany(
        [
          ["a", 1],
          ["b", 8e15],
        ],
        { initial: 5e15 },
      )),
    ],
    [
      ["a", 5e15 + 1],
      ["b", 3e15],
    ],
  );
  // What is there comes first, so that the new one evicts it, and not it a half-counted one.
  assert.deepEqual(await cache.getAll(["a", "b"]), [5e15 + 1, undefined]);
});

both("a batch reads what has no bytes under a key that is longer than a piece", async (open) => {
  const cache = open();
  const key = "k".repeat(5_000);
  for (const value of [true, false, null, "", new Uint8Array(0), Number.NaN, -5, "text", 12n]) {
    await cache.set(key, value);
    assert.deepEqual(await cache.getAll([key]), [value]);
    assert.deepEqual(await cache.get(key), value);
  }
});

both("an entry of several pieces by reference keeps what it costs when it is written anew", async (open) => {
  for (const policy of ["lru", "sieve", "s3-fifo", "w-tinylfu", "gdsf"]) {
    const cache = open({ maxBytes: 2 ** 20, maxEntryBytes: 2 ** 20, policy, values: "reference" });
    const key = "k".repeat(445);
    await cache.set(key, {}, { size: 400_000 });
    for (let i = 0; i < 300; i++) await cache.set(`filler ${i}`, {}, { size: 2_000 });
    for (let i = 1; i < 60; i++) {
      await cache.set(key, { i }, { size: 400_000 + i * 10_000 });
      assert.equal((await cache.get(key)).i, i);
    }
  }
});
