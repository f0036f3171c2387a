// The stores that every contract is tested against. One more store is one more element of `stores`.
//
// A store is { name, copies, start }. `copies`: what is read shares nothing with what was written. `start()` gives
//   open(options)   a cache, empty the first time, whose time stands still
//   pass(ms)        lets time pass
//   now()           milliseconds since the epoch, as the store's time has it
//   trips(run)      how many round trips `run` made
//   stop()          closes what was opened
import { test } from "node:test";
import { Cache } from "isocache";
import { CacheConfig } from "isocache/config";
import { newTime } from "../helpers.mjs";

/** The embedded store. It has no trips; each operation asks the clock once, however many keys it has. */
function embedded(name, kept) {
  const start = () => {
    const time = newTime();
    const opened = [];
    let asked = 0;
    const clock = () => {
      asked++;
      return time.now;
    };
    return {
      async open(options) {
        const cache = new Cache({ ...options, ...kept, clock });
        opened.push(cache);
        return cache;
      },
      pass: (ms) => time.pass(ms),
      now: () => time.now,
      async trips(run) {
        const before = asked;
        await run();
        return asked - before;
      },
      async stop() {
        for (const cache of opened) await cache.close();
      },
    };
  };
  return { name, copies: kept.values === "copy", start };
}

export const stores = [
  embedded("embedded, by copy", { values: "copy" }),
  embedded("embedded, by reference", { values: "reference" }),
];

/** A configuration whose caches live in a store that was started. */
function configOf(open, init) {
  const config = new CacheConfig(init);
  const { enabled, defaultTtl, maxEntries, codec } = config;
  config.open = () => open({ enabled, defaultTtl, maxEntries, codec });
  return config;
}

/** One test for each store. `run` gets what `start` gives, `copies` and `config(init)`, a CacheConfig over the store. */
export function everyStore(title, run) {
  for (const { name, copies, start } of stores) {
    test(`${title} (${name})`, async (t) => {
      const store = start();
      t.after(() => store.stop());
      await run({ ...store, copies, config: (init) => configOf(store.open, init) }, t);
    });
  }
}

/** A Standard Schema, as zod's are: an object with a name. */
export const User = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: (value) =>
      typeof value?.name === "string" ? { value: { name: value.name } } : { issues: [{ message: "no name" }] },
  },
};
