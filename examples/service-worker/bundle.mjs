// The service worker as one classic script: not all browsers run modules as service workers. The package is found by its
// name through the `exports` of the package.json at the root, as it would be in a project that has installed it.
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const ROOT = join(HERE, "../..");

/** Gives the text of the script. */
export async function bundle() {
  const build = await rolldown({
    input: join(HERE, "worker.js"),
    platform: "browser",
    plugins: [packageByName()],
  });
  const { output } = await build.generate({ format: "iife", minify: true });
  await build.close();
  return output[0].code;
}

function packageByName() {
  return {
    name: "package-by-name",
    resolveId(source) {
      if (/^isocache(\/|$)/.test(source)) return this.resolve(source, join(ROOT, "package.json"));
    },
  };
}
