// Values that are served after they have expired, and loads before they do: exact windows, one load for all, and what ends it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Cache, CacheError, json } from "isocache";
import { controlled, keysOf, newTime, onTimers, refusal, settled, state, watched } from "./helpers.mjs";

const TTL = 10;

/** A cache whose entry "key" has expired `ms` ago and was stored with these options. */
async function expired(options, ms = 1_000, { value = "old", ...cacheOptions } = {}) {
  const time = newTime();
  const cache = new Cache({ clock: time.clock, ...cacheOptions });
  await cache.getOrSet("key", () => value, { ttl: TTL, ...options });
  time.pass(TTL * 1_000 + ms);
  return { cache, time };
}

const failing = () => Promise.reject(new Error("no origin"));
const never = () => assert.fail("loaded");

// -------------------------------------------------------------------------------------------- windows

test("a stale value is served within the window, to the millisecond", async () => {
  for (const window of [5, "5s", "5000ms", 4.9995]) {
    for (const [ms, served] of [
      [-1, true],
      [0, true],
      [1, true],
      [4_999, true],
      [5_000, false],
      [5_001, false],
    ]) {
      // prettier-ignore
      const { cache } = await expired({ staleWhileRevalidate: window }, ms);
      const got = await cache.getOrSet("key", () => "new", { staleWhileRevalidate: window });
      assert.equal(got, served ? "old" : "new", `${window}, ${ms} ms after expiry`);
      await settled();
      assert.equal(await cache.get("key"), ms < 0 ? "old" : "new");
      const { cache: other } = await expired({ staleIfError: window }, ms);
      const instead = other.getOrSet("key", failing, { staleIfError: window });
      if (served) assert.equal(await instead, "old");
      else await assert.rejects(instead, /no origin/);
    }
  }
});

test("a value is held for the larger of the windows given when it was stored; the call that reads says what is served", async () => {
  const stored = [{ staleWhileRevalidate: 5, staleIfError: 60 }, { staleWhileRevalidate: 60, staleIfError: 5 }, { staleIfError: 60 }]; // prettier-ignore
  for (const windows of stored) {
    for (const [ms, there] of [
      [59_999, true],
      [60_000, false],
    ]) {
      // prettier-ignore
      const { cache } = await expired(windows, ms);
      const got = await cache.getOrSet("key", () => "new", { staleWhileRevalidate: "1h" });
      assert.equal(got, there ? "old" : "new", JSON.stringify(windows));
    }
  }
  const { cache } = await expired({ staleIfError: 60 }, 1_000);
  assert.equal(await cache.getOrSet("key", () => "new"), "new", "who does not ask for stale values gets none");
  const { cache: narrow } = await expired({ staleIfError: 60 }, 1_000);
  await assert.rejects(narrow.getOrSet("key", failing, { staleIfError: 1 }), /no origin/);
  await assert.rejects(narrow.getOrSet("key", failing, { staleWhileRevalidate: 1 }), /no origin/);
  assert.equal(await narrow.getOrSet("key", failing, { staleIfError: 1.001 }), "old");
});

test("what was stored without a window, or never expires, is not held", async () => {
  const all = { staleWhileRevalidate: 60, staleIfError: 60, refreshAhead: 60 };
  const time = newTime();
  const cache = new Cache({ clock: time.clock });
  await cache.set("set", "old", TTL);
  await cache.getOrSet("zero", () => "old", { ttl: TTL, staleWhileRevalidate: 0, staleIfError: 0 });
  await cache.getOrSet("forever", () => "old", all);
  time.pass(TTL * 1_000);
  for (const key of ["set", "zero"]) await assert.rejects(cache.getOrSet(key, failing, all), /no origin/);
  assert.equal(await cache.getOrSet("forever", never, all), "old");
});

