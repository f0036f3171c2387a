// The package as its users meet it: entries, what importing does, what the declarations say.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import * as main from "isocache";
import { root, runNode } from "./helpers.mjs";

const require = createRequire(import.meta.url);
const manifest = require("isocache/package.json");

const COMMON = ["get", "set", "setIfAbsent", "has", "delete", "getMany", "getAll", "setMany", "hasMany", "deleteMany",
  "increment", "decrement", "ttl", "expire", "persist", "keys", "countKeys", "deletePattern", "clear", "withScope",
  "stats", "resetStats", "purgeExpired", "close"]; // prettier-ignore
const EXPORTS = ["Cache", "CacheError", "SyncCache", "escapePattern", "json", "msgpack"];

function checkExports(exports) {
  assert.deepEqual(
    Object.keys(exports)
      .filter((name) => !["init", "initSync"].includes(name))
      .toSorted(),
    EXPORTS,
  );
  for (const Class of [exports.Cache, exports.SyncCache]) {
    for (const name of COMMON) assert.equal(typeof Class.prototype[name], "function", name);
    for (const name of ["scope", "closed"]) {
      assert.equal(typeof Object.getOwnPropertyDescriptor(Class.prototype, name)?.get, "function", name);
    }
  }
  for (const name of ["Cache", "SyncCache", "CacheError"]) {
    assert.equal(exports[name].name, name, "what consoles and stack traces show");
  }
  assert.equal(typeof exports.Cache.prototype.getOrSet, "function");
  assert.equal(exports.SyncCache.prototype.getOrSet, undefined);
  assert.equal(typeof exports.Cache.prototype[Symbol.asyncDispose], "function");
  assert.equal(typeof exports.SyncCache.prototype[Symbol.dispose], "function");
  assert.equal(Object.getPrototypeOf(exports.CacheError), Error);
}

/** Lines of a program that show a cache at work; for a module or for CommonJS. */
const USE = `
  const sync = new SyncCache();
  sync.set("key", { list: [1, "é", new Map([["a", 1n]])] });
  if (sync.get("key").list[2].get("a") !== 1n) throw new Error("not what was set");
  console.log("works");
`;

test("import", () => {
  checkExports(main);
});

test("require, in the same program", () => {
  const required = require("isocache");
  checkExports(required);
  const cache = new required.SyncCache();
  cache.set("key", { a: [1] });
  assert.deepEqual(cache.get("key"), { a: [1] });
  assert.throws(() => cache.get(5), required.CacheError);
});

test("require, alone: nothing in the graph waits at the top level", () => {
  assert.equal(runNode(`const { SyncCache } = require("isocache"); ${USE}`, { type: "commonjs" }), "works");
});

test("every entry of the manifest is there", () => {
  const files = [];
  (function collect(entry) {
    if (typeof entry === "string") files.push(entry);
    else Object.values(entry).forEach(collect);
  })(manifest.exports);
  assert.ok(files.length > 5);
  for (const file of files) assert.ok(existsSync(new URL(file, `file://${root}`)), file);
  for (const [entry, conditions] of Object.entries(manifest.exports)) {
    if (typeof conditions === "string") continue;
    const order = ["types", "workerd", "edge-light", "require", "default"];
    assert.deepEqual(
      Object.keys(conditions),
      order.filter((name) => name in conditions),
      `${entry}: the first condition that holds is taken`,
    );
    assert.ok("types" in conditions && "default" in conditions && "require" in conditions, entry);
  }
  assert.equal(manifest.dependencies, undefined, "nothing is installed along");
});

test("what is not exported cannot be imported", async () => {
  for (const path of ["isocache/dist/index.js", "isocache/js/cache.ts", "isocache/store"]) {
    await assert.rejects(import(path), { code: "ERR_PACKAGE_PATH_NOT_EXPORTED" });
  }
});

