// What listeners cost: `npm run bench -- events [entries ...]`, default 1000 100000.
//
// The same cache without any listener, after one that has gone again, with one for errors alone, with one for `remove`, and
// with one for each event; hits and writes over keys of 29 characters that are put together for each call. "keys alone" is
// what the loop costs without any cache, and part of each of the other figures.
import { SyncCache } from "../../dist/index.js";
import { measure, randomFrom, table } from "./rounds.mjs";

const PREFIX = "user:profile:settings:";
const FIRST = 1_000_000;
const DRAWS = 1 << 20;
const ALL = ["hit", "miss", "set", "remove", "invalidate", "error"];
let told = 0;
const listener = () => told++;
const LISTENERS = {
  nobody: () => {},
  "nobody any more": (cache) => ALL.map((name) => cache.on(name, listener)).forEach((end) => end()),
  error: (cache) => cache.on("error", listener),
  remove: (cache) => cache.on("remove", listener),
  all: (cache) => ALL.forEach((name) => cache.on(name, listener)),
};
const CALLS = {
  "get, hits": "sum += cache.get(key).length",
  "set, replacing": "sum += cache.set(key, 'value')",
  "set, evicting": "sum += cache.set(key + ' ' + i, 'value')",
};

const sizes = process.argv.slice(3).map(Number);
for (const entries of sizes.length > 0 ? sizes : [1_000, 100_000]) {
  const random = randomFrom(entries);
  const draws = Int32Array.from({ length: DRAWS }, () => Math.floor(entries * random() ** 2));
  for (const [title, call] of Object.entries(CALLS)) {
    for (const values of ["copy", "reference"]) {
      const runs = { "keys alone": loop("sum += key.charCodeAt(0)", draws) };
      for (const [name, listen] of Object.entries(LISTENERS))
        runs[name] = loop(call, draws, filled(entries, values, listen));
      print(`${entries} entries by ${values}: ${title}`, measure(runs, { count: 100_000 }));
    }
  }
}

function filled(entries, values, listen) {
  const cache = new SyncCache({ maxBytes: "256MiB", maxEntries: entries, values, sizeOf: () => 8 });
  for (let i = 0; i < entries; i++) cache.set(PREFIX + (FIRST + i), "value");
  listen(cache);
  return cache;
}

function loop(body, draws, cache) {
  const text = `let at = 0; return (count) => {
    let sum = 0;
    for (let i = at; i < at + count; i++) {
      const key = prefix + (first + draws[i & mask]);
      ${body};
    }
    at += count;
    return sum;
  }`;
  return new Function("draws", "cache", "prefix", "first", "mask", text)(draws, cache, PREFIX, FIRST, DRAWS - 1);
}

function print(title, times) {
  const base = times.nobody;
  const rows = Object.entries(times).map(([name, ns]) => [name, ns.toFixed(0), (ns / base).toFixed(2)]);
  console.log(`${table([[title, "ns", "x nobody"], ...rows])}\n`);
}
