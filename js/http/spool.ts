/**
 * A body on its way from the origin, for as many clients as want it, and for the store.
 *
 * One loop reads the origin, whenever a client has nothing left to take: so the first byte leaves
 * before the last one arrived, a slow client slows the origin down instead of filling memory, and
 * what is held is what the store is to get, at most `limit` bytes. `tee()` would have let the fastest
 * run ahead and kept for the others all that they had not taken yet.
 *
 * A body that turns out to be larger than the limit is stored by nobody. Clients share it all the
 * same: what the slowest has not taken is held, the others wait when that is more than a window, and
 * who has not moved for a while is let go.
 *
 * The copy is handed over before the end is passed on: whoever has seen the end of a response finds
 * it stored. A body that breaks off, or has another length than it said, makes all streams fail and is
 * not handed over. When the last client goes away, the origin's request is cancelled.
 *
 * In an edge worker the loop belongs to the request that started it, as only that may read the
 * origin's body. Others wake it by a promise, and give up when its timer no longer beats.
 */

import { background, unref } from "../waiting.js";

/** What may be held for the slowest of several clients once nothing is stored. */
const WINDOW = 256 << 10;
/** How long one client may keep the others waiting. */
const STALLED_MS = 30_000;
const BEAT_MS = 500;
/** A loop that was not heard for so long belonged to a request that is gone. */
const SILENCE_MS = 2_000;

/** A stream that nobody reads or cancels must not hold the origin's body and the memory reserved for it. Some runtimes have none. */
const collected =
  typeof FinalizationRegistry === "function" ? new FinalizationRegistry<() => void>((leave) => leave()) : undefined;

export interface Spooling {
  /** What comes before the first byte that arrives. */
  seed?: Uint8Array | undefined;
  /** How many bytes are held at most, the seed among them. */
  limit: number;
  /** How many there must be, the seed among them, where that is known: else the body is broken. */
  length: number | undefined;
  /** How many there must be for the store: else it does not get them. */
  expected?: number | undefined;
  /** Asks for the right to hold so many more bytes. */
  reserve: (bytes: number) => boolean;
  /** Gives that back. */
  release: (bytes: number) => void;
  /** Takes the parts of the whole body, which it must not change. Not called for a body over the limit. */
  done: (parts: readonly Uint8Array[]) => void;
}

interface Reader {
  at: number;
  readonly end: number;
  /** Wakes it: there is more, or there will be none. */
  wake: (() => void) | undefined;
  /** Why it gets no more. */
  failed: unknown;
  /** Forgets the signal of its client. */
  unlisten: (() => void) | undefined;
}

export class Spool {
  readonly #source: ReadableStreamDefaultReader<Uint8Array>;
  readonly #options: Spooling;
  readonly #readers = new Set<Reader>();
  /** What is held, the first of it `#base` bytes from the start. */
  #parts: Uint8Array[] = [];
  #base = 0;
  #received = 0;
  #reserved = 0;
  /** All that has arrived is held, for the store. */
  #keeping = true;
  /** The bytes that arrived last, as they came: for the first who takes them. */
  #latest: { at: number; chunk: Uint8Array<ArrayBuffer> } | undefined;
  #ended = false;
  #failure: { error: unknown } | undefined;
  /** Why the last client went. */
  #left: unknown;
  #wanted: (() => void) | undefined;
  #abandon: (() => void) | undefined;
  #beats = 0;
  #running: Promise<void> | undefined;

  constructor(source: ReadableStream<Uint8Array>, options: Spooling) {
    this.#options = options;
    this.#source = source.getReader();
    if (options.length !== undefined) this.#reserve(options.length);
    if (options.seed !== undefined) this.#hold(options.seed);
  }

  /** Settles when the body is there or has failed; never rejects. Only once somebody has a stream. */
  get over(): Promise<void> | undefined {
    return this.#running;
  }

