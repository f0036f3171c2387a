/**
 * Who holds which cache. The standard lets a cache that was deleted work on for those who have opened it, so its entries
 * are removed when the last of those objects is collected; where nobody has one, which is usual, at once.
 */

import { type Cache as Isocache, rootOf } from "../cache.js";

/** What an opened cache knows its id from: as long as it is held, so is the cache. */
export interface Hold {
  readonly id: string;
}

const all = new WeakMap<object, Holders>();

/** The one of a cache and all its views. */
export function holdersOf(cache: Isocache): Holders {
  const root = rootOf(cache);
  const holders = all.get(root) ?? new Holders();
  all.set(root, holders);
  return holders;
}

export class Holders {
  readonly #holds = new Map<string, WeakRef<Hold>>();
  readonly #deleted = new Map<string, () => Promise<unknown>>();
  readonly #collected: FinalizationRegistry<string> | undefined;

  constructor() {
    // Some runtimes have neither; there a deleted cache is empty at once.
    if (typeof FinalizationRegistry !== "function" || typeof WeakRef !== "function") return;
    this.#collected = new FinalizationRegistry((id) => this.#forget(id));
  }

  /** One object for all who hold a cache. */
  hold(id: string): Hold {
    const known = this.#holds.get(id)?.deref();
    if (known !== undefined || this.#collected === undefined) return known ?? { id };
    const hold = { id };
    this.#holds.set(id, new WeakRef(hold));
    this.#collected.register(hold, id);
    return hold;
  }

  /** Removes a cache's entries, now or when nobody holds it any more. */
  async free(id: string, remove: () => Promise<unknown>): Promise<void> {
    if (this.#holds.get(id)?.deref() === undefined) await remove();
    else this.#deleted.set(id, remove);
  }

  #forget(id: string): void {
    if (this.#holds.get(id)?.deref() !== undefined) return; // held anew
    this.#holds.delete(id);
    const remove = this.#deleted.get(id);
    this.#deleted.delete(id);
    remove?.().catch(() => {}); // the cache was closed, and all is gone
  }
}
