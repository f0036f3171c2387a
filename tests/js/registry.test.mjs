// CacheRegistry: opened once and shared, replaced, closed; what is refused changes nothing.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Cache } from "isocache";
import { CacheConfig, CacheRegistry } from "isocache/config";
import { deferred, refusal, settled, thrown } from "./helpers.mjs";

function newRegistry(t, caches) {
  const registry = new CacheRegistry();
  t.after(() => registry.close());
  if (caches !== undefined) registry.configure(caches);
  return registry;
}

/** A configuration whose caches open, or fail to, when the test says so. */
class Controlled extends CacheConfig {
  opens = [];

  open() {
    const end = deferred();
    this.opens.push(end);
    return end.promise.then(() => super.open());
  }
}

const maxEntriesOf = async (registry, alias) => (await registry.get(alias)).stats().maxEntries;

test("an alias is opened on first use and shared after that", async (t) => {
  const config = new Controlled();
  const registry = newRegistry(t, { default: config, other: {} });
  await settled();
  assert.equal(config.opens.length, 0, "nobody asked for it yet");
  const asked = [registry.get(), registry.get("default"), registry.get()];
  await settled();
  assert.equal(config.opens.length, 1);
  config.opens[0].resolve();
  const [cache, ...same] = await Promise.all(asked);
  assert.ok(cache instanceof Cache);
  for (const shared of [...same, await registry.get()]) assert.equal(shared, cache);
  assert.equal(config.opens.length, 1);
  const other = await registry.get("other");
  assert.notEqual(other, cache);
  await cache.set("key", 1);
  assert.equal(await other.has("key"), false);
});

test("an alias that nobody configured", async (t) => {
  const registry = newRegistry(t);
  await refusal(registry.get(), "INVALID_OPTION");
  registry.configure({ users: {} });
  for (const alias of ["default", "user", "", "constructor", "__proto__", 5, null]) {
    await refusal(registry.get(alias), "INVALID_OPTION");
  }
  const error = await refusal(registry.get("usres"), "INVALID_OPTION");
  assert.match(error.message, /"usres"/);
});

test("any text is an alias", async (t) => {
  const caches = JSON.parse(
    '{ "": { "maxEntries": 1 }, "__proto__": { "maxEntries": 2 }, "a:b": { "maxEntries": 3 } }',
  );
  const registry = newRegistry(t, caches);
  for (const [alias, maxEntries] of [["", 1], ["__proto__", 2], ["a:b", 3]]) assert.equal(await maxEntriesOf(registry, alias), maxEntries); // prettier-ignore
});

test("configure replaces the aliases it names and leaves the others", async (t) => {
  const registry = newRegistry(t, { one: { maxEntries: 1 }, two: { maxEntries: 2 } });
  const [one, two] = [await registry.get("one"), await registry.get("two")];
  registry.configure({ one: { maxEntries: 10 }, three: { maxEntries: 3 } });
  assert.equal(one.closed, true, "what was open under it is closed");
  await refusal(one.get("key"), "CLOSED");
  assert.equal(await registry.get("two"), two);
  assert.equal(two.closed, false);
  assert.deepEqual([await maxEntriesOf(registry, "one"), await maxEntriesOf(registry, "three")], [10, 3]);
});

test("who asks while an alias is replaced gets the new cache, and the old one is closed", async (t) => {
  const config = new Controlled();
  let old;
  config.open = async () => (old = await Controlled.prototype.open.call(config));
  const registry = newRegistry(t, { default: config });
  const asked = registry.get();
  registry.configure({ default: { maxEntries: 7 } });
  config.opens[0].resolve();
  const cache = await asked;
  assert.equal(cache, await registry.get());
  assert.equal(cache.stats().maxEntries, 7);
  await settled();
  assert.ok(old !== cache && old.closed);
});

test("one that fails to open while it is replaced disturbs nobody", async (t) => {
  const config = new Controlled();
  const registry = newRegistry(t, { default: config });
  const asked = registry.get();
  registry.configure({ default: { maxEntries: 7 } });
  config.opens[0].reject(new Error("down"));
  assert.equal((await asked).stats().maxEntries, 7);
});

test("a cache that could not be opened is tried again by the next to ask", async (t) => {
  const config = new Controlled();
  const registry = newRegistry(t, { default: config });
  const asked = [registry.get(), registry.get()].map((promise) => assert.rejects(promise, /down/));
  config.opens[0].reject(new Error("down"));
  await Promise.all(asked);
  const again = registry.get();
  assert.equal(config.opens.length, 2);
  config.opens[1].resolve();
  assert.equal((await again).closed, false);
});

test("a cache that somebody closed is opened anew, once", async (t) => {
  const registry = newRegistry(t, { default: {} });
  const cache = await registry.get();
  await cache.close();
  const [one, two] = await Promise.all([registry.get(), registry.get()]);
  assert.ok(one === two && one !== cache && !one.closed);
});

test("a Redis alias says what is missing, and the others open", async (t) => {
  const registry = newRegistry(t, { default: {}, shared: { redisHost: "cache.test" } });
  await refusal(registry.get("shared"), "STORE_UNAVAILABLE");
  assert.equal(await (await registry.get()).set("key", 1), true);
});

// ---------------------------------------------------------------------------------------- applyConfig

