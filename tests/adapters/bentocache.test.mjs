// isocache/bentocache: bentocache's suite for drivers (one case of which waits in real time), and the layers in use.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { BentoCache, bentostore } from "bentocache";
import { registerCacheDriverTestSuite } from "bentocache/test_suite";
import { Cache, SyncCache } from "isocache";
import { bentocacheL1, bentocacheL2 } from "isocache/bentocache";
import { clock, rejectsCode, stopDate, throwsCode } from "./helpers.mjs";
import { japaSuite } from "./suites.mjs";

/** The suite's root driver has a prefix, as those of bentocache's own tests have. */
const suiteOver = (driver) => {
  const createDriver = (config) => driver.factory({ prefix: "suite", ...config });
  return (japa) => registerCacheDriverTestSuite({ ...japa, createDriver });
};

/** A layer for each class that it takes. */
const LAYERS = {
  "first layer": [bentocacheL1, SyncCache],
  "second layer over a Cache": [bentocacheL2, Cache],
  "second layer over a SyncCache": [bentocacheL2, SyncCache],
};

for (const [name, [layer, Class]] of Object.entries(LAYERS)) {
  describe(`bentocache's suite: ${name}`, () => japaSuite(suiteOver(layer(new Class()))));

  describe(name, () => {
    const driverOver = (cache, prefix) => layer(cache).factory({ prefix });

    test("TTLs are milliseconds; without one, or with 0, for ever", async (t) => {
      const advance = stopDate(t);
      const cache = new Class({ clock, defaultTtl: 60 });
      const driver = driverOver(cache);
      await driver.set("a", "1", 1_500);
      await driver.set("b", "1");
      await driver.set("c", "1", 0);
      await driver.set("d", "1", Number.MAX_SAFE_INTEGER);
      assert.deepEqual(await Promise.all(["a", "b", "c", "d"].map((key) => cache.ttl(key))), [1.5, null, null, null]);
      advance(1_499);
      assert.equal(await driver.get("a"), "1");
      advance(1);
      assert.equal(await driver.get("a"), undefined);
    });

    test("clear removes what is under the prefix, and nothing beside it", async () => {
      const cache = new Class();
      const prefixes = ["users", "users-archive", "user", "us*", "users:posts"];
      const drivers = prefixes.map((prefix) => driverOver(cache, prefix));
      const fill = () => Promise.all(drivers.map((driver) => driver.set("a", "1")));
      const left = () => Promise.all(drivers.map(async (driver) => (await driver.get("a")) !== undefined));
      await fill();
      await drivers[0].clear();
      assert.deepEqual(await left(), [false, true, true, true, false]);
      await fill();
      await drivers[3].clear();
      assert.deepEqual(await left(), [true, true, true, false, true]);
      await driverOver(cache).clear();
      assert.deepEqual(await left(), [false, false, false, false, false]);
    });

    test("a namespace does not close the cache; the driver of its own does; a caller's stays open", async () => {
      const own = layer({ maxBytes: "1MiB" }).factory({});
      await own.namespace("a").disconnect();
      await own.set("a", "1");
      await own.disconnect();
      await rejectsCode("CLOSED", (async () => own.get("a"))());
      const cache = new Class();
      await driverOver(cache).disconnect();
      assert.equal(cache.closed, false);
    });

    test("what is too large is not stored, and said so", async () => {
      const driver = driverOver(new Class({ maxBytes: "1MiB", maxEntryBytes: 1_000 }));
      assert.equal(await driver.set("a", "x".repeat(2_000)), false);
      assert.equal(await driver.get("a"), undefined);
    });

    test("has, which only older versions ask for", async () => {
      const cache = new Class();
      const driver = driverOver(cache, "p");
      await driver.set("a", "1");
      assert.deepEqual([await driver.has("a"), await driver.has("p:a")], [true, false]);
    });

    test("prune removes what has expired", async (t) => {
      const advance = stopDate(t);
      const cache = new Class({ clock });
      const driver = driverOver(cache);
      await driver.set("a", "1", 1);
      advance(1);
      await driver.prune();
      assert.equal(cache.stats().entries, 0);
    });
  });
}