test("nobody but who asks for it sees a held value", async () => {
  const { cache } = await expired({ staleIfError: 60, tags: ["tag"] });
  assert.equal(await cache.get("key"), undefined);
  assert.equal(await cache.getItem("key"), undefined);
  assert.equal(await cache.peek("key"), undefined);
  assert.equal(await cache.has("key"), false);
  assert.equal(await cache.ttl("key"), null);
  assert.deepEqual([...(await cache.getMany(["key"]))], []);
  assert.deepEqual(await cache.getAll(["key"]), [undefined]);
  assert.deepEqual([...(await cache.hasMany(["key"]))], [["key", false]]);
  assert.deepEqual(await keysOf(cache), []);
  for await (const entry of cache.entries()) assert.fail(String(entry));
  assert.equal(await cache.countKeys(), 0);
  assert.equal(await cache.touch("key"), false);
  assert.equal(await cache.expire("key", 5), false);
  assert.equal(await cache.persist("key"), false);
  assert.equal(await cache.replace("key", 1), false);
  const restored = new Cache();
  await restored.restore(await cache.snapshot());
  assert.equal(await restored.countKeys(), 0, "snapshots leave it out");
  assert.equal(await cache.getOrSet("key", failing, { staleIfError: 60 }), "old", "and all that has not ended it");
});

test("held values go when room is needed, before anything that lives", async () => {
  const time = newTime();
  const cache = new Cache({ maxEntries: 3, clock: time.clock });
  await cache.set("live 1", 1);
  await cache.getOrSet("key", () => "old", { ttl: TTL, staleIfError: 600 });
  await cache.set("live 2", 2);
  time.pass(TTL * 1_000);
  assert.equal(await cache.getOrSet("key", failing, { staleIfError: 600 }), "old");
  await cache.set("live 3", 3);
  assert.deepEqual(await keysOf(cache), ["live 1", "live 2", "live 3"]);
  await assert.rejects(cache.getOrSet("key", failing, { staleIfError: 600 }), /no origin/);
});

// ---------------------------------------------------------------------------------- while revalidating

const WINDOW = { ttl: TTL, staleWhileRevalidate: 60 };

test("everybody gets the stale value while one loads in the background", async () => {
  const { cache, time } = await expired(WINDOW);
  const { runs, loader } = controlled();
  const before = cache.stats();
  for (let i = 0; i < 5; i++) assert.equal(await cache.getOrSet("key", loader, WINDOW), "old");
  assert.equal(runs.length, 1);
  assert.equal(await cache.get("key"), undefined, "the value that is being loaded is not there yet");
  time.pass(3_000);
  runs[0].resolve("new");
  await settled();
  assert.equal(await cache.get("key"), "new");
  assert.equal(await cache.ttl("key"), TTL, "from the end of the load");
  assert.equal(await cache.getOrSet("key", never, WINDOW), "new");
  const { staleServed, loads, loadsShared, loadFailures, misses, hits } = cache.stats();
  assert.deepEqual(
    { staleServed, loads: loads - before.loads, loadsShared, loadFailures, misses: misses - before.misses, hits },
    { staleServed: 5, loads: 1, loadsShared: 0, loadFailures: 0, misses: 6, hits: 2 },
  );
});

test("who comes after the window, or forces a load, waits for the one in the background", async () => {
  const { cache, time } = await expired(WINDOW);
  const { runs, loader } = controlled();
  assert.equal(await cache.getOrSet("key", loader, WINDOW), "old");
  const forced = cache.getOrSet("key", never, { ...WINDOW, force: true });
  const plain = cache.getOrSet("key", never);
  time.pass(60_000);
  const late = cache.getOrSet("key", never, WINDOW);
  assert.equal(await state(forced), "pending");
  runs[0].resolve("new");
  assert.deepEqual(await Promise.all([forced, plain, late]), ["new", "new", "new"]);
  assert.equal(cache.stats().loadsShared, 3);
});

test("a background load that fails is counted, leaves the value, and is nobody's unhandled rejection", async () => {
  const { cache, time } = await expired(WINDOW);
  const loaders = {
    throws() {
      throw new Error("thrown");
    },
    rejects: failing,
    unserialisable: () => () => 1,
    "sets no TTL": ({ setTtl }) => setTtl(0),
  };
  for (const [i, loader] of Object.values(loaders).entries()) {
    assert.equal(await cache.getOrSet("key", loader, WINDOW), "old");
    await settled();
    assert.equal(cache.stats().loadFailures, i + 1);
  }
  assert.equal(await cache.getOrSet("key", () => undefined, WINDOW), "old");
  await settled();
  assert.equal(await cache.getOrSet("key", ({ skip }) => (skip(), "skipped"), WINDOW), "old");
  await settled();
  assert.equal(await cache.getOrSet("key", () => "new", WINDOW), "old");
  await settled();
  assert.equal(await cache.get("key"), "new");
  time.pass(1);
  assert.equal(cache.stats().staleServed, 7);
});

