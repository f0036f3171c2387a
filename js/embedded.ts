/** Entries in the WebAssembly engine: one cache of the module instance that all caches share. */

import { expected, notANumber, outOfRange, readFigures, readKeys, unexpected } from "./answers.js";
import { BatchValues } from "./batch-values.js";
import { BatchWriter, keyPieces, keyRoom, ONE_ENTRY, WATCHED_PIECE, writeKey, writePair, writeValue } from "./batch.js";
import type { Codec } from "./codec.js";
import { Code, isCurrent, LARGE, type Port, requireModule, runningPort, trapped } from "./engine.js";
import { closedError } from "./errors.js";
import { invalidPattern } from "./keys.js";
import {
  type Extra,
  type Held,
  type LocalStore,
  Only,
  type SetItem,
  type StoredItem,
  type StoreFigures,
} from "./store.js";
import { restoreSnapshot, takeSnapshot } from "./snapshots.js";
import type { Policy } from "./types.js";
import { encodeUtf8 } from "./text.js";
import { decodeAt, decodeObject, decodePlain, type Encoded, encodeValue, Kind, newEncoded } from "./values.js";

/** In the order of the engine's numbers for them. */
export const POLICIES: readonly Policy[] = ["lru", "sieve", "s3-fifo", "w-tinylfu", "gdsf"];

/** NaN where an option was not given. */
export interface Limits {
  maxBytes: number;
  maxEntries: number;
  maxEntryBytes: number;
  defaultTtlMs: number;
  /** 0: none. */
  ttlJitter: number;
  maxIdleMs: number;
  /** Its place among the engine's policies. */
  policy: Policy;
}

/** Takes a page of events, which is gone with the next call, and by id what is kept by reference. */
export type TakePage = (page: Uint8Array, values: readonly unknown[] | undefined) => void;

/** What a cache that nobody closed left in the engine. */
interface Leftover {
  port: Port;
  handle: number;
}

const abandoned =
  typeof FinalizationRegistry === "undefined"
    ? undefined
    : new FinalizationRegistry<Leftover>(({ port, handle }) => {
        if (!isCurrent(port)) return;
        try {
          port.engine.close(handle);
        } catch (cause) {
          trapped(port, cause);
        }
      });

const NOTHING = new Uint8Array(0);

/** The value under way: one at a time, because nothing of the user's runs while it is used. */
const encoded = newEncoded();

export class Embedded implements LocalStore {
  readonly #limits: Limits;
  readonly #codec: Codec;
  #port: Port | undefined;
  protected handle = -1;
  #maxValueBytes = 0;
  /** Whether any entry may have a deadline: reads need no clock where none has. */
  expiring = true;
  /** What the instances before have raised generations by, and this one so far. */
  #generations = 0;
  #raised = 0;
  #closed = false;
  #takePage: TakePage | undefined;

  /** ENGINE_FAILED where the module cannot be compiled. Opens nothing yet: a worker's module scope has no randomness. */
  constructor(limits: Limits, codec: Codec) {
    requireModule();
    this.#limits = limits;
    this.#codec = codec;
  }

