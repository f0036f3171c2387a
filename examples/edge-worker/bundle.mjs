// The worker as workerd wants it: one ES module, and beside it, as modules of their own, the files that are not part of the
// program. The package is found by its name through the `exports` of the package.json at the root and under the conditions
// of workerd, as it would be in a project that has installed it.
import { readFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const ROOT = join(HERE, "../..");

/** Gives Miniflare's `modules`, the worker first. `input`: the worker's file. */
export async function bundle(input = join(HERE, "worker.js")) {
  const files = new Map();
  const build = await rolldown({
    input,
    platform: "neutral",
    resolve: { conditionNames: ["workerd", "worker", "import"] },
    plugins: [packageByName(), filesAsModules(files)],
  });
  const { output } = await build.generate({ format: "esm" });
  await build.close();
  const others = [...files].map(async ([file, path]) => ({ ...typed(path), path, contents: await readFile(file) }));
  return [{ type: "ESModule", path: "worker.js", contents: output[0].code }, ...(await Promise.all(others))];
}

const typed = (path) => ({ type: path.endsWith(".wasm") ? "CompiledWasm" : "Text" });

function packageByName() {
  return {
    name: "package-by-name",
    resolveId(source) {
      if (/^isocache(\/|$)/.test(source)) return this.resolve(source, join(ROOT, "package.json"));
    },
  };
}

function filesAsModules(files) {
  return {
    name: "files-as-modules",
    resolveId(source, importer) {
      const file = resolve(importer ? join(importer, "..") : HERE, source);
      if (!source.endsWith(".wasm") && !file.startsWith(join(ROOT, "www/"))) return undefined;
      files.set(file, `./${basename(file)}`);
      return { id: `./${basename(file)}`, external: true };
    },
  };
}
