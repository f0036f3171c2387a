// getOrSetMany: one call of the loader for all that is missing and that nobody loads yet, and one crossing to store it.
import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { Cache } from "isocache";
import { deferred, newTime, onTimers, refusal, settled, state, watched } from "./helpers.mjs";

/** Which exports of the engine were called, by name. */
const crossings = [];
const { Instance } = WebAssembly;
WebAssembly.Instance = function (...args) {
  const instance = new Instance(...args);
  const wrapped = Object.entries(instance.exports).map(([name, thing]) => {
    if (typeof thing !== "function") return [name, thing];
    return [name, (...given) => (crossings.push(name), thing(...given))];
  });
  return { exports: Object.fromEntries(wrapped) };
};

const never = () => assert.fail("loaded");
const failing = () => Promise.reject(new Error("no origin"));
const plain = (map) => Object.fromEntries(map);

/** A loader of many under control. */
function controlled() {
  const runs = [];
  const loader = (keys) => {
    const run = { keys, ...deferred() };
    runs.push(run);
    return run.promise;
  };
  return { runs, loader };
}

/** Gives each key in capitals, and notes how it was called. */
function capitals() {
  const calls = [];
  const loader = async (keys) => {
    calls.push([...keys]);
    return new Map(keys.map((key) => [key, key.toUpperCase()]));
  };
  return { calls, loader };
}

test("the loader is called once, with what is missing, each key once and in order", async () => {
  const cache = new Cache();
  await cache.setMany({ b: "old b", d: "old d" });
  const { calls, loader } = capitals();
  const got = await cache.getOrSetMany(["e", "b", "a", "e", "d", "c", "a"], loader);
  assert.deepEqual(calls, [["e", "a", "c"]]);
  assert.deepEqual([...got], [["e", "E"], ["b", "old b"], ["a", "A"], ["d", "old d"], ["c", "C"]]); // prettier-ignore
  assert.deepEqual(plain(await cache.getOrSetMany(["a", "b", "c"], never)), { a: "A", b: "old b", c: "C" });
  const { loads, loadsShared, loadFailures, hits, misses } = cache.stats();
  assert.deepEqual([loads, loadsShared, loadFailures, hits, misses], [3, 0, 0, 5, 3]);
});

test("one crossing to look, one to store", async () => {
  const cache = new Cache();
  await cache.getOrSetMany(["warm"], capitals().loader);
  const keys = Array.from({ length: 500 }, (_, i) => `key ${i}`);
  crossings.length = 0;
  await cache.getOrSetMany(keys, capitals().loader);
  const counted = (name) => crossings.filter((called) => called.includes(name)).length;
  assert.equal(counted("get_many"), 1, [...new Set(crossings)].join());
  assert.equal(counted("set_many"), 1);
  assert.ok(crossings.length < 20, `${crossings.length} calls of the engine`);
  assert.equal(await cache.countKeys(), 501);
});

test("nothing asked for, nothing loaded", async () => {
  const cache = new Cache();
  assert.deepEqual(plain(await cache.getOrSetMany([], never)), {});
  assert.deepEqual(plain(await cache.getOrSetMany(new Set(), never)), {});
});

test("keys come from any iterable, read once", async () => {
  const cache = new Cache();
  function* keys() {
    yield* ["a", "b", "a"];
  }
  for (const given of [
    keys(),
    new Set(["a", "b"]),
    new Map([
      ["a", 1],
      ["b", 2],
    ]).keys(),
    ["b", "a"],
  ]) {
    // prettier-ignore
    assert.deepEqual(plain(await cache.getOrSetMany(given, capitals().loader)), { a: "A", b: "B" });
  }
});

test("a loader may give a Map or an object of any kind", async () => {
  const nameless = Object.assign(Object.create(null), { a: 1, b: 2 });
  for (const given of [new Map(Object.entries({ a: 1, b: 2 })), { a: 1, b: 2 }, nameless]) {
    const cache = new Cache();
    assert.deepEqual(plain(await cache.getOrSetMany(["a", "b"], () => given)), { a: 1, b: 2 });
    assert.deepEqual(await cache.getAll(["a", "b"]), [1, 2]);
  }
});

test("names that every object has are keys like others", async () => {
  const odd = ["__proto__", "constructor", "toString", "hasOwnProperty", "", "0"];
  const cache = new Cache();
  assert.deepEqual([...(await cache.getOrSetMany(odd, () => ({})))], [], "what is inherited was not given");
  const object = JSON.parse('{ "__proto__": 1, "constructor": 2, "toString": 3, "hasOwnProperty": 4, "": 5, "0": 6 }');
  const got = await cache.getOrSetMany(odd, () => object);
  assert.deepEqual([...got.keys()], odd);
  assert.deepEqual([...got.values()], [1, 2, 3, 4, 5, 6]);
  assert.deepEqual(await cache.getAll(odd), [1, 2, 3, 4, 5, 6]);
});

