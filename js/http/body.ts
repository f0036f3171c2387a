/** What a runtime does to bodies. */

/**
 * In workerd the failure of a stream made in JavaScript ends a chunked response as if it were whole;
 * a stream of fixed length breaks the connection instead. It has to be the last in a row, as workerd
 * hangs when one is piped to another. So a body leaves here without Content-Length in its fields,
 * which says to others that nothing is left to be fixed; workerd writes it from the stream.
 */
const FixedLength = (globalThis as { FixedLengthStream?: new (length: number) => ReadableWritablePair })
  .FixedLengthStream;

/** A body of known length as the runtime wants it; it sees to the length where it can. */
export function framed(
  body: ReadableStream<Uint8Array>,
  length: number | undefined,
  headers: Headers,
): ReadableStream<Uint8Array> {
  if (length === undefined || FixedLength === undefined) return body;
  headers.delete("content-length");
  const { readable, writable } = new FixedLength(length);
  body.pipeTo(writable).catch(() => {}); // the client's side fails with it
  return readable;
}

/** Reads a body to its end, for those who want no more of it than that. */
export async function drain(body: ReadableStream<Uint8Array> | null): Promise<void> {
  if (body === null) return;
  const reader = body.getReader();
  while (!(await reader.read()).done);
}

/** The bytes of a body; undefined: more than `limit`. Rejects with the reason of `signal`. */
export async function readUpTo(
  body: ReadableStream<Uint8Array>,
  limit: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const reader = body.getReader();
  const stop = () => void reader.cancel().catch(() => {});
  signal?.addEventListener("abort", stop);
  try {
    const content = await readParts(reader, limit);
    signal?.throwIfAborted();
    return content;
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}

async function readParts(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  limit: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return concat(parts, length);
    parts.push(value);
    length += value.length;
    if (length <= limit) continue;
    reader.cancel().catch(() => {});
    return undefined;
  }
}

export function concat(parts: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
