// cache-manager over Keyv over isocache/keyv. cache-manager 7 is made for Keyv 5.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createCache } from "cache-manager";
import { Cache, SyncCache } from "isocache";
import { keyvStore } from "isocache/keyv";
import { Keyv } from "keyv5";
import { clock, stopDate } from "./helpers.mjs";

function managed(options, keyvOptions) {
  const cache = new SyncCache(options);
  return { cache, manager: createCache({ stores: [new Keyv({ store: keyvStore(cache), ...keyvOptions })] }) };
}

test("get, set, del and clear", async () => {
  const { manager, cache } = managed();
  assert.deepEqual(await manager.set("a", { n: 1 }), { n: 1 });
  assert.deepEqual(await manager.get("a"), { n: 1 });
  assert.equal(await manager.get("x"), undefined);
  await manager.del("a");
  assert.equal(await manager.get("a"), undefined);
  await manager.set("b", 1);
  await manager.clear();
  assert.equal(cache.countKeys(), 0);
});

test("ttl, in milliseconds and by when", async (t) => {
  const advance = stopDate(t);
  const { manager } = managed({ clock });
  await manager.set("a", 1, 1_000);
  assert.equal(await manager.ttl("a"), Date.now() + 1_000);
  advance(999);
  assert.equal(await manager.get("a"), 1);
  advance(1);
  assert.equal(await manager.get("a"), undefined);
});

test("mset, mget and mdel", async (t) => {
  const advance = stopDate(t);
  const { manager } = managed({ clock });
  await manager.mset([
    { key: "a", value: 1 },
    { key: "b", value: 2, ttl: 500 },
    { key: "c", value: 3 },
  ]);
  assert.deepEqual(await manager.mget(["c", "x", "b", "a"]), [3, undefined, 2, 1]);
  advance(500);
  await manager.mdel(["a"]);
  assert.deepEqual(await manager.mget(["a", "b", "c"]), [undefined, undefined, 3]);
});

test("wrap loads once, and again when the time is over", async (t) => {
  const advance = stopDate(t);
  const { manager } = managed({ clock });
  let loads = 0;
  const load = () => manager.wrap("a", async () => ++loads, 1_000);
  assert.deepEqual(await Promise.all([load(), load()]), [1, 1]);
  advance(999);
  assert.equal(await load(), 1);
  advance(1);
  assert.equal(await load(), 2);
});

test("wrap refreshes in the background", async (t) => {
  const advance = stopDate(t);
  const { manager } = managed({ clock });
  let loads = 0;
  const load = () => manager.wrap("a", async () => ++loads, { ttl: 1_000, refreshThreshold: 300 });
  const refreshed = new Promise((resolve) => manager.on("refresh", resolve));
  assert.equal(await load(), 1);
  advance(800);
  assert.equal(await load(), 1);
  await refreshed;
  assert.equal(await load(), 2);
});

test("a store with a namespace is cleared alone", async () => {
  const cache = new Cache();
  const [users, archive] = ["users", "users-archive"].map((namespace) =>
    createCache({ stores: [new Keyv({ store: keyvStore(cache), namespace })] }),
  );
  await users.set("a", 1);
  await archive.set("a", 2);
  await users.clear();
  assert.deepEqual([await users.get("a"), await archive.get("a")], [undefined, 2]);
});

test("disconnect closes the store's own cache", async () => {
  const store = keyvStore({ maxBytes: "1MiB" });
  await createCache({ stores: [new Keyv({ store })] }).disconnect();
  await assert.rejects(store.get("a"), { code: "CLOSED" });
});
