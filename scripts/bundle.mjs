// Bundles js/ into a directory: ES modules and CommonJS, each with the code that entries share in chunks of its own, so
// that `isocache` and `isocache/http` are one program. Called by scripts/build with the directory, which holds the whole
// binary, and the binary without request caching. Adapters come out as one file each, which imports `isocache`'s.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { rolldown } from "rolldown";

const require = createRequire(import.meta.url);
const generated = new URL("../js/generated/", import.meta.url);
const [, , directory, dataOnly] = process.argv;
/** js/inlined.ts reads them: without request caching for `isocache`, with it for `isocache/http`. */
const inlined = { data: dataOnly, http: `${directory}/isocache.wasm` };

/** Classes keep their names: consoles and stack traces show them. */
const MINIFY = { compress: true, codegen: true, mangle: { keepNames: { class: true, function: false } } };

/** Declarations of the generated files, which TypeScript must know before it reads ours. */
function writeGenerated() {
  const bindings = readFileSync(new URL("../target/pkg/isocache.d.ts", import.meta.url), "utf8");
  writeFileSync(
    new URL("glue.d.ts", generated),
    `${bindings}\nexport function __wbg_set_wasm(exports: object): void;\n`,
  );
  for (const [name, file] of Object.entries(inlined)) {
    const hex = readFileSync(file).toString("hex");
    writeFileSync(new URL(`${name}.js`, generated), `export const hex = "${hex}";\n`);
    writeFileSync(new URL(`${name}.d.ts`, generated), "export const hex: string;\n");
  }
}

/**
 * A Content-Security-Policy and workers refuse `new Function`. msgpackr is prepared for that (it goes on without), so
 * there is nothing to lose; its own build without is not made of modules, and cannot be shaken.
 */
const withoutNewFunction = {
  name: "without-new-function",
  transform: (code, id) => (id.includes("msgpackr") ? code.replaceAll("new Function(", "refuseToGenerateCode(") : null),
};

async function bundle(entries, format, extension) {
  const build = await rolldown({
    input: Object.fromEntries(entries.map((name) => [name, `js/${name}.ts`])),
    platform: "neutral",
    external: [/\.wasm$/, /^node:/],
    resolve: { alias: { msgpackr: join(dirname(require.resolve("msgpackr/index-no-eval")), "../pack.js") } },
    plugins: [withoutNewFunction],
  });
  await build.write({
    dir: directory,
    format,
    minify: MINIFY,
    sourcemap: false,
    comments: { legal: true },
    entryFileNames: `[name].${extension}`,
    chunkFileNames: `chunk-[name].${extension}`,
  });
  await build.close();
}

/** An adapter. `outside`: the entries beside which it will lie, by how it imports them: all that it imports. */
async function bundleAdapter(input, format, outside, file) {
  const build = await rolldown({
    input,
    platform: "neutral",
    plugins: [
      {
        name: "isocache-outside",
        resolveId: (id) => (id in outside ? { id: outside[id], external: true } : null),
      },
    ],
  });
  await build.write({ file: `${directory}/${file}`, format, minify: MINIFY, exports: "named" });
  await build.close();
}

writeGenerated();
await bundle(["index", "slim", "workerd", "http", "http.workerd", "config", "config.workerd", "node"], "esm", "js");
await bundle(["index", "slim", "http", "config", "node"], "cjs", "cjs");
for (const name of ["bentocache", "cachified", "keyv", "unstorage"]) {
  const input = `js/adapters/${name}.ts`;
  await bundleAdapter(input, "esm", { "../index.js": "./index.js" }, `${name}.js`);
  await bundleAdapter(input, "esm", { "../index.js": "./workerd.js" }, `${name}.workerd.js`);
  await bundleAdapter(input, "cjs", { "../index.js": "./index.cjs" }, `${name}.cjs`);
}
for (const [format, main, http, file] of [
  ["esm", "./index.js", "./http.js", "hono.js"],
  ["esm", "./workerd.js", "./http.workerd.js", "hono.workerd.js"],
  ["cjs", "./index.cjs", "./http.cjs", "hono.cjs"],
]) {
  await bundleAdapter("js/hono.ts", format, { "../index.js": main, "../http/index.js": http }, file);
}