test("what is not given, or undefined, is missing in the answer and asked for again; what was not asked for is ignored", async () => {
  const cache = new Cache();
  const got = await cache.getOrSetMany(["a", "b", "c"], () => ({ a: null, b: undefined, z: 1 }));
  assert.deepEqual([...got], [["a", null]]);
  assert.equal(await cache.countKeys(), 1);
  let asked;
  await cache.getOrSetMany(["a", "b", "c"], (keys) => ((asked = keys), new Map()));
  assert.deepEqual(asked, ["b", "c"]);
  assert.equal(cache.stats().loadFailures, 0);
});

test("what a loader does to its argument changes nothing", async () => {
  const cache = new Cache();
  const loader = (keys) => {
    const given = plain(keys.map((key) => [key, key]));
    keys.reverse().pop();
    return given;
  };
  assert.deepEqual(plain(await cache.getOrSetMany(["a", "b", "c"], loader)), { a: "a", b: "b", c: "c" });
});

test("nonsense from a loader fails the load and stores nothing", async () => {
  const cache = new Cache();
  for (const [i, bad] of [undefined, null, 1, "text", true, Symbol("s"), () => ({ a: 1 })].entries()) {
    const error = await refusal(cache.getOrSetMany(["a", "b"], () => bad), "INVALID_OPTION"); // prettier-ignore
    assert.equal(error.value, bad);
    assert.equal(cache.stats().loadFailures, 2 * (i + 1));
  }
  await refusal(cache.getOrSetMany(["a", "b"], () => ({ a: 1, b: () => 1 })), "NOT_SERIALIZABLE"); // prettier-ignore
  assert.equal(await cache.countKeys(), 0, "all or nothing");
});

test("bad arguments are refused before anything is loaded", async () => {
  const cache = new Cache();
  for (const bad of [undefined, null, {}, "loader", 1]) {
    assert.equal((await refusal(cache.getOrSetMany(["a"], bad), "INVALID_OPTION")).value, bad);
  }
  for (const bad of [undefined, null, "keys", 5, {}]) await refusal(cache.getOrSetMany(bad, never), "INVALID_OPTION");
  for (const force of [false, true]) {
    for (const bad of [1, undefined, "\ud800", "x".repeat(65_536)]) {
      await refusal(cache.getOrSetMany(["good", bad], never, { force }), "INVALID_KEY");
    }
  }
  for (const bad of [-1, 0, "soon", { ttl: NaN }]) await refusal(cache.getOrSetMany(["a"], never, bad), "INVALID_TTL");
  for (const bad of [{ as: 1 }, { signal: {} }, { timeout: 0 }, { staleIfError: -1 }, { tags: "tag" }, { size: -1 }]) {
    await refusal(cache.getOrSetMany(["a"], never, bad), "INVALID_OPTION");
  }
  assert.equal(cache.stats().loads, 0);
  await cache.close();
  await refusal(cache.getOrSetMany(["a"], never), "CLOSED");
  await refusal(cache.getOrSetMany([], never), "CLOSED");
});

test("TTL, tags and size are every loaded entry's", async () => {
  const time = newTime();
  const cache = new Cache({ clock: time.clock, values: "reference" });
  await cache.getOrSetMany(["a", "b"], () => ({ a: {}, b: 1 }), { ttl: "5s", tags: ["tag"], size: 1_000 });
  for (const key of ["a", "b"]) {
    const item = await cache.getItem(key);
    assert.deepEqual([item.ttl, item.tags], [5, ["tag"]]);
    assert.ok(item.size >= 1_000);
  }
  await cache.invalidateTag("tag");
  assert.deepEqual(plain(await cache.getOrSetMany(["a", "b"], () => ({ a: 1, b: 2 }), 7)), { a: 1, b: 2 });
  assert.equal(await cache.ttl("b"), 7);
});

test("force loads all", async () => {
  const cache = new Cache();
  await cache.setMany({ a: "old", b: "old" });
  const { calls, loader } = capitals();
  assert.deepEqual(plain(await cache.getOrSetMany(["a", "b", "a"], loader, { force: true })), { a: "A", b: "B" });
  assert.deepEqual(calls, [["a", "b"]]);
  assert.deepEqual(await cache.getAll(["a", "b"]), ["A", "B"]);
});

