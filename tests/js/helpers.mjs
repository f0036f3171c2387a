// What the test files share: the built package under one face, a clock that stands still, small checks.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Cache, CacheError, SyncCache } from "isocache";

export const root = fileURLToPath(new URL("../../", import.meta.url));
export const START = 1_700_000_000_000;

/** Everything that both classes have and that gives a promise in one of them. */
export const METHODS = [
  "get",
  "set",
  "setIfAbsent",
  "has",
  "delete",
  "increment",
  "decrement",
  "ttl",
  "expire",
  "persist",
  "getMany",
  "getAll",
  "setMany",
  "hasMany",
  "deleteMany",
  "countKeys",
  "deletePattern",
  "clear",
  "purgeExpired",
  "getItem",
  "peek",
  "replace",
  "take",
  "touch",
  "incrementMany",
  "invalidateTag",
  "tagGeneration",
  "resize",
  "snapshot",
  "restore",
  "close",
];

/** A SyncCache under the face of a Cache, so that one table of behaviour serves both. */
function promised(sync) {
  const face = {
    sync,
    stats: () => sync.stats(),
    resetStats: () => sync.resetStats(),
    withScope: (scope) => promised(sync.withScope(scope)),
    async *keys(...args) {
      yield* sync.keys(...args);
    },
    async *entries(...args) {
      yield* sync.entries(...args);
    },
    get scope() {
      return sync.scope;
    },
    get closed() {
      return sync.closed;
    },
    async [Symbol.asyncDispose]() {
      sync[Symbol.dispose]();
    },
  };
  for (const name of METHODS) face[name] = async (...args) => sync[name](...args);
  return face;
}

export const opens = {
  Cache: (options) => new Cache(options),
  SyncCache: (options) => promised(new SyncCache(options)),
};

/** One test for each class. `open(options)` gives a cache that is closed after the test. */
export function both(title, run) {
  for (const [name, make] of Object.entries(opens)) {
    test(`${name}: ${title}`, async (t) => {
      const opened = [];
      const open = (...args) => {
        const cache = make(...args);
        opened.push(cache);
        return cache;
      };
      try {
        await run(open, t, name);
      } finally {
        for (const cache of opened) await cache.close();
      }
    });
  }
}

/** A clock that moves when it is told to. */
export function newTime(now = START) {
  const time = {
    now,
    clock: () => time.now,
    pass(ms) {
      time.now += ms;
    },
  };
  return time;
}

/** The CacheError that a promise rejects with, which must have this code. */
export async function refusal(promise, code) {
  let error;
  try {
    const value = await promise;
    assert.fail(`expected ${code}, got ${typeof value === "symbol" ? "a symbol" : JSON.stringify(value)}`);
  } catch (thrown) {
    error = thrown;
  }
  if (error instanceof assert.AssertionError) throw error;
  assert.ok(error instanceof CacheError, `expected a CacheError ${code}, got ${error?.stack ?? error}`);
  assert.equal(error.code, code, error.message);
  assert.ok(error instanceof Error);
  assert.equal(error.name, "CacheError");
  return error;
}

/** The CacheError that a function throws, which must have this code. */
export function thrown(run, code) {
  let error;
  try {
    run();
  } catch (caught) {
    error = caught;
  }
  assert.ok(error !== undefined, `expected ${code}, and nothing was thrown`);
  assert.ok(error instanceof CacheError, `expected a CacheError ${code}, got ${error.stack ?? error}`);
  assert.equal(error.code, code, error.message);
  return error;
}

export async function keysOf(cache, pattern) {
  const keys = [];
  for await (const key of cache.keys(pattern)) keys.push(key);
  return keys.toSorted();
}

/** The counts of stats(), without what depends on layout. */
export function counts(cache) {
  const { memoryBytes, ...rest } = cache.stats();
  return rest;
}

/** What stats() counted between two calls of counts(), zeros left out. */
export function counted(before, after) {
  const names = Object.keys(after).filter((name) => typeof after[name] === "number" && name !== "hitRatio");
  return Object.fromEntries(
    names.filter((name) => after[name] !== before[name]).map((name) => [name, after[name] - before[name]]),
  );
}

export function vectors(name) {
  return JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), "utf8"));
}

/** Runs a module in a Node of its own, which sees the package under its name, and gives what it printed. */
export function runNode(source, { flags = [], type = "module", timeout = 60_000 } = {}) {
  const args = [...flags, `--input-type=${type}`, "--eval", source];
  const result = spawnSync(process.execPath, args, { cwd: root, encoding: "utf8", timeout });
  assert.equal(result.error, undefined, String(result.error));
  assert.equal(result.status, 0, `exit ${result.status}\n${result.stdout}\n${result.stderr}`);
  return result.stdout.trim();
}

/**
 * The head of a module in which `wreck()` overwrites the engine's linear memory behind its back, as nothing but a fault
 * of its own could do: the next call traps.
 */
export const CAPTURE = `
  const memories = [];
  const { Instance } = WebAssembly;
  WebAssembly.Instance = class extends Instance {
    constructor(...args) {
      super(...args);
      memories.push(this.exports.memory);
    }
  };
  const wreck = () => new Uint8Array(memories.at(-1).buffer).fill(0xff);
  const code = (run) => { try { return run() ?? "no error"; } catch (error) { return error.code ?? String(error); } };
  const { Cache, SyncCache, CacheError } = await import("isocache");
`;

/** Numbers in [0, 1) that the seed decides (mulberry32). */
export function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A promise and its two ends. */
export function deferred() {
  const ends = {};
  ends.promise = new Promise((resolve, reject) => {
    ends.resolve = resolve;
    ends.reject = reject;
  });
  return ends;
}

/** Lets everything happen that waits for nothing but promises. */
export function settled() {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** A loader under control: each run waits for its own ends. */
export function controlled() {
  const runs = [];
  const loader = (context) => {
    const run = { context, ...deferred() };
    runs.push(run);
    return run.promise;
  };
  return { runs, loader };
}

/** A promise that may reject before anybody looks. */
export function watched(promise) {
  promise.catch(() => {});
  return promise;
}

/** How a promise ended, or "pending". */
export async function state(promise) {
  let known = "pending";
  promise.then(
    (value) => (known = { value }),
    (error) => (known = { error }),
  );
  await settled();
  return known;
}

/** Timers that pass when they are told to. */
export function onTimers(t, apis = ["setTimeout", "setInterval"]) {
  t.mock.timers.enable({ apis });
  return async (ms) => {
    t.mock.timers.tick(ms);
    await settled();
  };
}
