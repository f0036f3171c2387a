/** What the engine answers, read: codes, keys, figures. */

import { Code, memoryBytes } from "./engine.js";
import { CacheError } from "./errors.js";
import type { StoreFigures } from "./store.js";
import { readUtf8 } from "./text.js";
import type { Policy } from "./types.js";

export function notANumber(key: string): CacheError {
  return new CacheError("NOT_A_NUMBER", "the value is not a finite number", { key });
}

export function outOfRange(key: string): CacheError {
  return new CacheError("OUT_OF_RANGE", "the result lies outside ±(2^53 - 1)", { key });
}

/** A fault of ours, not of the caller's: the instance is not to be trusted any more. */
export function unexpected(code: number): Error {
  return new Error(`the engine refused a call (${code})`);
}

/** An answer that is no error. */
export function expected(answer: number): number {
  if (answer < 0) throw unexpected(answer);
  return answer;
}

/** SNAPSHOT_CORRUPT where the engine could not read one. */
export function snapshotCode(code: number): void {
  if (code === Code.SnapshotCorrupt)
    throw new CacheError("SNAPSHOT_CORRUPT", "these bytes are not a whole and undamaged snapshot");
  expected(code);
}

/** Keys as the engine puts them out. */
export function readKeys(bytes: Uint8Array): string[] {
  const keys: string[] = [];
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < bytes.length;) {
    const length = data.getUint32(at, true);
    keys.push(readUtf8(bytes, at + 4, length));
    at += 4 + length;
  }
  return keys;
}

/** The figures in the order of `src/wasm/settings.rs`. */
export function readFigures(figures: Float64Array, policy: Policy): StoreFigures {
  const [
    hits,
    misses,
    sets,
    deletes,
    rejections,
    evictions,
    expirations,
    entries,
    bytes,
    maxBytes,
    maxEntries,
    invalidations,
  ] = figures as unknown as FigureList;
  return {
    hits,
    misses,
    sets,
    deletes,
    rejections,
    evictions,
    expirations,
    invalidations,
    entries,
    bytes,
    maxBytes,
    maxEntries: Number.isNaN(maxEntries) ? null : maxEntries,
    memoryBytes: memoryBytes(),
    policy,
  };
}

type FigureList = [number, number, number, number, number, number, number, number, number, number, number, number];
