// The bounds: entries, bytes, and the linear memory that the whole module takes.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Cache, SyncCache } from "isocache";
import { newTime, randomFrom, runNode, START } from "./helpers.mjs";

const seed = (START ^ process.pid) >>> 0;

function* randomSteps(cache, time, random, steps) {
  const size = () => Math.floor(random() ** 3 * 6_000);
  const key = () =>
    `${random() < 0.5 ? "short" : "k".repeat(1 + Math.floor(random() * 100))} ${Math.floor(random() * 300)}`;
  const ttl = () => (random() < 0.3 ? 0.001 + random() * 0.05 : undefined);
  const value = () => {
    const kind = random();
    if (kind < 0.3) return "v".repeat(size());
    if (kind < 0.5) return new Uint8Array(size());
    if (kind < 0.6) return "é".repeat(size());
    if (kind < 0.7) return "\ud800".repeat(size());
    return kind < 0.85 ? { list: Array.from({ length: size() >> 6 }, () => "x") } : random();
  };
  const acts = [
    () => cache.set(key(), value(), ttl()),
    () => cache.set(key(), value(), ttl()),
    () => cache.setIfAbsent(key(), value(), ttl()),
    () => cache.setMany(Array.from({ length: 1 + Math.floor(random() * 20) }, () => [key(), value(), ttl()])),
    () => cache.increment(`number ${Math.floor(random() * 50)}`, 1, { ttl: ttl() }),
    () => cache.get(key()),
    () => cache.getAll([key(), key(), key()]),
    () => cache.delete(key()),
    () => cache.expire(key(), 0.01),
    () => cache.persist(key()),
    () => cache.deletePattern(`*${Math.floor(random() * 100)}`),
    () => (random() < 0.01 ? cache.clear() : 0),
    () => cache.purgeExpired(Math.floor(random() * 3)),
    () => time.pass(random() < 0.5 ? 1 : -1),
  ];
  for (let i = 0; i < steps; i++) {
    acts[Math.floor(random() * acts.length)]();
    yield i;
  }
}

test("neither bound is ever passed, whatever is done", () => {
  const random = randomFrom(seed);
  for (const limits of [
    { maxBytes: 10_000, maxEntries: 20 },
    { maxBytes: 100_000 },
    { maxBytes: 1_000_000, maxEntries: 100 },
    { maxBytes: 500, maxEntryBytes: 500 },
    { maxBytes: 40_000, maxEntryBytes: 40_000 },
    { maxBytes: 200 },
    { maxEntries: 1 },
  ]) {
    const time = newTime();
    const cache = new SyncCache({ ...limits, clock: time.clock });
    let most = 0;
    for (const i of randomSteps(cache, time, random, 4_000)) {
      const { bytes, entries, maxBytes, maxEntries } = cache.stats();
      const where = `step ${i} of ${JSON.stringify(limits)}, seed ${seed}`;
      assert.ok(bytes <= maxBytes, `${bytes} bytes, ${where}`);
      assert.ok(entries <= (maxEntries ?? Infinity), `${entries} entries, ${where}`);
      assert.equal(entries === 0, bytes === 0, where);
      assert.ok(bytes >= entries * 32, where);
      most = Math.max(most, bytes);
    }
    if (limits.maxBytes > 200) assert.ok(most > cache.stats().maxBytes / 4 || limits.maxEntries, "the bound was met");
    cache.clear();
    assert.equal(cache.stats().bytes, 0);
    cache.close();
  }
});

test("an entry costs little more than what it holds", () => {
  const cache = new SyncCache({ maxBytes: "64MiB" });
  const cost = (key, value) => {
    cache.clear();
    cache.set(key, value);
    return cache.stats().bytes;
  };
  const empty = cost("", null);
  assert.ok(empty <= 128, `${empty} bytes for nothing`);
  for (const [key, value, held] of [
    ["k".repeat(100), 1, 100],
    ["k", "v".repeat(1_000), 1_001],
    ["k", "é".repeat(1_000), 2_001],
    ["k", "\ud800".repeat(1_000), 2_001],
    ["é".repeat(100), new Uint8Array(10_000), 10_200],
  ]) {
    const charged = cost(key, value) - empty;
    assert.ok(charged >= held && charged <= held + 16, `${charged} for ${held}`);
  }
  cache.close();
});

test("a cache that is full of what has expired takes what is new", () => {
  const time = newTime();
  const cache = new SyncCache({ clock: time.clock, maxBytes: 100_000, maxEntries: 200 });
  for (let round = 0; round < 5; round++) {
    for (let i = 0; i < 300; i++) cache.set(`${round} ${i}`, "x".repeat(200), 1);
    time.pass(1_000);
  }
  const { evictions, expirations } = cache.stats();
  assert.equal(evictions, 500, "only what did not fit beside live entries");
  assert.equal(expirations, 800, "each round takes the last one's room");
  cache.close();
});

// -------------------------------------------------------------------------------------- linear memory
// Each in a Node of its own: linear memory never shrinks, and all caches of a program share it.

