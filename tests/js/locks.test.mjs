// acquire and update: one holder per key, the others in order, leases that end, and nothing that is left behind.
import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { Cache } from "isocache";
import { deferred, newTime, onTimers, refusal, runNode, settled, state, watched } from "./helpers.mjs";

const REAL = ["setTimeout", "setInterval", "Date"];

/** Callers of `acquire`, and in which order they were served. */
function queue(cache, key = "key") {
  const served = [];
  const join = (name, options) => {
    const caller = cache.acquire(key, options).then((acquired) => {
      if (acquired !== null) served.push(name);
      return acquired;
    });
    return watched(caller);
  };
  return { served, join };
}

test("one holder at a time, the others in the order in which they came", async () => {
  const cache = new Cache();
  const { served, join } = queue(cache);
  const callers = [1, 2, 3, 4, 5].map((name) => join(name));
  for (let i = 0; i < 5; i++) {
    await settled();
    assert.deepEqual(served, [1, 2, 3, 4, 5].slice(0, i + 1));
    await (await callers[i]).release();
  }
  assert.notEqual(await cache.acquire("key", { wait: false }), null, "free again");
});

test("keys do not keep each other waiting", async () => {
  const cache = new Cache();
  for (const key of ["a", "b", "", "__proto__"]) assert.notEqual(await cache.acquire(key, { wait: false }), null);
});

test("the item is what is there when the lock is given, and set stores", async () => {
  const time = newTime();
  const cache = new Cache({ clock: time.clock });
  const first = await cache.acquire("key");
  assert.equal(first.item, undefined);
  const waiting = cache.acquire("key");
  assert.equal(await first.set({ n: 1 }, { ttl: 5, tags: ["tag"], modified: 7 }), true);
  assert.deepEqual(await cache.get("key"), { n: 1 });
  await first.release();
  const { item } = await waiting;
  assert.deepEqual(await item.value(), { n: 1 });
  assert.deepEqual([item.key, item.ttl, item.modified, item.tags], ["key", 5, 7, ["tag"]]);
  assert.equal(cache.stats().hits, 2);
});

test("whoever does not acquire is not kept out", async () => {
  const cache = new Cache();
  const held = await cache.acquire("key");
  await cache.set("key", "other");
  assert.equal(await cache.get("key"), "other");
  await held.set("mine");
  assert.equal(await cache.get("key"), "mine");
});

test("set during a load wins", async () => {
  const cache = new Cache();
  const gate = deferred();
  const caller = cache.getOrSet("key", () => gate.promise);
  const held = await cache.acquire("key");
  await held.set("mine");
  gate.resolve("loaded");
  assert.equal(await caller, "loaded");
  assert.equal(await cache.get("key"), "mine");
});

// --------------------------------------------------------------------------------------------- waiting

test("who does not wait gets null", async () => {
  const cache = new Cache();
  const held = await cache.acquire("key");
  for (const wait of [false, 0]) assert.equal(await cache.acquire("key", { wait }), null);
  await held.release();
  for (const wait of [false, 0]) await (await cache.acquire("key", { wait })).release();
});

test("who waits for a while gets null when it is over, and the queue goes on without", async (t) => {
  const tick = onTimers(t, REAL);
  const cache = new Cache();
  const { served, join } = queue(cache);
  const held = await join("holder", { lease: 100 });
  const short = join("short", { wait: "1500ms" });
  const long = join("long", { wait: 2 });
  await tick(1_499);
  assert.equal(await state(short), "pending");
  await tick(1);
  assert.equal(await short, null);
  await held.release();
  await settled();
  assert.deepEqual(served, ["holder", "long"]);
  assert.notEqual(await long, null);
  await tick(10_000);
  assert.equal((await long).signal.aborted, false, "its wait is over");
});

