/**
 * Which keys were invalidated lately.
 *
 * A response that set out before its resource was changed must not be stored after that: it may be
 * the old one. So a request takes a mark before it asks the origin, and asks `since` before it
 * stores. The latest invalidations are known by key; when one is pushed out, everything that set out
 * before it counts as invalidated.
 */

import { type Cache, rootOf } from "../cache.js";
import { fingerprint } from "./fingerprint.js";

const REMEMBERED = 1_024;

const known = new WeakMap<object, Invalidations>();

/** Those of a cache: whoever stores in it must know what anybody has invalidated in it. */
export function invalidationsOf(cache: Cache): Invalidations {
  const root = rootOf(cache);
  const invalidations = known.get(root) ?? new Invalidations();
  known.set(root, invalidations);
  return invalidations;
}

export class Invalidations {
  #count = 0;
  #all = 0;
  /** By fingerprint. */
  readonly #latest = new Map<number, number>();

  mark(): number {
    return this.#count;
  }

  add(key: string): void {
    const print = fingerprint(key);
    this.#latest.delete(print);
    this.#latest.set(print, ++this.#count);
    if (this.#latest.size <= REMEMBERED) return;
    const [oldest, at] = this.#latest.entries().next().value as [number, number];
    this.#latest.delete(oldest);
    this.#all = at;
  }

  addAll(): void {
    this.#latest.clear();
    this.#all = ++this.#count;
  }

  /** Whether the key was invalidated after `mark`, or may have been. */
  since(mark: number, key: string): boolean {
    if (this.#count === mark) return false;
    return this.#all > mark || (this.#latest.get(fingerprint(key)) ?? 0) > mark;
  }
}
