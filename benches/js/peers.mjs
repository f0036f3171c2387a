// Awaited get and set, beside the peers that have promises too: `npm run bench -- peers [entries]`, default 1000.
//
// Like with like: by copy beside those that copy (keyv, @cacheable/memory, cacheable, bentocache), by reference beside
// those that hand out what they were given (cache-manager, unstorage's lru driver). Each as its README sets it up for
// memory alone. Keys are built afresh for each call, values are short text and small objects. Then the batch: getMany of
// 100 keys beside 100 single gets.
import { BentoCache, bentostore } from "bentocache";
import { memoryDriver } from "bentocache/drivers/memory";
import { CacheableMemory } from "@cacheable/memory";
import { Cacheable } from "cacheable";
import { createCache } from "cache-manager";
import Keyv from "keyv";
import { createStorage } from "unstorage";
import lruDriver from "unstorage/drivers/lru-cache";
import { Cache } from "../../dist/index.js";
import { measureAwaited, randomFrom, table } from "./rounds.mjs";

const [entries = 1_000] = process.argv.slice(3).map(Number);
const PREFIX = "user:profile:settings:";
const FIRST = 1_000_000;
const random = randomFrom(entries);
const DRAWS = Int32Array.from({ length: 1 << 16 }, () => Math.floor(entries * random() ** 2));

const bento = (options) => {
  const stores = { memory: bentostore().useL1Layer(memoryDriver({ maxItems: 10 * entries, ...options })) };
  const cache = new BentoCache({ default: "memory", stores });
  return { get: (key) => cache.get({ key }), set: (key, value) => cache.set({ key, value }) };
};
const storage = () => {
  const cache = createStorage({ driver: lruDriver({ max: 10 * entries }) });
  return { get: (key) => cache.getItem(key), set: (key, value) => cache.setItem(key, value) };
};
const GROUPS = {
  "by copy": {
    isocache: () => new Cache(),
    keyv: () => new Keyv(),
    "@cacheable/memory": () => new CacheableMemory(),
    cacheable: () => new Cacheable(),
    bentocache: () => bento(),
  },
  "by reference": {
    isocache: () => new Cache({ values: "reference" }),
    "cache-manager": () => createCache(),
    "unstorage lru": () => storage(),
  },
};
const VALUES = {
  "a string": (i) => `the value of the entry ${i}`,
  "a small object": (i) => ({
    id: i,
    name: `user ${i}`,
    email: `user${i}@example.org`,
    admin: false,
    tags: ["a", "b"],
  }),
};

for (const [group, rivals] of Object.entries(GROUPS)) {
  for (const [kind, make] of Object.entries(VALUES)) {
    const [gets, sets] = [{}, {}];
    for (const [name, open] of Object.entries(rivals)) {
      const cache = open();
      for (let i = 0; i < entries; i++) await cache.set(PREFIX + (FIRST + i), make(i));
      gets[name] = loop("sum += (await cache.get(prefix + (first + draws[i & mask]))) === undefined ? 0 : 1", cache);
      sets[name] = loop("await cache.set(prefix + (first + draws[i & mask]), make(i))", cache, make);
    }
    const count = 20_000;
    print(`${kind}, ${group}`, await measureAwaited(gets, { count }), await measureAwaited(sets, { count }));
  }
}
await batches();

/** A loop of its own for each rival: one that all share would be compiled for none of them. */
function loop(body, cache, make) {
  const text = `let at = 0; return async (count) => {
    let sum = 0;
    for (let i = at; i < at + count; i++) ${body};
    at = (at + count) & mask;
    return sum;
  }`;
  const compile = new Function("cache", "make", "prefix", "first", "draws", "mask", text);
  return compile(cache, make, PREFIX, FIRST, DRAWS, DRAWS.length - 1);
}

async function batches() {
  const cache = new Cache();
  for (let i = 0; i < entries; i++) await cache.set(PREFIX + (FIRST + i), `the value of the entry ${i}`);
  let at = 0;
  const keys = () => Array.from({ length: 100 }, () => PREFIX + (FIRST + DRAWS[at++ & (DRAWS.length - 1)]));
  const runs = {
    "100 awaited gets": async (count) => {
      for (let i = 0; i < count; i++) for (const key of keys()) await cache.get(key);
    },
    "100 gets, Promise.all": async (count) => {
      for (let i = 0; i < count; i++) await Promise.all(keys().map((key) => cache.get(key)));
    },
    "getMany of 100": async (count) => {
      for (let i = 0; i < count; i++) await cache.getMany(keys());
    },
    "getAll of 100": async (count) => {
      for (let i = 0; i < count; i++) await cache.getAll(keys());
    },
  };
  const times = await measureAwaited(runs, { count: 500 });
  const base = times["100 awaited gets"];
  const rows = Object.entries(times).map(([name, ns]) => [name, ns.toFixed(0), (ns / base).toFixed(2)]);
  console.log(`${table([["100 keys, by copy", "ns", "x single"], ...rows])}\n`);
}

function print(title, gets, sets) {
  const rows = Object.keys(gets).map((name) => [
    name,
    gets[name].toFixed(0),
    (gets[name] / gets.isocache).toFixed(1),
    sets[name].toFixed(0),
    (sets[name] / sets.isocache).toFixed(1),
  ]);
  console.log(`${table([[title, "get ns", "x ours", "set ns", "x ours"], ...rows])}\n`);
}
