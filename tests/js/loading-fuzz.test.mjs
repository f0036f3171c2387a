// Locks and loads under random histories with a seed, against what must always hold: one holder at a time, in the order in which
// they came, nobody waits for ever; one load of a key at a time, its value for all who wait, and a write is never undone.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Cache } from "isocache";
import { onTimers, randomFrom, settled } from "./helpers.mjs";

const RUNS = 60;
const STEPS = 60;
const seeds = () => {
  const given = process.env.SEED;
  if (given !== undefined) return [Number(given)];
  const first = Math.floor(Math.random() * 2 ** 31);
  return Array.from({ length: RUNS }, (_, i) => first + i);
};

/** Runs a history for each seed; a failure names its seed. */
async function forSeeds(run) {
  for (const seed of seeds()) {
    const random = randomFrom(seed);
    const below = (n) => Math.floor(random() * n);
    const pick = (list) => list[below(list.length)];
    try {
      await run({ below, pick });
    } catch (error) {
      error.message = `SEED=${seed}: ${error.message}`;
      throw error;
    }
  }
}

/** Locks of one key as they should be: who holds it until when, and who waits, in order. */
class Model {
  holder = null;
  queue = [];

  /** Time has come to `now`: leases and waits end in the order of their times. Gives whether any did. */
  pass(now) {
    for (let ended = false; ; ended = true) {
      const ends = this.queue.filter((one) => one.until <= now).map((one) => one.until);
      if (this.holder !== null && this.holder.lease <= now) ends.push(this.holder.lease);
      if (ends.length === 0) return ended;
      this.#end(Math.min(...ends));
    }
  }

  #end(at) {
    for (const one of this.queue.filter(({ until }) => until === at)) this.leave(one, "gave up");
    if (this.holder?.lease === at) this.free("lost", at);
  }

  join(one, now) {
    if (this.holder === null) this.#give(one, now);
    else if (one.until <= now) one.fate = "gave up";
    else this.queue.push(one);
  }

  leave(one, fate) {
    this.queue = this.queue.filter((other) => other !== one);
    one.fate = fate;
  }

  free(fate, now) {
    this.holder.fate = fate;
    this.holder = null;
    if (this.queue.length > 0) this.#give(this.queue.shift(), now);
  }

  #give(one, now) {
    this.holder = one;
    one.fate = "holds";
    one.lease = now + one.leaseMs;
  }
}

test("locks: one holder, in order, and nobody waits for ever", async (t) => {
  const tick = onTimers(t, ["setTimeout", "setInterval", "Date"]);
  await forSeeds(async ({ below, pick }) => {
    const cache = new Cache({ enabled: below(4) > 0 });
    const models = { a: new Model(), b: new Model() };
    const all = [];

    const join = (key) => {
      // No two ends meet in one millisecond, where either order is right: what is done happens at multiples of 64, waits
      // end at 63 of 64, and a lease one later than it began.
      const wait = pick([false, true, 64 * below(50) + 63]);
      const controller = new AbortController();
      const now = Date.now();
      const until = wait === true ? Infinity : now + Number(wait);
      const one = { key, controller, until, leaseMs: 64 * below(32) + 1, fate: "waits" };
      const { signal } = controller;
      one.promise = cache
        .acquire(key, { wait: typeof wait === "number" ? wait / 1_000 : wait, lease: one.leaseMs / 1_000, signal })
        .then(
          (acquired) => {
            one.acquired = acquired;
            one.seen = acquired === null ? "gave up" : "holds";
          },
          (error) => {
            assert.equal(error, signal.reason);
            one.seen = "aborted";
          },
        );
      models[key].join(one, now);
      all.push(one);
    };
    const acts = {
      join: () => join(pick(["a", "a", "b"])),
      release(one) {
        one.acquired.release();
        if (one.fate === "holds") models[one.key].free("released", Date.now());
      },
      extend(one) {
        one.leaseMs = 64 * below(32) + 1;
        one.lease = Date.now() + one.leaseMs;
        one.acquired.extend(one.leaseMs / 1_000).then((extended) => assert.equal(extended, one.fate !== "lost"));
      },
      abort(one) {
        one.controller.abort(new Error("enough"));
        if (one.fate === "waits") models[one.key].leave(one, "aborted");
      },
    };
    const pass = async (ms) => {
      for (let i = 0; i < ms; i++) {
        t.mock.timers.tick(1);
        const ended = Object.values(models).map((model) => model.pass(Date.now()));
        if (ended.includes(true)) await settled(); // a lease begins when the promise is served
      }
      await tick(0);
    };
    const check = async () => {
      await settled();
      for (const one of all) {
        const { fate, seen = "waits", acquired } = one;
        const held = ["holds", "lost", "released"].includes(fate);
        assert.equal(seen, held ? "holds" : fate);
        if (held) assert.equal(acquired.signal.aborted, fate === "lost");
      }
      for (const [key, { holder }] of Object.entries(models)) {
        if (holder === null) continue;
        assert.equal(await cache.acquire(key, { wait: false }), null, "held");
        await holder.acquired.set(1); // LOCK_LOST if it were not its own
      }
    };

    for (let step = 0; step < STEPS; step++) {
      const of = (...fates) => all.filter(({ fate }) => fates.includes(fate));
      const act = pick(["join", "join", "release", "release late", "extend", "abort", "pass"]);
      if (act === "join") acts.join();
      else if (act === "release" && of("holds").length > 0) acts.release(pick(of("holds")));
      else if (act === "release late" && of("lost", "released").length > 0) acts.release(pick(of("lost", "released")));
      else if (act === "extend" && of("holds").length > 0) acts.extend(pick(of("holds")));
      else if (act === "abort" && all.length > 0) acts.abort(pick(all));
      else if (act === "pass") await pass(64 * below(8));
      await check();
    }
    for (let i = 0; i < 200 && all.some(({ fate }) => fate === "waits"); i++) await pass(1_024);
    await check();
    assert.ok(all.every(({ seen }) => seen !== undefined), "nobody waits for ever"); // prettier-ignore
    await cache.close();
  });
});

