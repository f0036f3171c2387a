/** The store of `enabled: false`: always empty, and it refuses what a store refuses. */

import { outOfRange } from "./answers.js";
import type { Codec } from "./codec.js";
import { Embedded, type Limits } from "./embedded.js";
import type { Sizer } from "./size.js";
import type { Only, SetItem } from "./store.js";
import { encodeValue, newEncoded } from "./values.js";

export class Disabled extends Embedded {
  readonly #codec: Codec;
  readonly #sizer: Sizer | undefined;

  /** `sizer` where values are kept by reference. */
  constructor(limits: Limits, codec: Codec, sizer: Sizer | undefined) {
    super(limits, codec);
    this.#codec = codec;
    this.#sizer = sizer;
  }

  override set(key: string, value: unknown, _ttl: number, _only: Only, now: number, size = Number.NaN): boolean {
    this.#check(key, value, now, size);
    return false;
  }

  override setAll(items: readonly SetItem[], now: number): number {
    for (const { key, value, size } of items) this.#check(key, value, now, size);
    return 0;
  }

  override increment(key: string, by: number, initial: number, _ttl: number, now: number): number {
    this.has(key, now);
    const sum = initial + by;
    if (Math.abs(sum) > Number.MAX_SAFE_INTEGER) throw outOfRange(key);
    return sum;
  }

  override incrementAll(
    deltas: readonly (readonly [key: string, by: number])[],
    initial: number,
    ttl: number,
    now: number,
  ): number[] {
    return deltas.map(([key, by]) => this.increment(key, by, initial, ttl, now));
  }

  override restore(): number {
    return 0;
  }

  /** What a store would refuse. */
  #check(key: string, value: unknown, now: number, size: number): void {
    this.has(key, now);
    if (this.#sizer === undefined) encodeValue(value, this.#codec, newEncoded());
    else this.#sizer(value, key, size);
  }
}
