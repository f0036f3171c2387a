// What the package ships of the adapters: an entry each, in each module system, that imports `isocache` and nothing
// else; and nothing of them where `isocache` alone is imported.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import * as isocache from "isocache";
import * as slim from "isocache/slim";
import { collect } from "./helpers.mjs";

const require = createRequire(import.meta.url);
const root = new URL("../../", import.meta.url);
const manifest = JSON.parse(readFileSync(new URL("package.json", root), "utf8"));
const FACTORIES = {
  bentocache: ["bentocacheL1", "bentocacheL2"],
  cachified: ["cachifiedCache"],
  keyv: ["keyvStore"],
  unstorage: ["unstorageDriver"],
};
/** Each condition, its entry of isocache, and how its files end. */
const CONDITIONS = [
  ["default", "index.js", ".js"],
  ["workerd", "workerd.js", ".workerd.js"],
  ["require", "index.cjs", ".cjs"],
];
/** What an entry gives that is no adapter of a store, and stands on request caching. */
const MIDDLEWARE = { hono: ["httpCache"] };

/** The files that a built one imports, in any way, by name. */
function importsOf(file) {
  const text = readFileSync(new URL(`dist/${file}`, root), "utf8");
  const found = text.matchAll(/(?:\bfrom|\bimport|\brequire\(|\bimport\()\s*["'`]([^"'`]+)["'`]/g);
  return [...new Set(Array.from(found, ([, name]) => name))];
}

/** All files that come with one. */
function reached(file, seen = new Set()) {
  seen.add(file);
  for (const name of importsOf(file).filter((each) => /^\.\/.*\.c?js$/.test(each))) {
    if (!seen.has(name.slice(2))) reached(name.slice(2), seen);
  }
  return seen;
}

for (const [name, factories] of Object.entries({ ...FACTORIES, ...MIDDLEWARE })) {
  test(`isocache/${name}: its files are there, and import isocache alone`, () => {
    const entry = manifest.exports[`./${name}`];
    for (const [condition, main, extension] of CONDITIONS) {
      assert.equal(entry[condition], `./dist/${name}${extension}`);
      const http = name in MIDDLEWARE ? [`./http${extension}`] : [];
      assert.deepEqual(importsOf(`${name}${extension}`), [`./${main}`, ...http]);
    }
    for (const types of Object.values(entry.types)) assert.ok(existsSync(new URL(types, root)), types);
  });

  test(`isocache/${name}: import and require give the same`, async () => {
    const imported = await import(`isocache/${name}`);
    const required = require(`isocache/${name}`);
    for (const factory of factories) {
      assert.deepEqual([typeof imported[factory], typeof required[factory]], ["function", "function"]);
    }
    assert.deepEqual(Object.keys(required).toSorted(), Object.keys(imported).toSorted());
  });
}

test("isocache brings no adapter", () => {
  const files = [
    "index.js",
    "index.cjs",
    "slim.js",
    "slim.cjs",
    "workerd.js",
    "http.js",
    "http.cjs",
    "http.workerd.js",
  ];
  for (const file of files) {
    const all = [...reached(file)];
    assert.ok(
      all.some((each) => each.startsWith("chunk-cache")),
      `${file}: is this looking?`,
    );
    for (const each of all) {
      assert.equal(
        Object.keys({ ...FACTORIES, ...MIDDLEWARE }).some((name) => each.startsWith(name)),
        false,
        `${file} reaches ${each}`,
      );
      const text = readFileSync(new URL(`dist/${each}`, root), "utf8");
      assert.doesNotMatch(text, /keyv|bentocache|unstorage|cachified|hono/i, each);
    }
  }
});

test("the libraries are optional peers", () => {
  const peers = Object.keys(manifest.peerDependencies).toSorted();
  assert.deepEqual(peers, ["@epic-web/cachified", "bentocache", "hono", "keyv", "unstorage"]);
  for (const peer of peers) assert.deepEqual(manifest.peerDependenciesMeta[peer], { optional: true });
  assert.equal(manifest.dependencies, undefined);
});

test("caches of `require` and of isocache/slim are taken as what they are", async () => {
  const { keyvStore } = await import("isocache/keyv");
  const { bentocacheL1 } = await import("isocache/bentocache");
  for (const { Cache, SyncCache } of [require("isocache"), slim, isocache]) {
    for (const cache of [new Cache(), new SyncCache()]) {
      await keyvStore(cache).set("a", 1);
      assert.deepEqual(await collect(cache.entries()), [["a", 1]]);
    }
    const near = new SyncCache();
    bentocacheL1(near).factory().set("a", 1);
    assert.equal(near.get("a"), 1);
  }
});

test("the adapters are what the libraries' types ask for", () => {
  const tsc = fileURLToPath(new URL("node_modules/typescript/bin/tsc", root));
  const project = fileURLToPath(new URL("types", import.meta.url));
  const { status, stdout } = spawnSync(process.execPath, [tsc, "-p", project], { encoding: "utf8" });
  assert.equal(status, 0, stdout);
});