const LIMIT = 32 * 2 ** 20 * 1.25 + 2 * 2 ** 20;

/** What memoryBytes came to at most, in a 32 MiB cache, and what stats() says at the end. */
function peak(fill) {
  const source = `
    import { SyncCache } from "isocache";
    import { randomFrom } from "./tests/js/helpers.mjs";
    const cache = new SyncCache();
    const random = randomFrom(${seed});
    let time = 0;
    const sample = () => cache.stats().memoryBytes;
    ${fill}
    console.log(JSON.stringify(cache.stats()));
  `;
  return JSON.parse(runNode(source, { timeout: 120_000 }));
}

const FILLS = {
  "a million small writes": `for (let i = 0; i < 1e6; i++) cache.set("key " + i, i % 2 ? i : "value " + i);`,
  "a million small writes with a TTL each": `for (let i = 0; i < 1e6; i++) cache.set("key " + i, i, 1 + i % 1000);`,
  "small writes over and over the same keys": `for (let i = 0; i < 1e6; i++) cache.set("key " + i % 3000, "v".repeat(i % 40));`,
  "mixed sizes": `for (let i = 0; i < 4e5; i++) cache.set("key " + Math.floor(random() * 2e5), new Uint8Array(Math.floor(random() ** 6 * 1e5)));`,
  "small, then large, then small": `
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 3e5; i++) cache.set("small " + i, i);
      for (let i = 0; i < 400; i++) cache.set("large " + i, new Uint8Array(250_000 + i * 37));
    }`,
  "values that grow": `
    for (let size = 10; size < 3e4; size = Math.ceil(size * 1.3))
      for (let i = 0; i < 1500; i++) cache.set("key " + i, new Uint8Array(size + i));`,
  "half deleted, then larger ones": `
    for (let round = 0; round < 6; round++) {
      const size = 100 * 3 ** round;
      for (let i = 0; i < 3.2e7 / size; i++) cache.set("key " + i, new Uint8Array(size));
      for (let i = 0; i < 3.2e7 / size; i += 2) cache.delete("key " + i);
    }`,
  "values as large as one may be": `for (let i = 0; i < 30; i++) cache.set("key " + i, new Uint8Array(8 * 2 ** 20 - 1_000 - i));`,
  "a full cache of small ones, then one as large as may be": `
    for (let i = 0; i < 4e5; i++) cache.set("key " + i, i);
    cache.set("large", new Uint8Array(8 * 2 ** 20 - 1_000));`,
  "values too large to be kept": `for (let i = 0; i < 5; i++) cache.set("key", new Uint8Array(50 * 2 ** 20));`,
  "batches of many, and of large ones": `
    cache.setMany(Array.from({ length: 3e5 }, (_, i) => ["key " + i, "value " + i]));
    cache.getAll(Array.from({ length: 3e5 }, (_, i) => "key " + i));
    cache.setMany(Array.from({ length: 40 }, (_, i) => ["large " + i, new Uint8Array(1e6)]));
    cache.getAll(Array.from({ length: 3e5 }, (_, i) => "key " + i));
    for (const key of cache.keys()) cache.has(key);`,
  "long keys": `for (let i = 0; i < 2000; i++) cache.set(i + "k".repeat(65_000), i);`,
  "text": `for (let i = 0; i < 2e5; i++) cache.set("key " + i, (i % 3 ? "é" : "e").repeat(Math.floor(random() ** 4 * 10_000)));`,
  "a cache that is cleared and filled anew": `
    for (let round = 0; round < 5; round++) {
      for (let i = 0; i < 2e5; i++) cache.set("key " + i, "v".repeat(50 * round));
      cache.clear();
    }`,
}; // prettier-ignore

for (const [name, fill] of Object.entries(FILLS)) {
  test(`linear memory stays within maxBytes + 25 % + 2 MiB: ${name}`, (t) => {
    const { memoryBytes, bytes, entries } = peak(fill);
    t.diagnostic(
      `${(memoryBytes / 2 ** 20).toFixed(1)} MiB for ${(bytes / 2 ** 20).toFixed(1)} MiB in ${entries} entries`,
    );
    assert.ok(memoryBytes <= LIMIT, `${(memoryBytes / 2 ** 20).toFixed(1)} MiB of ${LIMIT / 2 ** 20} MiB`);
  });
}

test("a cache of a few entries costs little", () => {
  const { memoryBytes } = peak(`for (let i = 0; i < 100; i++) cache.set("key " + i, { i });`);
  assert.ok(memoryBytes <= 2 * 2 ** 20, `${memoryBytes}`);
});

test("the promise class keeps the same bounds", async () => {
  const cache = new Cache({ maxBytes: 50_000, maxEntries: 30 });
  const writes = Array.from({ length: 500 }, (_, i) => cache.set(`key ${i}`, "x".repeat((i * 37) % 9_000)));
  await Promise.all(writes);
  const { bytes, entries } = cache.stats();
  assert.ok(bytes <= 50_000 && entries <= 30);
  await cache.close();
});
