// getOrSet: one load per key, what is stored and what is not, and every way in which a caller can leave.
import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { Cache, CacheError } from "isocache";
import {
  controlled,
  counted,
  counts,
  deferred,
  newTime,
  onTimers,
  refusal,
  runNode,
  settled,
  state,
  watched,
} from "./helpers.mjs";

test("a miss loads and stores, a hit does neither", async () => {
  const cache = new Cache();
  const before = counts(cache);
  assert.equal(await cache.getOrSet("key", () => "sync"), "sync");
  assert.equal(await cache.getOrSet("key", () => assert.fail("loaded")), "sync");
  assert.equal(await cache.getOrSet("async", async () => "later"), "later");
  assert.equal(await cache.getOrSet("thenable", () => ({ then: (resolve) => resolve("then") })), "then"); // oxlint-disable-line no-thenable
  assert.deepEqual(await cache.getAll(["key", "async", "thenable"]), ["sync", "later", "then"]);
  const { hits, misses, sets, loads, loadFailures, loadsShared } = counted(before, counts(cache));
  assert.deepEqual([hits, misses, sets, loads, loadFailures, loadsShared], [4, 3, 3, 3, undefined, undefined]);
});

test("a value instead of a loader", async () => {
  const time = newTime();
  const cache = new Cache({ clock: time.clock });
  for (const [key, value] of Object.entries({ text: "text", object: { a: [1] }, null: null, zero: 0, false: false })) {
    assert.deepEqual(await cache.getOrSet(key, value, 5), value);
    assert.deepEqual(await cache.getOrSet(key, "other"), value);
    assert.equal(await cache.ttl(key), 5);
  }
  assert.equal(cache.stats().loads, 0);
});

test("whatever is not undefined is stored", async () => {
  const cache = new Cache();
  for (const value of [null, 0, "", false, NaN, 0n, []]) {
    await cache.getOrSet("key", () => value, { force: true });
    assert.deepEqual(await cache.getOrSet("key", () => assert.fail("loaded")), value);
  }
});

test("undefined is passed on and not stored", async () => {
  const cache = new Cache();
  let runs = 0;
  const load = async () => {
    runs++;
  };
  const results = await Promise.all([cache.getOrSet("key", load), cache.getOrSet("key", load)]);
  assert.deepEqual(results, [undefined, undefined]);
  assert.equal(runs, 1);
  assert.equal(await cache.has("key"), false);
  assert.equal(await cache.getOrSet("key", load), undefined);
  assert.equal(runs, 2);
  assert.equal(cache.stats().loadFailures, 0);
});

test("one load per key, however many callers wait", async () => {
  const cache = new Cache();
  const { runs, loader } = controlled();
  const callers = Array.from({ length: 100 }, () => cache.getOrSet("key", loader));
  const other = cache.getOrSet("other", loader);
  await settled();
  assert.equal(runs.length, 2);
  assert.deepEqual(runs.map((run) => run.context.key), ["key", "other"]); // prettier-ignore
  const late = cache.getOrSet("key", loader);
  runs[1].resolve("other value");
  assert.equal(await other, "other value");
  assert.equal(await state(late), "pending");
  runs[0].resolve("value");
  assert.deepEqual(
    await Promise.all([...callers, late]),
    Array.from({ length: 101 }, () => "value"),
  );
  const { loads, loadsShared, misses } = cache.stats();
  assert.deepEqual({ loads, loadsShared, misses }, { loads: 2, loadsShared: 100, misses: 102 });
});

