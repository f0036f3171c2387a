/** `isocache` without the binary: bring it with `init` or `initSync` before the first constructor. */

import { isBytes, type ModuleSource, useModule } from "./engine.js";
import { CacheError } from "./errors.js";

export * from "./main.js";

type Source = WebAssembly.Module | BufferSource | Response | URL | string;

/** Takes a module, its bytes, a response, or where to fetch it from. ENGINE_FAILED: it is no module. */
export async function init(source: Source | PromiseLike<WebAssembly.Module | BufferSource | Response>): Promise<void> {
  let given: unknown;
  try {
    given = await source;
    if (typeof given === "string" || given instanceof URL) given = await fetch(given);
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

/** Takes a module or its bytes. ENGINE_FAILED: they are no module. */
export function initSync(source: ModuleSource): void {
  useModule(source);
}
