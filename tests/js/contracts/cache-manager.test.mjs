// Contract B, ICacheManager and CacheConfig: Redis or memory behind one manager. A test for each row, over every store.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CacheConfig } from "isocache/config";
import { refusal, thrown } from "../helpers.mjs";
import { everyStore } from "./stores.mjs";

everyStore("get: undefined if absent or expired", async ({ open, pass }) => {
  const cache = await open();
  await cache.set("key", { price: 1 }, 2);
  assert.deepEqual(await cache.get("key"), { price: 1 });
  pass(2_000);
  assert.deepEqual([await cache.get("key"), await cache.get("absent")], [undefined, undefined]);
});

everyStore("set: without a TTL the default one; true if cached", async ({ open, pass }) => {
  const cache = await open({ defaultTtl: 3600 });
  assert.deepEqual([await cache.set("default", 1), await cache.set("none", 1, undefined)], [true, true]);
  assert.equal(await cache.set("own", 1, 60), true);
  assert.deepEqual([await cache.ttl("default"), await cache.ttl("none"), await cache.ttl("own")], [3600, 3600, 60]);
  pass(60_000);
  assert.deepEqual([await cache.has("default"), await cache.has("own")], [true, false]);
  pass(3_540_000);
  assert.equal(await cache.has("default"), false);
  const disabled = await open({ enabled: false });
  assert.equal(await disabled.set("key", 1), false);
});

everyStore("delete, exists", async ({ open }) => {
  const cache = await open();
  await cache.set("key", 1);
  assert.deepEqual([await cache.has("key"), await cache.has("absent")], [true, false]);
  assert.deepEqual(
    [await cache.delete("key"), await cache.delete("key"), await cache.has("key")],
    [true, false, false],
  );
});

everyStore("clear: what matches, or everything; the number cleared", async ({ open }) => {
  const cache = await open();
  const fill = () => cache.setMany({ "stock:1": 1, "stock:2": 2, stock: 3, "stocks:1": 4, "a:stock:1": 5 });
  await fill();
  assert.equal(await cache.clear("stock:*"), 2);
  assert.deepEqual(
    [...(await cache.getMany(["stock:1", "stock:2", "stock", "stocks:1", "a:stock:1"])).values()],
    [3, 4, 5],
  );
  await fill();
  assert.equal(await cache.clear("stock:[^1]"), 1);
  assert.equal(await cache.clear(), 4);
  assert.deepEqual([await cache.clear(), await cache.countKeys()], [0, 0]);
  await refusal(cache.clear("[a"), "INVALID_PATTERN");
});

everyStore("get_many: a Map, misses left out", async ({ open, pass }) => {
  const cache = await open();
  await cache.setMany([["a", 1, 1], ["b", null, 5], ["c", "text"]]); // prettier-ignore
  pass(1_000);
  assert.deepEqual(await cache.getMany(["c", "absent", "a", "b"]), new Map([["c", "text"], ["b", null]])); // prettier-ignore
  assert.deepEqual(await cache.getMany([]), new Map());
});

everyStore("set_many: a TTL per item, the default without one; the number cached", async ({ open }) => {
  const cache = await open({ defaultTtl: 3600 });
  const items = [["own", 1, 60], ["default", 2, undefined], ["never", 3, null], ["pair", 4]]; // prettier-ignore
  assert.equal(await cache.setMany(items), 4);
  const ttls = [];
  for (const [key] of items) ttls.push(await cache.ttl(key));
  assert.deepEqual(ttls, [60, 3600, null, 3600]);
  assert.equal(await cache.setMany(items, { ttl: 5 }), 4);
  assert.deepEqual([await cache.ttl("own"), await cache.ttl("pair")], [60, 5], "an item's own wins");
  assert.equal(await (await open({ enabled: false })).setMany(items), 0);
});

everyStore("delete_many, exists_many, count_keys", async ({ open, pass }) => {
  const cache = await open();
  await cache.setMany({ "user:1": 1, "user:2": 2, "page:1": 3 });
  await cache.set("user:3", 1, 1);
  pass(1_000);
  const present = new Map([["user:1", true], ["absent", false], ["user:3", false]]); // prettier-ignore
  assert.deepEqual(await cache.hasMany(present.keys()), present);
  assert.deepEqual([await cache.countKeys("user:*"), await cache.countKeys(), await cache.countKeys("x*")], [2, 3, 0]);
  assert.equal(await cache.deleteMany(["user:1", "user:3", "absent"]), 1);
  assert.equal(await cache.countKeys("user:*"), 1);
});

