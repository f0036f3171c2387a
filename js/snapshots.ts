/** Snapshots on their way out of the engine and into it: in pieces, because linear memory would keep the peak. */

import { expected, snapshotCode } from "./answers.js";
import type { Port } from "./engine.js";

/** How much of a snapshot crosses at once. */
const PIECE = 64 << 10;

/** All live entries of a cache, as docs/snapshot.md has them. */
export function takeSnapshot(port: Port, handle: number, now: number): Uint8Array<ArrayBuffer> {
  expected(port.engine.snapshot(handle, now));
  const pieces: Uint8Array[] = [];
  let length = 0;
  while (expected(port.engine.snapshot_piece(handle)) > 0) {
    const piece = port.out().slice();
    pieces.push(piece);
    length += piece.length;
  }
  const whole = new Uint8Array(length);
  for (const piece of pieces.reverse()) {
    length -= piece.length;
    whole.set(piece, length);
  }
  port.trim();
  return whole;
}

/** Adds a snapshot's entries to a cache: how many. `settle` runs after each piece. SNAPSHOT_CORRUPT, and nothing changes. */
export function restoreSnapshot(
  port: Port,
  handle: number,
  bytes: Uint8Array,
  now: number,
  settle: () => void,
): number {
  expected(port.engine.restore(handle, now));
  feed(port, handle, bytes, settle); // checks
  feed(port, handle, bytes, settle); // takes over
  const taken = port.result[0] as number;
  port.trim();
  return taken;
}

function feed(port: Port, handle: number, bytes: Uint8Array, settle: () => void): void {
  for (let from = 0; from < bytes.length; from += PIECE) {
    const piece = bytes.subarray(from, from + PIECE);
    const at = port.scratch(piece.length);
    port.bytes.set(piece, at);
    snapshotCode(port.engine.restore_piece(handle, piece.length));
    settle();
  }
  snapshotCode(port.engine.restore_end(handle));
}