  /** The bytes from `start` to before `end`, for one more client, as long as `signal` says that it is there; while the spool is whole. */
  stream(signal: AbortSignal | undefined, start = 0, end = Number.POSITIVE_INFINITY): ReadableStream<Uint8Array> {
    const reader: Reader = { at: start, end, wake: undefined, failed: undefined, unlisten: undefined };
    this.#readers.add(reader);
    if (signal) this.#listen(reader, signal);
    this.#running ??= this.#run();
    const stream = new ReadableStream<Uint8Array>(
      {
        pull: (controller) => this.#pull(reader, controller),
        cancel: (reason) => {
          this.#left = reason;
          this.#leave(reader);
        },
      },
      { highWaterMark: 0 },
    );
    collected?.register(stream, () => this.#leave(reader), reader);
    return stream;
  }

  #listen(reader: Reader, signal: AbortSignal): void {
    const leave = () => {
      reader.failed = this.#left = signal.reason;
      this.#leave(reader);
      reader.wake?.();
    };
    // Who went before there was a body leaves when those who have waited with it have had the time to come.
    if (signal.aborted) return void setTimeout(leave);
    signal.addEventListener("abort", leave);
    reader.unlisten = () => signal.removeEventListener("abort", leave);
  }

  /** Whether a client that comes now can still have all of it. */
  get isWhole(): boolean {
    const isAbandoned = this.#running !== undefined && !this.#ended && this.#readers.size === 0;
    // Beyond the limit a chunk may be held that its only client has got, and may change.
    const isHeld = this.#keeping || this.#received === 0;
    return isHeld && this.#base === 0 && this.#failure === undefined && !isAbandoned;
  }

