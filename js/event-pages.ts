/** Pages of events as the engine writes them down: `src/cache/journal.rs`. */

import type { Told } from "./events.js";
import { readUtf8 } from "./text.js";
import type { CacheEvents } from "./types.js";

/** In the order of the engine's numbers for them. */
const REASONS = ["evict", "expire", "delete", "replace", "invalidate", "clear"] as const;
/** Among reasons: an entry was stored. */
const STORED = 6;
/** The bit of a reason that says that the number is the value that went. */
const HAS_NUMBER = 8;
/** What stands before an event's key. */
const HEAD = 17;
/** A page that is longer is read when it is told: as objects its events take several times as much. */
const LONG = 4 << 10;

/** The events of a page that lies in linear memory. `values`: what is kept by reference, by id. */
export function readPage(page: Uint8Array, values: readonly unknown[] | undefined): Iterable<Told> {
  return values === undefined && page.length > LONG ? readLater(page.slice()) : readNow(page, values);
}

function* readLater(page: Uint8Array): Generator<Told, void, undefined> {
  yield* readNow(page, undefined);
}

function readNow(page: Uint8Array, values: readonly unknown[] | undefined): Told[] {
  const told: Told[] = [];
  const data = new DataView(page.buffer, page.byteOffset, page.length);
  for (let at = 0; at < page.length;) {
    const what = page[at] as number;
    const length = data.getUint32(at + 5, true);
    const key = readUtf8(page, at + HEAD, length);
    if (what === STORED) told.push(["set", { key, size: data.getFloat64(at + 9, true) }]);
    else {
      const removed: CacheEvents["remove"] = { key, reason: REASONS[what % HAS_NUMBER] ?? "delete" };
      if (values !== undefined)
        removed.value = what >= HAS_NUMBER ? data.getFloat64(at + 9, true) : values[data.getUint32(at + 1, true)];
      told.push(["remove", removed]);
    }
    at += HEAD + length;
  }
  return told;
}
