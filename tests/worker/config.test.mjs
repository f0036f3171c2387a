// isocache/config in workerd: the configuration from the worker's variables, caches by name in module scope.
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const EDGE = join(ROOT, "examples/edge-worker/");

const WORKER = `
  import { CacheConfig, CacheRegistry } from "isocache/config";

  const registry = new CacheRegistry();
  let configured = false;

  export default {
    async fetch(request, env) {
      if (!configured) registry.configure({ default: CacheConfig.fromEnv(env) });
      configured = true;
      const cache = await registry.get();
      const { maxEntries, policy } = cache.stats();
      return Response.json({ visits: await cache.increment("visits"), maxEntries, policy });
    },
  };
`;

test("a worker configures its cache by its variables", { timeout: 60_000 }, async (t) => {
  const { Miniflare } = createRequire(EDGE)("miniflare");
  const { bundle } = await import(pathToFileURL(join(EDGE, "bundle.mjs")));
  // Inside the repository, where the package is found by its own name.
  const folder = await mkdtemp(join(ROOT, "target/worker-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, "worker.js");
  await writeFile(file, WORKER);
  const miniflare = new Miniflare({
    host: "127.0.0.1",
    port: 0,
    cf: false,
    compatibilityDate: "2026-04-01",
    modules: await bundle(file),
    bindings: { CACHE_MAX_ENTRIES: 5, CACHE_POLICY: "sieve", CACHE_REDIS_HOST: "" },
  });
  t.after(() => miniflare.dispose());
  const url = await miniflare.ready;
  const ask = async () => (await fetch(url)).json();
  assert.deepEqual(await ask(), { visits: 1, maxEntries: 5, policy: "sieve" });
  assert.deepEqual(await ask(), { visits: 2, maxEntries: 5, policy: "sieve" });
});
