// isocache/unstorage through createStorage. unstorage does not publish the suite of its drivers: the first cases here
// promise what that suite does, over the driver and, to see that the cases are right, over unstorage's own in memory.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createRequire } from "node:module";
import { Cache, SyncCache } from "isocache";
import byDefault, { unstorageDriver } from "isocache/unstorage";
import { createStorage, prefixStorage } from "unstorage";
import memoryDriver from "unstorage/drivers/memory";
import { CLASSES, clock, rejectsCode, START, stopDate, throwsCode } from "./helpers.mjs";

const DRIVERS = {
  "in a Cache": () => unstorageDriver(new Cache()),
  "in a SyncCache": () => unstorageDriver(new SyncCache()),
  "in a cache of its own": () => unstorageDriver({ maxBytes: "1MiB" }),
  "unstorage's own in memory": () => memoryDriver(),
};

for (const [name, make] of Object.entries(DRIVERS)) {
  describe(name, () => {
    const storageOf = () => createStorage({ driver: make() });

    test("items: set, get, has, remove", async () => {
      const storage = storageOf();
      await storage.setItem("s1:a", "test_data");
      await storage.setItem("s2:a", "test_data");
      await storage.setItem("s3:a?q=1", "test_data");
      assert.equal(await storage.hasItem("s1:a"), true);
      assert.equal(await storage.hasItem("s3:a?q=2"), true);
      assert.equal(await storage.getItem("s1/a"), "test_data");
      assert.equal(await storage.getItem("x"), null);
      await storage.removeItem("s1:a");
      assert.equal(await storage.hasItem("s1:a"), false);
      assert.equal(await storage.getItem("s1:a"), null);
      await storage.setItem("s2:a", undefined);
      assert.equal(await storage.hasItem("s2:a"), false);
    });

    test("keys: all, below a base, down to a depth", async () => {
      const storage = storageOf();
      for (const key of ["users:1", "users:2", "users:2:posts", "users-archive:1", "user", "us*rs:1"]) {
        await storage.setItem(key, key);
      }
      const keys = async (...args) => (await storage.getKeys(...args)).toSorted();
      assert.deepEqual(await keys(), ["us*rs:1", "user", "users-archive:1", "users:1", "users:2", "users:2:posts"]);
      assert.deepEqual(await keys("users"), ["users:1", "users:2", "users:2:posts"]);
      assert.deepEqual(await keys("us*rs"), ["us*rs:1"]);
      assert.deepEqual(await keys("users", { maxDepth: 1 }), ["users:1", "users:2"]);
      assert.deepEqual(await prefixStorage(storage, "users").getKeys("2"), ["2:posts"]);
    });

    test("values: what JSON knows comes back with its type", async () => {
      const storage = storageOf();
      for (const value of [1, 0, true, false, null, "text", "", [1, "2"], { a: { b: [null] } }]) {
        await storage.setItem("a", value);
        assert.deepEqual(await storage.getItem("a"), value);
      }
    });

    test("raw values keep their type", async () => {
      const storage = storageOf();
      for (const value of [new Uint8Array([1, 2, 3]), "text", { at: new Date(5), tags: new Set(["x"]) }]) {
        await storage.setItemRaw("raw.bin", value);
        assert.deepEqual(await storage.getItemRaw("raw.bin"), value);
      }
      assert.equal(await storage.getItemRaw("x"), null);
    });

    test("batches", async () => {
      const storage = storageOf();
      await storage.setItems([
        { key: "a", value: { n: 1 } },
        { key: "b:c", value: 2 },
      ]);
      const found = await storage.getItems(["b:c", { key: "x" }, "a"]);
      assert.deepEqual(
        found.map(({ key, value }) => [key, value]),
        [
          ["b:c", 2],
          ["x", null],
          ["a", { n: 1 }],
        ],
      );
    });

    test("meta of the user's, and removing it", async () => {
      const storage = storageOf();
      await storage.setItem("a", 1);
      await storage.setMeta("a", { owner: "me", mtime: new Date(5) });
      const { owner, mtime } = await storage.getMeta("a");
      assert.deepEqual({ owner, mtime }, { owner: "me", mtime: new Date(5) });
      await storage.removeItem("a", { removeMeta: true });
      assert.deepEqual(await storage.getKeys(), []);
    });

    test("mounts, and clearing one", async () => {
      const storage = createStorage();
      storage.mount("cache", make());
      storage.mount("cache-archive", make());
      await storage.setItem("cache:a", 1);
      await storage.setItem("cache-archive:a", 2);
      await storage.setItem("a", 3);
      await storage.clear("cache");
      assert.deepEqual((await storage.getKeys()).toSorted(), ["a", "cache-archive:a"]);
      await storage.clear();
      assert.deepEqual(await storage.getKeys(), []);
    });
  });
}

