/**
 * A response as a cache keeps it: a few numbers, the head, the body.
 *
 * | bytes | what |
 * |---|---|
 * | 0 | 1 |
 * | 1 | flags: 1 softly purged, 2 one of several variants |
 * | 2 | u32 length of the head |
 * | 6 | u32 which settings the next two numbers were made for |
 * | 10 | f64 until when it answers plain requests, in milliseconds since the epoch |
 * | 18 | f64 when its age was 0 |
 * | 26 | the head, the body |
 *
 * The numbers save most hits the way through the engine: `plain.ts` reads them.
 */

import { plainOf, type StoredHead } from "./decisions.js";
import type { Settings } from "./options.js";

const RESPONSE = 1;
const SOFTLY_PURGED = 1;
const VARIANT = 2;
const PREFIX = 26;

export interface Value {
  head: StoredHead;
  body: Uint8Array<ArrayBuffer>;
  softlyPurged: boolean;
}

/** `isVariant`: it stands under the key of a variant. */
export function writeValue(
  settings: Settings,
  isVariant: boolean,
  head: StoredHead,
  ...parts: Uint8Array[]
): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, PREFIX + head.length);
  const value = new Uint8Array(length);
  const view = new DataView(value.buffer);
  const plain = plainOf(settings.text, head);
  value[0] = RESPONSE;
  value[1] = isVariant ? VARIANT : 0;
  view.setUint32(2, head.length, true);
  view.setUint32(6, settings.id, true);
  view.setFloat64(10, plain?.untilMs ?? 0, true);
  view.setFloat64(18, plain?.bornMs ?? 0, true);
  value.set(head, PREFIX);
  let at = PREFIX + head.length;
  for (const part of parts) {
    value.set(part, at);
    at += part.length;
  }
  return value;
}

/** Views of the bytes; undefined: they are no response. */
export function readValue(value: Uint8Array<ArrayBuffer>): Value | undefined {
  if (value[0] !== RESPONSE || value.length < PREFIX) return undefined;
  const end = PREFIX + new DataView(value.buffer, value.byteOffset).getUint32(2, true);
  if (value.length < end) return undefined;
  const softlyPurged = ((value[1] as number) & SOFTLY_PURGED) !== 0;
  return { head: value.subarray(PREFIX, end), body: value.subarray(end), softlyPurged };
}

export function markSoftlyPurged(value: Uint8Array): void {
  value[1] = (value[1] as number) | SOFTLY_PURGED;
}

/** When its age was 0, if it answers plain requests now, of its variant if it is one; else NaN. */
export function bornAt(value: Uint8Array<ArrayBuffer>, isVariant: boolean, settings: Settings, now: number): number {
  const flags = isVariant ? VARIANT : 0;
  if (value[0] !== RESPONSE || value[1] !== flags || value.length < PREFIX) return Number.NaN;
  const view = new DataView(value.buffer, value.byteOffset);
  if (view.getUint32(6, true) !== settings.id || now >= view.getFloat64(10, true)) return Number.NaN;
  return view.getFloat64(18, true);
}

/** Until when it answers plain requests. */
export function untilOf(value: Uint8Array<ArrayBuffer>): number {
  return new DataView(value.buffer, value.byteOffset).getFloat64(10, true);
}
