/** Converting what was read to the type that the caller asked for. */

import { CacheError } from "./errors.js";
import { invalidOption } from "./keys.js";
import type { As, StandardSchemaV1 } from "./types.js";

/** Throws INVALID_OPTION unless `as` is undefined, a function or a Standard Schema. */
export function assertAs(as: unknown): void {
  if (as === undefined || typeof as === "function" || isSchema(as)) return;
  throw invalidOption("as", "is neither a function nor a Standard Schema", as);
}

/** The value as `as` gives it. VALIDATION, with the cause, when it refuses. A miss stays a miss. */
export async function convert<T>(value: unknown, as: As<T> | undefined, key: string): Promise<T | undefined> {
  if (as === undefined || value === undefined) return value as T | undefined;
  try {
    if (!isSchema(as)) return await (as as (value: unknown) => T)(value);
    const result = await as["~standard"].validate(value);
    if (result.issues === undefined) return result.value as T;
    throw result.issues;
  } catch (cause) {
    throw new CacheError("VALIDATION", "the value is not what `as` asks for", { key, value, cause });
  }
}

function isSchema(as: unknown): as is StandardSchemaV1 {
  const carrier = (typeof as === "object" && as !== null) || typeof as === "function";
  return carrier && typeof (as as Partial<StandardSchemaV1>)["~standard"]?.validate === "function";
}