test("waits and leases that end in one turn, with no promise served between", async (t) => {
  onTimers(t, REAL);
  for (const [wait, order] of [
    [0.999, ["holder", "long"]],
    [1.001, ["holder", "short", "long"]],
  ]) {
    // prettier-ignore
    const { served, join } = queue(new Cache());
    await join("holder", { lease: 1 });
    const short = join("short", { wait });
    const long = join("long");
    t.mock.timers.tick(1_001);
    await (await short)?.release();
    assert.notEqual(await long, null);
    assert.deepEqual(served, order);
  }
});

test("waits longer than timers can wait are no waits of a millisecond", async (t) => {
  const delays = [];
  const { setTimeout: original } = globalThis;
  t.mock.method(globalThis, "setTimeout", (run, delay, ...args) => {
    delays.push(delay);
    return original(run, delay, ...args);
  });
  const cache = new Cache();
  for (const long of ["24d", "25d", 2 ** 31 / 1_000, "1000d"]) {
    const held = await cache.acquire("key", { lease: long });
    const waiting = cache.acquire("key", { wait: long, lease: long });
    assert.equal(await held.extend(long), true);
    await held.release();
    await (await waiting).release();
  }
  for (const delay of delays) assert.ok(delay <= 2 ** 31 - 1, `setTimeout(…, ${delay}) fires at once`);
});

test("a waiter's signal", async () => {
  const cache = new Cache();
  const { served, join } = queue(cache);
  const held = await join("holder");
  const controller = new AbortController();
  const { signal } = controller;
  const [leaver, stays] = [join("leaver", { signal }), join("stays", { signal: new AbortController().signal })];
  const reason = new Error("enough");
  controller.abort(reason);
  await held.release(); // in the same turn: it must not go to the one who left
  await assert.rejects(leaver, (error) => error === reason);
  await stays;
  assert.deepEqual(served, ["holder", "stays"]);
  assert.equal(getEventListeners(signal, "abort").length, 0);
  await assert.rejects(cache.acquire("free", { signal }), (error) => error === reason);
  assert.notEqual(await cache.acquire("free", { wait: false }), null, "it was not taken");
});

test("a signal is let go of when the lock was given, and does not take it back", async () => {
  const cache = new Cache();
  const controller = new AbortController();
  const { signal } = controller;
  const first = await cache.acquire("key", { signal });
  const waiting = cache.acquire("key", { signal });
  assert.equal(getEventListeners(signal, "abort").length, 1);
  await first.release();
  const second = await waiting;
  assert.equal(getEventListeners(signal, "abort").length, 0);
  controller.abort();
  assert.equal(second.signal.aborted, false);
  assert.equal(await second.set(1), true);
});

// --------------------------------------------------------------------------------------------- leases

test("when the lease ends: the signal, the next one, and a late set that changes nothing", async (t) => {
  const tick = onTimers(t, REAL);
  const cache = new Cache();
  const held = await cache.acquire("key", { lease: "500ms" });
  const waiting = cache.acquire("key", { lease: 10 });
  await tick(499);
  assert.equal(held.signal.aborted, false);
  assert.equal(await held.set("in time"), true);
  await tick(1);
  assert.equal(held.signal.aborted, true);
  assert.equal(held.signal.reason.code, "LOCK_LOST");
  assert.equal(held.signal.reason.key, "key");
  const next = await waiting;
  assert.equal(await next.item.value(), "in time");
  await refusal(held.set("late"), "LOCK_LOST");
  assert.equal(await held.extend(5), false);
  assert.equal(await cache.get("key"), "in time");
  await held.release();
  assert.equal(await cache.acquire("key", { wait: false }), null, "a late release takes nothing from the next one");
  assert.equal(await next.set("next"), true);
});

test("a lease of 30 seconds unless another is named", async (t) => {
  const tick = onTimers(t, REAL);
  const cache = new Cache();
  const held = await cache.acquire("key");
  await tick(29_999);
  assert.equal(held.signal.aborted, false);
  await tick(1);
  assert.equal(held.signal.aborted, true);
});

