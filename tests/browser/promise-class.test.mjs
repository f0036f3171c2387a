// What `wasm-pack build` gives with the feature promise-class, used with no JavaScript of ours: the example's page in
// both browsers, and the same module in Node.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { serve } from "../../examples/promise-class/serve.mjs";
import { CHROMIUM, FIREFOX, launch } from "./browsers.mjs";

const LIMIT = { timeout: 120_000 };
const ROOT = new URL("../../", import.meta.url);
const PACKAGE = new URL("target/promise-class/", ROOT);

before(() => {
  // Built where it is missing or old; otherwise this costs nothing.
  execFileSync(fileURLToPath(new URL("scripts/build-promise-class", ROOT)), { stdio: ["ignore", "ignore", "inherit"] });
});

for (const kind of [CHROMIUM, FIREFOX]) {
  test(`the example's page in ${kind.name}`, LIMIT, async () => {
    const site = await serve(0);
    const profile = await mkdtemp(join(tmpdir(), "isocache-promise-"));
    const browser = await launch(kind, profile);
    try {
      const page = await browser.newPage();
      page.setDefaultTimeout(60_000);
      const troubles = [];
      page.on("pageerror", (error) => troubles.push(error.message));
      await page.goto(site.url);
      const shown = async (asked) => {
        await page.waitForFunction((n) => document.querySelector("output").value.includes(`asked ${n}`), {}, asked);
        return page.$eval("output", (output) => [output.dataset.state, output.value]);
      };
      assert.deepEqual(await shown(1), ["done", "3 answers, made 1 time(s), asked 1 time(s)"]);
      await page.click("button");
      assert.deepEqual(await shown(2), ["done", "3 answers, made 1 time(s), asked 2 time(s)"]);
      const stats = JSON.parse(await page.$eval("pre", (pre) => pre.textContent));
      assert.deepEqual([stats.loads, stats.hits, stats.policy, stats.maxBytes], [1, 3, "s3-fifo", 1_048_576]);
      assert.deepEqual(troubles, []);
    } finally {
      await browser.close();
      await site.stop();
      await rm(profile, { recursive: true, force: true });
    }
  });
}

async function load() {
  const { initSync, PromiseCache } = await import(new URL("isocache.js", PACKAGE));
  initSync({ module: await readFile(new URL("isocache_bg.wasm", PACKAGE)) });
  return PromiseCache;
}

test("the same module in Node", LIMIT, async () => {
  const PromiseCache = await load();
  let now = 1_700_000_000_000;
  const cache = new PromiseCache({ maxEntries: 2, clock: () => now });
  const user = { name: "Ada", tags: ["a", null], raw: new Uint8Array([1, 2]), born: new Date(0) };
  assert.equal(await cache.set("user", user, 60), true);
  assert.deepEqual(await cache.get("user"), user);
  assert.equal(await cache.ttl("user"), 60);
  now += 60_000;
  assert.equal(await cache.get("user"), undefined);
  assert.equal(await cache.setMany({ a: 1, b: 2, c: 3 }), 3);
  assert.deepEqual(
    await cache.getMany(["a", "b", "c"]),
    new Map([
      ["b", 2],
      ["c", 3],
    ]),
  );
  await assert.rejects(
    cache.set("key", () => 1),
    { name: "CacheError", code: "NOT_SERIALIZABLE" },
  );
  await assert.rejects(cache.increment("key", "1"), { code: "INVALID_OPTION" });
  assert.throws(() => new PromiseCache({ maxBytes: 0 }), { code: "INVALID_OPTION" });
});

// Node 20 could end the process in "Deoptimizer: unreachable code" where a hot function of WebAssembly gives a reference.
test("a hot loop over every method lives", LIMIT, async () => {
  const PromiseCache = await load();
  const cache = new PromiseCache({ maxEntries: 100 });
  for (let i = 0; i < 20_000; i++) {
    const key = `key:${i % 200}`;
    await cache.set(key, i % 2 ? { i } : i);
    await cache.get(key);
    await cache.has(key);
    await cache.ttl(key);
    await cache.increment("n");
    await cache.getMany([key, "none"]);
    await cache.getOrSet(key, () => i);
    await cache.delete(key);
    cache.get(i).catch(() => {});
    if (i % 100 === 0) await cache.deletePattern("k?y:*0");
    await cache.stats();
  }
  assert.equal(await cache.get("n"), 20_000);
});

test("its declarations name every method and what it gives", async () => {
  const types = await readFile(new URL("isocache.d.ts", PACKAGE), "utf8");
  for (const method of [
    "constructor(options?: { maxBytes?: number;",
    "get(key: string): Promise<any>;",
    "set(key: string, value: any, ttlSeconds?: number | null): Promise<boolean>;",
    "has(key: string): Promise<boolean>;",
    "delete(key: string): Promise<boolean>;",
    "ttl(key: string): Promise<number | null>;",
    "getMany(keys: Iterable<string>): Promise<Map<string, any>>;",
    "deleteMany(keys: Iterable<string>): Promise<number>;",
    "deletePattern(pattern: string): Promise<number>;",
    "clear(): Promise<number>;",
  ]) {
    assert.ok(types.includes(method), method);
  }
});
