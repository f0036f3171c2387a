/** Reading the options of loads: everything is checked before anything is loaded. */

import { assertAs } from "./as.js";
import { invalidOption } from "./keys.js";
import { assertSignal, readExtra, readSetTtl, readSize } from "./options.js";
import type { Extra } from "./store.js";
import type { As, LoadOptions } from "./types.js";
import { durationMs, type Ttl } from "./units.js";

export interface ReadLoadOptions<T> {
  as: As<T> | undefined;
  force: boolean;
  timeoutMs: number | undefined;
  signal: AbortSignal | undefined;
  waitUntil: ((p: Promise<unknown>) => void) | undefined;
  /** 0: no stale value is served while a new one is loaded. */
  whileRevalidateMs: number;
  /** 0: none is served when a load fails. */
  ifErrorMs: number;
  /** 0: nothing is loaded before it has expired. */
  refreshAheadMs: number;
  ttl: number;
  size: number;
  /** undefined: nothing was said. */
  extra: Extra | undefined;
}

/** What a write is told where nothing is said. */
export const NOTHING_SAID: Extra = { keepTtl: false, modifiedMs: Number.NaN, tags: [], staleMs: Number.NaN };

/** Else INVALID_OPTION or INVALID_TTL. */
export function readLoadOptions<T>(options: Ttl | LoadOptions<T>): ReadLoadOptions<T> {
  const ttl = readSetTtl(options);
  const given: LoadOptions<T> = typeof options === "object" && options !== null ? options : {};
  const { as, force = false, timeout, signal, waitUntil } = given;
  assertAs(as);
  assertSignal(signal);
  if (waitUntil !== undefined && typeof waitUntil !== "function")
    throw invalidOption("waitUntil", "is not a function", waitUntil);
  const whileRevalidateMs = readWindow("staleWhileRevalidate", given.staleWhileRevalidate);
  const ifErrorMs = readWindow("staleIfError", given.staleIfError);
  const extra = readExtra(given);
  const staleMs = Math.max(whileRevalidateMs, ifErrorMs);
  return {
    as,
    force,
    timeoutMs: timeout === undefined ? undefined : durationMs(timeout, "INVALID_OPTION", "timeout"),
    signal,
    waitUntil,
    whileRevalidateMs,
    ifErrorMs,
    refreshAheadMs: readWindow("refreshAhead", given.refreshAhead),
    ttl,
    size: readSize(given),
    extra: staleMs === 0 ? extra : { ...(extra ?? NOTHING_SAID), staleMs },
  };
}

/** Milliseconds; 0 where it is not given, or is 0. */
function readWindow(name: string, window: unknown): number {
  return window === undefined || window === 0 ? 0 : durationMs(window, "INVALID_OPTION", name);
}