  get(key: string, now: number): unknown {
    const port = this.ready();
    let kind: number;
    try {
      kind = port.engine.get(this.handle, writeKey(key, port), now);
    } catch (cause) {
      throw trapped(port, cause);
    }
    if (kind === Code.Miss) return undefined;
    if (kind !== Kind.Encoded) return this.#plain(port, kind);
    const at = port.result[0] as number; // NaN where it lies in several pieces
    if (at === at) return decodeAt(port.bytes, at, port.result[1] as number, this.#codec);
    return decodeObject(this.#plain(port, kind) as Uint8Array, this.#codec);
  }

  lend(key: string, now: number, inPieces: number): unknown {
    const port = this.ready();
    let kind: number;
    try {
      kind = port.engine.get(this.handle, writeKey(key, port), now);
    } catch (cause) {
      throw trapped(port, cause);
    }
    if (kind === Code.Miss) return undefined;
    if (kind === Kind.Encoded) return decodeObject(this.#plain(port, kind) as Uint8Array, this.#codec);
    if (kind !== Kind.Bytes) return this.#plain(port, kind);
    const [at = 0, length = 0, id = 0] = port.result;
    if (!Number.isNaN(at)) return port.bytes.subarray(at, at + length);
    return length >= inPieces ? port.lendPieces(this.handle, id) : port.gatherLent(this.handle, id, length);
  }

  peek(key: string, now: number): unknown {
    return this.read(key, (port, length) => port.engine.peek(this.handle, length, now))?.value();
  }

  held(key: string, now: number): Held | undefined {
    let held: Held | undefined;
    this.call(key, (port, length) => {
      const kind = port.engine.peek_stale(this.handle, length, now);
      if (kind !== Code.Miss) held = { leftMs: port.result[3] as number, value: this.giver(port, kind) };
      return kind;
    });
    return held;
  }

  left(key: string, now: number): number {
    const kind = this.call(key, (port, length) => port.engine.peek_stale(this.handle, length, now));
    return kind === Code.Miss ? Number.POSITIVE_INFINITY : (this.#port?.result[3] as number);
  }

  item(key: string, now: number): StoredItem | undefined {
    return this.read(key, (port, length) => port.engine.get(this.handle, length, now));
  }

  /** The entry that a call has found. */
  protected read(key: string, run: (port: Port, length: number) => number): StoredItem | undefined {
    let item: StoredItem | undefined;
    this.call(key, (port, length) => {
      const kind = run(port, length);
      if (kind === Code.Miss) return kind;
      const id = port.result[2] as number;
      const value = this.giver(port, kind);
      item = { value, ...this.#about(port, id) };
      return kind;
    });
    return item;
  }

  /** What gives the value that was found, each time one that shares nothing. */
  protected giver(port: Port, kind: number): () => unknown {
    const plain = this.#plain(port, kind);
    if (kind === Kind.Encoded) return () => decodeObject(plain as Uint8Array, this.#codec);
    return plain instanceof Uint8Array ? () => plain.slice() : () => plain;
  }

  /** The value that was found, without its codec. */
  #plain(port: Port, kind: number): unknown {
    if (kind < 0) throw trapped(port, unexpected(kind));
    const { result } = port;
    const number = result[0] as number;
    const length = result[1] as number;
    if (number === number || kind === Kind.Number) return decodePlain(kind, number, port.bytes, number, length);
    return this.#gather(port, kind, result[2] as number, length);
  }

  /** Does not touch the result block. */
  #about(port: Port, id: number): Omit<StoredItem, "value"> {
    expected(port.engine.about(this.handle, id));
    const [modifiedMs, ttlMs, size] = new Float64Array(
      port.bytes.buffer,
      port.engine.table(),
      3,
    ) as unknown as number[];
    return {
      modifiedMs: modifiedMs as number,
      ttlMs: Number.isNaN(ttlMs) ? null : (ttlMs as number),
      size: size as number,
      tags: readKeys(port.out()),
    };
  }

  take(key: string, now: number): unknown {
    const value = this.get(key, now);
    if (value !== undefined) this.delete(key, now);
    return value;
  }

  use(key: string, now: number): boolean {
    return this.call(key, (port, length) => port.engine.use_entry(this.handle, length, now)) === 1;
  }

  set(key: string, value: unknown, ttl: number, only: Only, now: number, _size?: number, extra?: Extra): boolean {
    encodeValue(value, this.#codec, encoded);
    const port = this.ready();
    const { bytes, text } = encoded;
    if (bytes.length + tagBytes(extra) > this.#maxValueBytes) return this.#refuse(key, only, now);
    try {
      if (bytes.length > LARGE) {
        const stored = this.#setLarge(port, key, encoded, ttl, only, now, extra);
        if (tagBytes(extra) > LARGE) port.trim();
        return stored;
      }
      if (extra !== undefined) this.announce(port, key, extra);
      let keyLength = key.length;
      let length = 0;
      let room = 0;
      if (text !== undefined && writePair(key, text, port)) {
        encoded.kind = Kind.Ascii;
        length = text.length;
      } else {
        room = keyRoom(key) + (text === undefined ? bytes.length : text.length * 3);
        const at = port.scratch(room);
        keyLength = writeKey(key, port);
        length = writeValue(encoded, port.bytes, at + keyLength);
      }
      const { kind, number } = encoded;
      const stored = port.engine.set(this.handle, keyLength, kind, length, number, ttl, only, false, now);
      this.settle(port);
      if (room > LARGE || tagBytes(extra) > LARGE) port.trim();
      return stored === 1;
    } catch (cause) {
      throw trapped(port, cause);
    }
  }

  /** Whether tags alone are more than any entry may be. */
  protected isTooLarge(extra: Extra | undefined): boolean {
    return tagBytes(extra) > this.#maxValueBytes;
  }

  /** Tells the engine what the next write says besides; a key that is none is refused before. */
  protected announce(port: Port, key: string | undefined, extra: Extra): void {
    if (key !== undefined) writeKey(key, port);
    // Too many for any entry: the write will be refused, and needs none of them.
    const tags = this.isTooLarge(extra) ? NOTHING : (keyPieces(extra.tags, Number.POSITIVE_INFINITY)[0] ?? NOTHING);
    const at = port.scratch(tags.length);
    port.bytes.set(tags, at);
    expected(port.engine.options(extra.keepTtl, extra.modifiedMs, extra.staleMs, tags.length));
  }

  has(key: string, now: number): boolean {
    return this.call(key, (port, length) => port.engine.has(this.handle, length, now)) === 1;
  }

  delete(key: string, now: number): boolean {
    return this.call(key, (port, length) => port.engine.delete(this.handle, length, now)) === 1;
  }

  increment(key: string, by: number, initial: number, ttl: number, now: number): number {
    const code = this.call(key, (port, length) => port.engine.increment(this.handle, length, by, initial, ttl, now));
    if (code === 0) return this.#port?.result[0] as number;
    if (code === Code.NotANumber) throw notANumber(key);
    throw code === Code.OutOfRange ? outOfRange(key) : trapped(this.ready(), unexpected(code));
  }

  ttl(key: string, now: number): number | null {
    const found = this.call(key, (port, length) => port.engine.ttl(this.handle, length, now));
    return found === 1 ? (this.#port?.result[0] as number) : null;
  }

  expire(key: string, ttl: number, now: number): boolean {
    return this.call(key, (port, length) => port.engine.expire(this.handle, length, ttl, now)) === 1;
  }

  persist(key: string, now: number): boolean {
    return this.call(key, (port, length) => port.engine.persist(this.handle, length, now)) === 1;
  }

  getAll(keys: readonly string[], now: number): unknown[] {
    const values = new BatchValues();
    this.batch(keyPieces(keys, this.pieceBytes), (port, length) => {
      values.add(port, this.handle, expected(port.engine.get_many(this.handle, length, now)));
    });
    return values.decoded(this.#codec);
  }

  hasAll(keys: readonly string[], now: number): boolean[] {
    const present: boolean[] = [];
    this.batch(keyPieces(keys, this.pieceBytes), (port, length) => {
      expected(port.engine.has_many(this.handle, length, now));
      for (const flag of port.out()) present.push(flag === 1);
    });
    return present;
  }

  deleteAll(keys: readonly string[], now: number): number {
    let deleted = 0;
    this.batch(keyPieces(keys, this.pieceBytes), (port, length) => {
      deleted += expected(port.engine.delete_many(this.handle, length, now));
    });
    return deleted;
  }

  setAll(items: readonly SetItem[], now: number, extra?: Extra): number {
    this.ready();
    const batch = new BatchWriter(this.pieceBytes === undefined ? undefined : ONE_ENTRY);
    const most = this.#maxValueBytes - tagBytes(extra);
    for (const { key, value, ttl } of items) {
      encodeValue(value, this.#codec, encoded);
      batch.entry(key, encoded, ttl, most);
    }
    let stored = 0;
    const store = (port: Port, length: number) => {
      const some = port.engine.set_many(this.handle, length, now);
      if (some === Code.Unfinished) return true;
      stored += expected(some);
      return false;
    };
    this.batch(batch.pieces(), store, extra);
    return stored;
  }

  incrementAll(
    deltas: readonly (readonly [key: string, by: number])[],
    initial: number,
    ttl: number,
    now: number,
  ): number[] {
    const sums: number[] = [];
    // Who is there goes first: a new one may evict somebody, who would come back without expiry and tags.
    const present: [key: string, sum: number][] = [];
    const absent: [key: string, sum: number][] = [];
    const check = (port: Port, length: number) => {
      const code = port.engine.sums(this.handle, length, initial, now);
      const table = new Float64Array(port.bytes.buffer, port.engine.table(), Math.max(code, 0));
      for (let i = 0; i < table.length; i += 2) {
        const [key] = deltas[sums.length] as [string, number];
        const sum = table[i] as number;
        (table[i + 1] === 1 ? present : absent).push([key, sum]);
        sums.push(sum);
      }
      if (code >= 0) return;
      const key = deltas[sums.length + (port.result[0] as number)]?.[0] as string;
      if (code === Code.NotANumber) throw notANumber(key);
      throw code === Code.OutOfRange ? outOfRange(key) : unexpected(code);
    };
    this.batch(numbers(deltas, this.pieceBytes).pieces(), check);
    const store = (port: Port, length: number) => expected(port.engine.set_sums(this.handle, length, ttl, now));
    this.batch(numbers([...present, ...absent], this.pieceBytes).pieces(), store);
    return sums;
  }

  invalidateTags(tags: readonly string[]): void {
    this.batch(keyPieces(tags), (port, length) => {
      expected(port.engine.invalidate_tags(this.handle, length));
    });
    this.#raised += tags.length;
  }

  tagGeneration(tag: string): number {
    return this.#guard((port) => {
      expected(port.engine.tag_generation(this.handle, writeKey(tag, port)));
      return this.#generations + (port.result[0] as number);
    });
  }

  resize(maxBytes: number, maxEntries: number, now: number): void {
    const step = (port: Port) => expected(port.engine.resize(this.handle, maxBytes, maxEntries, now)) === 1;
    while (this.#guard(step));
    this.#run((port) => {
      this.#maxValueBytes = port.engine.max_entry_bytes(this.handle);
    });
    if (!Number.isNaN(maxBytes)) this.#limits.maxBytes = maxBytes;
    if (!Number.isNaN(maxEntries)) this.#limits.maxEntries = maxEntries;
  }

  snapshot(now: number): Uint8Array<ArrayBuffer> {
    return this.#run((port) => takeSnapshot(port, this.handle, now));
  }

  restore(bytes: Uint8Array, now: number): number {
    return this.#guard((port) => restoreSnapshot(port, this.handle, bytes, now, () => this.settle(port)));
  }

  keys(scope: string, pattern: string, cursor: number, now: number): { keys: string[]; next: number } {
    const keys: string[] = [];
    const next = this.#page(scope, pattern, keys, (port, scopeLength, length) =>
      port.engine.keys(this.handle, scopeLength, length, cursor, now),
    );
    return { keys, next };
  }

  taggedKeys(scope: string, tag: string, now: number): string[] {
    const keys: string[] = [];
    let cursor = -1;
    do {
      cursor = this.#page(scope, tag, keys, (port, scopeLength, length) =>
        port.engine.tagged_keys(this.handle, scopeLength, length, cursor, now),
      );
    } while (cursor >= 0);
    return keys;
  }

  countKeys(scope: string, pattern: string, now: number): number {
    return this.#onPattern(scope, pattern, (port, scopeLength, length) =>
      port.engine.count_keys(this.handle, scopeLength, length, now),
    );
  }

  deletePattern(scope: string, pattern: string, now: number, cleared = false): number {
    let removed = 0;
    for (let cursor = 0; cursor >= 0;) {
      removed += this.#onPattern(scope, pattern, (port, scopeLength, length) => {
        const code = port.engine.delete_pattern(this.handle, scopeLength, length, cursor, cleared, now);
        cursor = port.result[1] as number;
        return code;
      });
    }
    return removed;
  }

  clear(now: number): number {
    let removed = 0;
    for (let cursor = 0; cursor >= 0;) {
      this.#guard((port) => {
        expected(port.engine.clear(this.handle, cursor, now));
        removed += port.result[0] as number;
        cursor = port.result[1] as number;
      });
    }
    return removed;
  }

  purgeExpired(limit: number, now: number): number {
    let removed = 0;
    for (let some = -1; some !== 0 && removed < limit; removed += some) {
      some = this.#guard((port) => port.engine.purge_expired(this.handle, limit - removed, now));
      if (this.#takePage === undefined) return some; // all at once
    }
    return removed;
  }

  /** From now on hands over what the engine stores and removes, after each call; undefined: no more. */
  watch(takePage: TakePage | undefined): void {
    this.#takePage = takePage;
    if (!isCurrent(this.#port)) return; // the next one will be told
    try {
      this.#port.engine.watch(this.handle, takePage !== undefined);
    } catch (cause) {
      trapped(this.#port, cause); // which is an event; whoever listens from now on has no part in it
    }
  }

  /** Hands over what a read that found nothing removed. */
  tellRemoved(): void {
    if (isCurrent(this.#port)) this.#run((port) => this.settle(port));
  }

  /** Whether its entries are, or were, in this instance. */
  isOn(port: Port): boolean {
    return this.#port === port;
  }

  figures(): StoreFigures {
    const figures = this.#run((port) => {
      const count = expected(port.engine.stats(this.handle));
      return new Float64Array(port.bytes.buffer, port.engine.table(), count).slice();
    });
    return readFigures(figures, this.#limits.policy);
  }

  resetFigures(): void {
    this.#run((port) => port.engine.reset_stats(this.handle));
  }

  close(): void {
    const open = this.#port;
    this.#port = undefined;
    this.#closed = true;
    if (!isCurrent(open)) return;
    abandoned?.unregister(this);
    try {
      open.engine.close(this.handle);
    } catch (cause) {
      trapped(open, cause); // what was to be closed is gone with the instance
    }
  }

  /** The running instance with this cache open in it: anew, and empty, after a trap. */
  protected ready(): Port {
    // Short, so that it is inlined: what a hit is made of has to fit into one compiled function.
    return isCurrent(this.#port) ? this.#port : this.#reopened();
  }

  #reopened(): Port {
    if (this.#closed) throw closedError(); // by a codec, in the middle of a call
    const running = runningPort();
    const { maxBytes, maxEntries, maxEntryBytes, defaultTtlMs, ttlJitter, maxIdleMs, policy } = this.#limits;
    const [low, high] = drawSeed();
    this.#port = running;
    try {
      this.handle = expected(
        running.engine.open(
          maxBytes,
          maxEntries,
          maxEntryBytes,
          defaultTtlMs,
          low,
          high,
          POLICIES.indexOf(policy),
          ttlJitter,
          maxIdleMs,
        ),
      );
      this.opened(running);
    } catch (cause) {
      throw trapped(running, cause);
    }
    abandoned?.unregister(this);
    abandoned?.register(this, { port: running, handle: this.handle }, this);
    return running;
  }

  /** A value that lies in several pieces. */
  #gather(port: Port, kind: number, id: number, length: number): unknown {
    try {
      return decodePlain(kind, 0, port.gather(this.handle, id, length), 0, length);
    } catch (cause) {
      throw trapped(port, cause);
    }
  }

  /** A value that need not lie in linear memory twice: room is made for it, then it is written there. */
  #setLarge(
    port: Port,
    key: string,
    value: Encoded,
    ttl: number,
    only: Only,
    now: number,
    extra: Extra | undefined,
  ): boolean {
    const { kind, bytes } = value;
    let stored: number;
    do {
      if (extra !== undefined) this.announce(port, key, extra);
      const keyLength = writeKey(key, port);
      stored = port.engine.set(this.handle, keyLength, kind, bytes.length, 0, ttl, only, true, now);
      this.settle(port);
    } while (stored === Code.Unfinished);
    if (stored === 1) port.scatter(this.handle, port.result[0] as number, bytes);
    return stored === 1;
  }

  /** What is new in the running instance. */
  protected opened(port: Port): void {
    // A generation never repeats, also when the engine was started afresh.
    this.#generations += this.#raised;
    this.#raised = 0;
    this.#maxValueBytes = port.engine.max_entry_bytes(this.handle);
    if (this.#takePage !== undefined) port.engine.watch(this.handle, true);
  }

  /** Reads what the result block says after a call on this cache that may have changed something. */
  protected settle(port: Port): void {
    this.expiring = port.result[4] !== 0;
    if (this.#takePage !== undefined) this.takePages(port);
  }

  /** How much of a batch crosses at once: undefined where it does not matter. */
  protected get pieceBytes(): number | undefined {
    return this.#takePage === undefined ? undefined : WATCHED_PIECE;
  }

  /** Hands over what the engine wrote down. */
  protected takePages(port: Port): void {
    for (let length = -1; length < 0;) {
      length = port.engine.take_events(this.handle);
      if (length === 0) return;
      const at = port.engine.out();
      this.#takePage?.(port.bytes.subarray(at, at + Math.abs(length)), this.references);
    }
  }

  /** By id what is kept by reference, where anything is. */
  protected get references(): readonly unknown[] | undefined {
    return undefined;
  }

  /** Runs what may trap. */
  #run<T>(run: (port: Port) => T): T {
    const port = this.ready();
    try {
      return run(port);
    } catch (cause) {
      throw trapped(port, cause);
    }
  }

  #guard<T>(run: (port: Port) => T): T {
    return this.#run((port) => {
      const answer = run(port);
      this.settle(port);
      return answer;
    });
  }

  protected call(key: string, run: (port: Port, length: number) => number): number {
    return this.#guard((port) => run(port, writeKey(key, port)));
  }

  #refuse(key: string, only: Only, now: number): false {
    const wanted = only === Only.Always || this.has(key, now) === (only === Only.IfPresent);
    if (wanted) {
      this.call(key, (port, length) => {
        port.engine.reject(this.handle, length, now);
        return 0;
      });
    }
    return false;
  }

  /** `run` gives true where it is to be called again for the same piece. */
  protected batch(pieces: Iterable<Uint8Array>, run: (port: Port, length: number) => unknown, extra?: Extra): void {
    this.#run((port) => {
      let largest = 0;
      for (const piece of pieces) {
        for (let again: unknown = true; again === true;) {
          if (extra !== undefined) this.announce(port, undefined, extra);
          const at = port.scratch(piece.length);
          port.bytes.set(piece, at);
          again = run(port, piece.length);
          this.settle(port);
        }
        largest = Math.max(largest, piece.length);
      }
      if (largest > LARGE) port.trim();
    });
  }

  /** Adds a page of keys; gives the cursor of the next one, negative where there is none. */
  #page(
    scope: string,
    pattern: string,
    keys: string[],
    run: (port: Port, scopeLength: number, length: number) => number,
  ): number {
    return this.#onPattern(scope, pattern, (port, scopeLength, length) => {
      const code = run(port, scopeLength, length);
      if (code === 0) keys.push(...readKeys(port.out()));
      return code;
    });
  }

  /** INVALID_PATTERN where the engine cannot read the pattern; else the first number of its answer. */
  #onPattern(scope: string, pattern: string, run: (port: Port, scopeLength: number, length: number) => number): number {
    const scopeBytes = encodeUtf8(scope);
    const patternBytes = encodeUtf8(pattern);
    return this.#guard((port) => {
      const length = scopeBytes.length + patternBytes.length;
      const at = port.scratch(length);
      port.bytes.set(scopeBytes, at);
      port.bytes.set(patternBytes, at + scopeBytes.length);
      const code = run(port, scopeBytes.length, length);
      if (code === Code.InvalidPattern) throw invalidPattern(pattern);
      expected(code);
      const answer = port.result[0] as number;
      if (length > LARGE) port.trim();
      return answer;
    });
  }
}

/** What the tags of an entry cost at least. */
export function tagBytes(extra: Extra | undefined): number {
  return extra === undefined ? 0 : extra.tags.reduce((sum, tag) => sum + tag.length, 0);
}

/** A batch of numbers. */
function numbers(
  entries: readonly (readonly [key: string, number: number])[],
  pieceBytes: number | undefined,
): BatchWriter {
  const batch = new BatchWriter(pieceBytes);
  const value = newEncoded();
  value.kind = Kind.Number;
  for (const [key, number] of entries) {
    value.number = number;
    batch.entry(key, value, Number.NaN, 0);
  }
  return batch;
}

function drawSeed(): Uint32Array<ArrayBuffer> & { 0: number; 1: number } {
  const seed = new Uint32Array(2);
  try {
    crypto.getRandomValues(seed);
  } catch {
    // A worker's module scope has no secure randomness; what is cached there is the worker's own.
    seed[0] = Math.random() * 2 ** 32;
    seed[1] = Math.random() * 2 ** 32;
  }
  return seed as Uint32Array<ArrayBuffer> & { 0: number; 1: number };
}
