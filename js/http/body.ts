/**
 * Bodies on their way from the origin to the client, and a copy of them for the store.
 *
 * One reader, driven by the client: a chunk is read when the client has room for it, copied for the
 * store, and passed on. So the first byte leaves before the last one arrived, a slow client slows the
 * origin down instead of filling memory, and at most `limit` bytes are held. `tee()` would have let
 * the store run ahead and kept for the client all that it had not taken yet.
 *
 * The copy is handed over before the end is passed on: whoever has seen the end of a response finds
 * it stored. A body that breaks off, or has another length than it said, makes the client's stream
 * fail and is not handed over; a client that goes away takes the origin's request with it.
 */

export interface Copying {
  /** What the copy starts with. */
  head: Uint8Array;
  /** How many bytes of body are copied at most. */
  limit: number;
  /** How many there must be, where that is known. */
  length: number | undefined;
  /** Takes the copy, head first. Not called for a body over the limit. */
  done: (copy: Uint8Array) => void;
}

/** The client's stream. */
export function copying(body: ReadableStream<Uint8Array> | null, options: Copying): ReadableStream<Uint8Array> | null {
  const copy = new Copy(options);
  if (body === null) {
    copy.end();
    return null;
  }
  const reader = body.getReader();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await reader.read();
        try {
          if (done) copy.end();
          else copy.add(value);
        } catch (error) {
          reader.cancel(error).catch(() => {});
          throw error;
        }
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

class Copy {
  #bytes: Uint8Array | undefined;
  #used: number;
  #received = 0;
  readonly #options: Copying;

  constructor(options: Copying) {
    const { head, length = 0 } = options;
    this.#options = options;
    this.#bytes = new Uint8Array(head.length + length);
    this.#bytes.set(head);
    this.#used = head.length;
  }

  add(chunk: unknown): void {
    const { limit, length = Number.POSITIVE_INFINITY } = this.#options;
    if (!(chunk instanceof Uint8Array)) throw new TypeError("a body's chunk is no Uint8Array");
    this.#received += chunk.length;
    if (this.#received > length) throw this.#wrongLength();
    if (this.#received > limit) this.#bytes = undefined;
    if (this.#bytes === undefined) return;
    if (this.#used + chunk.length > this.#bytes.length) this.#bytes = grown(this.#bytes, this.#used + chunk.length);
    this.#bytes.set(chunk, this.#used);
    this.#used += chunk.length;
  }

  end(): void {
    const { length = this.#received, done } = this.#options;
    if (this.#received !== length) throw this.#wrongLength();
    if (this.#bytes !== undefined) done(this.#bytes.subarray(0, this.#used));
  }

  #wrongLength(): TypeError {
    return new TypeError(
      `the body has ${this.#received} bytes or more where Content-Length says ${this.#options.length}`,
    );
  }
}

function grown(bytes: Uint8Array, needed: number): Uint8Array {
  const larger = new Uint8Array(Math.max(needed, bytes.length * 2, 16_384));
  larger.set(bytes);
  return larger;
}

/**
 * In workerd the failure of a stream made in JavaScript ends a chunked response as if it were whole;
 * a stream of fixed length breaks the connection instead. It has to be the last in a row, as workerd
 * hangs when one is piped to another. So a body leaves here without Content-Length in its fields,
 * which says to others that nothing is left to be fixed; workerd writes it from the stream.
 */
export const FixedLength = (globalThis as { FixedLengthStream?: new (length: number) => ReadableWritablePair })
  .FixedLengthStream;

/** The same body, of a length that the runtime sees to. */
export function fixed(
  body: ReadableStream<Uint8Array>,
  length: number,
  Fixed: NonNullable<typeof FixedLength>,
): ReadableStream<Uint8Array> {
  const { readable, writable } = new Fixed(length);
  body.pipeTo(writable).catch(() => {}); // the client's side fails with it
  return readable;
}