test("isocache/wasm is the binary, which imports nothing but its glue", async () => {
  const path = fileURLToPath(import.meta.resolve("isocache/wasm"));
  assert.equal(require.resolve("isocache/wasm"), path);
  const module = await WebAssembly.compile(readFileSync(path));
  for (const { module: from } of WebAssembly.Module.imports(module)) assert.equal(from, "./isocache_bg.js");
});

test("the files hold no paths of the machine that built them", () => {
  const bytes = readFileSync(require.resolve("isocache/wasm"), "latin1");
  for (const name of ["/home/", "/root/", "/Users/", homedir(), root]) assert.ok(!bytes.includes(name), name);
});

test("the workerd entry takes the binary as a module and holds none itself", () => {
  const file = new URL(manifest.exports["."].workerd, `file://${root}`);
  const source = readFileSync(file, "utf8");
  assert.match(source, /\.\/isocache\.wasm/);
  assert.ok(source.length < 2_000);
});

// ------------------------------------------------------------------------------- what importing does

const WATCH = `
  const seen = [];
  const watch = (object, name) => {
    const original = object[name];
    if (typeof original !== "function") return;
    const report = (...args) => seen.push(name);
    object[name] = new Proxy(original, {
      apply(target, self, args) { report(); return Reflect.apply(target, self, args); },
      construct(target, args, newTarget) { report(); return Reflect.construct(target, args, newTarget); },
    });
  };
  for (const name of ["setTimeout", "setInterval", "setImmediate", "fetch", "eval", "Function"]) watch(globalThis, name);
  for (const name of ["getRandomValues", "randomUUID"]) watch(Crypto.prototype, name);
  watch(Math, "random");
  watch(Date, "now");
  for (const name of ["Module", "Instance", "compile", "instantiate", "compileStreaming", "instantiateStreaming"]) watch(WebAssembly, name);
`;

for (const entry of ["isocache", "isocache/slim", "isocache/config"]) {
  test(`importing ${entry} draws no random numbers, starts no timers, compiles nothing`, () => {
    assert.equal(runNode(`${WATCH} await import("${entry}"); console.log(JSON.stringify(seen));`), "[]");
    assert.equal(
      runNode(`${WATCH} require("${entry}"); console.log(JSON.stringify(seen));`, { type: "commonjs" }),
      "[]",
    );
  });
}

test("a cache in module scope needs no randomness either, only its first use does", () => {
  const source = `${WATCH}
    const { Cache, SyncCache } = await import("isocache");
    const cache = new Cache();
    const view = cache.withScope("a");
    const sync = new SyncCache();
    const random = () => seen.filter((name) => ["getRandomValues", "randomUUID", "random", "setTimeout", "setInterval"].includes(name));
    const before = random().length;
    await cache.set("key", 1);
    console.log(before, random().length > 0);
  `;
  assert.equal(runNode(source), "0 true");
});

test("each cache draws a seed of its own for its hashes", () => {
  const source = `
    import { SyncCache } from "isocache";
    const drawn = [];
    const original = Crypto.prototype.getRandomValues;
    Crypto.prototype.getRandomValues = function (array) {
      const result = original.call(this, array);
      drawn.push([...array].join());
      return result;
    };
    for (let i = 0; i < 3; i++) new SyncCache().set("key", 1);
    console.log(new Set(drawn).size);
  `;
  assert.equal(runNode(source), "3");
});

test("where code may not be made from text, all works", () => {
  const source = `import { SyncCache } from "isocache"; ${USE}`;
  assert.equal(runNode(source, { flags: ["--disallow-code-generation-from-strings"] }), "works");
});

test("odd prototypes harm nothing", () => {
  const source = `
    import { SyncCache } from "isocache";
    for (const { prototype } of [Object, Array, String, Number, Function]) prototype.odd = "odd";
    const cache = new SyncCache({ maxEntries: 5 });
    cache.setMany({ a: { list: [1] }, b: 2 });
    if (JSON.stringify(cache.getAll(["a", "b"])) !== '[{"list":[1]},2]') throw new Error("not what was set");
    if ([...cache.keys()].length !== 2 || cache.getMany(["a"]).size !== 1) throw new Error("not the keys that were set");
    ${USE}
  `;
  assert.equal(runNode(source), "works");
});

