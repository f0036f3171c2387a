// Durations and sizes, with and without units: tests/vectors/units.json.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Cache, SyncCache } from "isocache";
import { newTime, refusal, thrown, vectors } from "./helpers.mjs";

const { ttl, noTtl, size, noSize } = vectors("units");

/** Collects what fails, so that one run shows all of it. */
function each(table, check) {
  const failures = [];
  for (const row of table) {
    try {
      check(row);
    } catch (error) {
      failures.push(`${JSON.stringify(row)}: ${error.message.split("\n").join(" ")}`);
    }
  }
  assert.equal(failures.join("\n"), "");
}

test("a TTL is rounded up to a whole millisecond", () => {
  each(ttl, ({ given, ms }) => {
    const time = newTime();
    const cache = new SyncCache({ clock: time.clock });
    cache.set("key", 1, given);
    assert.equal(cache.ttl("key"), ms / 1_000);
    time.pass(ms - 1);
    assert.equal(cache.has("key"), true);
    time.pass(1);
    assert.equal(cache.has("key"), false);
    cache.close();
  });
});

test("a TTL means the same wherever it is given", async () => {
  const time = newTime();
  for (const { given, ms } of ttl.filter((row) => row.ms < 1e9)) {
    const cache = new Cache({ clock: time.clock, defaultTtl: given });
    await cache.set("default", 1);
    await cache.set("option", 1, { ttl: given });
    await cache.setIfAbsent("setIfAbsent", 1, given);
    await cache.setMany({ setMany: 1 }, given);
    await cache.setMany([["triple", 1, given]], 5); // prettier-ignore
    await cache.increment("increment", 1, { ttl: given });
    await cache.set("expire", 1);
    await cache.expire("expire", given);
    await cache.getOrSet("getOrSet", 1, given);
    await cache.getOrSet("loaded", () => 1, { ttl: given });
    await cache.getOrSet("setTtl", (context) => {
      context.setTtl(given);
      return 1;
    });
    for await (const key of cache.keys()) assert.equal(await cache.ttl(key), ms / 1_000, `${given}: ${key}`);
    assert.equal(await cache.countKeys(), 10);
    await cache.close();
  }
});

test("what is no TTL is refused", () => {
  const cache = new SyncCache();
  each(noTtl, (given) => {
    assert.equal(thrown(() => cache.set("key", 1, given), "INVALID_TTL").value, given);
    thrown(() => cache.expire("key", given), "INVALID_TTL");
    thrown(() => new SyncCache({ defaultTtl: given }), "INVALID_TTL");
  });
  assert.equal(cache.stats().entries, 0);
});

test("a size is whole bytes", () => {
  each(size, ({ given, bytes }) => {
    const cache = new SyncCache({ maxBytes: given });
    assert.equal(cache.stats().maxBytes, bytes);
    cache.close();
  });
});

test("a size bounds one entry, too", () => {
  const cache = new SyncCache({ maxEntryBytes: "2KiB" });
  assert.equal(cache.set("key", new Uint8Array(2_048)), false);
  assert.equal(cache.set("key", new Uint8Array(1_900)), true);
});

test("what is no size is refused", () => {
  each(noSize, (given) => {
    assert.equal(thrown(() => new SyncCache({ maxBytes: given }), "INVALID_OPTION").value, given);
    thrown(() => new SyncCache({ maxEntryBytes: given }), "INVALID_OPTION");
  });
});

test("a timeout is a duration as well", async () => {
  const cache = new Cache();
  for (const timeout of noTtl) {
    await refusal(
      cache.getOrSet("key", () => assert.fail("the loader ran"), { timeout }),
      "INVALID_OPTION",
    );
  }
  for (const { given } of ttl) assert.equal(await cache.getOrSet("key", () => 1, { timeout: given, force: true }), 1);
});
