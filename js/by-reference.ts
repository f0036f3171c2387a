/**
 * Entries whose values stay in JavaScript: the engine keeps the key, the expiry and what the value
 * costs, and gives each entry a small number, under which the value stands in an array here.
 *
 * The engine writes down which numbers' entries went, and the result block of each call says how
 * many: they are let go before the call returns, however they went. A write may take over the number
 * of an entry that it evicts, so what went is let go before the new value is put in.
 *
 * Numbers are kept in the engine, where `increment` changes them, unless they were given a size.
 */

import { expected, notANumber, outOfRange, unexpected } from "./answers.js";
import { BatchWriter, keyPieces, ONE_ENTRY, writeKey } from "./batch.js";
import { Code, LARGE, type Port, trapped } from "./engine.js";
import { CacheError } from "./errors.js";
import { Embedded, type Limits } from "./embedded.js";
import { msgpack } from "./msgpack.js";
import type { Sizer } from "./size.js";
import { type Extra, Only, type SetItem } from "./store.js";
import { Kind, newEncoded } from "./values.js";

/** A code of at least this is a reference, and its number what is above. */
const REFERENCES = 512;

/** An entry whose number was given a size. */
interface Sized {
  bytes: number;
  tags: readonly string[];
  value(): unknown;
}

export class ByReference extends Embedded {
  readonly #sizer: Sizer;
  #values: unknown[] = [];

  constructor(limits: Limits, sizer: Sizer) {
    super(limits, msgpack);
    this.#sizer = sizer;
  }

  override get(key: string, now: number): unknown {
    const port = this.ready();
    let code: number;
    try {
      code = port.engine.get(this.handle, writeKey(key, port), now);
    } catch (cause) {
      throw trapped(port, cause);
    }
    return code >= REFERENCES ? this.#values[code - REFERENCES] : this.#other(port, code);
  }

  override lend(key: string, now: number): unknown {
    return this.get(key, now);
  }