test("ttl is in seconds, of a call or the cache's; 0 is never", async (t) => {
  const advance = stopDate(t);
  const cache = new SyncCache({ clock, defaultTtl: 60 });
  const storage = createStorage({ driver: unstorageDriver(cache) });
  await storage.setItem("a", 1, { ttl: 1.5 });
  await storage.setItem("b", 1);
  await storage.setItem("c", 1, { ttl: 0 });
  await storage.setItem("d", 1, { ttl: "5m" });
  await storage.setItemRaw("e", 1, { ttl: 2 });
  await storage.setItems(
    [
      { key: "f", value: 1, options: { ttl: 3 } },
      { key: "g", value: 1 },
    ],
    { ttl: 4 },
  );
  assert.deepEqual(
    [..."abcdefg"].map((key) => cache.ttl(key)),
    [1.5, 60, null, 300, 2, 3, 4],
  );
  advance(1_499);
  assert.equal(await storage.getItem("a"), 1);
  advance(1);
  assert.equal(await storage.getItem("a"), null);
  await rejectsCode("INVALID_TTL", storage.setItem("a", 1, { ttl: -1 }));
});

test("a ttl of all items of a batch, where an item has none", async () => {
  const cache = new SyncCache({ clock: () => START });
  const items = [
    { key: "a", value: "1", options: { ttl: 3 } },
    { key: "b", value: "1" },
  ];
  await unstorageDriver(cache).setItems(items, { ttl: 4 });
  assert.deepEqual([cache.ttl("a"), cache.ttl("b")], [3, 4]);
});

test("getMeta says when an item was written, what it costs and what is left of its ttl", async (t) => {
  const advance = stopDate(t);
  const storage = createStorage({ driver: unstorageDriver({ clock }) });
  await storage.setItem("a", "text", { ttl: 10 });
  await storage.setItem("b", "text");
  advance(4_000);
  const { size, ...meta } = await storage.getMeta("a");
  assert.deepEqual(meta, { mtime: new Date(START), ttl: 6 });
  assert.ok(size > 5);
  assert.equal("ttl" in (await storage.getMeta("b")), false);
  assert.deepEqual({ ...(await storage.getMeta("x")) }, {});
});

test("the driver clears exactly what is below a base", async () => {
  for (const Class of Object.values(CLASSES)) {
    const cache = new Class();
    const driver = unstorageDriver(cache);
    for (const key of ["users:1", "users-archive:1", "users", "u*:1", "us:1"]) await driver.setItem(key, "1");
    await driver.clear("users");
    assert.deepEqual((await driver.getKeys()).toSorted(), ["u*:1", "us:1", "users", "users-archive:1"]);
    await driver.clear("u*:");
    assert.deepEqual((await driver.getKeys("")).toSorted(), ["us:1", "users", "users-archive:1"]);
    await driver.clear();
    assert.equal(await cache.countKeys(), 0);
  }
});

test("a batch with one item that is refused changes nothing", async () => {
  const cache = new SyncCache();
  const storage = createStorage({ driver: unstorageDriver(cache) });
  const items = [
    { key: "a", value: 1 },
    { key: "b", value: 1, options: { ttl: -1 } },
  ];
  await rejectsCode("INVALID_TTL", storage.setItems(items));
  assert.equal(cache.countKeys(), 0);
});

test("dispose closes the driver's own cache, and leaves the caller's open", async () => {
  const own = unstorageDriver({ maxBytes: "1MiB" });
  await createStorage({ driver: own }).dispose();
  await rejectsCode("CLOSED", own.getItem("a"));
  const cache = new Cache();
  const lent = unstorageDriver(cache);
  await createStorage({ driver: lent }).dispose();
  assert.equal(cache.closed, false);
  assert.equal(lent.getInstance(), cache);
  throwsCode("INVALID_OPTION", () => unstorageDriver({ maxBytes: 0 }));
});

test("the driver is the module's default too, for configurations that name it by its path", () => {
  assert.equal(byDefault, unstorageDriver);
  const required = createRequire(import.meta.url)("isocache/unstorage");
  assert.equal(required.default, required.unstorageDriver);
});
