// Snapshots as JavaScript's users meet them; the format itself is tested in Rust (tests/snapshots.rs).
import assert from "node:assert/strict";
import { test } from "node:test";
import { SyncCache } from "isocache";
import { both, newTime, refusal, runNode } from "./helpers.mjs";

const VALUES = [
  "text",
  "é\ud800",
  1.5,
  -0,
  null,
  true,
  12n,
  new Uint8Array([1, 2]),
  { a: [undefined, new Date(5)] },
  "",
];

both("what was kept comes back: values, lifetimes, tags", async (open) => {
  const time = newTime();
  const cache = open({ clock: time.clock });
  for (const [i, value] of VALUES.entries())
    await cache.set(`k${i}`, value, { ttl: i % 2 ? 10 : null, tags: ["t"], modified: i });
  await cache.set("large", "v".repeat(1_000_000));
  await cache.set("gone", 1, 1);
  await cache.set("invalid", 1, { tags: ["other"] });
  await cache.invalidateTag("other");
  time.pass(4_000);
  const bytes = await cache.snapshot();
  const restored = open({ clock: time.clock, policy: "s3-fifo" });
  assert.equal(await restored.restore(bytes), VALUES.length + 1);
  for (const [i, value] of VALUES.entries()) {
    const item = await restored.getItem(`k${i}`);
    assert.deepEqual(await item.value(), value);
    assert.deepEqual([item.ttl, item.modified, item.tags], [i % 2 ? 6 : null, i, ["t"]]);
  }
  assert.equal((await restored.get("large")).length, 1_000_000);
  assert.deepEqual([await restored.has("gone"), await restored.has("invalid")], [false, false]);
  await restored.invalidateTag("t");
  assert.equal(await restored.countKeys("k*"), 0);
});

both("it adds to what is there, and what does not fit is left out, the most recently used first kept", async (open) => {
  const cache = open();
  for (let i = 0; i < 100; i++) await cache.set(`k${i}`, "v".repeat(1_000));
  await cache.get("k0");
  const bytes = await cache.snapshot();
  const small = open({ maxBytes: 20_000 });
  await small.set("there", 1);
  await small.set("k99", "old");
  const taken = await small.restore(bytes);
  assert.ok(taken > 10 && taken < 20, String(taken));
  assert.equal(await small.get("there"), 1);
  assert.equal(await small.get("k99"), "v".repeat(1_000), "a key in both takes the snapshot's");
  assert.equal(await small.has("k0"), true);
  assert.equal(await small.has("k1"), false);
  assert.ok(small.stats().bytes <= 20_000);
});

both("damaged bytes change nothing", async (open) => {
  const cache = open();
  await cache.setMany({ a: 1, b: "text", c: { d: 2 } });
  const bytes = await cache.snapshot();
  const other = open();
  await other.set("k", "kept");
  const refuse = async (damaged) => {
    await refusal(other.restore(damaged), "SNAPSHOT_CORRUPT");
    assert.equal(other.stats().entries, 1);
  };
  for (let end = 0; end < bytes.length; end += 7) await refuse(bytes.subarray(0, end));
  for (let at = 0; at < bytes.length; at += 3)
    await refuse(Uint8Array.from(bytes, (byte, i) => (i === at ? byte ^ 4 : byte)));
  await refuse(new Uint8Array(1_000));
  await refuse(Uint8Array.from([...bytes, 0]));
  for (const what of [undefined, "text", [], new ArrayBuffer(8)]) await refusal(other.restore(what), "INVALID_OPTION");
  assert.equal(await other.restore(bytes), 3);
});

both("values by reference have none", async (open) => {
  const cache = open({ values: "reference" });
  await refusal(cache.snapshot(), "NOT_SERIALIZABLE");
  await refusal(cache.restore(new Uint8Array(1)), "NOT_SERIALIZABLE");
});

test("a snapshot of a full cache stays within the bound of linear memory", () => {
  const source = `
    import { SyncCache } from "isocache";
    const cache = new SyncCache();
    for (let i = 0; i < 40_000; i++) cache.set("key " + i, "v".repeat(i % 1_500));
    for (let i = 0; i < 4; i++) cache.set("large " + i, new Uint8Array(3_000_000).fill(i));
    const { entries } = cache.stats();
    const bytes = cache.snapshot();
    const live = cache.countKeys();
    cache.clear();
    const taken = cache.restore(bytes);
    console.log(JSON.stringify({ entries, live, taken, memory: cache.stats().memoryBytes, length: bytes.length }));
  `;
  const { entries, live, taken, memory, length } = JSON.parse(runNode(source));
  assert.deepEqual([live, taken], [entries, entries]);
  assert.ok(length > 20 * 2 ** 20);
  assert.ok(memory <= 42 * 2 ** 20, String(memory));
});

test("a disabled cache has an empty one", () => {
  const cache = new SyncCache({ enabled: false });
  const other = new SyncCache();
  other.set("k", 1);
  assert.equal(cache.restore(other.snapshot()), 0);
  assert.equal(other.restore(cache.snapshot()), 0);
});
