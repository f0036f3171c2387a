// Which modules are compiled and which instances run: one for all where that can be.
import assert from "node:assert/strict";
import { test } from "node:test";
import { runNode } from "./helpers.mjs";

/** What a program that counts modules and instances prints. */
function counted(source, flags = []) {
  const program = `
    const seen = { modules: 0, instances: 0, memories: [] };
    const { Module, Instance } = WebAssembly;
    WebAssembly.Module = class extends Module {
      constructor(...args) { super(...args); seen.modules++; }
    };
    WebAssembly.Instance = class extends Instance {
      constructor(...args) { super(...args); seen.instances++; seen.memories.push(this.exports.memory); }
    };
    const ask = async ({ HttpCache }, cache, url = "http://a.test/") => {
      const headers = { "cache-control": "max-age=60" };
      const http = new HttpCache({ cache, fetch: async () => new Response("body", { headers }) });
      const statuses = [];
      for (let i = 0; i < 2; i++) {
        const response = await http.fetch(url);
        statuses.push(response.headers.get("cache-status").includes("hit"), await response.text());
      }
      return statuses;
    };
    ${source}`;
  return JSON.parse(runNode(program, { flags }));
}
const ANSWERED = [false, "body", true, "body"];

test("importing compiles nothing", () => {
  const source = `await import("isocache"); await import("isocache/http"); console.log(JSON.stringify(seen));`;
  assert.deepEqual(counted(source), { modules: 0, instances: 0, memories: [] });
});

for (const entries of [["isocache"], ["isocache/http", "isocache"], ["isocache", "isocache/http"]]) {
  test(`${entries.join(", then ")}: one module and one instance`, () => {
    const source = `
      const [one, two] = [${entries.map((entry) => `await import("${entry}")`)}];
      const { Cache } = one.Cache ? one : two;
      const cache = new Cache();
      await cache.set("key", "value");
      const http = one.HttpCache ? one : two;
      const answers = http && (await ask(http, cache));
      console.log(JSON.stringify([answers, await cache.get("key"), seen.modules, seen.instances]));`;
    assert.deepEqual(counted(source), [entries.length > 1 ? ANSWERED : null, "value", 1, 1]);
  });
}

test("isocache/http alone: one module and one instance", () => {
  const source = `
    const http = await import("isocache/http");
    console.log(JSON.stringify([await ask(http), seen.modules, seen.instances]));`;
  assert.deepEqual(counted(source), [ANSWERED, 1, 1]);
});

test("isocache/http after the first cache: an instance of its own, and both go on, also after a trap of either", () => {
  const source = `
    const { Cache } = await import("isocache");
    const cache = new Cache();
    await cache.set("key", "value");
    const before = cache.stats().memoryBytes;
    const http = await import("isocache/http");
    const code = (promise) => promise.then(() => "no error", (error) => error.code);
    const wreck = (i) => new Uint8Array(seen.memories[i].buffer).fill(0xff);
    const log = [await ask(http, cache), await cache.get("key"), seen.modules, seen.instances];
    log.push(cache.stats().memoryBytes > before);
    wreck(1);
    await code(ask(http, cache, "http://a.test/b")); // what the wrecked one answers is its own affair
    log.push(await code(ask(http, cache, "http://a.test/c")), await cache.get("key"), seen.instances);
    wreck(0);
    log.push(await code(cache.get("key")), await cache.get("key"), await ask(http, cache), await cache.set("key", 1));
    console.log(JSON.stringify([...log, seen.modules, seen.instances]));`;
  assert.deepEqual(counted(source), [
    ANSWERED,
    "value",
    2,
    2,
    true,
    "no error",
    "value",
    3,
    "ENGINE_FAILED",
    null,
    ANSWERED,
    true,
    2,
    4,
  ]);
});

test("a module that init brings after the first cache was used serves request caching all the same", () => {
  const source = `
    const { Cache } = await import("isocache");
    const cache = new Cache();
    await cache.set("key", "value");
    const { init } = await import("isocache/slim");
    await init(import.meta.resolve("isocache/wasm"));
    const http = await import("isocache/http");
    console.log(JSON.stringify([await ask(http, cache), await cache.get("key")]));`;
  const flags = ["--experimental-import-meta-resolve"];
  assert.deepEqual(counted(source, flags), [ANSWERED, "value"]);
});

test("isocache/slim loads the module from a file", () => {
  const source = `
    const { Cache, init } = await import("isocache/slim");
    const files = [import.meta.resolve("isocache/wasm"), new URL(import.meta.resolve("isocache/wasm"))];
    for (const file of files) await init(file);
    const cache = new Cache();
    await cache.set("key", "value");
    const missing = await init("file:///nowhere/isocache.wasm").catch((error) => [error.code, error.cause.code]);
    console.log(JSON.stringify([await cache.get("key"), missing]));`;
  const flags = ["--experimental-import-meta-resolve"];
  assert.deepEqual(JSON.parse(runNode(source, { flags })), ["value", ["ENGINE_FAILED", "ENOENT"]]);
});