  async #pull(reader: Reader, controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    for (;;) {
      const failure = this.#failure ?? (reader.failed === undefined ? undefined : { error: reader.failed });
      if (failure !== undefined) {
        this.#remove(reader);
        throw failure.error;
      }
      const chunk = this.#take(reader);
      if (chunk !== undefined) controller.enqueue(chunk);
      const finished = reader.at >= reader.end || (this.#ended && reader.at >= this.#received);
      if (finished) {
        this.#leave(reader);
        controller.close();
      }
      if (finished || chunk !== undefined) return;
      await this.#more(reader);
    }
  }

  /** What a reader has not had yet, up to a part's end; undefined: it has to wait. */
  #take(reader: Reader): Uint8Array | undefined {
    const { at } = reader;
    if (at >= this.#received || at >= reader.end) return undefined;
    const latest = this.#latest;
    if (latest !== undefined && latest.at === at && at + latest.chunk.length <= reader.end) {
      this.#latest = undefined;
      reader.at += latest.chunk.length;
      if (!this.#keeping) this.#forget();
      return latest.chunk;
    }
    let start = this.#base;
    for (const part of this.#parts) {
      if (at < start + part.length) {
        const chunk = part.slice(at - start, Math.min(part.length, reader.end - start));
        reader.at += chunk.length;
        if (!this.#keeping) this.#forget();
        return chunk;
      }
      start += part.length;
    }
    return undefined;
  }

  /** Waits until there is more, or there will be none. */
  async #more(reader: Reader): Promise<void> {
    let beats = this.#beats;
    const watch = background(() => {
      if (this.#beats === beats && !this.#ended) {
        reader.failed = new TypeError("the request that fetched this body is gone");
        reader.wake?.();
      }
      beats = this.#beats;
    }, SILENCE_MS);
    const woken = new Promise<void>((wake) => {
      reader.wake = wake;
    });
    this.#wanted?.();
    await woken;
    reader.wake = undefined;
    clearInterval(watch);
  }

  #remove(reader: Reader): void {
    this.#readers.delete(reader);
    reader.unlisten?.();
    collected?.unregister(reader);
  }

  #leave(reader: Reader): void {
    this.#remove(reader);
    if (!this.#keeping) this.#forget();
    this.#wanted?.();
    if (this.#readers.size === 0) this.#abandon?.();
  }

  async #run(): Promise<void> {
    const heart = background(() => this.#beats++, BEAT_MS);
    try {
      while (await this.#isWanted()) {
        const { done, value } = await this.#read();
        if (done) {
          this.#end();
          return;
        }
        this.#add(value);
        this.#wake();
      }
      throw this.#unwanted;
    } catch (error) {
      this.#failure = { error };
      this.#source.cancel(error).catch(() => {});
    } finally {
      clearInterval(heart);
      if (this.#failure !== undefined) this.#drop();
      this.#options.release(this.#reserved);
      this.#wake();
    }
  }

  /** What the origin sends next. Rejects when the last client goes before that comes. */
  #read(): Promise<ReadableStreamReadResult<Uint8Array>> {
    return new Promise((resolve, reject) => {
      this.#abandon = () => reject(this.#unwanted);
      this.#source.read().then(resolve, reject);
    });
  }

  get #unwanted(): unknown {
    return this.#left ?? new DOMException("nobody wants this body any more", "AbortError");
  }

  /** Resolves when a client has nothing left to take and the others are not too far behind; to false when none is left. */
  async #isWanted(): Promise<boolean> {
    let stalled: ReturnType<typeof setTimeout> | undefined;
    try {
      for (;;) {
        if (this.#readers.size === 0) return false;
        const hungry = [...this.#readers].some(({ at, wake }) => wake !== undefined && at >= this.#received);
        const isFar = !this.#keeping && this.#received - this.#slowest() >= WINDOW;
        if (hungry && !isFar) return true;
        if (hungry && stalled === undefined) {
          const slowest = this.#slowest();
          stalled = setTimeout(() => {
            stalled = undefined;
            if (this.#slowest() === slowest) this.#letGo();
            this.#wanted?.(); // the next slowest has its time too
          }, STALLED_MS);
          unref(stalled);
        }
        await new Promise<void>((wake) => {
          this.#wanted = wake;
        });
        this.#wanted = undefined;
      }
    } finally {
      clearTimeout(stalled);
    }
  }

  /** Ends the streams of those who keep others waiting. */
  #letGo(): void {
    const slowest = this.#slowest();
    for (const reader of this.#readers) {
      if (reader.at > slowest) continue;
      reader.failed = new TypeError("this client was too slow");
      this.#remove(reader);
      reader.wake?.();
    }
    this.#forget();
  }

  #slowest(): number {
    return Math.min(...[...this.#readers].map(({ at }) => at));
  }

  #add(chunk: unknown): void {
    const { limit, length = Number.POSITIVE_INFINITY } = this.#options;
    if (!(chunk instanceof Uint8Array)) throw new TypeError("a body's chunk is no Uint8Array");
    const received = this.#received + chunk.length;
    if (received > length) throw this.#wrongLength(received);
    if (chunk.length === 0) return;
    if (this.#keeping && (received > limit || !this.#reserve(received))) {
      this.#keeping = false;
      this.#forget();
    }
    this.#latest = { at: this.#received, chunk: chunk as Uint8Array<ArrayBuffer> };
    // A copy: whoever takes the chunk may change or transfer it. For one client alone that nothing is kept for, the chunk will do.
    const needed = this.#keeping || this.#readers.size > 1;
    this.#hold(needed ? chunk.slice() : chunk);
  }

  #hold(part: Uint8Array): void {
    this.#parts.push(part);
    this.#received += part.length;
  }

  #reserve(bytes: number): boolean {
    const more = bytes - this.#reserved;
    if (more <= 0) return true;
    if (!this.#options.reserve(more)) return false;
    this.#reserved = bytes;
    return true;
  }

  /** Drops what every client has had. */
  #forget(): void {
    this.#wanted?.(); // those who are ahead may go on
    const slowest = this.#readers.size === 0 ? this.#received : this.#slowest();
    while (this.#parts.length > 0 && this.#base + (this.#parts[0] as Uint8Array).length <= slowest) {
      this.#base += (this.#parts.shift() as Uint8Array).length;
    }
  }

  #drop(): void {
    this.#parts = [];
    this.#latest = undefined;
  }

  #end(): void {
    const { length = this.#received, expected = this.#received, done } = this.#options;
    if (this.#received !== length) throw this.#wrongLength(this.#received);
    if (this.#keeping && this.#received === expected) done(this.#parts);
    this.#ended = true;
  }

  #wake(): void {
    for (const reader of this.#readers) reader.wake?.();
  }

  #wrongLength(received: number): TypeError {
    return new TypeError(`the body has ${received} bytes or more where ${this.#options.length} were announced`);
  }
}
