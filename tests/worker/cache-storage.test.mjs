// The standard's CacheStorage in bare workerd, whose own `caches` has neither keys nor matchAll nor add, and ignores Vary.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { bundle } from "../../examples/edge-worker/bundle.mjs";
import { CASES, plain } from "../js/cache-storage.cases.mjs";
import { startOrigin } from "../js/cache-storage.origin.mjs";

const LIMIT = { timeout: 60_000 };
const { Miniflare } = createRequire(new URL("../../examples/edge-worker/", import.meta.url))("miniflare");

let origin;
let miniflare;
let results;
before(async () => {
  origin = await startOrigin();
  miniflare = new Miniflare({
    host: "127.0.0.1",
    port: 0,
    cf: false,
    cache: false,
    compatibilityDate: "2026-04-01",
    modules: await bundle(fileURLToPath(new URL("cache-storage-worker.js", import.meta.url))),
    bindings: { ORIGIN: origin.base },
  });
  results = await (await fetch(await miniflare.ready)).json();
}, LIMIT);
after(async () => {
  await miniflare?.dispose();
  await origin?.stop();
}, LIMIT);

for (const { title, expected, differs } of CASES) {
  test(title, () => assert.deepEqual(results[title], plain("workerd" in differs ? differs.workerd : expected)));
}