test("a program that used a cache ends by itself", () => {
  const source = `
    import { Cache } from "isocache";
    const cache = new Cache();
    await cache.getOrSet("key", async () => 1, { ttl: 1000, timeout: 1000 });
    console.log("works");
  `;
  assert.equal(runNode(source, { timeout: 10_000 }), "works");
});

// ------------------------------------------------------------------------------------------------ slim

const slim = (how) => `
  import { readFileSync } from "node:fs";
  import { createRequire } from "node:module";
  import * as slim from "isocache/slim";
  const { init, initSync, SyncCache, Cache, CacheError } = slim;
  const bytes = readFileSync(createRequire(import.meta.url).resolve("isocache/wasm"));
  const failure = async (run) => {
    try { await run(); return "none"; } catch (error) { return error instanceof CacheError ? error.code : String(error); }
  };
  ${how}
  ${USE}
`;

const WAYS = {
  "initSync with bytes": "initSync(bytes);",
  "initSync with an ArrayBuffer": "initSync(new Uint8Array(bytes).buffer);",
  "initSync with a view in the middle of a buffer":
    "const wide = new Uint8Array(bytes.length + 20); wide.set(bytes, 7); initSync(wide.subarray(7, 7 + bytes.length));",
  "initSync with a module": "initSync(new WebAssembly.Module(bytes));",
  "init with bytes": "await init(bytes);",
  "init with a module": "await init(await WebAssembly.compile(bytes));",
  "init with a promise of a module": "await init(WebAssembly.compile(bytes));",
  "init with a promise of bytes": "await init(Promise.resolve(bytes));",
  "init with a Response": `await init(new Response(bytes, { headers: { "content-type": "application/wasm" } }));`,
  "init with a Response of no type": "await init(new Response(bytes));",
  "init with a promise of a Response": "await init(Promise.resolve(new Response(bytes)));",
  "init with a text": `await init("data:application/wasm;base64," + bytes.toString("base64"));`,
  "init with a URL": `await init(new URL("data:application/wasm;base64," + bytes.toString("base64")));`,
  "init twice": "await init(bytes); initSync(bytes);",
  "init after what failed": `await failure(() => init(new Uint8Array(5))); await init(bytes);`,
};
for (const [name, how] of Object.entries(WAYS)) {
  test(`isocache/slim: ${name}`, () => {
    assert.equal(runNode(slim(how)), "works");
  });
}

test("isocache/slim by require", () => {
  const source = `
    const { initSync, SyncCache } = require("isocache/slim");
    initSync(require("node:fs").readFileSync(require.resolve("isocache/wasm")));
    ${USE}
  `;
  assert.equal(runNode(source, { type: "commonjs" }), "works");
});