test("applyConfig gives its maxEntries to the embedded aliases that name none", async (t) => {
  const registry = newRegistry(t, { before: {} });
  const shared = new CacheConfig({ redisHost: "localhost" });
  const bounded = [];
  shared.open = async function () {
    bounded.push(this.maxEntries);
    return new Cache();
  };
  registry.applyConfig({
    maxEntries: 7,
    caches: {
      none: {},
      config: new CacheConfig({ policy: "sieve" }),
      fromEnv: CacheConfig.fromEnv({ CACHE_REDIS_PORT: "7000" }),
      named: { maxEntries: 5 },
      namedAsTheDefault: new CacheConfig({ maxEntries: 1_000 }),
      namedInEnv: CacheConfig.fromEnv({ CACHE_MAX_ENTRIES: "3" }),
      shared,
    },
  });
  const expected = { none: 7, config: 7, fromEnv: 7, named: 5, namedAsTheDefault: 1_000, namedInEnv: 3, before: 1_000 };
  for (const [alias, maxEntries] of Object.entries(expected)) {
    assert.equal(await maxEntriesOf(registry, alias), maxEntries, alias);
  }
  assert.equal((await registry.get("config")).stats().policy, "sieve", "the rest of it stays");
  await registry.get("shared");
  assert.deepEqual(bounded, [1_000], "an alias in Redis stays as it is");
});

test("applyConfig without maxEntries is configure, and gives bounds to nobody else's configuration", async (t) => {
  const registry = newRegistry(t, { default: {}, other: {} });
  const other = await registry.get("other");
  const config = new CacheConfig();
  registry.applyConfig({ maxEntries: 7, caches: { default: config } });
  assert.equal(await maxEntriesOf(registry, "default"), 7);
  assert.equal(config.maxEntries, 1_000);
  registry.applyConfig({ caches: { default: config } });
  assert.equal(await maxEntriesOf(registry, "default"), 1_000);
  assert.equal(await registry.get("other"), other);
});

// -------------------------------------------------------------------------------------------- refusal

test("a configuration that is refused changes nothing, and the message names the alias", async (t) => {
  const registry = newRegistry(t, { one: { maxEntries: 1 } });
  const one = await registry.get("one");
  const refused = [
    [{ one: {}, two: { maxEntries: 0 } }, "INVALID_OPTION", /"two".*maxEntries/],
    [{ one: {}, two: { defaultTtl: -1 } }, "INVALID_TTL", /"two".*defaultTtl/],
    [{ one: {}, two: null }, "INVALID_OPTION", /"two"/],
    [{ one: {}, two: "redis://localhost" }, "INVALID_OPTION", /"two"/],
  ];
  for (const [caches, code, message] of refused) {
    assert.match(thrown(() => registry.configure(caches), code).message, message);
    assert.match(thrown(() => registry.applyConfig({ caches }), code).message, message);
  }
  for (const caches of [undefined, null, 5, "one", [{}], new Map([["one", {}]])]) {
    thrown(() => registry.configure(caches), "INVALID_OPTION");
    thrown(() => registry.applyConfig({ caches }), "INVALID_OPTION");
  }
  for (const config of [undefined, null, 5, {}]) thrown(() => registry.applyConfig(config), "INVALID_OPTION");
  for (const maxEntries of [0, -1, 1.5, "5", null]) {
    thrown(() => registry.applyConfig({ maxEntries, caches: { one: {} } }), "INVALID_OPTION");
  }
  assert.equal(await registry.get("one"), one);
  assert.equal(one.closed, false);
  await refusal(registry.get("two"), "INVALID_OPTION");
});

// ---------------------------------------------------------------------------------------------- close

test("close closes every cache; after that nothing opens", async (t) => {
  const registry = newRegistry(t, { one: {}, two: {}, never: {} });
  const caches = [await registry.get("one"), await registry.get("two")];
  await registry.close();
  for (const cache of caches) assert.equal(cache.closed, true);
  for (const alias of ["one", "never", "unknown"]) await refusal(registry.get(alias), "CLOSED");
  thrown(() => registry.configure({ one: {} }), "CLOSED");
  thrown(() => registry.applyConfig({ caches: {} }), "CLOSED");
  await registry.close();
  await registry[Symbol.asyncDispose]();
});

test("close waits for what is opening, and closes it", async (t) => {
  const [slow, replaced] = [new Controlled(), new Controlled()];
  const opened = [];
  for (const config of [slow, replaced]) {
    config.open = async () => {
      const cache = await Controlled.prototype.open.call(config);
      opened.push(cache);
      return cache;
    };
  }
  const registry = newRegistry(t, { slow, replaced });
  const asked = [registry.get("slow"), registry.get("replaced")].map((promise) => refusal(promise, "CLOSED"));
  registry.configure({ replaced: {} });
  let closed = false;
  const closing = registry.close().then(() => (closed = true));
  await settled();
  assert.equal(closed, false);
  slow.opens[0].resolve();
  await settled();
  assert.equal(closed, false);
  replaced.opens[0].resolve();
  await Promise.all([closing, ...asked]);
  assert.deepEqual(
    opened.map((cache) => cache.closed),
    [true, true],
  );
});

test("close with one that cannot be opened", async (t) => {
  const config = new Controlled();
  const registry = newRegistry(t, { default: config });
  const asked = refusal(registry.get(), "CLOSED");
  const closing = registry.close();
  config.opens[0].reject(new Error("down"));
  await Promise.all([closing, asked]);
});