test("views of one cache share a load; caches and scopes do not", async () => {
  const cache = new Cache();
  const { runs, loader } = controlled();
  const same = [
    cache.withScope("a").withScope("b").getOrSet("key", loader),
    cache.withScope("a").getOrSet("b:key", loader),
    cache.getOrSet("a:b:key", loader),
    cache.withScope("a").withScope("b").getOrSet("key", loader),
  ];
  await settled();
  assert.equal(runs.length, 1);
  assert.equal(runs[0].context.key, "key", "as the caller named it");
  const others = [
    cache.getOrSet("key", loader),
    cache.withScope("b").getOrSet("key", loader),
    new Cache().getOrSet("a:b:key", loader),
  ];
  await settled();
  assert.equal(runs.length, 4);
  for (const [i, run] of runs.entries()) run.resolve(i);
  assert.deepEqual(await Promise.all([...same, ...others]), [0, 0, 0, 0, 1, 2, 3]);
  assert.equal(await cache.get("a:b:key"), 0);
});

test("an error goes to every caller and is not kept", async () => {
  const cache = new Cache();
  const { runs, loader } = controlled();
  const callers = [cache.getOrSet("key", loader), cache.getOrSet("key", loader), cache.getOrSet("key", loader)];
  await settled();
  const failure = new Error("no origin");
  runs[0].reject(failure);
  for (const result of await Promise.allSettled(callers)) assert.equal(result.reason, failure);
  assert.equal(await cache.has("key"), false);
  assert.equal(await cache.getOrSet("key", () => "second"), "second");
  const { loads, loadFailures } = cache.stats();
  assert.deepEqual({ loads, loadFailures }, { loads: 2, loadFailures: 1 });
});

test("a loader that throws, or rejects with nothing", async () => {
  const cache = new Cache();
  const failure = new RangeError("thrown");
  const thrower = () => {
    throw failure;
  };
  await assert.rejects(cache.getOrSet("key", thrower), (error) => error === failure);
  const nothing = await cache.getOrSet("key", () => Promise.reject()).then(assert.fail, (error) => ({ error }));
  assert.deepEqual(nothing, { error: undefined });
  assert.equal(await cache.getOrSet("key", () => 1), 1);
  assert.equal(cache.stats().loadFailures, 2);
});

test("a value that cannot be kept fails the load", async () => {
  const cache = new Cache();
  const load = async () => ({ f: () => 1 });
  const results = await Promise.allSettled([cache.getOrSet("key", load), cache.getOrSet("key", load)]);
  for (const { reason } of results) {
    assert.ok(reason instanceof CacheError);
    assert.equal(reason.code, "NOT_SERIALIZABLE");
  }
  assert.equal(await cache.getOrSet("key", () => 1), 1);
});

test("a value too large to be kept is given all the same", async () => {
  const cache = new Cache({ maxEntryBytes: 1_000 });
  const large = "x".repeat(2_000);
  assert.equal(await cache.getOrSet("key", async () => large), large);
  assert.equal(await cache.getOrSet("key", large), large);
  assert.equal(await cache.has("key"), false);
  assert.equal(cache.stats().rejections, 2);
  assert.equal(cache.stats().loadFailures, 0);
});

test("how long a loaded value lives", async () => {
  const time = newTime();
  const cache = new Cache({ clock: time.clock, defaultTtl: 9 });
  const setting = (ttl) => (context) => {
    context.setTtl(ttl);
    return 1;
  };
  const table = [
    [() => 1, undefined, 9],
    [() => 1, {}, 9],
    [() => 1, 5, 5],
    [() => 1, "5m", 300],
    [() => 1, null, null],
    [() => 1, { ttl: 5 }, 5],
    [() => 1, { ttl: Infinity }, null],
    [() => 1, { ttl: 0.001 }, 0.001],
    [() => 1, { ttl: 1e6 / 3 }, 333_333.334],
    [() => 1, 31_557_600_000, 31_557_600_000],
    [setting(7), 5, 7],
    [setting("7ms"), undefined, 0.007],
    [setting(null), 5, null],
    [setting(undefined), 5, 9],
    [setting(Infinity), { ttl: 5 }, null],
  ];
  for (const [loader, options, ttl] of table) {
    await cache.getOrSet("key", loader, options);
    assert.equal(await cache.ttl("key"), ttl, `${loader} ${JSON.stringify(options)}`);
    await cache.clear();
  }
  await cache.getOrSet("key", () => 1, 5);
  time.pass(4_999);
  assert.equal(await cache.getOrSet("key", () => 2), 1);
  time.pass(1);
  assert.equal(await cache.getOrSet("key", () => 2), 2, "an expired value is a miss");
});