test("isocache/slim: before init and with what is no engine: ENGINE_FAILED", () => {
  const source = slim(`
    const before = [await failure(() => new SyncCache()), await failure(() => new Cache()), await failure(() => new Cache({ enabled: false }))];
    if (!before.every((code) => code === "ENGINE_FAILED")) throw new Error("before init: " + before);
    const empty = new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]); // a module without exports
    const bad = {
      "no bytes": () => initSync(new Uint8Array(0)),
      "other bytes": () => initSync(new Uint8Array([1, 2, 3])),
      "half": () => initSync(bytes.subarray(0, 1000)),
      "undefined": () => initSync(undefined),
      "null": () => initSync(null),
      "an object": () => initSync({}),
      "a text": () => initSync("module"),
      "async: other bytes": () => init(new Uint8Array([1, 2, 3])),
      "async: undefined": () => init(undefined),
      "async: an object": () => init({}),
      "async: 404": () => init(new Response(bytes, { status: 404 })),
      "async: a page": () => init(new Response("<!doctype html>")),
      "async: nowhere": () => init("data:nowhere"),
      "async: a bad text": () => init("::::"),
      "async: a rejection": () => init(Promise.reject(new Error("no"))),
    };
    const wrong = [];
    for (const [name, run] of Object.entries(bad)) {
      const code = await failure(run);
      if (code !== "ENGINE_FAILED") wrong.push(name + ": " + code);
      const after = await failure(() => new SyncCache());
      if (after !== "ENGINE_FAILED") wrong.push("a constructor after " + name + ": " + after);
    }
    if (wrong.length > 0) console.log(wrong.join("\\n"));
    const started = await failure(() => { initSync(empty); new SyncCache().set("key", 1); });
    if (started !== "ENGINE_FAILED") console.log("a module of something else: " + started);
    initSync(bytes);
  `);
  assert.equal(runNode(source), "works");
});

test("isocache and isocache/slim are one program: one engine, one CacheError", () => {
  const source = `
    import { CacheError, SyncCache } from "isocache";
    import * as slim from "isocache/slim";
    console.log(slim.CacheError === CacheError, slim.SyncCache === SyncCache);
  `;
  assert.equal(runNode(source), "true true");
});

// ------------------------------------------------------------------------------------------- the types

/** What TypeScript has to say about a file that uses the package. */
function typeErrors(t, file, source, compilerOptions) {
  mkdirSync(new URL("../../target/", import.meta.url), { recursive: true });
  const folder = mkdtempSync(fileURLToPath(new URL("../../target/types-", import.meta.url)));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(`${folder}/${file}`, source);
  const shared = {
    target: "es2022",
    lib: ["es2022", "dom", "dom.iterable", "esnext.disposable"],
    strict: true,
    noEmit: true,
    types: [],
  };
  writeFileSync(
    `${folder}/tsconfig.json`,
    JSON.stringify({ compilerOptions: { ...shared, ...compilerOptions }, files: [file] }),
  );
  const { stdout, stderr, error } = spawnSync(`${root}node_modules/.bin/tsc`, ["-p", folder], { encoding: "utf8" });
  assert.equal(error, undefined);
  return stdout + stderr;
}