test("a waiter's lease runs from when it has the lock", async (t) => {
  const tick = onTimers(t, REAL);
  const cache = new Cache();
  await cache.acquire("key", { lease: 20 });
  const waiting = cache.acquire("key", { lease: 1 });
  for (let i = 0; i < 20; i++) await tick(1_000);
  const held = await waiting;
  assert.equal(held.signal.aborted, false);
  await tick(999);
  assert.equal(await held.set(1), true);
  await tick(1);
  assert.equal(held.signal.aborted, true);
});

test("extend gives a lease from now on", async (t) => {
  const tick = onTimers(t, REAL);
  const cache = new Cache();
  const held = await cache.acquire("key", { lease: 10 });
  await tick(9_000);
  assert.equal(await held.extend("2s"), true);
  await tick(1_999);
  assert.equal(held.signal.aborted, false, "the first lease would have ended");
  assert.equal(await held.extend(0.5), true);
  await tick(500);
  assert.equal(held.signal.aborted, true, "shorter, too");
  assert.equal(await held.extend(10), false);
  for (const bad of [0, -1, NaN, "soon", undefined, null]) await refusal(held.extend(bad), "INVALID_OPTION");
});

test("the cache's clock has no part in it", async (t) => {
  onTimers(t, REAL);
  const time = newTime();
  const cache = new Cache({ clock: time.clock });
  const held = await cache.acquire("key", { lease: 1 });
  time.pass(1e9);
  assert.equal(await held.set(1), true);
});

test("a holder that is not given a turn loses its lock all the same", async (t) => {
  const tick = onTimers(t, REAL);
  const cache = new Cache();
  const held = await cache.acquire("key", { lease: 5 });
  t.mock.timers.setTime(Date.now() + 5_000); // as when the process was asleep: no timer has run
  await refusal(held.set("late"), "LOCK_LOST");
  assert.equal(await held.extend(1), false);
  assert.equal(await cache.has("key"), false);
  assert.notEqual(await cache.acquire("key", { wait: false }), null);
  await tick(60_000);
});

test("releasing twice, or after the end, is fine", async () => {
  const cache = new Cache();
  const first = await cache.acquire("key");
  await first.release();
  await first.release();
  const second = await cache.acquire("key");
  await first.release();
  await first[Symbol.asyncDispose]();
  assert.equal(await cache.acquire("key", { wait: false }), null);
  await refusal(first.set(1), "LOCK_LOST");
  assert.equal(first.signal.aborted, false, "it was given back, not lost");
  assert.equal(await second.set(2), true);
});

test("await using gives it back", async () => {
  const cache = new Cache();
  const acquired = await cache.acquire("key");
  assert.equal(typeof acquired[Symbol.asyncDispose], "function");
  assert.equal(await acquired[Symbol.asyncDispose](), undefined);
  assert.notEqual(await cache.acquire("key", { wait: false }), null);
});

test("a holder whose timers have died is found out by who waits, and by who comes", async (t) => {
  const tick = onTimers(t, REAL);
  const cache = new Cache();
  const { served, join } = queue(cache);
  // A worker cancels the request that holds the lock: its timers never fire.
  const dead = t.mock.method(globalThis, "setTimeout", () => ({ dead: true }));
  await join("lost", { lease: 5 });
  dead.mock.restore();
  const next = join("next", { lease: 60 });
  await tick(4_999);
  assert.deepEqual(served, ["lost"]);
  for (let i = 0; i < 2; i++) await tick(1_000);
  assert.deepEqual(served, ["lost", "next"]);
  await (await next).release();
  const again = t.mock.method(globalThis, "setTimeout", () => ({ dead: true }));
  await join("lost again", { lease: 5 });
  again.mock.restore();
  assert.equal(await cache.acquire("key", { wait: false }), null);
  await tick(5_000);
  assert.notEqual(await join("who comes", { wait: false }), null);
});

