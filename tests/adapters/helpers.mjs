// What the test files share: a clock that the libraries see too, and small checks.
import assert from "node:assert/strict";
import { mock } from "node:test";
import { Cache, CacheError, SyncCache } from "isocache";

export const START = 1_700_000_000_000;

/** Makes Date stand still until the test ends; gives the function that moves it on by milliseconds. */
export function stopDate(t) {
  mock.timers.enable({ apis: ["Date"], now: START });
  t.after(() => mock.timers.reset());
  return (ms) => mock.timers.setTime(Date.now() + ms);
}

/** Options of a cache whose clock is Date, wherever a test has put that. */
export const clock = () => Date.now();

/** Both classes, which every adapter takes. */
export const CLASSES = { Cache, SyncCache };

export function throwsCode(code, call) {
  assert.throws(call, (error) => error instanceof CacheError && error.code === code);
}

export async function rejectsCode(code, promise) {
  await assert.rejects(promise, (error) => error instanceof CacheError && error.code === code);
}

export async function collect(iterable) {
  const all = [];
  for await (const item of iterable) all.push(item);
  return all;
}
