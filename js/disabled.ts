/** The store of `enabled: false`: always empty, and it refuses what a store refuses. */

import type { Codec } from "./codec.js";
import { Embedded, type Limits, outOfRange } from "./embedded.js";
import type { SetItem } from "./store.js";
import { encodeValue, newEncoded } from "./values.js";

export class Disabled extends Embedded {
  readonly #codec: Codec;

  constructor(limits: Limits, codec: Codec) {
    super(limits, codec);
    this.#codec = codec;
  }

  override set(key: string, value: unknown, _ttl: number, _ifAbsent: boolean, now: number): boolean {
    this.#check(key, value, now);
    return false;
  }

  override setAll(items: readonly SetItem[], now: number): number {
    for (const { key, value } of items) this.#check(key, value, now);
    return 0;
  }

  override increment(key: string, by: number, initial: number, _ttl: number, now: number): number {
    this.has(key, now);
    const sum = initial + by;
    if (Math.abs(sum) > Number.MAX_SAFE_INTEGER) throw outOfRange(key);
    return sum;
  }

  /** What a store would refuse. */
  #check(key: string, value: unknown, now: number): void {
    this.has(key, now);
    encodeValue(value, this.#codec, newEncoded());
  }
}