test("a TTL runs from the end of the load", async () => {
  const time = newTime();
  const cache = new Cache({ clock: time.clock });
  const { runs, loader } = controlled();
  const caller = cache.getOrSet("key", loader, 10);
  await settled();
  time.pass(60_000);
  runs[0].resolve(1);
  await caller;
  assert.equal(await cache.ttl("key"), 10);
});

test("the context", async () => {
  const cache = new Cache();
  await cache.withScope("scope").getOrSet("key", (context) => {
    assert.equal(context.key, "key");
    assert.ok(context.signal instanceof AbortSignal);
    assert.equal(context.signal.aborted, false);
    assert.equal(context.stale, undefined);
    const { setTtl, skip } = context; // they work on their own
    setTtl(5);
    skip();
    return 1;
  });
  assert.equal(await cache.countKeys(), 0);
});

test("skip gives the value to all callers and stores nothing", async () => {
  const cache = new Cache();
  const gate = deferred();
  let runs = 0;
  const load = async ({ skip }) => {
    runs++;
    await gate.promise;
    skip();
    return { list: [1] };
  };
  const callers = [cache.getOrSet("key", load), cache.getOrSet("key", load)];
  await settled();
  gate.resolve();
  assert.deepEqual(await Promise.all(callers), [{ list: [1] }, { list: [1] }]);
  assert.equal(await cache.has("key"), false);
  assert.equal(cache.stats().sets, 0);
  await cache.getOrSet("key", load);
  assert.equal(runs, 2);
  await cache.set("key", "old");
  await cache.getOrSet("key", load, { force: true });
  assert.equal(await cache.get("key"), "old", "what is there stays");
});

test("no caller can change what another gets", async () => {
  const values = {
    object: [() => ({ list: [1] }), (value) => value.list.push(2)],
    bytes: [() => new Uint8Array([1, 2, 3]), (value) => value.fill(9)],
    "bytes inside": [() => ({ bytes: new Uint8Array([1]) }), (value) => value.bytes.fill(9)],
    Date: [() => new Date(5), (value) => value.setTime(6)],
    Set: [() => new Set([1]), (value) => value.add(2)],
  };
  for (const [name, [make, change]] of Object.entries(values)) {
    for (const skip of [false, true]) {
      const cache = new Cache();
      const { runs, loader } = controlled();
      const got = [];
      const callers = Array.from({ length: 4 }, () =>
        cache.getOrSet("key", loader).then((value) => {
          assert.deepEqual(value, make(), `${name}: as it was loaded, however others were served before`);
          got.push(value);
          change(value);
        }),
      );
      await settled();
      if (skip) runs[0].context.skip();
      const loaded = make();
      runs[0].resolve(loaded);
      await Promise.all(callers);
      assert.equal(new Set(got).size, 4);
      if (skip) continue;
      assert.deepEqual(await cache.get("key"), make(), name);
      change(loaded);
      change(await cache.getOrSet("key", make));
      assert.deepEqual(await cache.getOrSet("key", make), make(), name);
    }
  }
});

test("force loads on a hit, and leaves the old value when it fails", async () => {
  const cache = new Cache();
  await cache.set("key", "old", 100);
  const { runs, loader } = controlled();
  const forced = [cache.getOrSet("key", loader, { force: true }), cache.getOrSet("key", loader, { force: true })];
  await settled();
  assert.equal(runs.length, 1, "one load per key, forced or not");
  assert.equal(await cache.getOrSet("key", loader), "old", "who does not insist gets what is there");
  assert.equal(await cache.get("key"), "old");
  runs[0].resolve("new");
  assert.deepEqual(await Promise.all(forced), ["new", "new"]);
  assert.equal(await cache.get("key"), "new");
  await assert.rejects(
    cache.getOrSet("key", () => Promise.reject(new Error("no")), { force: true }),
    /^Error: no$/,
  );
  assert.equal(await cache.get("key"), "new");
  assert.equal(await cache.getOrSet("key", "given", { force: true }), "given");
  assert.equal(await cache.get("key"), "given");
});

