// Optimises the engine: `node scripts/optimize.mjs in.wasm out.wasm`. Called by scripts/build.
//
// First every function through which Rust panics is made a bare trap. A panic aborts in this module
// anyway and there is nowhere to print to, but its message would be formatted all the same: the code
// that does it is 4 KiB of 40, gzipped, and goes as nothing leads to it any more; prune-data.mjs drops
// the texts.
import { readFileSync, writeFileSync } from "node:fs";
import binaryen from "binaryen";
import { prune, survey } from "./prune-data.mjs";

const PANICS =
  /\bpanicking::(panic\w*|assert_failed\w*)$|\b(assert_failed|slice_index_fail|slice_\w+_fail|rust_begin_unwind|slice_error_fail(_rt)?|capacity_overflow|unwrap_failed|expect_failed|handle_alloc_error|__rust_alloc_error_handler|default_alloc_error_hook)\b|\bpanic_const::\w+$|\bpanicking::(panic_handler|begin_panic)::|\bpanicking::panic_handler$/;
// Only panics format. But these stand in the table of functions, which stays if anything is called through it (`dyn`).
const FORMATTING = /\bfmt::/;
const { Features } = binaryen;

const [, , input, output] = process.argv;
const module = binaryen.readBinary(readFileSync(input));
// What every runtime that we build for has; nothing newer.
module.setFeatures(
  Features.BulkMemory |
    Features.BulkMemoryOpt |
    Features.NontrappingFPToInt |
    Features.SignExt |
    Features.MutableGlobals |
    Features.ReferenceTypes |
    Features.CallIndirectOverlong |
    Features.Multivalue,
);

const before = survey(module);
const functions = Array.from({ length: module.getNumFunctions() }, (_, i) =>
  binaryen.getFunctionInfo(module.getFunctionByIndex(i)),
);
const panics = functions.filter(({ name, module: imported }) => !imported && PANICS.test(name));
if (panics.length < 5) throw new Error(`only ${panics.length} functions panic: have their names changed?`);
const formatting = functions.filter(({ name }) => FORMATTING.test(name));
for (const { name, params, results } of [...panics, ...formatting]) {
  module.removeFunction(name);
  module.addFunction(name, params, results, [], module.unreachable());
}

// Nothing lies at the first addresses: below the stack, which grows down to them.
binaryen.setLowMemoryUnused(true);
binaryen.setOptimizeLevel(3);
binaryen.setShrinkLevel(0);
module.optimize();
prune(module, before);
// A second time finds 0.3 KB; and functions that are called often get numbers of one byte, not two.
module.optimize();
module.runPasses(["reorder-functions", "memory-packing", "strip-producers", "strip-target-features"]);
if (!module.validate()) throw new Error("the optimised module is not valid");
writeFileSync(output, module.emitBinary());
