/** `isocache` without the binary: bring it with `init` or `initSync` before the first constructor. */

import { isBytes, type ModuleSource, useModule } from "./engine.js";
import { CacheError } from "./errors.js";

export * from "./main.js";

type Source = WebAssembly.Module | BufferSource | Response | URL | string;

/** Takes a module, its bytes, a response, or where to fetch it from (file: too, in Node from 20.16). ENGINE_FAILED: it is no module. */
export async function init(source: Source | PromiseLike<WebAssembly.Module | BufferSource | Response>): Promise<void> {
  let given: unknown;
  try {
    given = await source;
    if (typeof given === "string" || given instanceof URL) given = await load(given);
    if (typeof Response !== "undefined" && given instanceof Response) {
      if (!given.ok) throw new Error(`HTTP status ${given.status}`);
      given = await given.arrayBuffer();
    }
    if (isBytes(given)) given = await WebAssembly.compile(given);
  } catch (cause) {
    throw new CacheError("ENGINE_FAILED", "the engine could not be loaded", { cause });
  }
  useModule(given as ModuleSource);
}

/** Node's fetch takes no file: URLs, which is what `import.meta.resolve` gives there. */
async function load(from: URL | string): Promise<unknown> {
  const { process } = globalThis as { process?: { getBuiltinModule?(name: string): FileSystem | undefined } };
  // Not an import, which bundlers would follow.
  const files = String(from).startsWith("file:") ? process?.getBuiltinModule?.("node:fs") : undefined;
  return files === undefined ? fetch(from) : files.promises.readFile(new URL(from));
}

interface FileSystem {
  promises: { readFile(path: URL): Promise<Uint8Array<ArrayBuffer>> };
}

/** Takes a module or its bytes. ENGINE_FAILED: they are no module. */
export function initSync(source: ModuleSource): void {
  useModule(source);
}