// ------------------------------------------------------------------------------------------- timeouts

test("a load that takes too long: LOAD_TIMEOUT, the signal aborted, nothing stored", async (t) => {
  const tick = onTimers(t);
  const cache = new Cache();
  const { runs, loader } = controlled();
  const caller = watched(cache.getOrSet("key", loader, { timeout: "2s" }));
  await tick(1_999);
  assert.equal(await state(caller), "pending");
  assert.equal(runs[0].context.signal.aborted, false);
  await tick(1);
  const error = await refusal(caller, "LOAD_TIMEOUT");
  assert.equal(error.key, "key");
  assert.equal(runs[0].context.signal.aborted, true);
  assert.ok(runs[0].context.signal.reason instanceof Error);
  const second = watched(cache.getOrSet("key", loader, { timeout: 2 }));
  await settled();
  assert.equal(runs.length, 2, "the next caller starts afresh");
  runs[0].resolve("late");
  await settled();
  assert.equal(await cache.has("key"), false, "what comes late is not stored");
  assert.equal(await state(second), "pending");
  runs[1].resolve("in time");
  assert.equal(await second, "in time");
  assert.equal(await cache.get("key"), "in time");
});

test("a load that times out ends for all who wait for it", async (t) => {
  const tick = onTimers(t);
  const cache = new Cache();
  const { runs, loader } = controlled(); // never settles and does not look at its signal
  const owner = watched(cache.getOrSet("key", loader, { timeout: 1 }));
  const waiters = [cache.getOrSet("key", loader), cache.getOrSet("key", loader, { timeout: 5 })].map(watched);
  await settled();
  await tick(1_000);
  await refusal(owner, "LOAD_TIMEOUT");
  assert.equal(runs[0].context.signal.aborted, true);
  await tick(60_000);
  // Either they got LOAD_TIMEOUT with the owner, or they loaded for themselves; none may hang.
  for (const run of runs.slice(1)) run.resolve("loaded again");
  for (const waiter of waiters) {
    const end = await state(waiter);
    assert.notEqual(end, "pending", "a promise that never settles");
    if (end.error) assert.equal(end.error.code, "LOAD_TIMEOUT");
    else assert.equal(end.value, "loaded again");
  }
});

test("the timeout is the load's: it stays when the caller who set it leaves", async (t) => {
  const tick = onTimers(t);
  const cache = new Cache();
  const { runs, loader } = controlled();
  const controller = new AbortController();
  const owner = watched(cache.getOrSet("key", loader, { timeout: 1, signal: controller.signal }));
  const waiter = watched(cache.getOrSet("key", loader));
  controller.abort();
  await assert.rejects(owner, { name: "AbortError" });
  await tick(999);
  assert.equal(await state(waiter), "pending");
  await tick(1);
  await refusal(waiter, "LOAD_TIMEOUT");
  assert.equal(runs[0].context.signal.aborted, true);
  assert.equal(cache.stats().loadFailures, 1);
});

test("a loader that heeds its signal fails with what it throws", async (t) => {
  const tick = onTimers(t);
  const cache = new Cache();
  const heedful = ({ signal }) =>
    new Promise((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
    });
  const caller = watched(cache.getOrSet("key", heedful, { timeout: 1 }));
  await tick(1_000);
  await refusal(caller, "LOAD_TIMEOUT");
  assert.equal(cache.stats().loadFailures, 1);
});

test("a waiter's timeout ends that waiter's wait alone", async (t) => {
  const tick = onTimers(t);
  const cache = new Cache();
  const { runs, loader } = controlled();
  const owner = watched(cache.getOrSet("key", loader));
  const waiter = watched(cache.getOrSet("key", loader, { timeout: 1 }));
  await tick(1_000);
  await refusal(waiter, "LOAD_TIMEOUT");
  assert.equal(runs[0].context.signal.aborted, false);
  assert.equal(await state(owner), "pending");
  runs[0].resolve("value");
  assert.equal(await owner, "value");
  assert.equal(await cache.get("key"), "value");
});

