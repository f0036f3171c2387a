// A hit, beside lru-cache and Map: `npm run bench -- get [entries ...]`, default 1000 100000 1000000.
//
// Keys have 29 characters and are either built afresh for each call (what real code does: they are put together from
// parts, have no hash yet, and are nobody's pointer) or the same string objects again (a Map then compares pointers).
// Popularity is skewed: the index is N·u². "keys alone" is what the loop costs without any cache, and part of each of the
// other figures. Each rival's loop is compiled from a text of its own, as a loop that all share would
// be compiled for none of them.
import { SyncCache } from "../../dist/index.js";
import { LRUCache } from "lru-cache";
import { measure, randomFrom, table } from "./rounds.mjs";

const PREFIX = "user:profile:settings:";
const FIRST = 1_000_000; // so that all have seven digits
const DRAWS = 1 << 20;
const RIVALS = {
  "lru-cache": (max) => new LRUCache({ max }),
  Map: () => new Map(),
  "isocache, by reference": () => new SyncCache({ maxBytes: "1GiB", values: "reference", sizeOf: () => 8 }),
  "isocache, by copy": () => new SyncCache({ maxBytes: "1GiB" }),
};

const sizes = process.argv.slice(3).map(Number);
const loops = { fresh: "prefix + (first + draws[i & mask])", same: "keys[draws[i & mask]]" };
for (const entries of sizes.length > 0 ? sizes : [1_000, 100_000, 1_000_000]) {
  const keys = Array.from({ length: entries }, (_, i) => PREFIX + (FIRST + i));
  const caches = Object.entries(RIVALS).map(([name, make]) => [name, filled(make(entries), entries)]);
  const random = randomFrom(entries);
  const draws = Int32Array.from({ length: DRAWS }, () => Math.floor(entries * random() ** 2));
  for (const [kind, key] of Object.entries(loops)) {
    const runs = { "keys alone": loop(`sum += (${key}).charCodeAt(0)`, { draws, keys }) };
    for (const [name, cache] of caches) runs[name] = loop(`sum += cache.get(${key}).length`, { draws, keys, cache });
    print(`${entries} entries, ${kind} keys`, measure(runs, { count: 200_000 }));
  }
}

function filled(cache, entries) {
  // Each cache has keys of its own: a string that several Maps have seen is an internal one, and cheaper.
  for (let i = 0; i < entries; i++) cache.set(PREFIX + (FIRST + i), `value ${i}`);
  return cache;
}

function loop(body, { draws, keys, cache }) {
  const text = `let at = 0; return (count) => {
    let sum = 0;
    for (let i = at; i < at + count; i++) ${body};
    at = (at + count) & mask;
    return sum;
  }`;
  const make = new Function("draws", "keys", "cache", "prefix", "first", "mask", text);
  return make(draws, keys, cache, PREFIX, FIRST, DRAWS - 1);
}

function print(title, times) {
  const base = times["lru-cache"];
  const rows = Object.entries(times).map(([name, ns]) => [name, ns.toFixed(0), (ns / base).toFixed(2)]);
  console.log(`${table([[title, "ns", "x lru-cache"], ...rows])}\n`);
}