test("`as` converts all; what it refuses is not stored and fails the call", async () => {
  const cache = new Cache();
  await cache.set("old", { n: 1 });
  const as = (value) => {
    if (value.n > 5) throw new RangeError("too large");
    value.n *= 10; // its own copy
    return value;
  };
  const got = await cache.getOrSetMany(["old", "new"], () => ({ new: { n: 2 } }), { as });
  assert.deepEqual(plain(got), { old: { n: 10 }, new: { n: 20 } });
  assert.deepEqual(await cache.getAll(["old", "new"]), [{ n: 1 }, { n: 2 }], "stored as loaded");
  const refused = cache.getOrSetMany(["x", "y"], () => ({ x: { n: 3 }, y: { n: 6 } }), { as });
  const error = await refusal(refused, "VALIDATION");
  assert.equal(error.key, "y");
  assert.ok(error.cause instanceof RangeError);
  assert.deepEqual(await cache.getAll(["x", "y"]), [{ n: 3 }, undefined]);
});

// ------------------------------------------------------------------------------- loads that are under way

test("overlapping calls load each key once", async () => {
  const cache = new Cache();
  const { runs, loader } = controlled();
  const first = cache.getOrSetMany(["a", "b", "c"], loader);
  const second = cache.getOrSetMany(["b", "d", "c"], loader);
  const third = cache.getOrSetMany(["a", "d"], never);
  const one = cache.getOrSet("b", never);
  assert.deepEqual(
    runs.map(({ keys }) => keys),
    [["a", "b", "c"], ["d"]],
  );
  runs[1].resolve({ d: 4 });
  assert.equal(await state(second), "pending");
  runs[0].resolve(new Map(Object.entries({ a: 1, b: { two: 2 } })));
  assert.deepEqual(plain(await first), { a: 1, b: { two: 2 } });
  assert.deepEqual([...(await second)], [["b", { two: 2 }], ["d", 4]]); // prettier-ignore
  assert.deepEqual(plain(await third), { a: 1, d: 4 });
  assert.deepEqual(await one, { two: 2 });
  const { loads, loadsShared } = cache.stats();
  assert.deepEqual([loads, loadsShared], [4, 5]);
});

test("a load of one key is joined too", async () => {
  const cache = new Cache();
  const single = deferred();
  const one = cache.getOrSet("a", () => single.promise);
  const { runs, loader } = controlled();
  const many = cache.getOrSetMany(["a", "b"], loader);
  assert.deepEqual(runs[0].keys, ["b"]);
  runs[0].resolve({ b: 2 });
  single.resolve({ list: [1] });
  const got = await many;
  assert.deepEqual(plain(got), { a: { list: [1] }, b: 2 });
  got.get("a").list.push(2);
  assert.deepEqual(await one, { list: [1] }, "each has a copy of its own");
});

test("who joins a load of many waits for it once", async (t) => {
  const cache = new Cache();
  const { runs, loader } = controlled();
  const keys = Array.from({ length: 1_000 }, (_, i) => `key ${i}`);
  const owner = cache.getOrSetMany(keys, loader);
  const intervals = t.mock.method(globalThis, "setInterval");
  const joiner = cache.getOrSetMany(keys, never);
  assert.equal(intervals.mock.callCount(), 1);
  runs[0].resolve(new Map(keys.map((key) => [key, key])));
  assert.deepEqual(await joiner, await owner);
  assert.equal(cache.stats().loadsShared, 1_000);
});

test("when the owner is gone, what is missing is loaded by one call", async (t) => {
  const tick = onTimers(t);
  const cache = new Cache();
  const { runs, loader } = controlled();
  const silenced = t.mock.method(globalThis, "setInterval", () => ({ dead: true }));
  watched(cache.getOrSetMany(["a", "b", "c"], loader));
  silenced.mock.restore();
  const waiters = [cache.getOrSetMany(["a", "b"], loader), cache.getOrSetMany(["b", "a", "d"], loader)];
  runs[1].resolve({ d: "D" });
  for (let i = 0; i < 10; i++) await tick(1_000);
  assert.deepEqual(runs.map(({ keys }) => keys), [["a", "b", "c"], ["d"], ["a", "b"]]); // prettier-ignore
  runs[2].resolve({ a: "A", b: "B" });
  assert.deepEqual(plain(await waiters[0]), { a: "A", b: "B" });
  assert.deepEqual(plain(await waiters[1]), { a: "A", b: "B", d: "D" });
  runs[0].resolve({ a: "dead", b: "dead", c: "dead" });
  await settled();
  assert.deepEqual(await cache.getAll(["a", "b", "c"]), ["A", "B", undefined], "a lost load stores nothing");
});