test("a background load has a timeout, and what comes after it is not stored", async (t) => {
  const { cache } = await expired(WINDOW);
  const tick = onTimers(t);
  const { runs, loader } = controlled();
  assert.equal(await cache.getOrSet("key", loader, { ...WINDOW, timeout: 1 }), "old");
  await tick(1_000);
  assert.equal(runs[0].context.signal.aborted, true);
  assert.equal(runs[0].context.signal.reason.code, "LOAD_TIMEOUT");
  assert.equal(cache.stats().loadFailures, 1);
  runs[0].resolve("late");
  await settled();
  assert.equal(await cache.get("key"), undefined);
  assert.equal(await cache.getOrSet("key", () => "new", WINDOW), "old");
  await settled();
  assert.equal(await cache.get("key"), "new");
});

test("a caller's signal is not the background load's", async () => {
  const { cache } = await expired(WINDOW);
  const { runs, loader } = controlled();
  const controller = new AbortController();
  assert.equal(await cache.getOrSet("key", loader, { ...WINDOW, signal: controller.signal }), "old");
  controller.abort();
  await settled();
  assert.equal(runs[0].context.signal.aborted, false);
  runs[0].resolve("new");
  await settled();
  assert.equal(await cache.get("key"), "new");
});

test("a write while a background load is under way wins", async () => {
  const writes = {
    set: [(cache) => cache.set("key", "written"), "written"],
    setIfAbsent: [(cache) => cache.setIfAbsent("key", "written"), "written"],
    delete: [(cache) => cache.delete("key"), undefined],
    clear: [(cache) => cache.clear(), undefined],
    invalidateTag: [(cache) => cache.invalidateTag("tag"), undefined],
    update: [(cache) => cache.update("key", () => "written"), "written"],
  };
  for (const [name, [write, left]] of Object.entries(writes)) {
    const { cache } = await expired({ ...WINDOW, tags: ["tag"] });
    const { runs, loader } = controlled();
    assert.equal(await cache.getOrSet("key", loader, WINDOW), "old");
    await write(cache);
    runs[0].resolve("loaded");
    await settled();
    assert.equal(await cache.get("key"), left, name);
    assert.equal(await cache.getOrSet("key", () => "again", WINDOW), left ?? "again", `${name}: nothing is held`);
  }
});

test("closing while a background load is under way", async () => {
  const { cache } = await expired(WINDOW);
  const { runs, loader } = controlled();
  await cache.getOrSet("key", loader, WINDOW);
  await cache.close();
  runs[0].resolve("loaded");
  await settled();
  await refusal(cache.getOrSet("key", loader, WINDOW), "CLOSED");
});

test("force loads in the foreground", async () => {
  const { cache } = await expired(WINDOW);
  assert.equal(await cache.getOrSet("key", () => "new", { ...WINDOW, force: true }), "new");
  assert.equal(cache.stats().staleServed, 0);
});

test("a stale value goes through `as`, and what `as` refuses in the background is not stored", async () => {
  const { cache } = await expired(WINDOW, 1_000, { value: { n: 1 } });
  const as = (value) => {
    if (value.n > 1) throw new Error("too large");
    value.n = `n${value.n}`; // its own copy
    return value;
  };
  assert.deepEqual(await cache.getOrSet("key", () => ({ n: 2 }), { ...WINDOW, as }), { n: "n1" });
  await settled();
  assert.equal(await cache.get("key"), undefined);
  assert.deepEqual(await cache.getOrSet("key", () => ({ n: 0 }), { ...WINDOW, as }), { n: "n1" });
  await settled();
  assert.deepEqual(await cache.get("key"), { n: 0 }, "stored as it was loaded");
  const refuses = () => assert.fail("refused");
  const { cache: other } = await expired(WINDOW);
  assert.equal(
    (
      await refusal(
        other.getOrSet("key", () => 1, { ...WINDOW, as: refuses }),
        "VALIDATION",
      )
    ).value,
    "old",
  );
});