test("a lock that is not taken when it was given goes to the next one, soon", async (t) => {
  onTimers(t, REAL);
  const cache = new Cache();
  const { served, join } = queue(cache);
  const held = await join("holder");
  const slow = join("slow", { lease: 3_600 });
  const next = join("next");
  void held.release(); // gives it to the slow one, whose promise is not served before two seconds have passed
  t.mock.timers.setTime(Date.now() + 2_000);
  assert.equal(await join("who comes", { wait: false }), null);
  await (await next).release();
  await (await slow).release();
  assert.deepEqual(served, ["holder", "next", "slow"], "a slow one that lives waits again");
});

// ---------------------------------------------------------------------------------------------- the end

test("closing ends holds and waits", async () => {
  const cache = new Cache();
  const scoped = cache.withScope("scope");
  const held = await scoped.acquire("key", { lease: 60 });
  const waiters = [scoped.acquire("key"), cache.acquire("scope:key", { wait: 5 })].map(watched);
  await cache.close();
  for (const waiter of waiters) await refusal(waiter, "CLOSED");
  assert.equal(held.signal.aborted, true);
  assert.equal(held.signal.reason.code, "CLOSED");
  await refusal(held.set(1), "CLOSED");
  assert.equal(await held.extend(1), false);
  await held.release();
  await refusal(cache.acquire("key"), "CLOSED");
  await refusal(cache.update("key", () => 1), "CLOSED"); // prettier-ignore
});

test("closing a view leaves the locks of the others", async () => {
  const cache = new Cache();
  const view = cache.withScope("scope");
  const held = await cache.acquire("scope:key");
  const waiting = watched(view.acquire("key"));
  await view.close();
  assert.equal(held.signal.aborted, false);
  await held.release();
  await refusal(waiting, "CLOSED");
  assert.notEqual(await cache.acquire("scope:key", { wait: false }), null);
});

test("a lock that is held keeps no process alive; one that is waited for does", () => {
  const held = 'import { Cache } from "isocache"; const cache = new Cache(); await cache.acquire("key");';
  assert.equal(runNode(`${held} console.log("end")`, { timeout: 20_000 }), "end");
  const closed = `${held} const waiting = cache.acquire("key").catch((error) => console.log(error.code)); await cache.close()`;
  assert.equal(runNode(closed, { timeout: 20_000 }), "CLOSED");
  const lease =
    'import { Cache } from "isocache"; const cache = new Cache(); await cache.acquire("key", { lease: 0.01 });';
  assert.equal(runNode(`${lease} await cache.acquire("key"); console.log("next")`, { timeout: 20_000 }), "next");
});

test("no timer is left when nobody holds or waits", async (t) => {
  const live = new Set();
  for (const kind of ["Timeout", "Interval"]) {
    const { [`set${kind}`]: set, [`clear${kind}`]: clear } = globalThis;
    t.mock.method(globalThis, `set${kind}`, (...args) => {
      const timer = set(...args);
      live.add(timer);
      return timer;
    });
    t.mock.method(globalThis, `clear${kind}`, (timer) => {
      live.delete(timer);
      clear(timer);
    });
  }
  const cache = new Cache();
  const first = await cache.acquire("key");
  const second = cache.acquire("key", { wait: 100 });
  assert.equal(live.size, 3, "a lease, a wait and a watch");
  await first.extend(50);
  assert.equal(live.size, 3);
  await first.release();
  await (await second).release();
  await settled();
  assert.equal(live.size, 0);
  await cache.update("key", () => 1);
  await cache.acquire("key");
  const controller = new AbortController();
  const leaver = watched(cache.acquire("key", { signal: controller.signal, wait: 5 }));
  controller.abort();
  await assert.rejects(leaver);
  const waiting = watched(cache.acquire("key", { wait: 5 }));
  await cache.close();
  await refusal(waiting, "CLOSED");
  assert.equal(live.size, 0);
});

test("locks leave no memory behind", async () => {
  const cache = new Cache();
  const use = async (i) => {
    const key = `${i} ${"k".repeat(1_000)}`;
    const first = await cache.acquire(key);
    const second = cache.acquire(key);
    await first.release();
    await (await second).release();
  };
  const heap = () => {
    global.gc();
    return process.memoryUsage().heapUsed;
  };
  for (let i = 0; i < 500; i++) await use(i);
  const before = heap();
  for (let i = 0; i < 5_000; i++) await use(i);
  const grown = heap() - before;
  assert.ok(grown < 1_000_000, `5,000 keys of 1,000 characters left ${grown} bytes`);
});