test("a timeout longer than timers can wait is no timeout of a millisecond", async (t) => {
  const delays = [];
  const { setTimeout: original } = globalThis;
  t.mock.method(globalThis, "setTimeout", (run, delay, ...args) => {
    delays.push(delay);
    return original(run, delay, ...args);
  });
  const cache = new Cache();
  for (const timeout of ["24d", "25d", "30d", 2 ** 31 / 1_000, "300d", 31_557_600_000]) {
    assert.equal(await cache.getOrSet("key", () => settled().then(() => 1), { timeout, force: true }), 1);
  }
  for (const delay of delays) assert.ok(delay <= 2 ** 31 - 1, `setTimeout(…, ${delay}) fires at once`);
});

// -------------------------------------------------------------------------------------------- signals

test("a caller whose signal is aborted already loads nothing", async () => {
  const cache = new Cache();
  const reason = new Error("enough");
  const signal = AbortSignal.abort(reason);
  const caller = cache.getOrSet("key", () => assert.fail("loaded"), { signal });
  await assert.rejects(caller, (error) => error === reason);
  assert.equal(cache.stats().loads, 0);
});

test("a waiter that leaves takes nobody along", async () => {
  for (const leaver of [0, 1]) {
    const cache = new Cache();
    const { runs, loader } = controlled();
    const controllers = [new AbortController(), new AbortController(), new AbortController()];
    const callers = controllers.map(({ signal }) => cache.getOrSet("key", loader, { signal }));
    await settled();
    const reason = new Error("leaving");
    controllers[leaver].abort(reason);
    await assert.rejects(callers[leaver], (error) => error === reason);
    assert.equal(runs[0].context.signal.aborted, false, "others wait for it");
    const late = cache.getOrSet("key", loader);
    runs[0].resolve("value");
    const others = callers.filter((_, i) => i !== leaver);
    assert.deepEqual(await Promise.all([...others, late]), ["value", "value", "value"]);
    assert.equal(runs.length, 1);
    assert.equal(await cache.get("key"), "value");
  }
});

test("when the last one leaves, the load is aborted and its result is nobody's", async () => {
  const cache = new Cache();
  const { runs, loader } = controlled();
  const controllers = [new AbortController(), new AbortController()];
  const callers = controllers.map(({ signal }) => cache.getOrSet("key", loader, { signal }));
  await settled();
  const reason = new Error("leaving");
  for (const controller of controllers) controller.abort(reason);
  for (const { reason: got } of await Promise.allSettled(callers)) assert.equal(got, reason);
  assert.equal(runs[0].context.signal.aborted, true);
  assert.equal(runs[0].context.signal.reason, reason);
  const next = cache.getOrSet("key", loader);
  await settled();
  assert.equal(runs.length, 2);
  runs[0].resolve("nobody's");
  await settled();
  assert.equal(await cache.has("key"), false);
  runs[1].resolve("value");
  assert.equal(await next, "value");
});

test("a load that fails after everybody left disturbs nobody", async () => {
  const cache = new Cache();
  const { runs, loader } = controlled();
  const controller = new AbortController();
  const caller = cache.getOrSet("key", loader, { signal: controller.signal });
  await settled();
  controller.abort();
  await assert.rejects(caller, { name: "AbortError" });
  runs[0].reject(new Error("unheard")); // an unhandled rejection would fail this test
  await settled();
  assert.equal(await cache.getOrSet("key", () => 1), 1);
});

test("a signal is let go of when the wait ends", async () => {
  const cache = new Cache();
  const { signal } = new AbortController();
  const { runs, loader } = controlled();
  const callers = [cache.getOrSet("key", loader, { signal }), cache.getOrSet("key", loader, { signal })];
  await settled();
  runs[0].resolve(1);
  await Promise.all(callers);
  await assert.rejects(cache.getOrSet("other", () => Promise.reject(new Error("no")), { signal }));
  assert.equal(getEventListeners(signal, "abort").length, 0);
});