test("each caller gets a stale value of its own; by reference all get the same", async () => {
  const { cache } = await expired(WINDOW, 1_000, { value: { list: [1] } });
  const { runs, loader } = controlled();
  const [first, second] = [await cache.getOrSet("key", loader, WINDOW), await cache.getOrSet("key", loader, WINDOW)];
  first.list.push(2);
  assert.deepEqual(second, { list: [1] });
  runs[0].context.stale.list.push(3);
  assert.deepEqual(runs[0].context.stale, { list: [1] });
  const object = { list: [1] };
  const { cache: shared } = await expired(WINDOW, 1_000, { value: object, values: "reference" });
  assert.equal(await shared.getOrSet("key", loader, WINDOW), object);
  assert.equal(runs[1].context.stale, object);
  const next = { list: [2] };
  runs[1].resolve(next);
  await settled();
  assert.equal(await shared.get("key"), next);
  const { cache: coded } = await expired(WINDOW, 1_000, { value: { list: [1] }, codec: json });
  assert.deepEqual(await coded.getOrSet("key", () => 1, WINDOW), { list: [1] });
});

test("scopes have windows and background loads of their own", async () => {
  const time = newTime();
  const cache = new Cache({ clock: time.clock });
  const scopes = [cache, cache.withScope("a"), cache.withScope("a").withScope("b")];
  for (const scope of scopes) await scope.getOrSet("key", () => `old ${scope.scope}`, WINDOW);
  time.pass(TTL * 1_000);
  const { runs, loader } = controlled();
  for (const scope of scopes) assert.equal(await scope.getOrSet("key", loader, WINDOW), `old ${scope.scope}`);
  assert.equal(await cache.withScope("a").getOrSet("key", never, WINDOW), "old a");
  assert.equal(await cache.getOrSet("a:key", never, WINDOW), "old a", "the same entry under another name");
  assert.equal(runs.length, 3);
  for (const [i, run] of runs.entries()) run.resolve(`new ${i}`);
  await settled();
  assert.deepEqual(await cache.getAll(["key", "a:key", "a:b:key"]), ["new 0", "new 1", "new 2"]);
});

test("a cache that is switched off holds nothing", async () => {
  const { cache } = await expired({ ...WINDOW, staleIfError: 60 }, 0, { enabled: false });
  const options = { ...WINDOW, staleIfError: 60, refreshAhead: 60 };
  assert.equal(await cache.getOrSet("key", ({ stale }) => `loaded ${stale}`, options), "loaded undefined");
  await assert.rejects(cache.getOrSet("key", failing, options), /no origin/);
  assert.equal(cache.stats().staleServed, 0);
});

// ------------------------------------------------------------------------------------------- if it fails

const INSTEAD = { ttl: TTL, staleIfError: 60 };

test("a load that fails is answered with the stale value, for all who waited", async () => {
  const { cache } = await expired(INSTEAD);
  const before = cache.stats();
  const { runs, loader } = controlled();
  const callers = [cache.getOrSet("key", loader, INSTEAD), cache.getOrSet("key", never, INSTEAD)];
  const strict = watched(cache.getOrSet("key", never));
  runs[0].reject(new Error("no origin"));
  assert.deepEqual(await Promise.all(callers), ["old", "old"]);
  await assert.rejects(strict, /no origin/);
  const { staleServed, loads, loadFailures, loadsShared } = cache.stats();
  assert.deepEqual([staleServed, loads - before.loads, loadFailures, loadsShared], [2, 1, 1, 2]);
  assert.equal(await cache.getOrSet("key", () => "new", INSTEAD), "new", "each call tries again");
});

test("whatever a load fails with", async () => {
  const loaders = {
    throws() {
      throw new CacheError("CLOSED", "another cache's");
    },
    nothing: () => Promise.reject(),
    unserialisable: () => ({ f: () => 1 }),
    "a bad TTL": ({ setTtl }) => setTtl(-1),
    "bad tags": ({ setTags }) => setTags("tag"),
  };
  for (const [name, loader] of Object.entries(loaders)) {
    const { cache } = await expired(INSTEAD);
    assert.equal(await cache.getOrSet("key", loader, INSTEAD), "old", name);
    assert.equal(cache.stats().loadFailures, 1, name);
  }
});

test("a load that takes too long", async (t) => {
  const { cache } = await expired(INSTEAD);
  const tick = onTimers(t);
  const { runs, loader } = controlled();
  const caller = cache.getOrSet("key", loader, { ...INSTEAD, timeout: 1 });
  await tick(999);
  assert.equal(await state(caller), "pending");
  await tick(1);
  assert.equal(await caller, "old");
  assert.equal(runs[0].context.signal.aborted, true);
  const { staleServed, loadFailures } = cache.stats();
  assert.deepEqual([staleServed, loadFailures], [1, 1]);
});

