// The policy option through the public class: names, figures, and that each evicts as it should.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { SyncCache } from "isocache";

const POLICIES = ["lru", "sieve", "s3-fifo", "w-tinylfu", "gdsf"];

describe("policy", () => {
  for (const policy of POLICIES) {
    test(`${policy} keeps its bounds and what it was given`, () => {
      const cache = new SyncCache({ policy, maxEntries: 100 });
      assert.equal(cache.stats().policy, policy);
      for (let i = 0; i < 10_000; i += 1) {
        const key = `key-${(i * i) % 1_009}`;
        const held = cache.get(key);
        assert.ok(held === undefined || held === key);
        if (held === undefined) assert.equal(cache.set(key, key), true);
      }
      const { entries, hits, evictions } = cache.stats();
      assert.equal(entries, 100);
      assert.ok(hits > 0 && evictions > 0);
      cache.close();
    });

    test(`${policy} keeps the byte bound while entries grow and shrink`, () => {
      const cache = new SyncCache({ policy, maxBytes: 20_000 });
      for (let i = 0; i < 3_000; i += 1) cache.set(`key-${i % 97}`, "x".repeat((i * 37) % 2_000));
      assert.ok(cache.stats().bytes <= 20_000);
      assert.ok(cache.stats().entries > 5);
      cache.close();
    });
  }

  test("a scan does not push out what is used under the others", () => {
    for (const policy of ["sieve", "s3-fifo", "w-tinylfu"]) {
      const cache = new SyncCache({ policy, maxEntries: 100 });
      for (let round = 0; round < 5; round += 1) {
        for (let i = 0; i < 50; i += 1) if (cache.get(`hot-${i}`) === undefined) cache.set(`hot-${i}`, i);
      }
      for (let i = 0; i < 1_000; i += 1) cache.set(`scan-${i}`, i);
      const kept = Array.from({ length: 50 }, (_, i) => cache.has(`hot-${i}`)).filter(Boolean).length;
      assert.ok(kept >= 40, `${policy} kept ${kept}`);
      cache.close();
    }
  });

  test("without one it is lru; another name is INVALID_OPTION", () => {
    assert.equal(new SyncCache().stats().policy, "lru");
    for (const policy of ["fifo", "LRU", 1, null]) {
      assert.throws(() => new SyncCache({ policy }), { code: "INVALID_OPTION" });
    }
  });
});