// ------------------------------------------------------------------------------------ a lost owner

test("a slow load is waited for as long as its owner lives", async (t) => {
  const tick = onTimers(t);
  const cache = new Cache();
  const { runs, loader } = controlled();
  const callers = [cache.getOrSet("key", loader), cache.getOrSet("key", loader)];
  await settled();
  for (let i = 0; i < 600; i++) t.mock.timers.tick(1_000);
  await settled();
  assert.equal(runs.length, 1);
  runs[0].resolve("value");
  assert.deepEqual(await Promise.all(callers), ["value", "value"]);
  await tick(1_000_000);
});

test("when the owner's timers and promise have died, one waiter loads for all", async (t) => {
  const tick = onTimers(t);
  const cache = new Cache();
  const { runs, loader } = controlled();
  // A worker cancels a request: nothing of it ever runs again.
  const silenced = t.mock.method(globalThis, "setInterval", () => ({ dead: true }));
  const lost = cache.getOrSet("key", loader);
  await settled();
  silenced.mock.restore();
  const waiters = [cache.getOrSet("key", loader), cache.getOrSet("key", loader), cache.getOrSet("key", loader)];
  await settled();
  assert.equal(runs.length, 1);
  for (let i = 0; i < 60; i++) await tick(1_000);
  assert.equal(runs.length, 2, "within a minute, and once");
  runs[1].resolve("second");
  assert.deepEqual(await Promise.all(waiters), ["second", "second", "second"]);
  runs[0].resolve("from the dead");
  await settled();
  assert.equal(await cache.get("key"), "second", "the lost load no longer speaks for the key");
  assert.equal(await lost, "from the dead");
});

test("no timer is left when a load has ended", async (t) => {
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
    t.after(() => {
      for (const timer of live) clear(timer); // what is left must not keep this process alive
    });
  }
  const cache = new Cache();
  const load = () => settled().then(() => 1);
  await Promise.all([cache.getOrSet("key", load, { timeout: 100 }), cache.getOrSet("key", load, { timeout: 100 })]);
  await settled();
  assert.equal(live.size, 0, "after a load");
  await assert.rejects(cache.getOrSet("bad", () => Promise.reject(new Error("no")), { timeout: 100 }));
  await settled();
  assert.equal(live.size, 0, "after a failure");
  const controller = new AbortController();
  const never = cache.getOrSet("never", () => new Promise(() => {}), { signal: controller.signal });
  controller.abort();
  await assert.rejects(never);
  await settled();
  assert.equal(live.size, 0, "after everybody left a load that never ends");
});

test("a load that timed out keeps no process alive", () => {
  const source = `
    import { Cache } from "isocache";
    const cache = new Cache();
    await cache.getOrSet("key", () => new Promise(() => {}), { timeout: "1ms" }).catch((error) => console.log(error.code));
  `;
  assert.equal(runNode(source, { timeout: 10_000 }), "LOAD_TIMEOUT");
});

// ---------------------------------------------------------------------------------------- and the rest

test("closing during a load: it settles, and nothing is stored", async () => {
  const cache = new Cache();
  const view = cache.withScope("view");
  const { runs, loader } = controlled();
  const callers = [view.getOrSet("key", loader), view.getOrSet("key", loader), cache.getOrSet("key", loader)];
  await settled();
  await view.close();
  await refusal(view.getOrSet("key", loader), "CLOSED");
  await cache.close();
  for (const run of runs) run.resolve("value");
  for (const caller of callers) {
    const end = await state(caller);
    assert.notEqual(end, "pending");
    if (end.error) assert.equal(end.error.code, "CLOSED");
    else assert.equal(end.value, "value");
  }
});

