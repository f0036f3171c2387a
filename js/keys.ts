/** What may be a key, a scope, a pattern; and the bytes that the engine keeps them as. */

import { CacheError } from "./errors.js";

export const MAX_KEY_BYTES = 65_535;

// Surrogates that are not a pair. (isWellFormed is younger than some of our runtimes.)
const LONE_SURROGATE = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/;

/** Whether UTF-8 can say this text: two different lone surrogates would become one key. */
export const isWellFormed: (text: string) => boolean =
  "isWellFormed" in String.prototype
    ? (text) => (text as string & { isWellFormed(): boolean }).isWellFormed()
    : (text) => !LONE_SURROGATE.test(text);

export function invalidKey(key: unknown, why: string): CacheError {
  const details = typeof key === "string" ? { key } : { value: key };
  return new CacheError("INVALID_KEY", `the key ${why}`, details);
}

/** For what has no fast path: throws INVALID_KEY unless it is a string. */
export function assertKey(key: unknown): asserts key is string {
  if (typeof key !== "string") throw invalidKey(key, `is not a string but ${describe(key)}`);
}

/** The prefix of a scope's keys. INVALID_SCOPE: not a string, empty, with a ":", or ill-formed. */
export function scopePrefix(scope: unknown): string {
  if (typeof scope !== "string" || scope === "" || scope.includes(":") || !isWellFormed(scope)) {
    const message = 'a scope is a well-formed string that is not empty and has no ":"';
    throw new CacheError("INVALID_SCOPE", message, { value: scope });
  }
  return `${scope}:`;
}

/** Throws INVALID_PATTERN unless it is a well-formed string; the engine reads the rest. */
export function assertPattern(pattern: unknown): asserts pattern is string {
  if (typeof pattern !== "string" || !isWellFormed(pattern)) throw invalidPattern(pattern);
}

export function invalidPattern(pattern: unknown): CacheError {
  return new CacheError("INVALID_PATTERN", `not a glob: ${describe(pattern)}`, { value: pattern });
}

export function invalidOption(name: string, why: string, value: unknown): CacheError {
  return new CacheError("INVALID_OPTION", `${name} ${why}`, { value });
}

/** For messages; runs nothing of the value's. */
export function describe(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value);
  if (typeof value === "function") return "a function";
  return typeof value === "object" && value !== null ? "an object" : String(value);
}

/** Escapes the characters that a pattern gives a meaning to. */
export function escapePattern(text: string): string {
  if (typeof text !== "string") throw invalidPattern(text);
  return text.replace(/[*?[\]\\]/g, "\\$&");
}
