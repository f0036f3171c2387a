/** Reading the values of a batch, where the engine says each of them is. */

import type { Codec } from "./codec.js";
import { Code, type Port } from "./engine.js";
import { decodeObject, decodePlain, Kind } from "./values.js";

/** A value that lies in several pieces. */
interface Scattered {
  /** Its place among the values. */
  at: number;
  kind: number;
  id: number;
  length: number;
}

/** The values of a batch that may cross in pieces. */
export class BatchValues {
  readonly #values: unknown[] = [];
  /** Which of them are bytes of a codec. */
  readonly #encoded: number[] = [];

  /** Adds those of a piece, from the `count` triples of the engine's table: kind, number or address, length. */
  add(port: Port, handle: number, count: number): void {
    const values = this.#values;
    const scattered: Scattered[] = [];
    const { bytes } = port;
    const table = new Float64Array(bytes.buffer, port.engine.table(), 3 * count);
    for (let i = 0; i < table.length; i += 3) {
      const kind = table[i] as number;
      const at = table[i + 1] as number;
      const length = table[i + 2] as number;
      if (kind === Kind.Encoded) this.#encoded.push(values.length);
      const whole = kind >= Kind.Number || at >= 0;
      if (kind !== Code.Miss && !whole) scattered.push({ at: values.length, kind, id: -1 - at, length });
      values.push(kind === Code.Miss || !whole ? undefined : decodePlain(kind, at, bytes, at, length));
    }
    for (const { at, kind, id, length } of scattered) {
      values[at] = decodePlain(kind, 0, port.gather(handle, id, length), 0, length);
    }
  }

  /** All of them. A codec may call the cache: only now, when nothing lies in linear memory any more. */
  decoded(codec: Codec): unknown[] {
    for (const i of this.#encoded) this.#values[i] = decodeObject(this.#values[i] as Uint8Array, codec);
    return this.#values;
  }
}
