/**
 * Batches on their way into the engine, as `src/wasm/batch.rs` reads them.
 *
 * A batch is written in JavaScript's memory first: so every key and value has been checked before the
 * first entry changes, and a huge batch crosses in pieces, because linear memory would keep its peak.
 */

import { invalidKey, isWellFormed, MAX_KEY_BYTES } from "./keys.js";
import type { Port } from "./engine.js";
import { encodeUtf8, writeAscii, writeShortAscii, writeStart, writeUtf8, writeUtf16 } from "./text.js";
import { type Encoded, Kind } from "./values.js";

const PIECE = 256 << 10;
/** A piece of calls whose events are written down, which may take several times as much. */
export const WATCHED_PIECE = 16 << 10;
/** A piece for each entry that is written, while events are. */
export const ONE_ENTRY = 1;
/** Keys of so many characters always fit into the scratch buffer. */
const SMALL = 4 << 10;
const ENTRY_HEAD = 28;

/** Writes a key to the start of the scratch buffer and gives its length in bytes. INVALID_KEY: too long or ill-formed. */
export function writeKey(key: string, port: Port): number {
  // Most keys need no more than there is, whatever they consist of.
  if (key.length > SMALL) port.scratch(keyRoom(key));
  const length = writeStart(key, port.input);
  return length === key.length && length <= SMALL ? length : checkedLength(key, length);
}

function writeKeyAt(key: string, bytes: Uint8Array, at: number): number {
  const short = writeShortAscii(key, bytes, at);
  return short >= 0 ? short : checkedLength(key, writeUtf8(key, bytes, at));
}

function checkedLength(key: string, length: number): number {
  if (length !== key.length && !isWellFormed(key)) throw invalidKey(key, "has a surrogate without its pair");
  if (length > MAX_KEY_BYTES) throw invalidKey(key, `has ${length} bytes; at most ${MAX_KEY_BYTES} are allowed`);
  return length;
}

/** How many bytes a key may need. INVALID_KEY: it certainly needs too many. */
export function keyRoom(key: string): number {
  if (key.length > MAX_KEY_BYTES) throw invalidKey(key, `is longer than ${MAX_KEY_BYTES} bytes`);
  return key.length * 3;
}

/**
 * Writes a key and an ASCII text behind it to the start of the scratch buffer; false if that is not what they are. In one
 * call, because encodeInto costs the same for any length, and a view for each of its calls as much again.
 */
export function writePair(key: string, text: string, port: Port): boolean {
  const pair = key + text;
  return pair.length <= SMALL && writeStart(pair, port.input) === pair.length;
}

/** Keys alone, in pieces of about so many bytes. INVALID_KEY. */
export function keyPieces(keys: readonly string[], most = PIECE): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let from = 0; from < keys.length;) {
    let to = from;
    for (let length = 0; to < keys.length && length < most; to++) length += 4 + (keys[to] as string).length;
    pieces.push(writeKeys(from === 0 && to === keys.length ? keys : keys.slice(from, to)));
    from = to;
  }
  return pieces;
}

/** All in one call of encodeInto, which most often are ASCII. */
function writeKeys(keys: readonly string[]): Uint8Array {
  const text = keys.join("");
  const head = 4 + 4 * keys.length;
  let bytes = new Uint8Array(head + text.length);
  let encoded: Uint8Array[] | undefined;
  if (writeAscii(text, bytes, head) < text.length) {
    encoded = keys.map(encodeKey);
    bytes = new Uint8Array(encoded.reduce((sum, { length }) => sum + length, head));
    let at = head;
    for (const key of encoded) {
      bytes.set(key, at);
      at += key.length;
    }
  }
  const lengths = new Uint32Array(bytes.buffer, 0, 1 + keys.length);
  lengths[0] = keys.length;
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as string;
    lengths[i + 1] = encoded === undefined ? checkedLength(key, key.length) : (encoded[i] as Uint8Array).length;
  }
  return bytes;
}

function encodeKey(key: string): Uint8Array {
  const bytes = encodeUtf8(key);
  checkedLength(key, bytes.length);
  return bytes;
}

export class BatchWriter {
  #bytes = new Uint8Array(4 << 10);
  #data = new DataView(this.#bytes.buffer);
  #length = 0;
  #pieceStart = 0;
  readonly #pieces: [start: number, end: number][] = [];
  readonly #pieceBytes: number;

  /** A piece ends with the entry that makes it so long. */
  constructor(pieceBytes = PIECE) {
    this.#pieceBytes = pieceBytes;
  }

  entry(key: string, value: Encoded, ttl: number, maxValueBytes: number): void {
    const { text, bytes } = value;
    const refused = bytes.length > maxValueBytes;
    const room = text === undefined ? (refused ? 0 : bytes.length) : text.length * 3;
    const at = this.#reserve(ENTRY_HEAD + keyRoom(key) + room);
    const keyLength = writeKeyAt(key, this.#bytes, at + ENTRY_HEAD);
    const valueLength = refused ? 0 : writeValue(value, this.#bytes, at + ENTRY_HEAD + keyLength);
    const data = this.#data;
    data.setUint32(at, keyLength, true);
    data.setUint32(at + 4, refused ? Kind.Refused : value.kind, true);
    data.setUint32(at + 8, valueLength, true);
    data.setFloat64(at + 12, ttl, true);
    data.setFloat64(at + 20, value.number, true);
    this.#advance(ENTRY_HEAD + keyLength + valueLength);
  }

  /** The batch in pieces of whole entries. */
  *pieces(): Iterable<Uint8Array> {
    if (this.#length > this.#pieceStart) this.#pieces.push([this.#pieceStart, this.#length]);
    for (const [start, end] of this.#pieces) yield this.#bytes.subarray(start, end);
  }

  #advance(length: number): void {
    this.#length += length;
    if (this.#length - this.#pieceStart < this.#pieceBytes) return;
    this.#pieces.push([this.#pieceStart, this.#length]);
    this.#pieceStart = this.#length;
  }

  #reserve(room: number): number {
    const needed = this.#length + room;
    if (needed > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
      this.#data = new DataView(grown.buffer);
    }
    return this.#length;
  }
}

/** Writes a value's text or bytes, settles the kind of its text, and gives the length. */
export function writeValue(value: Encoded, bytes: Uint8Array, at: number): number {
  const { text } = value;
  if (text === undefined) {
    bytes.set(value.bytes, at);
    return value.bytes.length;
  }
  let length = writeShortAscii(text, bytes, at);
  if (length < 0) length = writeUtf8(text, bytes, at);
  if (length === text.length) value.kind = Kind.Ascii;
  else if (!isWellFormed(text)) {
    value.kind = Kind.Utf16;
    length = writeUtf16(text, bytes, at);
  }
  return length;
}
