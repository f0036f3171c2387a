// Contract E, Cache and CacheItem: items with a time, atomic get-and-set, nested scopes. A test for each part, over every
// store.
import assert from "node:assert/strict";
import { keysOf, settled } from "../helpers.mjs";
import { everyStore } from "./stores.mjs";

everyStore("get(id): an item, or undefined", async ({ open, pass }) => {
  const cache = await open();
  assert.equal(await cache.getItem("id"), undefined);
  await cache.set("id", { a: 1 }, { ttl: 10, tags: ["tag"] });
  pass(4_000);
  const item = await cache.getItem("id");
  assert.equal(item.key, "id");
  assert.equal(item.ttl, 6);
  assert.deepEqual([...item.tags], ["tag"]);
  assert.deepEqual(await item.value(), { a: 1 });
  pass(6_000);
  assert.equal(await cache.getItem("id"), undefined);
  await cache.set("never", null);
  const never = await cache.getItem("never");
  assert.deepEqual([never.ttl, await never.value()], [null, null]);
});

everyStore("item.modified: seconds, when the value was last set", async ({ open, now, pass }) => {
  const cache = await open();
  await cache.set("id", 1);
  const first = now() / 1000;
  pass(2_500);
  assert.equal((await cache.getItem("id")).modified, first);
  await cache.set("id", 2);
  assert.equal((await cache.getItem("id")).modified, first + 2.5);
});

everyStore("await item.value(): as it was when the item was read, as often as asked", async ({ open }) => {
  const cache = await open();
  await cache.set("id", { n: 1 });
  const item = await cache.getItem("id");
  await cache.set("id", { n: 2 });
  assert.deepEqual(await item.value(), { n: 1 });
  await cache.delete("id");
  assert.deepEqual(await item.value(), { n: 1 });
});

everyStore("set(id, value, modified): adds or updates; the time may be given", async ({ open }) => {
  const cache = await open();
  assert.equal(await cache.set("id", "old", { modified: 1_000_000 }), true);
  assert.equal((await cache.getItem("id")).modified, 1_000_000);
  assert.equal(await cache.set("id", "new", { modified: 999_999.5 }), true);
  const item = await cache.getItem("id");
  assert.deepEqual([await item.value(), item.modified], ["new", 999_999.5]);
});

everyStore("getset(id): the item and a setter, as one step", async ({ open }) => {
  const cache = await open();
  const absent = await cache.acquire("id");
  assert.equal(absent.item, undefined);
  assert.equal(await absent.set("first", { modified: 5 }), true);
  await absent.release();
  const acquired = await cache.acquire("id");
  assert.deepEqual([await acquired.item.value(), acquired.item.modified, acquired.item.key], ["first", 5, "id"]);
  await acquired.set("second", 60);
  await acquired.release();
  assert.deepEqual([await cache.get("id"), await cache.ttl("id")], ["second", 60]);
});

everyStore("getset: of many at once each sees what the one before it set", async ({ open }) => {
  const cache = await open();
  await Promise.all(
    Array.from({ length: 20 }, async () => {
      const acquired = await cache.acquire("counts");
      const counts = acquired.item === undefined ? [] : await acquired.item.value();
      await acquired.set([...counts, counts.length]);
      await acquired.release();
    }),
  );
  assert.deepEqual(
    await cache.get("counts"),
    Array.from({ length: 20 }, (_, i) => i),
  );
});

everyStore("getset(wait=False): null while somebody else holds the key, that key alone", async ({ open }) => {
  const cache = await open();
  const held = await cache.acquire("id", { wait: false });
  assert.notEqual(held, null);
  assert.equal(await cache.acquire("id", { wait: false }), null);
  const other = await cache.acquire("other", { wait: false });
  assert.notEqual(other, null);
  await other.release();
  const scoped = await cache.withScope("scope").acquire("id", { wait: false });
  assert.notEqual(scoped, null, "the same name in a scope is another key");
  await scoped.release();
  await held.release();
  const again = await cache.acquire("id", { wait: false });
  assert.notEqual(again, null);
  await again.release();
});

everyStore("getset(wait=True): waits for its turn, in order", async ({ open }) => {
  const cache = await open();
  const held = await cache.acquire("id");
  const served = [];
  const waiting = ["one", "two", "three"].map(async (name) => {
    const acquired = await cache.acquire("id", { wait: true });
    served.push(name, await acquired.item.value());
    await acquired.set(name);
    await acquired.release();
  });
  await settled();
  assert.deepEqual(served, []);
  await held.set("held");
  await held.release();
  await Promise.all(waiting);
  assert.deepEqual(served, ["one", "held", "two", "one", "three", "two"]);
});

everyStore("getset under await using: the lock goes with the block", async ({ open }) => {
  const cache = await open();
  const held = await cache.acquire("id");
  await held[Symbol.asyncDispose]();
  const next = await cache.acquire("id", { wait: false });
  assert.notEqual(next, null);
  await next.release();
});

everyStore("with_scope: a nested cache", async ({ open }) => {
  const cache = await open();
  const users = cache.withScope("users");
  const admins = users.withScope("admins");
  assert.deepEqual([cache.scope, users.scope, admins.scope], ["", "users", "users:admins"]);
  await cache.set("id", "cache");
  await users.set("id", "users");
  await admins.set("id", "admins");
  assert.deepEqual(
    [await cache.get("id"), await users.get("id"), await admins.get("id")],
    ["cache", "users", "admins"],
  );
  assert.deepEqual(await keysOf(users), ["admins:id", "id"]);
  assert.deepEqual(await cache.getAll(["users:id", "users:admins:id"]), ["users", "admins"]);
  assert.equal((await admins.getItem("id")).key, "id");
});

everyStore("delete, clear: one; all of this scope and nothing outside it", async ({ open }) => {
  const cache = await open();
  const keys = ["users:1", "users:2", "users:admins:1", "users", "users-archive:1", "other"];
  await cache.setMany(keys.map((key) => [key, 1]));
  const users = cache.withScope("users");
  assert.deepEqual(
    [await users.delete("1"), await users.delete("1"), await users.delete("other")],
    [true, false, false],
  );
  assert.equal(await users.clear(), 2);
  assert.deepEqual(await keysOf(cache), ["other", "users", "users-archive:1"]);
  assert.equal(await cache.clear(), 3);
});