test("`as` converts for each caller; what it refuses is not stored", async () => {
  const cache = new Cache();
  const { runs, loader } = controlled();
  const callers = [
    cache.getOrSet("key", loader, { as: (value) => value + 1 }),
    cache.getOrSet("key", loader, { as: (value) => `${value}!` }),
    cache.getOrSet("key", loader),
  ];
  await settled();
  runs[0].resolve(1);
  assert.deepEqual(await Promise.all(callers), [2, "1!", 1]);
  assert.equal(await cache.getOrSet("key", loader, { as: (value) => -value }), -1, "on a hit");
  const cause = new Error("not that");
  const refuse = () => {
    throw cause;
  };
  assert.equal((await refusal(cache.getOrSet("key", 5, { as: refuse }), "VALIDATION")).cause, cause);
  assert.equal(await cache.get("key"), 1, "a hit that was refused stays as it was");
});

test("a loaded value that `as` refuses leaves everything as it was", async () => {
  const cache = new Cache();
  const refuse = () => {
    throw new Error("not that");
  };
  await refusal(
    cache.getOrSet("loaded", () => "bad", { as: refuse }),
    "VALIDATION",
  );
  assert.equal(await cache.has("loaded"), false, "loaded");
  await refusal(cache.getOrSet("given", "bad", { as: refuse }), "VALIDATION");
  assert.equal(await cache.has("given"), false, "given");
});

test("a loader that failed because another load timed out is one failure", async () => {
  const cache = new Cache();
  const slow = () => cache.getOrSet("inner", () => new Promise(() => {}), { timeout: "1ms" });
  await refusal(cache.getOrSet("outer", slow), "LOAD_TIMEOUT");
  assert.equal(cache.stats().loadFailures, 2); // of two loads
});

test("a loader that loads its own key loads apart, and nobody waits for himself", async () => {
  const cache = new Cache();
  const value = await cache.getOrSet("key", () => cache.getOrSet("key", () => 1));
  assert.equal(value, 1);
  assert.equal(await cache.get("key"), 1);
});

test("nor does what it loads apart undo a write", async () => {
  const cache = new Cache();
  const { runs, loader } = controlled();
  const caller = cache.getOrSet("key", () => cache.getOrSet("key", loader));
  await cache.set("key", "written");
  runs[0].resolve("loaded");
  assert.equal(await caller, "loaded");
  assert.equal(await cache.get("key"), "written");
});

test("a write while a load is under way is not undone by it", async () => {
  const writes = {
    set: (cache) => cache.set("key", "written"),
    setMany: (cache) => cache.setMany({ key: "written" }),
    delete: (cache) => cache.delete("key"),
    deleteMany: (cache) => cache.deleteMany(["key"]),
    deletePattern: (cache) => cache.deletePattern("k*"),
    "deletePattern, escaped": (cache) => cache.deletePattern("k\\ey"),
    incrementMany: (cache) => cache.incrementMany({ key: 1 }),
    clear: (cache) => cache.clear(),
    increment: (cache) => cache.increment("key"),
    "getOrSet of a value": (cache) => cache.getOrSet("key", "written"),
  };
  for (const [name, write] of Object.entries(writes)) {
    for (const scope of [undefined, "scope"]) {
      const root = new Cache();
      const cache = scope === undefined ? root : root.withScope(scope);
      const { runs, loader } = controlled();
      const caller = cache.getOrSet("key", loader);
      await settled();
      await write(cache);
      const written = await cache.get("key");
      runs[0].resolve("loaded");
      assert.equal(await caller, "loaded", name);
      assert.equal(await cache.get("key"), written, name);
    }
  }
});

test("a write of other keys while a load is under way leaves it alone", async () => {
  const writes = {
    setMany: (cache) => cache.setMany({ other: 1 }),
    incrementMany: (cache) => cache.incrementMany({ other: 1 }),
    deleteMany: (cache) => cache.deleteMany(["other", "ke", "key2"]),
    deletePattern: (cache) => cache.deletePattern("other*"),
    "clear of another scope": (cache) => cache.withScope("other").clear(),
    "setMany of another scope": (cache) => cache.withScope("other").setMany([["key", 1]]),
    "invalidateTag of another tag": (cache) => cache.invalidateTag("other"),
  };
  for (const [name, write] of Object.entries(writes)) {
    const cache = new Cache();
    const { runs, loader } = controlled();
    const caller = cache.getOrSet("key", loader, { tags: ["tag"] });
    await write(cache);
    runs[0].resolve("loaded");
    await caller;
    assert.equal(await cache.get("key"), "loaded", name);
  }
});