test("views of one cache share loads", async () => {
  const cache = new Cache();
  const { runs, loader } = controlled();
  const scoped = cache.withScope("s").getOrSetMany(["a", "b"], loader);
  const whole = cache.getOrSetMany(["s:b", "s:c"], loader);
  assert.deepEqual(runs.map(({ keys }) => keys), [["a", "b"], ["s:c"]]); // prettier-ignore
  runs[0].resolve({ a: 1, b: 2 });
  runs[1].resolve({ "s:c": 3 });
  assert.deepEqual(plain(await scoped), { a: 1, b: 2 });
  assert.deepEqual(plain(await whole), { "s:b": 2, "s:c": 3 });
});

test("a loader that asks for its own keys loads apart", async () => {
  const cache = new Cache();
  const got = await cache.getOrSetMany(["a", "b"], () => cache.getOrSetMany(["a", "b"], capitals().loader));
  assert.deepEqual(plain(got), { a: "A", b: "B" });
});

test("a write meanwhile wins, for its key alone", async () => {
  const cache = new Cache();
  const { runs, loader } = controlled();
  const caller = cache.getOrSetMany(["a", "b", "c"], loader);
  await cache.set("b", "written");
  await cache.delete("c");
  runs[0].resolve({ a: 1, b: 2, c: 3 });
  assert.deepEqual(plain(await caller), { a: 1, b: 2, c: 3 }, "the caller gets what was loaded");
  assert.deepEqual(await cache.getAll(["a", "b", "c"]), [1, "written", undefined]);
});

test("a failure is every caller's, counted for each key, and stores nothing", async () => {
  const cache = new Cache();
  await cache.set("old", 1);
  const { runs, loader } = controlled();
  const callers = [cache.getOrSetMany(["old", "a", "b"], loader), cache.getOrSet("b", never)].map(watched);
  const failure = new Error("no origin");
  runs[0].reject(failure);
  for (const { reason } of await Promise.allSettled(callers)) assert.equal(reason, failure);
  assert.equal(cache.stats().loadFailures, 2);
  assert.equal(await cache.countKeys(), 1);
  const thrower = () => {
    throw failure;
  };
  await assert.rejects(cache.getOrSetMany(["a"], thrower), (error) => error === failure);
});

test("one load that fails does not leave another's failure unheard", async () => {
  const cache = new Cache();
  const { runs, loader } = controlled();
  const first = watched(cache.getOrSetMany(["a"], loader));
  const both = watched(cache.getOrSetMany(["a", "b"], loader));
  runs[1].reject(new Error("second"));
  await assert.rejects(both, /second/);
  runs[0].reject(new Error("first")); // an unhandled rejection would fail this test
  await assert.rejects(first, /first/);
});

test("a timeout, and a signal", async (t) => {
  const tick = onTimers(t);
  const cache = new Cache();
  const { runs, loader } = controlled();
  const slow = watched(cache.getOrSetMany(["a", "b"], loader, { timeout: 1 }));
  await tick(1_000);
  assert.equal((await refusal(slow, "LOAD_TIMEOUT")).key, "a");
  assert.equal(cache.stats().loadFailures, 2);
  runs[0].resolve({ a: 1, b: 2 });
  await settled();
  assert.equal(await cache.countKeys(), 0);
  const controller = new AbortController();
  const { signal } = controller;
  const caller = watched(cache.getOrSetMany(["a", "b"], loader, { signal }));
  const other = cache.getOrSet("a", never);
  const reason = new Error("enough");
  controller.abort(reason);
  await assert.rejects(caller, (error) => error === reason);
  runs[1].resolve({ a: 1, b: 2 });
  assert.equal(await other, 1, "the load goes on for who waits for it");
  assert.equal(getEventListeners(signal, "abort").length, 0);
  await assert.rejects(cache.getOrSetMany(["c"], never, { signal }), (error) => error === reason);
  assert.equal(cache.stats().loads, 4);
});