  /** A miss, or a number that the engine keeps. Apart from `get`, so that the rest of a hit is inlined. */
  #other(port: Port, code: number): unknown {
    const number = port.result[0] as number;
    try {
      if (code === Code.Miss) this.settle(port); // it may have expired
    } catch (cause) {
      throw trapped(port, cause);
    }
    return this.#value(port, code, number);
  }

  override set(
    key: string,
    value: unknown,
    ttl: number,
    only: Only,
    now: number,
    size = Number.NaN,
    extra?: Extra,
  ): boolean {
    this.ready(); // tells how large an entry may be
    const bytes = this.#cost(value, key, size, extra);
    const plain = isPlain(value, bytes);
    const port = this.ready(); // once more: sizeOf may have closed the cache, or made it start afresh
    try {
      const kind = plain ? Kind.Number : Kind.Reference;
      let stored: number;
      do {
        if (extra !== undefined) this.announce(port, key, extra);
        const length = writeKey(key, port);
        stored = port.engine.set(this.handle, length, kind, 0, plain ? value : bytes, ttl, only, false, now);
        this.settle(port);
      } while (stored === Code.Unfinished);
      if (stored === 1) this.#put(port.result[0] as number, plain ? undefined : value);
      return stored === 1;
    } catch (cause) {
      throw trapped(port, cause);
    }
  }

  /** What a value costs; more than any entry may where its tags alone do. */
  #cost(value: unknown, key: string, size: number, extra: Extra | undefined): number {
    const bytes = this.#sizer(value, key, size);
    return this.isTooLarge(extra) ? Number.MAX_SAFE_INTEGER : bytes;
  }

  override getAll(keys: readonly string[], now: number): unknown[] {
    const values: unknown[] = [];
    this.batch(keyPieces(keys, this.pieceBytes), (port, length) => {
      const count = expected(port.engine.get_many(this.handle, length, now));
      const table = new Float64Array(port.bytes.buffer, port.engine.table(), 3 * count);
      for (let i = 0; i < table.length; i += 3) {
        values.push(this.#value(port, table[i] as number, table[i + 1] as number));
      }
    });
    return values;
  }

  override setAll(items: readonly SetItem[], now: number, extra?: Extra): number {
    const batch = new BatchWriter(this.pieceBytes === undefined ? undefined : ONE_ENTRY);
    const encoded = newEncoded();
    const values: unknown[] = [];
    this.ready();
    for (const { key, value, ttl, size } of items) {
      const bytes = this.#cost(value, key, size, extra);
      const plain = isPlain(value, bytes);
      encoded.kind = plain ? Kind.Number : Kind.Reference;
      encoded.number = plain ? value : bytes;
      batch.entry(key, encoded, ttl, 0);
      values.push(plain ? undefined : value);
    }
    let stored = 0;
    let first = 0;
    const store = (port: Port, length: number) => {
      const some = port.engine.set_many(this.handle, length, now);
      this.takePages(port); // before others take over the ids of those that went
      if (some === Code.Unfinished) return true;
      stored += expected(some);
      first += this.#putMany(port, values, first);
      return false;
    };
    this.batch(batch.pieces(), store, extra);
    return stored;
  }

  override clear(now: number): number {
    const removed = super.clear(now);
    this.#values = [];
    return removed;
  }

  protected override giver(port: Port, code: number): () => unknown {
    const value = this.#value(port, code, port.result[0] as number);
    return () => value;
  }

  override snapshot(): never {
    throw new CacheError("NOT_SERIALIZABLE", "values that are kept by reference have no snapshot");
  }

  override restore(): never {
    throw new CacheError("NOT_SERIALIZABLE", "a snapshot holds no values to be kept by reference");
  }

  override close(): void {
    super.close();
    this.#values = [];
  }

  override increment(key: string, by: number, initial: number, ttl: number, now: number): number {
    try {
      return super.increment(key, by, initial, ttl, now);
    } catch (error) {
      if (!(error instanceof CacheError) || error.code !== "NOT_A_NUMBER") throw error;
      return this.#incrementSized(key, by, now);
    }
  }

  /** A number that was given a size stands here, and keeps size, expiry and tags. */
  #incrementSized(key: string, by: number, now: number): number {
    const sized = this.#sized(key, now);
    const old = sized?.value();
    if (sized === undefined || typeof old !== "number" || !Number.isFinite(old)) throw notANumber(key);
    const sum = old + by;
    if (Math.abs(sum) > Number.MAX_SAFE_INTEGER) throw outOfRange(key);
    this.#setSized(key, sum, sized, now);
    return sum;
  }

  #setSized(key: string, sum: number, { bytes, tags }: Sized, now: number): void {
    const extra = { keepTtl: true, modifiedMs: Number.NaN, tags, staleMs: Number.NaN };
    this.set(key, sum, Number.NaN, Only.Always, now, bytes, extra);
  }

  /** An entry whose value stands here; undefined: there is none. */
  #sized(key: string, now: number): Sized | undefined {
    let bytes = 0;
    const item = this.read(key, (port, length) => {
      const code = port.engine.peek(this.handle, length, now);
      bytes = code >= REFERENCES ? (port.result[0] as number) : 0;
      return code;
    });
    return item === undefined || bytes === 0 ? undefined : { bytes, tags: item.tags, value: item.value };
  }

  override incrementAll(
    deltas: readonly (readonly [key: string, by: number])[],
    initial: number,
    ttl: number,
    now: number,
  ): number[] {
    try {
      return super.incrementAll(deltas, initial, ttl, now);
    } catch (error) {
      if (!(error instanceof CacheError) || error.code !== "NOT_A_NUMBER") throw error;
    }
    const sums = deltas.map(([key, by]) => {
      const value = this.peek(key, now) ?? initial;
      if (typeof value !== "number" || !Number.isFinite(value)) throw notANumber(key);
      if (Math.abs(value + by) > Number.MAX_SAFE_INTEGER) throw outOfRange(key);
      return value + by;
    });
    for (const [i, [key, by]] of deltas.entries()) {
      const sized = this.#sized(key, now);
      if (sized === undefined) super.incrementAll([[key, by]], initial, ttl, now);
      else this.#setSized(key, sums[i] as number, sized, now);
    }
    return sums;
  }

  protected override opened(port: Port): void {
    super.opened(port);
    port.engine.journal(this.handle);
    this.#values = [];
  }

  protected override settle(port: Port): void {
    super.settle(port);
    const count = port.result[5] as number;
    if (count === 0) return;
    this.#release(this.#removed(port, count), 0, count);
    if (count * 4 > LARGE) port.trim();
  }

  protected override get references(): readonly unknown[] {
    return this.#values;
  }

  /** What a code of the engine means; `number` is the first of the result. */
  #value(port: Port, code: number, number: number): unknown {
    if (code >= REFERENCES) return this.#values[code - REFERENCES];
    if (code === Code.Miss) return undefined;
    if (code === Kind.Number) return number;
    throw trapped(port, unexpected(code));
  }

  /** Without gaps, which would make the array a slow one. */
  #put(id: number, value: unknown): void {
    const values = this.#values;
    while (values.length < id) values.push(undefined);
    values[id] = value;
  }

  /** Puts the values of a batch's piece, `first` being that of its first entry; gives how many there were. */
  #putMany(port: Port, values: readonly unknown[], first: number): number {
    const pairs = port.engine.table_len();
    // A copy: fetching what was removed may make linear memory grow.
    const table = new Float64Array(port.bytes.buffer, port.engine.table(), pairs).slice();
    const count = port.result[5] as number;
    const removed = count === 0 ? NONE : this.#removed(port, count);
    let released = 0;
    for (let i = 0; i < pairs; i += 2) {
      const [id, gone] = [table[i] as number, table[i + 1] as number];
      this.#release(removed, released, gone);
      released = gone;
      if (id >= 0) this.#put(id, values[first + i / 2]);
    }
    port.result[5] = 0; // so that they are not asked for again
    return pairs / 2;
  }

  /** The numbers of the entries that went; valid until the next call. */
  #removed(port: Port, count: number): Uint32Array {
    const at = port.engine.take_removed(this.handle) / 4;
    return port.words.subarray(at, at + count);
  }

  #release(ids: Uint32Array, from: number, to: number): void {
    for (let i = from; i < to; i++) this.#values[ids[i] as number] = undefined;
  }
}

const NONE = new Uint32Array(0);

/** Whether it is a number that the engine keeps. */
function isPlain(value: unknown, bytes: number): value is number {
  return typeof value === "number" && bytes === 0;
}