test("a caller that gives up gets its signal's reason, not a stale value", async () => {
  const { cache } = await expired(INSTEAD);
  const { runs, loader } = controlled();
  const reason = new Error("enough");
  for (let i = 0; i < 2; i++) {
    const controller = new AbortController();
    const caller = watched(cache.getOrSet("key", loader, { ...INSTEAD, signal: controller.signal }));
    controller.abort(reason);
    await assert.rejects(caller, (error) => error === reason);
  }
  await assert.rejects(cache.getOrSet("key", loader, { ...INSTEAD, signal: AbortSignal.abort(reason) }), /enough/);
  assert.equal(runs.length, 2);
  assert.equal(cache.stats().staleServed, 0);
});

test("the window is that of the moment when the load failed", async () => {
  const { cache, time } = await expired(INSTEAD, 0);
  const { runs, loader } = controlled();
  const callers = [watched(cache.getOrSet("key", loader, INSTEAD))];
  time.pass(59_999);
  runs[0].reject(new Error("no origin"));
  assert.equal(await callers[0], "old");
  callers.push(watched(cache.getOrSet("key", loader, INSTEAD)));
  time.pass(1);
  runs[1].reject(new Error("no origin"));
  await assert.rejects(callers[1], /no origin/);
});

test("what was deleted, invalidated, cleared or closed meanwhile is not served", async () => {
  const ends = {
    delete: (cache) => cache.delete("key"),
    invalidateTag: (cache) => cache.invalidateTag("tag"),
    clear: (cache) => cache.clear(),
    deletePattern: (cache) => cache.deletePattern("*"),
    close: (cache) => cache.close(),
  };
  for (const [name, end] of Object.entries(ends)) {
    const { cache } = await expired({ ...INSTEAD, tags: ["tag"] });
    const { runs, loader } = controlled();
    const caller = watched(cache.getOrSet("key", loader, INSTEAD));
    await end(cache);
    runs[0].reject(new Error("no origin"));
    await assert.rejects(caller, /no origin/, name);
  }
});

test("a value that lives is not served in place of a forced load that failed", async () => {
  const { cache } = await expired(INSTEAD, -1);
  await assert.rejects(cache.getOrSet("key", failing, { ...INSTEAD, force: true }), /no origin/);
  assert.equal(await cache.get("key"), "old");
});

test("context.stale is the value that is held, whatever the call asks for", async () => {
  for (const options of [undefined, WINDOW, INSTEAD, { force: true }]) {
    const { cache } = await expired(INSTEAD);
    let seen = "nothing";
    await cache.getOrSet("key", ({ stale }) => ((seen = stale), "new"), options);
    assert.equal(seen, "old", JSON.stringify(options));
  }
  for (const [ms, options] of [
    [-1, { force: true }],
    [60_000, WINDOW],
  ]) {
    // prettier-ignore
    const { cache } = await expired(INSTEAD, ms);
    await cache.getOrSet("key", ({ stale }) => assert.equal(stale, undefined), options);
  }
});

// ------------------------------------------------------------------------------------------ ahead of time

const AHEAD = { ttl: TTL, refreshAhead: 2 };

test("a load ahead of time starts when less than that is left, once", async () => {
  for (const [ms, starts] of [
    [-2_001, false],
    [-2_000, false],
    [-1_999, true],
    [-1, true],
  ]) {
    // prettier-ignore
    const { cache } = await expired(AHEAD, ms);
    const { runs, loader } = controlled();
    for (let i = 0; i < 3; i++) assert.equal(await cache.getOrSet("key", loader, AHEAD), "old");
    assert.equal(runs.length, starts ? 1 : 0, `${-ms} ms before`);
    if (!starts) continue;
    assert.equal(runs[0].context.stale, undefined, "it has not expired");
    runs[0].resolve("new");
    await settled();
    assert.equal(await cache.getOrSet("key", never, AHEAD), "new");
    assert.equal(await cache.ttl("key"), TTL);
    assert.equal(cache.stats().staleServed, 0);
  }
});

test("what never expires is not refreshed, and a failure leaves what is there", async () => {
  const { cache } = await expired({ ttl: null }, 1e9);
  assert.equal(await cache.getOrSet("key", never, { refreshAhead: "1000d" }), "old");
  const { cache: other } = await expired(AHEAD, -1);
  assert.equal(await other.getOrSet("key", failing, AHEAD), "old");
  await settled();
  assert.equal(await other.get("key"), "old");
  assert.equal(other.stats().loadFailures, 1);
});

