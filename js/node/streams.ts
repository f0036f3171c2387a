/** Bodies between node:stream and web streams: nothing is read that nobody has room for. */

import type { Readable, Writable } from "node:stream";

/** A stream's chunks; `around` is told when one is waited for and makes the error of one that fails. */
export interface Around {
  begin(): void;
  end(): void;
  failed(error: unknown): unknown;
}

/** The same bytes as a web stream. Cancelling it destroys `readable`. */
export function streamOf(readable: Readable, around?: Around): ReadableStream<Uint8Array> {
  const chunks = readable[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        around?.begin();
        try {
          const { done, value } = await chunks.next();
          if (done) controller.close();
          else controller.enqueue(value);
        } catch (error) {
          throw around === undefined ? error : around.failed(error);
        } finally {
          around?.end();
        }
      },
      cancel() {
        readable.destroy();
      },
    },
    { highWaterMark: 0 },
  );
}

/** Resolves when `writable` has room again. Rejects when it is closed before that. */
export function drained(writable: Writable): Promise<void> {
  return new Promise((resolve, reject) => {
    const onDrain = () => {
      writable.off("close", onClose);
      resolve();
    };
    const onClose = () => {
      writable.off("drain", onDrain);
      reject(new Error("the stream was closed"));
    };
    if (writable.destroyed) return onClose();
    writable.once("drain", onDrain).once("close", onClose);
  });
}