// ---------------------------------------------------------------------------------------------- scopes

test("scopes share locks by whole key", async () => {
  const cache = new Cache();
  const inner = cache.withScope("a").withScope("b");
  const held = await inner.acquire("key");
  assert.equal(await cache.acquire("a:b:key", { wait: false }), null);
  assert.equal(await cache.withScope("a").acquire("b:key", { wait: false }), null);
  assert.notEqual(await cache.acquire("key", { wait: false }), null);
  assert.notEqual(await new Cache().acquire("a:b:key", { wait: false }), null, "another cache");
  await held.set(1);
  assert.equal(await cache.get("a:b:key"), 1);
});

test("a cache that is switched off still excludes", async () => {
  const cache = new Cache({ enabled: false });
  const held = await cache.acquire("key");
  assert.equal(held.item, undefined);
  assert.equal(await held.set(1), false);
  assert.equal(await cache.acquire("key", { wait: false }), null);
  await held.release();
  assert.equal(await cache.update("key", (value) => `given ${value}`), "given undefined");
  assert.equal(await cache.update("key", () => undefined), undefined);
  assert.equal(await cache.has("key"), false);
  await refusal(cache.update("key", () => () => 1), "NOT_SERIALIZABLE"); // prettier-ignore
});

test("bad arguments are refused and take no lock", async () => {
  const cache = new Cache();
  for (const options of [null, 5, "wait", true]) await refusal(cache.acquire("key", options), "INVALID_OPTION");
  for (const wait of [-1, NaN, "soon", "5", null, {}]) await refusal(cache.acquire("key", { wait }), "INVALID_OPTION");
  for (const lease of [0, -1, NaN, Infinity, "soon", null, true]) {
    await refusal(cache.acquire("key", { lease }), "INVALID_OPTION");
  }
  for (const signal of [null, {}, true]) await refusal(cache.acquire("key", { signal }), "INVALID_OPTION");
  for (const key of [1, undefined, "\ud800", "x".repeat(65_536)]) await refusal(cache.acquire(key), "INVALID_KEY");
  for (const key of [1, "\ud800"]) await refusal(cache.update(key, () => 1), "INVALID_KEY"); // prettier-ignore
  for (const change of [undefined, null, 1, {}]) await refusal(cache.update("key", change), "INVALID_OPTION");
  const changed = () => assert.fail("changed");
  for (const bad of [0, { ttl: "soon" }]) await refusal(cache.update("key", changed, bad), "INVALID_TTL");
  for (const bad of [{ tags: "tag" }, { size: -1 }]) await refusal(cache.update("key", changed, bad), "INVALID_OPTION");
  const held = await cache.acquire("key", { wait: false });
  await refusal(held.set(() => 1), "NOT_SERIALIZABLE"); // prettier-ignore
  await refusal(held.set(1, -1), "INVALID_TTL");
  assert.equal(await held.set(1), true, "still held");
});

test("a key that cannot be read frees the lock", async () => {
  let broken = true;
  const codec = {
    name: "test",
    encode: () => new Uint8Array(1),
    decode: () => {
      if (broken) throw new Error("unreadable");
      return { ok: true };
    },
  };
  const cache = new Cache({ codec });
  await cache.set("key", { ok: true });
  await assert.rejects(
    cache.update("key", () => assert.fail("changed")),
    /cannot read/,
  );
  broken = false;
  assert.deepEqual(await cache.update("key", (value) => value), { ok: true });
});

// ---------------------------------------------------------------------------------------------- update

