/** Names that never come again, and that say which came first. */

import { type Cache as Isocache, clockOf, rootOf } from "../cache.js";

const latest = new WeakMap<object, number>();

/**
 * The thousandth of a millisecond at which it was drawn, later than any before, and something random: another process
 * may draw one for the same cache, from a snapshot or in a store that they share.
 */
export function unique(cache: Isocache): string {
  const root = rootOf(cache);
  const at = Math.max((latest.get(root) ?? 0) + 1, clockOf(cache)() * 1_000);
  latest.set(root, at);
  return `${Math.floor(at).toString(36)}.${Math.floor(Math.random() * 36 ** 6).toString(36)}`;
}

/** For sorting: negative where `a` was drawn before `b`. */
export function byAge(a: string, b: string): number {
  return Number.parseInt(a, 36) - Number.parseInt(b, 36); // which ends at the dot
}