test("the first layer says what is left of a TTL in milliseconds", (t) => {
  const advance = stopDate(t);
  const driver = bentocacheL1({ clock }).factory();
  driver.set("a", "1", 1_001);
  driver.set("b", "1");
  advance(334);
  assert.deepEqual(
    ["a", "b", "x"].map((key) => driver.getRemainingTtl(key)),
    [667, undefined, 0],
  );
});

test("the first layer takes no Cache", () => {
  throwsCode("INVALID_OPTION", () => bentocacheL1(new Cache()).factory({}));
  throwsCode("INVALID_OPTION", () => bentocacheL1({ maxBytes: -1 }).factory({}));
  throwsCode("INVALID_OPTION", () => bentocacheL2({ maxBytes: -1 }).factory({}));
});

/** A BentoCache with these layers. */
function bento(t, l1, l2) {
  let store = bentostore();
  if (l1 !== undefined) store = store.useL1Layer(l1);
  if (l2 !== undefined) store = store.useL2Layer(l2);
  const cache = new BentoCache({ default: "main", stores: { main: store } });
  t.after(() => cache.disconnectAll());
  return cache;
}

const STACKS = {
  "first layer": () => [bentocacheL1(), undefined],
  "second layer": () => [undefined, bentocacheL2()],
  "both layers": () => [bentocacheL1(), bentocacheL2()],
};
for (const [name, stack] of Object.entries(STACKS)) {
  test(`getOrSet, expiry, grace, tags, namespaces and clear in a BentoCache: ${name}`, async (t) => {
    const advance = stopDate(t);
    const cache = bento(t, ...stack());
    const load = (factory, options) => cache.getOrSet({ key: "a", ttl: "1s", factory, ...options });
    assert.deepEqual(await load(() => ({ n: 1 })), { n: 1 });
    assert.deepEqual(await load(() => ({ n: 2 })), { n: 1 });
    advance(1_001);
    assert.deepEqual(await load(() => ({ n: 3 }), { grace: "1h" }), { n: 3 });
    advance(1_001);
    const fail = () => {
      throw new Error("the origin is down");
    };
    assert.deepEqual(await load(fail, { grace: "1h" }), { n: 3 });
    await cache.set({ key: "t", value: 1, tags: ["x"] });
    await cache.deleteByTag({ tags: ["x"] });
    assert.equal(await cache.get({ key: "t" }), undefined);
    const [users, archive] = [cache.namespace("users"), cache.namespace("users-archive")];
    await users.set({ key: "a", value: 1 });
    await archive.set({ key: "a", value: 2 });
    await users.clear();
    assert.deepEqual([await users.get({ key: "a" }), await archive.get({ key: "a" })], [undefined, 2]);
    await cache.clear();
    assert.equal(await cache.has({ key: "a" }), false);
  });
}

test("the second layer fills the first", async (t) => {
  const [near, far] = [new SyncCache(), new Cache()];
  const cache = bento(t, bentocacheL1(near), bentocacheL2(far));
  await cache.set({ key: "a", value: { n: 1 } });
  near.clear();
  assert.deepEqual(await cache.get({ key: "a" }), { n: 1 });
  assert.equal(near.countKeys("*a"), 1);
  assert.equal(await far.countKeys("*a"), 1);
});

test("what bentocache does not serialize keeps its type", async (t) => {
  const cache = bento(t, bentocacheL1({}, { serialize: false }));
  const value = { at: new Date(5), tags: new Set(["x"]) };
  await cache.set({ key: "a", value });
  assert.deepEqual(await cache.get({ key: "a" }), value);
});

test("a prefix that the driver was made with goes before bentocache's", async (t) => {
  const [near, far] = [new SyncCache(), new Cache()];
  const cache = bento(t, bentocacheL1(near, { prefix: "near:" }), bentocacheL2(far, { prefix: "far" }));
  await cache.set({ key: "a", value: 1 });
  assert.equal(near.countKeys("near:[^:]*"), 1);
  assert.equal(await far.countKeys("far:[^:]*"), 1);
});
