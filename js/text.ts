/** Text to bytes and back, in whichever way is faster for its length. */

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Up to here a loop over characters beats encodeInto, which costs the same for any length. */
const SHORT_WRITE = 40;
/** Above this, TextDecoder is faster than characters. */
const SHORT_READ = 40;
/**
 * The same where no view must be made for encodeInto. Text that was just put together is a tree of its parts, from
 * which each charCodeAt costs twice what it costs from plain text: 6 ns against 3.
 */
const SHORT_START = 16;
/** Above this, text is encoded in JavaScript's own memory first: three bytes a character is too much to reserve. */
const LONG = 4_096;

/** Writes ASCII text of at most SHORT_WRITE characters; -1 if it is longer or not ASCII. */
export function writeShortAscii(text: string, bytes: Uint8Array, at: number): number {
  const length = text.length;
  if (length > SHORT_WRITE) return -1;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) return -1;
    bytes[at + i] = code;
  }
  return length;
}

/** Writes text that is most likely ASCII to the start of `bytes`, which are enough, and gives the number of bytes. */
export function writeStart(text: string, bytes: Uint8Array): number {
  const { length } = text;
  if (length > SHORT_START) return encoder.encodeInto(text, bytes).written;
  let all = 0;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    all |= code;
    bytes[i] = code;
  }
  return all <= 0x7f ? length : encoder.encodeInto(text, bytes).written;
}

/** Writes any text as UTF-8 and gives the number of bytes; there must be room for 3 a character. */
export function writeUtf8(text: string, bytes: Uint8Array, at: number): number {
  return encoder.encodeInto(text, bytes.subarray(at, at + text.length * 3)).written;
}

/** Writes text behind `at`, a byte a character; fewer are written if it is not ASCII. */
export function writeAscii(text: string, bytes: Uint8Array, at: number): number {
  const { read } = encoder.encodeInto(text, bytes.subarray(at, at + text.length));
  return read;
}

/** Text as bytes of its own when it is long, else undefined. */
export function encodeLong(text: string): Uint8Array | undefined {
  return text.length > LONG ? encoder.encode(text) : undefined;
}

export function encodeUtf8(text: string): Uint8Array {
  return encoder.encode(text);
}

export function readUtf8(bytes: Uint8Array, at: number, length: number): string {
  return decoder.decode(bytes.subarray(at, at + length));
}

/** Node's and Bun's own way, which costs a fifth of TextDecoder's; undefined elsewhere. */
const latin1Slice = nativeSlice();

type Slice = (this: Uint8Array, from: number, to: number) => string;

function nativeSlice(): Slice | undefined {
  // Not by its name, for which a bundler would bring a polyfill.
  const { Buffer } = globalThis as { Buffer?: { prototype: { latin1Slice?: Slice } } };
  const slice = Buffer?.prototype.latin1Slice;
  try {
    return slice?.call(Uint8Array.of(0x61, 0x62, 0x63), 1, 3) === "bc" ? slice : undefined;
  } catch {
    return undefined;
  }
}

export function readAscii(bytes: Uint8Array, at: number, length: number): string {
  if (length <= 8) return eight(bytes, at).slice(0, length);
  if (latin1Slice !== undefined) return latin1Slice.call(bytes, at, at + length);
  if (length > SHORT_READ) return readUtf8(bytes, at, length);
  let text = "";
  for (let i = 0; i < length; i += 8) text += eight(bytes, at + i);
  return text.slice(0, length);
}

/** Eight characters in one call: each call makes a string that must be put together with the others. */
function eight(bytes: Uint8Array, at: number): string {
  const b = bytes as { [i: number]: number };
  // prettier-ignore
  return String.fromCharCode(b[at]!, b[at + 1]!, b[at + 2]!, b[at + 3]!, b[at + 4]!, b[at + 5]!, b[at + 6]!, b[at + 7]!);
}

/** Writes UTF-16, for text that UTF-8 cannot say, and gives the number of bytes. */
export function writeUtf16(text: string, bytes: Uint8Array, at: number): number {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    bytes[at + 2 * i] = code & 0xff;
    bytes[at + 2 * i + 1] = code >> 8;
  }
  return text.length * 2;
}

export function readUtf16(bytes: Uint8Array, at: number, length: number): string {
  let text = "";
  for (let i = at; i < at + length; i += 2) {
    text += String.fromCharCode((bytes[i] as number) | ((bytes[i + 1] as number) << 8));
  }
  return text;
}
