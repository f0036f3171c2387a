// The entry as others load it.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
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

test("the declarations fit Node's and undici's", async () => {
  const file = (path) => fileURLToPath(new URL(path, import.meta.url));
  const compile = promisify(execFile)(file("../../node_modules/.bin/tsc"), ["-p", file("types/tsconfig.json")]);
  await compile.catch(({ stdout }) => assert.fail(stdout));
});
