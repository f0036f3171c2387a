// isocache/keyv: what Keyv's own suite leaves out, over both versions of Keyv.
import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { describe, test } from "node:test";
import { Cache, SyncCache } from "isocache";
import { keyvStore } from "isocache/keyv";
import { Keyv as Keyv6 } from "keyv";
import { Keyv as Keyv5 } from "keyv5";
import { CLASSES, clock, collect, rejectsCode, stopDate, throwsCode } from "./helpers.mjs";

const VERSIONS = { "Keyv 5": Keyv5, "Keyv 6": Keyv6 };
/** How each version is told to hand values as they are. */
const RAW = { "Keyv 5": { serialize: undefined, deserialize: undefined }, "Keyv 6": { serialization: false } };

for (const [version, Keyv] of Object.entries(VERSIONS)) {
  describe(version, () => {
    test("TTLs are milliseconds, to the millisecond", async (t) => {
      const advance = stopDate(t);
      const cache = new SyncCache({ clock });
      const keyv = new Keyv({ store: keyvStore(cache) });
      await keyv.set("a", 1, 1_500);
      await keyv.setMany([
        { key: "b", value: 2, ttl: 1 },
        { key: "c", value: 3 },
      ]);
      const left = Object.fromEntries([...cache.keys()].map((key) => [key.at(-1), cache.ttl(key)]));
      assert.deepEqual(left, { a: 1.5, b: 0.001, c: null });
      advance(1_499);
      assert.deepEqual(await keyv.get(["a", "b", "c"]), [1, undefined, 3]);
      advance(1);
      assert.equal(cache.countKeys(), 1, "the store expires entries itself");
      assert.deepEqual(await keyv.getMany(["a", "b", "c"]), [undefined, undefined, 3]);
    });

    test("without a TTL, or with 0, the cache's own applies; Keyv's default goes before it", async (t) => {
      stopDate(t);
      const cache = new SyncCache({ clock, defaultTtl: 60 });
      const keyv = new Keyv({ store: keyvStore(cache) });
      await keyv.set("a", 1);
      await keyv.set("b", 1, 0);
      const brief = new Keyv({ store: keyvStore(cache), ttl: 250 });
      await brief.set("c", 1);
      const left = [...cache.keys()].toSorted((x, y) => x.at(-1).localeCompare(y.at(-1))).map((key) => cache.ttl(key));
      assert.deepEqual(left, [60, 60, 0.25]);
    });

    test("a namespace is cleared and iterated exactly", async () => {
      const cache = new Cache();
      const namespaces = ["users", "users-archive", "user", "us*", "users%", "us", "[u]sers"];
      const all = namespaces.map((namespace) => new Keyv({ store: keyvStore(cache), namespace }));
      for (const [i, keyv] of all.entries()) await keyv.set("k:1", namespaces[i]);
      for (const [i, keyv] of all.entries()) {
        assert.deepEqual(await collect(keyv.iterator()), [["k:1", namespaces[i]]]);
      }
      for (const [i, keyv] of all.entries()) {
        await keyv.clear();
        const left = await Promise.all(all.map((other) => other.get("k:1")));
        assert.deepEqual(
          left,
          namespaces.map((namespace, j) => (j > i ? namespace : undefined)),
        );
      }
      assert.equal(await cache.countKeys(), 0);
    });

    test("values that Keyv does not serialize keep their types", async () => {
      const keyv = new Keyv({ store: keyvStore(), ...RAW[version] });
      const value = {
        at: new Date(5),
        tags: new Set(["x"]),
        map: new Map([[1, "one"]]),
        big: 2n ** 70n,
        none: undefined,
      };
      await keyv.set("a", value, 60_000);
      await keyv.set("b", new Uint8Array([1, 2]));
      assert.deepEqual(await keyv.get("a"), value);
      assert.deepEqual(await keyv.get("b"), new Uint8Array([1, 2]));
    });

    test("keys that are absent, present, deleted", async () => {
      const keyv = new Keyv({ store: keyvStore() });
      await keyv.setMany([
        { key: "a", value: null },
        { key: "b", value: "" },
      ]);
      assert.deepEqual(await keyv.hasMany(["a", "x", "b", "a"]), [true, false, true, true]);
      assert.deepEqual(await keyv.getMany(["x", "b", "a"]), [undefined, "", null]);
      assert.deepEqual(await keyv.delete(["a", "x"]), version === "Keyv 5" ? false : [true, false]);
      assert.deepEqual(await keyv.hasMany(["a", "b"]), [false, true]);
    });

    test("what is too large is not stored, and said so", async () => {
      const keyv = new Keyv({ store: keyvStore({ maxBytes: "1MiB", maxEntryBytes: 1_000 }) });
      const large = "x".repeat(2_000);
      assert.equal(await keyv.set("a", large), false);
      const entries = [
        { key: "a", value: large },
        { key: "b", value: 1 },
      ];
      assert.deepEqual(await keyv.setMany(entries), [false, true]);
      assert.deepEqual(await keyv.getMany(["a", "b"]), [undefined, 1]);
    });

    test("errors of the cache reach Keyv's listeners", async () => {
      const cache = new Cache();
      const keyv = new Keyv({ store: keyvStore(cache) });
      const codes = [];
      keyv.on("error", (error) => codes.push(error.code));
      assert.equal(await keyv.set("\uD800", 1), false);
      await cache.close();
      assert.equal(await keyv.set("a", 1), false);
      assert.deepEqual(codes, ["INVALID_KEY", "CLOSED"]);
    });

    test("disconnect closes the store's own cache, and leaves the caller's open", async () => {
      for (const Class of Object.values(CLASSES)) {
        const cache = new Class();
        await new Keyv({ store: keyvStore(cache) }).disconnect();
        assert.equal(cache.closed, false);
      }
      const store = keyvStore({ maxBytes: "1MiB" });
      await new Keyv({ store }).disconnect();
      await rejectsCode("CLOSED", store.get("a"));
    });

    test("works in either class", async () => {
      for (const Class of Object.values(CLASSES)) {
        const keyv = new Keyv({ store: keyvStore(new Class()), namespace: "n" });
        await keyv.set("a", { deep: [1] });
        assert.deepEqual(await keyv.get("a"), { deep: [1] });
        assert.deepEqual(await collect(keyv.iterator()), [["a", { deep: [1] }]]);
        assert.equal(await keyv.has("a"), true);
      }
    });
  });
}

