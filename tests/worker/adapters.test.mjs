// The adapters in workerd, which gets an entry of its own of each.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { bundle } from "../../examples/edge-worker/bundle.mjs";

const { Miniflare } = createRequire(new URL("../../examples/edge-worker/", import.meta.url))("miniflare");

test("adapters and isocache are one program with one binary", { timeout: 60_000 }, async () => {
  const modules = await bundle(fileURLToPath(new URL("adapters-worker.js", import.meta.url)));
  const types = modules.map(({ type }) => type);
  assert.deepEqual(types, ["ESModule", "CompiledWasm"]);
  const miniflare = new Miniflare({ host: "127.0.0.1", port: 0, cf: false, compatibilityDate: "2026-04-01", modules });
  try {
    const response = await fetch(await miniflare.ready);
    const values = ["keyv", "unstorage", "cachified", "bentocache"];
    assert.deepEqual(await response.json(), { values, keys: 2 });
  } finally {
    await miniflare.dispose();
  }
});
