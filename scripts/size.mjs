// What users download, gzipped, against its budget: `node scripts/size.mjs`; fails when one is exceeded. Called by
// scripts/build, which only says so, and by scripts/lint, which fails. Needs what scripts/build makes.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";

const BUDGETS = [
  ["the binary", 40_960, () => readFileSync("dist/isocache.wasm")],
  ["the binary without request caching", 28_672, () => readFileSync("target/data.wasm")],
  ["isocache, the binary inlined", 61_440, () => bundled("isocache")],
];

/** An entry and all that it imports as one minified file, as an application's bundler makes it. */
async function bundled(entry) {
  const input = `export * from "${entry}";`;
  const plugin = {
    name: "entry",
    resolveId: (id) => (id === "entry" ? id : null),
    load: (id) => (id === "entry" ? input : null),
  };
  const build = await rolldown({ input: "entry", plugins: [plugin], platform: "browser" });
  const { output } = await build.generate({ minify: true, codeSplitting: false });
  await build.close();
  return Buffer.from(output[0].code);
}

for (const [what, budget, read] of BUDGETS) {
  const { length } = gzipSync(await read(), { level: 9 });
  const left = budget - length;
  console.log(`size: ${what}: ${length} bytes gzipped, ${left < 0 ? `${-left} OVER` : `${left} below`} the budget`);
  if (left < 0) process.exitCode = 1;
}