test("the declarations say what the contract says", (t) => {
  const errors = typeErrors(
    t,
    "use.mts",
    `import { Cache, SyncCache, CacheError, msgpack, json, escapePattern } from "isocache";
     import type { CacheOptions, SetOptions, Ttl, Duration, Size, Codec, CacheStats, LoadOptions, LoadContext, Entries, ErrorCode, As, StandardSchemaV1, Awaitable } from "isocache";
     import { init, initSync } from "isocache/slim";
     interface User { name: string }
     const options: CacheOptions = { maxBytes: "1MiB", maxEntries: 5, maxEntryBytes: 5, defaultTtl: null, codec: json, clock: () => 0, enabled: true, policy: "lru", values: "copy" };
     const cache: Cache = new Cache(options);
     const user: User | undefined = await cache.get<User>("key");
     const as: number | undefined = await cache.get("key", { as: (value) => Number(value) });
     const schema: StandardSchemaV1<unknown, User> = { "~standard": { version: 1, vendor: "t", validate: (value) => ({ value }) } };
     const checked: User | undefined = await cache.get("key", { as: schema });
     const stored: boolean = await cache.set("key", user, "5m");
     await cache.setIfAbsent("key", 1, { ttl: 5 });
     const many: Map<string, User> = await cache.getMany<User>(["a"]);
     const all: (User | undefined)[] = await cache.getAll<User>(new Set(["a"]));
     const count: number = await cache.setMany([["a", 1], ["b", 2, "5s"], ["c", 3, null]], { ttl: 5 });
     await cache.setMany(new Map([["a", 1]])); await cache.setMany({ a: 1 });
     const present: Map<string, boolean> = await cache.hasMany(["a"]);
     const removed: number = await cache.deleteMany(["a"]);
     const sum: number = await cache.increment("n", 2, { ttl: 5, initial: 1 });
     const left: number | null = await cache.ttl("key");
     await cache.expire("key", null); await cache.persist("key");
     for await (const key of cache.keys("a*")) key.toUpperCase();
     const keys: AsyncIterable<string> = cache.keys();
     const loaded: User = await cache.getOrSet("key", async (context: LoadContext<User>) => { context.setTtl("5s"); context.skip(); context.signal.throwIfAborted(); return { name: context.key }; }, { timeout: 5, signal: AbortSignal.abort(), force: true, ttl: null, as: schema });
     const given: number = await cache.getOrSet("key", 5, 10);
     const view: Cache = cache.withScope("a"); const scope: string = view.scope; const closed: boolean = view.closed;
     const stats: CacheStats = cache.stats(); const entries: number | null = stats.entries; cache.resetStats();
     await cache.purgeExpired(5); await cache.clear(); await cache.clear("a*"); await cache.close();
     await cache[Symbol.asyncDispose]();
     const sync: SyncCache = new SyncCache({}); const value: User | undefined = sync.get<User>("key");
     const iterable: Iterable<string> = sync.keys(); sync[Symbol.dispose]();
     const error = new Error() as unknown; if (error instanceof CacheError) { const code: ErrorCode = error.code; error.key?.length; error.cause; error.value; }
     const codec: Codec = msgpack; codec.encode(1).length; const text: string = escapePattern("a");
     initSync(new Uint8Array(5)); await init(new URL("a:b")); await init("a"); await init(new Response());
     // @ts-expect-error a key is a string
     cache.get(5);
     // @ts-expect-error no such option
     new Cache({ maxByte: 5 });
     // @ts-expect-error a TTL is a number or a text
     cache.set("key", 1, true);
     // @ts-expect-error there are no loaders without promises
     sync.getOrSet("key", 1);
     // @ts-expect-error what loads is no string
     const no: string = await cache.getOrSet("key", async () => 5);
     export { as, checked, stored, many, all, count, present, removed, sum, left, keys, loaded, given, scope, closed, entries, value, iterable, text };
     export type { SetOptions, Ttl, Duration, Size, LoadOptions, Entries, As, Awaitable };`,
    { module: "nodenext", skipLibCheck: false },
  );
  assert.equal(errors, "");
});

test("the declarations of require are those of CommonJS", (t) => {
  const source = `
    import { Cache } from "isocache";
    import slim = require("isocache/slim");
    const cache: Cache = new Cache();
    const sync: slim.SyncCache = new slim.SyncCache();
    export { cache, sync };
  `;
  assert.equal(typeErrors(t, "use.cts", source, { module: "node16" }), "");
});

test("the declarations bring what programs without `using` have not", (t) => {
  const source = `
    import { Cache, SyncCache, type SyncCacheItem } from "isocache";
    import { CacheRegistry } from "isocache/config";
    const item: SyncCacheItem<number> | undefined = new SyncCache().getItem<number>("key");
    export const all: [Cache, CacheRegistry, typeof item] = [new Cache(), new CacheRegistry(), item];
  `;
  const options = { module: "nodenext", lib: ["es2022", "dom"], skipLibCheck: false };
  assert.equal(typeErrors(t, "use.mts", source, options), "");
});

test("compilers that do not read `exports` find the same declarations", () => {
  const { ".": main, ...others } = manifest.exports;
  assert.equal(manifest.types, main.types.require);
  assert.equal(manifest.main, main.require);
  const typed = Object.entries(others).filter(([, conditions]) => typeof conditions !== "string");
  const expected = Object.fromEntries(typed.map(([entry, { types }]) => [entry.slice(2), [types.require]]));
  assert.deepEqual(manifest.typesVersions, { "*": expected });
});
