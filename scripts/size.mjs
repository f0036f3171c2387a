// What users download, gzipped, against its budget: `node scripts/size.mjs`. Called by scripts/build, which only
// says so, and by scripts/lint, which fails. Needs what scripts/build makes.
//
// All three are above their budgets since the arena, tags and snapshots (docs/design.md). Until they are below,
// what they have come to is the bound: it is lowered with each saving, and raised only for what a release has more
// (docs/design.md says what each brought).
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";

/** What, its budget, its bound for now, where it is. */
const BUDGETS = [
  ["the binary", 40_960, 62_500, () => readFileSync("dist/isocache.wasm")],
  ["the binary without request caching", 28_672, 43_000, () => readFileSync("target/data.wasm")],
  ["isocache, the binary inlined", 61_440, 80_700, () => bundled("isocache")],
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

for (const [what, budget, bound, read] of BUDGETS) {
  const { length } = gzipSync(await read(), { level: 9 });
  const left = budget - length;
  console.log(`size: ${what}: ${length} bytes gzipped, ${left < 0 ? `${-left} OVER` : `${left} below`} the budget`);
  if (length > Math.max(budget, bound)) process.exitCode = 1;
}
