// The standard's CacheStorage over a cache: the table of cache-storage.cases.mjs, over each kind of cache.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Cache } from "isocache";
import { cacheStorage } from "isocache/http";
import { CASES, outcome, plain } from "./cache-storage.cases.mjs";
import { startOrigin } from "./cache-storage.origin.mjs";

let origin;
before(async () => {
  origin = await startOrigin();
});
after(() => origin?.stop());

const KINDS = {
  copy: () => new Cache(),
  reference: () => new Cache({ values: "reference" }),
  "gdsf, in a scope": () => new Cache({ policy: "gdsf" }).withScope("mine"),
};

for (const [kind, make] of Object.entries(KINDS)) {
  describe(`the standard over a cache: ${kind}`, () => {
    for (const { title, expected, run } of CASES) {
      test(title, async () => {
        const cache = make();
        assert.deepEqual(await outcome(run, cacheStorage(cache), origin.base), plain(expected));
      });
    }
  });
}
