// Five million operations on the real module: linear memory stays under its bound, whatever the sizes
// and however they change. Each cache in a Node of its own, as in bounds.test.mjs.
import assert from "node:assert/strict";
import { test } from "node:test";
import { runNode } from "./helpers.mjs";

const OPERATIONS = 2_500_000;
const seed = Number(process.env.SEED ?? Date.now() % 1e9);
console.log(`seed ${seed}`);

/** Runs the phases one after the other, over and over, and gives the most memory ever seen. */
function run(maxBytes, options) {
  const source = `
    import { SyncCache } from "isocache";
    import { randomFrom } from "./tests/js/helpers.mjs";
    const random = randomFrom(${seed});
    let now = 0;
    const cache = new SyncCache({ maxBytes: ${maxBytes}, clock: () => now, ...${JSON.stringify(options)} });
    const largest = ${maxBytes} / 4 - 1_000;
    const bytes = new Uint8Array(largest).fill(7);
    const value = (length) => bytes.subarray(0, Math.max(16, Math.min(largest, Math.floor(length))));
    const between = (least, most) => least * (most / least) ** random();
    const key = (count) => "key:" + Math.floor(random() * count);
    let done = 0, peak = 0;
    const phases = [
      () => cache.set(key(3e5), value(between(16, 64))),
      () => cache.set(key(1e5), value(between(16, 4_096)), 1 + random() * 60),
      () => (random() < 0.999 ? cache.set(key(2e5), value(16 / random() ** 1.2)) : cache.set(key(50), value(between(1e4, largest)))),
      () => (random() < 0.5 ? cache.delete(key(3e5)) : cache.set(key(3e5), value(between(16, 200)))),
      () => cache.set(key(2e4), value(7_000 + random() * 600)),
    ];
    while (done < ${OPERATIONS}) {
      for (const phase of phases) {
        for (let i = 0; i < 60_000 && done < ${OPERATIONS}; i++, done++) {
          if (done % 3 === 2) cache.get(key(3e5));
          else phase();
          if (done % 1_000 === 0) now += 500;
        }
        peak = Math.max(peak, cache.stats().memoryBytes);
      }
      // What fragments: small ones everywhere, every other one deleted, then large ones.
      for (let i = 0; i < 40_000; i++, done++) cache.set("small:" + i, value(16 + (i % 7) * 24));
      for (let i = 0; i < 40_000; i += 2, done++) cache.delete("small:" + i);
      for (let i = 0; i < 12; i++, done++) {
        if (!cache.set("large:" + i, value(largest))) throw new Error("a value as large as may be was refused");
      }
      if (cache.get("large:11")?.length !== largest) throw new Error("what was stored last is gone");
      peak = Math.max(peak, cache.stats().memoryBytes);
    }
    const { bytes: held } = cache.stats();
    console.log(JSON.stringify({ done, peak, held }));
  `;
  return JSON.parse(runNode(source, { timeout: 600_000 }));
}

for (const [maxBytes, options] of [
  [32 * 2 ** 20, {}],
  [8 * 2 ** 20, { policy: "s3-fifo" }],
]) {
  const name = `${maxBytes / 2 ** 20} MiB ${JSON.stringify(options)}`;
  test(`memoryBytes stays within maxBytes + 25 % + 2 MiB over ${OPERATIONS} operations: ${name}`, (t) => {
    const { done, peak, held } = run(maxBytes, options);
    t.diagnostic(`${(peak / 2 ** 20).toFixed(1)} MiB at most, ${(held / 2 ** 20).toFixed(1)} MiB charged at the end`);
    assert.ok(done >= OPERATIONS);
    assert.ok(held <= maxBytes);
    assert.ok(peak <= maxBytes * 1.25 + 2 * 2 ** 20, `${peak} bytes`);
  });
}