everyStore("get_or_set: the cached value, or the default, which is stored", async ({ open, pass }) => {
  const cache = await open({ defaultTtl: 3600 });
  assert.equal(await cache.getOrSet("key", "default", 60), "default");
  assert.deepEqual([await cache.get("key"), await cache.ttl("key")], ["default", 60]);
  assert.equal(await cache.getOrSet("key", "other", 5), "default");
  assert.equal(await cache.ttl("key"), 60, "what is cached keeps its TTL");
  pass(60_000);
  assert.deepEqual(await cache.getOrSet("key", async () => ({ loaded: true })), { loaded: true });
  assert.deepEqual([await cache.get("key"), await cache.ttl("key")], [{ loaded: true }, 3600]);
  await cache.set("null", null);
  assert.equal(await cache.getOrSet("null", () => assert.fail("null is a value")), null);
});

everyStore("increment: the new value; NOT_A_NUMBER changes nothing", async ({ open }) => {
  const cache = await open();
  assert.deepEqual([await cache.increment("n"), await cache.increment("n", 4)], [1, 5]);
  for (const value of ["5", null, true, { n: 1 }, [1], 5n]) {
    await cache.set("no", value, 60);
    await refusal(cache.increment("no"), "NOT_A_NUMBER");
    assert.deepEqual([await cache.get("no"), await cache.ttl("no")], [value, 60]);
  }
});

everyStore("set_if_not_exists: true if set", async ({ open, pass }) => {
  const cache = await open();
  assert.equal(await cache.setIfAbsent("key", "first", 10), true);
  assert.equal(await cache.setIfAbsent("key", "second", 99), false);
  assert.deepEqual([await cache.get("key"), await cache.ttl("key")], ["first", 10]);
  pass(10_000);
  assert.equal(await cache.setIfAbsent("key", "third"), true);
  assert.equal(await cache.get("key"), "third");
  const winners = await Promise.all(Array.from({ length: 20 }, (_, i) => cache.setIfAbsent("race", i)));
  assert.equal(winners.filter(Boolean).length, 1);
});

everyStore(
  "get_ttl: seconds, null without expiry or without the key; expire: false if absent",
  async ({ open, pass }) => {
    const cache = await open();
    await cache.set("key", "value", 60);
    await cache.set("never", "value", null);
    pass(20_000);
    assert.deepEqual([await cache.ttl("key"), await cache.ttl("never"), await cache.ttl("absent")], [40, null, null]);
    assert.deepEqual([await cache.expire("key", 5), await cache.expire("never", 5)], [true, true]);
    assert.equal(await cache.expire("absent", 5), false);
    assert.equal(await cache.has("absent"), false);
    assert.deepEqual([await cache.ttl("key"), await cache.ttl("never")], [5, 5]);
    pass(5_000);
    assert.deepEqual([await cache.has("key"), await cache.expire("key", 5)], [false, false]);
  },
);

everyStore("one object from which an implementation is built", async ({ config, pass }) => {
  const cache = await config({ defaultTtl: 60 }).open();
  await cache.set("key", 1);
  pass(59_999);
  assert.equal(await cache.get("key"), 1);
  pass(1);
  assert.equal(await cache.get("key"), undefined);
  const disabled = await config({ enabled: false }).open();
  assert.deepEqual([await disabled.set("key", 1), await disabled.get("key")], [false, undefined]);
});

test("CacheConfig: the defaults, from an object and from the environment", () => {
  for (const config of [new CacheConfig(), new CacheConfig({}), CacheConfig.fromEnv({})]) {
    assert.equal(config.enabled, true);
    assert.equal(config.defaultTtl, 3600);
    assert.equal(config.maxEntries, 1000);
    assert.equal(config.redisHost, "localhost");
    assert.equal(config.redisPort, 6379);
    assert.equal(config.redisDb, 0);
    assert.equal(config.redisPassword, undefined);
    assert.equal(config.redisSsl, false);
    assert.equal(config.connectionPoolSize, 20);
    assert.equal(config.socketTimeout, 5);
    assert.equal(config.socketConnectTimeout, 5);
  }
  assert.equal(CacheConfig.fromEnv({ CACHE_DEFAULT_TTL: "60" }).defaultTtl, 60);
  thrown(() => CacheConfig.fromEnv({ CACHE_REDIS_PORT: "port" }), "INVALID_OPTION");
});

test("get_redis_url", () => {
  const url = (init) => new CacheConfig(init).redisUrl();
  assert.equal(url(), "redis://localhost:6379/0");
  assert.equal(url({ redisHost: "redis.test", redisPort: 6380, redisDb: 2 }), "redis://redis.test:6380/2");
  assert.equal(url({ redisPassword: "secret" }), "redis://:secret@localhost:6379/0");
  assert.equal(url({ redisPassword: "a/b@c", redisSsl: true }), "rediss://:a%2Fb%40c@localhost:6379/0");
  assert.equal(
    CacheConfig.fromEnv({ CACHE_REDIS_DB: "5", CACHE_REDIS_SSL: "1" }).redisUrl(),
    "rediss://localhost:6379/5",
  );
});
