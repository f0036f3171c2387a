// The entry as others load it.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";
import * as esm from "isocache/node";

test("require gives what import gives", () => {
  const cjs = createRequire(import.meta.url)("isocache/node");
  assert.deepEqual(
    Object.keys(cjs)
      .filter((name) => name !== "__esModule")
      .sort(),
    Object.keys(esm).sort(),
  );
  assert.deepEqual(Object.keys(esm).sort(), ["nodeHandler", "undiciStore"]);
  assert.throws(() => cjs.nodeHandler({}), { code: "INVALID_OPTION" });
});
