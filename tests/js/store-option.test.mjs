// The option `store`: undefined is the embedded store; what is none of isocache's own stores is refused.
import assert from "node:assert/strict";
import { test } from "node:test";
import { both, thrown } from "./helpers.mjs";
import { Cache, SyncCache } from "isocache";

both("without a store entries live in the embedded one", async (open) => {
  const cache = open({ store: undefined });
  assert.equal(await cache.set("key", 1), true);
  assert.equal(await cache.get("key"), 1);
  assert.equal(cache.stats().entries, 1);
});

const OTHERS = {
  null: null,
  name: "embedded",
  "a Map": new Map(),
  "something of the type": { kind: "embedded" },
  "a cache": new SyncCache(),
  function: () => ({ kind: "embedded" }),
};

for (const [name, store] of Object.entries(OTHERS)) {
  test(`${name} is no store`, () => {
    for (const Class of [Cache, SyncCache]) {
      const error = thrown(() => new Class({ store }), "INVALID_OPTION");
      assert.match(error.message, /store/);
      assert.equal(error.value, store);
    }
  });
}
