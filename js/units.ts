/** Durations and sizes, with and without units. */

import { CacheError, type ErrorCode } from "./errors.js";
import { describe } from "./keys.js";

/** Seconds, or a string that carries its unit: "250ms", "10s", "5m", "2h", "7d". */
export type Duration = number | string;
/** Bytes, or a string that carries its unit: "512KiB" = 1024, "512KB" = 1000, also B, MB/MiB, GB/GiB. */
export type Size = number | string;
/**
 * `undefined`: the cache's default. `null` or `Infinity`: never expires. 0, negative, NaN, a string without a unit or
 * more than 1,000 years: INVALID_TTL. Rounded up to a whole millisecond.
 */
export type Ttl = Duration | null | undefined;

/** How the engine is told "as the cache's default says"; `Infinity` tells it "never". */
export const DEFAULT_TTL = Number.NaN;

const MAX_TTL_MS = 31_557_600_000_000;
const MS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const BYTES: Record<string, number> = {
  B: 1,
  KB: 1e3,
  KiB: 2 ** 10,
  MB: 1e6,
  MiB: 2 ** 20,
  GB: 1e9,
  GiB: 2 ** 30,
};

/** "12.5" and "ms" of "12.5ms", as a number in the unit's base; NaN when it does not read so. */
function measure(text: string, units: Record<string, number>): number {
  const match = /^(\d+(?:\.\d+)?) ?([A-Za-z]+)$/.exec(text);
  const unit = match && Object.hasOwn(units, match[2] as string) ? units[match[2] as string] : undefined;
  return match && unit !== undefined ? Number(match[1]) * unit : Number.NaN;
}

/** The whole number that is meant: 1.1 * 1000 is 1100.0000000000002. */
function whole(product: number, round: (product: number) => number): number {
  const nearest = Math.round(product);
  return Math.abs(product - nearest) <= 2 * Number.EPSILON * product && nearest > 0 ? nearest : round(product);
}

/** Milliseconds, at least 1; refuses 0, negatives, NaN, unknown units and more than 1,000 years. */
export function durationMs(duration: unknown, code: ErrorCode, what: string): number {
  let ms = Number.NaN;
  if (typeof duration === "number") ms = duration * 1_000;
  else if (typeof duration === "string") ms = measure(duration, MS);
  if (!(ms > 0) || ms > MAX_TTL_MS) {
    const message = `${what} is not a positive duration of at most 1,000 years: ${describe(duration)}`;
    throw new CacheError(code, message, { value: duration });
  }
  return whole(ms, Math.ceil);
}

/** A TTL as the engine takes it: milliseconds, `DEFAULT_TTL` or `Infinity`. Else INVALID_TTL. */
export function ttlMs(ttl: unknown): number {
  if (ttl === undefined) return DEFAULT_TTL;
  if (ttl === null || ttl === Number.POSITIVE_INFINITY) return Number.POSITIVE_INFINITY;
  return durationMs(ttl, "INVALID_TTL", "the TTL");
}

/** The TTL that `ttlMs` reads as these milliseconds. */
export function ttlOf(ms: number): Ttl {
  if (Number.isNaN(ms)) return undefined;
  return ms === Number.POSITIVE_INFINITY ? null : ms / 1_000;
}

/** Whole bytes, at least 1. Else INVALID_OPTION. */
export function sizeBytes(size: unknown, name: string): number {
  let bytes = Number.NaN;
  if (typeof size === "number") bytes = size;
  else if (typeof size === "string") bytes = measure(size, BYTES);
  bytes = whole(bytes, Math.floor);
  if (!(bytes >= 1) || bytes > Number.MAX_SAFE_INTEGER) {
    throw new CacheError("INVALID_OPTION", `${name} is no size of at least one byte: ${describe(size)}`, {
      value: size,
    });
  }
  return bytes;
}