test("a value instead of a loader starts no load", async () => {
  const { cache } = await expired(AHEAD, -1);
  assert.equal(await cache.getOrSet("key", "given", AHEAD), "old");
  const { cache: stale } = await expired(WINDOW);
  assert.equal(await stale.getOrSet("key", "given", WINDOW), "given");
  assert.equal(stale.stats().loads, 1);
});

// -------------------------------------------------------------------------------------------- waitUntil

test("waitUntil gets a promise that settles when the load has been stored, and never rejects", async () => {
  for (const end of ["resolve", "reject"]) {
    for (const [options, ms] of [
      [WINDOW, 1_000],
      [AHEAD, -1],
      [{}, 1_000],
    ]) {
      // prettier-ignore
      const { cache } = await expired(options, ms);
      const { runs, loader } = controlled();
      const kept = [];
      const caller = watched(cache.getOrSet("key", loader, { ...options, waitUntil: (promise) => kept.push(promise) }));
      await settled();
      assert.equal(kept.length, 1);
      assert.ok(kept[0] instanceof Promise);
      assert.equal(await state(kept[0]), "pending");
      runs[0][end](end === "resolve" ? "new" : new Error("no origin"));
      await kept[0];
      if (end === "resolve") assert.equal(await cache.get("key"), "new");
      await caller.catch(() => {});
    }
  }
});

test("waitUntil is not called where nothing is loaded", async () => {
  const { cache } = await expired(AHEAD, -5_000);
  const waitUntil = () => assert.fail("called");
  assert.equal(await cache.getOrSet("key", never, { ...AHEAD, waitUntil }), "old");
});

test("a waitUntil that throws disturbs nobody", async () => {
  const torn = () => {
    throw new TypeError("Illegal invocation");
  };
  const { cache } = await expired(WINDOW);
  assert.equal(await cache.getOrSet("key", () => "new", { ...WINDOW, waitUntil: torn }), "old");
  await settled();
  assert.equal(await cache.get("key"), "new");
  assert.equal(await cache.getOrSet("other", () => 1, { waitUntil: torn }), 1);
});

// --------------------------------------------------------------------------------------------- the rest

test("bad windows are refused before anything is loaded", async () => {
  const cache = new Cache();
  for (const name of ["staleWhileRevalidate", "staleIfError", "refreshAhead"]) {
    for (const bad of [-1, NaN, Infinity, "5", "soon", null, {}, true, 1e12]) {
      const error = await refusal(cache.getOrSet("key", never, { [name]: bad }), "INVALID_OPTION");
      assert.match(error.message, new RegExp(name));
      assert.ok(Object.is(error.value, bad));
    }
  }
  for (const bad of [null, 1, {}, "waitUntil"]) {
    await refusal(cache.getOrSet("key", never, { waitUntil: bad }), "INVALID_OPTION");
  }
});

test("tags and TTL that a loader gives", async () => {
  const { cache, time } = await expired({ ...WINDOW, tags: ["first"] });
  const loader = ({ setTags, setTtl }) => {
    setTtl("1m");
    setTags(["second", "third"]);
    return "new";
  };
  assert.equal(await cache.getOrSet("key", loader, { ...WINDOW, tags: ["first"] }), "old");
  await settled();
  const item = await cache.getItem("key");
  assert.deepEqual([item.ttl, item.tags], [60, ["second", "third"]]);
  time.pass(60_000 + 59_999);
  assert.equal(
    await cache.getOrSet("key", failing, { staleIfError: 60 }),
    "old".replace("old", "new"),
    "its window stays",
  );
  await cache.invalidateTag("third");
  await assert.rejects(cache.getOrSet("key", failing, { staleIfError: 60 }), /no origin/);
  let late;
  await cache.getOrSet("key", (context) => ((late = context), "last"));
  late.setTtl(1);
  late.setTags(["late"]);
  late.skip();
  assert.equal(await cache.ttl("key"), null, "what is said after the load changes nothing");
});

test("a clock that runs backwards stands still", async () => {
  const { cache, time } = await expired(WINDOW);
  assert.equal(await cache.has("key"), false);
  time.pass(-100_000);
  assert.equal(await cache.getOrSet("key", () => "new", WINDOW), "old");
  await settled();
  assert.equal(await cache.get("key"), "new");
});