test("loads: one at a time for a key, one value for all who wait, and a write is never undone", async (t) => {
  const tick = onTimers(t);
  await forSeeds(async ({ below, pick }) => {
    let now = 1_700_000_000_000;
    const cache = new Cache({ clock: () => now });
    const keys = ["a", "b", "c"];
    const active = new Map(keys.map((key) => [key, 0]));
    const loads = [];
    const callers = [];
    let version = 0;
    const written = new Map();

    const started = (names, signal) => {
      const values = new Map(names.map((key) => [key, `${key} ${++version}`]));
      const load = { names, values, over: false };
      for (const key of names) active.set(key, active.get(key) + 1);
      load.promise = new Promise((resolve, reject) => Object.assign(load, { resolve, reject }));
      load.end = (run) => {
        if (load.over) return;
        load.over = true;
        for (const key of names) active.set(key, active.get(key) - 1);
        run();
      };
      signal?.addEventListener("abort", () => load.end(() => load.reject(signal.reason)));
      for (const key of names) assert.ok(active.get(key) <= 1, `${key} is loaded twice at a time`);
      loads.push(load);
      return load.promise;
    };
    const options = () => ({
      ttl: pick([undefined, 1, 5]),
      staleWhileRevalidate: pick([undefined, undefined, 2]),
      staleIfError: pick([undefined, undefined, 4]),
      refreshAhead: pick([undefined, undefined, 1]),
      force: below(8) === 0,
    });
    const call = (promise, expect) => {
      const caller = promise.then(
        (value) => expect(value),
        (error) => assert.match(String(error), /no origin|enough/),
      );
      callers.push(caller);
    };
    const isOf = (key, value) => assert.equal(String(value).split(" ", 1)[0], key, `${value} for ${key}`);
    const acts = {
      one() {
        const key = pick(keys);
        const controller = new AbortController();
        const loader = ({ signal }) => started([key], signal).then((values) => values.get(key));
        call(cache.getOrSet(key, loader, { ...options(), signal: controller.signal }), (value) => isOf(key, value));
        if (below(4) === 0) controller.abort(new Error("enough"));
      },
      many() {
        const asked = keys.filter(() => below(2) === 0);
        const loader = (names) => started(names);
        call(cache.getOrSetMany(asked, loader, options()), (got) => {
          assert.deepEqual([...got.keys()], asked);
          for (const [key, value] of got) isOf(key, value);
        });
      },
      resolve() {
        const load = pick(loads);
        load?.end(() => load.resolve(load.values));
      },
      reject() {
        const load = pick(loads);
        load?.end(() => load.reject(new Error("no origin")));
      },
      async write() {
        const key = pick(keys);
        const value = below(3) === 0 ? undefined : `${key} w${++version}`;
        // From now on nothing may come back that was loading before.
        const under = loads.filter(({ over, names }) => !over && names.includes(key));
        written.set(key, new Set(under.map(({ values }) => values.get(key))));
        await (value === undefined ? cache.delete(key) : cache.set(key, value, 5));
      },
      pass() {
        now += below(2_000);
      },
    };
    for (let step = 0; step < STEPS; step++) {
      await acts[pick(["one", "one", "many", "resolve", "resolve", "reject", "write", "pass"])]();
      if (below(2) === 0) await settled();
      for (const [key, before] of written) assert.ok(!before.has(await cache.peek(key)), "a write was undone");
    }
    await settled();
    for (const load of loads) load.end(() => load.resolve(load.values));
    await settled();
    for (const load of loads) load.end(() => load.resolve(load.values));
    await Promise.all(callers); // nobody waits for ever
    await tick(60_000);
    for (const [key, before] of written) assert.ok(!before.has(await cache.peek(key)), "a write was undone");
  });
});