test("Keyv 5: namespaces with a colon, and keys that Keyv does not prefix", async () => {
  const cache = new Cache();
  const namespaces = ["users", "users:archive", "users%3Aarchive"];
  const all = namespaces.map((namespace) => new Keyv5({ store: keyvStore(cache), namespace, useKeyPrefix: false }));
  for (const [i, keyv] of all.entries()) await keyv.set("a", namespaces[i]);
  await all[0].clear();
  assert.deepEqual(await Promise.all(all.map((keyv) => keyv.get("a"))), [undefined, ...namespaces.slice(1)]);
});

test("Keyv 5: a namespace that is changed later", async () => {
  const keyv = new Keyv5({ store: keyvStore(), namespace: "users" });
  await keyv.set("a", 1);
  keyv.namespace = "archive";
  assert.equal(await keyv.get("a"), undefined);
  await keyv.set("a", 2);
  await keyv.clear();
  keyv.namespace = "users";
  assert.equal(await keyv.get("a"), 1);
});

test("Keyv 6: of other namespaces the iterator reads nothing", async () => {
  const store = keyvStore();
  for (const namespace of ["users", "users-archive", "posts"])
    await new Keyv6({ store, namespace }).set("a", namespace);
  const keys = (await collect(store.iterator("users"))).map(([key]) => key);
  assert.deepEqual(keys.toSorted(), ["users-archive::a", "users::a"]);
});

test("Keyv 6: one store serves several namespaces", async () => {
  const store = keyvStore();
  const [users, archive] = ["users", "users-archive"].map((namespace) => new Keyv6({ store, namespace }));
  await users.set("a", "user");
  await archive.set("a", "archived");
  assert.deepEqual(await collect(users.iterator()), [["a", "user"]]);
  await users.clear();
  assert.deepEqual([await users.get("a"), await archive.get("a")], [undefined, "archived"]);
});

test("a negative TTL has expired, one beyond all bounds never does, and a fraction is rounded up", async () => {
  const cache = new SyncCache();
  const store = keyvStore(cache);
  for (const key of ["a", "b"]) cache.set(key, "old");
  assert.equal(await store.set("a", "new", -1), true);
  const entries = [
    { key: "b", value: "new", ttl: -5 },
    { key: "c", value: 1, ttl: Number.MAX_SAFE_INTEGER },
  ];
  assert.deepEqual(await store.setMany(entries), [true, true]);
  await store.set("d", 1, Number.POSITIVE_INFINITY);
  await store.set("e", 1, Number.NaN);
  assert.deepEqual([...cache.entries()].toSorted(), [
    ["c", 1],
    ["d", 1],
    ["e", 1],
  ]);
  assert.deepEqual(
    [...cache.keys()].map((key) => cache.ttl(key)),
    [null, null, null],
  );
  const timed = new SyncCache({ clock: () => 0 });
  await keyvStore(timed).set("f", 1, 0.5);
  assert.equal(timed.ttl("f"), 0.001);
});

test("a batch with one entry that is refused changes nothing", async () => {
  const cache = new SyncCache();
  cache.set("a", "old");
  const entries = [
    { key: "a", value: "new" },
    { key: "b", value: () => {} },
    { key: "c", value: 1, ttl: -1 },
  ];
  await rejectsCode("NOT_SERIALIZABLE", keyvStore(cache).setMany(entries));
  assert.deepEqual([...cache.entries()], [["a", "old"]]);
});

test("options that the cache refuses", () => {
  throwsCode("INVALID_OPTION", () => keyvStore({ maxBytes: -1 }));
  throwsCode("INVALID_TTL", () => keyvStore({ defaultTtl: 0 }));
  throwsCode("INVALID_OPTION", () => keyvStore("redis://localhost"));
});

test("listeners are called as Node's EventEmitter calls them", () => {
  const logOf = (emitter) => {
    const log = [];
    const [a, b] = ["a", "b"].map((name) => (value) => log.push(name, value));
    emitter.on("x", a).once("x", b).prependListener("x", b).addListener("y", a).prependOnceListener("y", b);
    log.push(emitter.emit("x", 1), emitter.emit("x", 2), emitter.emit("y", 3), emitter.emit("y", 4), emitter.emit("z"));
    log.push(emitter.listenerCount("x"), emitter.listeners("x").length, emitter.eventNames());
    log.push(emitter.off("x", b).emit("x", 5), emitter.removeListener("x", a).emit("x", 6), emitter.rawListeners("x"));
    log.push(emitter.removeAllListeners("y").emit("y", 7), emitter.on("y", a).removeAllListeners().eventNames());
    const leaves = () => log.push("left", emitter.off("x", leaves) === emitter);
    emitter.on("x", leaves).on("x", a).emit("x", 8);
    return log;
  };
  assert.deepEqual(logOf(keyvStore()), logOf(new EventEmitter()));
});

test("an error that nobody listens to is dropped", () => {
  assert.equal(keyvStore().emit("error", new Error("nobody")), false);
});