test("concurrent updates are one after the other", async () => {
  const cache = new Cache();
  const add = async (value = 0) => {
    await settled();
    return value + 1;
  };
  const sums = await Promise.all(Array.from({ length: 50 }, () => cache.update("key", add)));
  assert.deepEqual(
    sums,
    Array.from({ length: 50 }, (_, i) => i + 1),
  );
  assert.equal(await cache.get("key"), 50);
  const lists = Array.from({ length: 20 }, (_, i) => cache.update("list", (list = []) => [...list, i]));
  assert.deepEqual((await Promise.all(lists)).at(-1), await cache.get("list"));
  assert.equal((await cache.get("list")).length, 20);
});

test("a change that throws leaves the value and frees the lock", async () => {
  const cache = new Cache();
  await cache.set("key", "old");
  const failure = new Error("no");
  const throwers = [
    () => {
      throw failure;
    },
    async () => Promise.reject(failure),
    async (value) => {
      await settled();
      assert.equal(value, "old");
      throw failure;
    },
  ];
  for (const change of throwers) await assert.rejects(cache.update("key", change), (error) => error === failure);
  await refusal(cache.update("key", () => Symbol("s")), "NOT_SERIALIZABLE"); // prettier-ignore
  assert.equal(await cache.get("key"), "old");
  assert.notEqual(await cache.acquire("key", { wait: false }), null);
});

test("undefined deletes, null is a value, and a change of what it was given stays its own", async () => {
  const cache = new Cache();
  await cache.set("key", { n: 1 });
  assert.equal(await cache.update("key", async () => null), null);
  assert.equal(await cache.get("key"), null);
  assert.equal(await cache.update("key", () => undefined), undefined);
  assert.equal(await cache.has("key"), false);
  assert.equal(await cache.update("key", () => undefined), undefined);
  await cache.set("key", { n: 1 });
  const change = (value) => {
    value.n = 2;
    throw new Error("no");
  };
  await assert.rejects(cache.update("key", change));
  assert.deepEqual(await cache.get("key"), { n: 1 });
});

test("an update's options are those of a set, and what can be read once is read once", async () => {
  const time = newTime();
  const cache = new Cache({ clock: time.clock, defaultTtl: 9 });
  function* tags() {
    yield* ["one", "two"];
  }
  await cache.update("key", () => 1, { ttl: "1m", tags: tags(), modified: 5 });
  const item = await cache.getItem("key");
  assert.deepEqual([item.ttl, item.tags, item.modified], [60, ["one", "two"], 5]);
  await cache.update("key", (value) => value + 1, { keepTtl: true });
  assert.equal(await cache.ttl("key"), 60);
  await cache.update("key", (value) => value + 1);
  assert.equal(await cache.ttl("key"), 9);
  await cache.update("key", (value) => value + 1, 5);
  assert.deepEqual([await cache.ttl("key"), await cache.get("key")], [5, 4]);
});

test("an update slower than its lease: LOCK_LOST, nothing stored, and the next one goes on", async (t) => {
  const tick = onTimers(t, REAL);
  const cache = new Cache();
  await cache.set("key", "old");
  for (const given of ["late", undefined]) {
    const gate = deferred();
    const slow = watched(cache.update("key", () => gate.promise));
    const next = cache.update("key", (value) => `${value} next`);
    await tick(29_999);
    assert.equal(await state(next), "pending");
    await tick(1);
    const value = await next;
    gate.resolve(given);
    assert.equal((await refusal(slow, "LOCK_LOST")).key, "key");
    assert.equal(await cache.get("key"), value);
  }
  assert.equal(await cache.get("key"), "old next next");
});

test("closing during an update", async () => {
  const cache = new Cache();
  const gate = deferred();
  const caller = watched(cache.update("key", () => gate.promise));
  await settled();
  await cache.close();
  gate.resolve(1);
  await refusal(caller, "CLOSED");
});

test("update and acquire exclude each other; update by reference gives the same object", async () => {
  const cache = new Cache({ values: "reference" });
  const held = await cache.acquire("key");
  const object = { n: 1 };
  const updated = cache.update("key", (value) => value);
  await held.set(object);
  await held.release();
  assert.equal(await updated, object);
});