test("a caller that was served stale gets what one call loads in the background", async () => {
  const time = newTime();
  const cache = new Cache({ clock: time.clock });
  const options = { ttl: 10, staleWhileRevalidate: 60 };
  await cache.getOrSetMany(["a", "b"], capitals().loader, options);
  time.pass(10_000);
  await cache.set("live", "live");
  const { runs, loader } = controlled();
  const kept = [];
  const asking = cache.getOrSetMany(["a", "new", "b", "live"], loader, { ...options, waitUntil: (p) => kept.push(p) });
  assert.deepEqual(runs.map(({ keys }) => keys), [["a", "b"], ["new"]]); // prettier-ignore
  runs[1].resolve({ new: 1 });
  assert.deepEqual([...(await asking)], [["a", "A"], ["new", 1], ["b", "B"], ["live", "live"]]); // prettier-ignore
  assert.deepEqual(plain(await cache.getOrSetMany(["b", "a"], never, options)), { b: "B", a: "A" });
  assert.equal(cache.stats().staleServed, 4);
  runs[0].resolve({ a: 2 });
  await Promise.all(kept);
  assert.deepEqual(await cache.getAll(["a", "b"]), [2, undefined]);
  time.pass(60_000);
  assert.deepEqual(plain(await cache.getOrSetMany(["b"], () => ({ b: 3 }), options)), { b: 3 }, "the window is over");
});

test("a load that fails is answered with stale values where all keys have one", async () => {
  const time = newTime();
  const cache = new Cache({ clock: time.clock });
  const options = { ttl: 10, staleIfError: 60 };
  await cache.getOrSetMany(["a", "b"], capitals().loader, options);
  time.pass(10_000);
  assert.deepEqual(plain(await cache.getOrSetMany(["a", "b"], failing, options)), { a: "A", b: "B" });
  await assert.rejects(cache.getOrSetMany(["a", "b", "c"], failing, options), /no origin/);
  assert.equal(cache.stats().staleServed, 2, "what was not given is not counted");
  await assert.rejects(cache.getOrSetMany(["a", "b"], failing), /no origin/);
  time.pass(60_000);
  await assert.rejects(cache.getOrSetMany(["a", "b"], failing, options), /no origin/);
});

test("ahead of time: what is due is loaded by one call", async () => {
  const time = newTime();
  const cache = new Cache({ clock: time.clock });
  await cache.setMany({ a: 1, b: 2 }, 10);
  await cache.set("c", 3, 100);
  time.pass(8_001);
  const { runs, loader } = controlled();
  const options = { refreshAhead: 2, ttl: 10 };
  assert.deepEqual(plain(await cache.getOrSetMany(["a", "b", "c"], loader, options)), { a: 1, b: 2, c: 3 });
  assert.deepEqual(plain(await cache.getOrSetMany(["a"], never, options)), { a: 1 });
  assert.deepEqual(runs.map(({ keys }) => keys), [["a", "b"]]); // prettier-ignore
  runs[0].resolve({ a: 10, b: 20 });
  await settled();
  assert.deepEqual(await cache.getAll(["a", "b"]), [10, 20]);
});

test("in the background, too, what somebody loads already is not loaded again", async () => {
  for (const [left, options] of [
    [1_000, { refreshAhead: 2 }],
    [-1_000, { staleWhileRevalidate: 2 }],
  ]) {
    // prettier-ignore
    const time = newTime();
    const cache = new Cache({ clock: time.clock });
    const all = { ...options, ttl: 10 };
    await cache.getOrSetMany(["a", "b", "c"], capitals().loader, all);
    time.pass(10_000 - left);
    const { runs, loader } = controlled();
    await cache.getOrSetMany(["b"], loader, all);
    await cache.getOrSetMany(["a", "b", "c"], loader, all);
    await cache.getOrSetMany(["a", "b"], never, all);
    assert.deepEqual(runs.map(({ keys }) => keys), [["b"], ["a", "c"]]); // prettier-ignore
    runs[1].resolve({ a: 1, c: 3 });
    runs[0].resolve({ b: 2 });
    await settled();
    assert.deepEqual(await cache.getAll(["a", "b", "c"]), [1, 2, 3]);
  }
});

test("closing during a load, and a cache that is switched off", async () => {
  const cache = new Cache();
  const { runs, loader } = controlled();
  const caller = cache.getOrSetMany(["a", "b"], loader);
  await cache.close();
  runs[0].resolve({ a: 1, b: 2 });
  assert.deepEqual(plain(await caller), { a: 1, b: 2 });
  const off = new Cache({ enabled: false });
  const { calls, loader: load } = capitals();
  const both = await Promise.all([off.getOrSetMany(["a", "a"], load), off.getOrSetMany(["a"], load)]);
  assert.deepEqual(both.map(plain), [{ a: "A" }, { a: "A" }]);
  assert.equal(calls.length, 2);
  await refusal(off.getOrSetMany(["a"], () => ({ a: () => 1 })), "NOT_SERIALIZABLE"); // prettier-ignore
});