test("what is loaded with a tag that was invalidated meanwhile is not stored", async () => {
  const cases = {
    "the option": [{ tags: ["tag"] }, () => {}],
    setTags: [{}, ({ setTags }) => setTags(["tag"])],
    "no tags": [{}, () => {}], // the entry that it replaces may have had some
  };
  for (const [name, [options, say]] of Object.entries(cases)) {
    const cache = new Cache();
    const run = deferred();
    const load = async (context) => {
      say(context);
      await run.promise;
      return "loaded";
    };
    const caller = cache.getOrSet("key", load, options);
    const many = cache.getOrSetMany(["a", "b"], () => run.promise.then(() => ({ a: 1, b: 2 })), { tags: ["tag"] });
    await cache.invalidateTag("tag", "other");
    run.resolve();
    assert.equal(await caller, "loaded");
    assert.equal((await many).size, 2);
    assert.equal(await cache.countKeys(), 0, name);
  }
});

test("more tags than a load remembers count as its own", async () => {
  const cache = new Cache();
  const { runs, loader } = controlled();
  const caller = cache.getOrSet("key", loader, { tags: ["tag"] });
  for (let i = 0; i < 1_000; i++) await cache.invalidateTag(`other ${i}`);
  await cache.invalidateTag("tag");
  runs[0].resolve("loaded");
  await caller;
  assert.equal(await cache.has("key"), false);
});

test("a value that is converted does not undo what was written meanwhile", async () => {
  const cache = new Cache();
  const converted = deferred();
  const as = (value) => converted.promise.then(() => value);
  const caller = cache.getOrSet("key", "default", { as });
  const forced = cache.getOrSet("forced", "default", { as, force: true });
  await cache.setMany({ key: "written", forced: "written" });
  converted.resolve();
  assert.equal(await caller, "default");
  assert.equal(await cache.get("key"), "written");
  await forced;
  assert.equal(await cache.get("forced"), "default");
});

test("callers who leave a load that lasts leave nothing behind", () => {
  const source = `
    const { Cache } = await import("isocache");
    const cache = new Cache();
    void cache.getOrSet("key", () => new Promise(() => {}));
    const leave = async (count) => {
      for (let i = 0; i < count; i++) {
        const controller = new AbortController();
        const caller = cache.getOrSet("key", () => 1, { signal: controller.signal }).catch(() => {});
        controller.abort();
        await caller;
      }
      globalThis.gc();
      return process.memoryUsage().heapUsed;
    };
    const before = await leave(2_000);
    console.log(((await leave(10_000)) - before) / 10_000 < 200);
  `;
  assert.equal(runNode(source, { flags: ["--expose-gc"] }), "true");
});

test("a loader that ends its caller's signal ends the wait", async () => {
  const cache = new Cache();
  const controller = new AbortController();
  const load = () => {
    controller.abort();
    return new Promise(() => {});
  };
  const caller = watched(cache.getOrSet("key", load, { signal: controller.signal }));
  assert.equal((await state(caller)).error?.name, "AbortError");
});

test("loaders may use the cache", async () => {
  const cache = new Cache();
  const total = await cache.getOrSet("sum", async () => {
    const parts = await Promise.all([1, 2, 3].map((n) => cache.getOrSet(`part ${n}`, async () => n)));
    await cache.set("side effect", true);
    return parts.reduce((sum, part) => sum + part, 0);
  });
  assert.equal(total, 6);
  assert.deepEqual(await cache.getAll(["part 2", "side effect", "sum"]), [2, true, 6]);
});
