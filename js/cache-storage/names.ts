/**
 * Which caches there are, in the order in which they were made: one entry of the cache underneath.
 *
 * It can be evicted, or removed by `clear`, while somebody holds a cache that it named. Then the next use of that cache
 * writes it down again. A cache that was deleted must not come back that way, so the list has a mark that is drawn when it
 * is made: who finds the mark he knows, and not his cache, knows that it was deleted.
 */

import type { Cache as Isocache } from "../cache.js";
import type { Acquired } from "../types.js";
import { encodeUtf8 } from "../text.js";
import { roomFor } from "./pairs.js";
import { quotaExceeded } from "./responses.js";
import { unique } from "./unique.js";

const KEY = "names";
const VERSION = 1;

/** A cache by its name, and what its keys start with. */
export interface Named {
  name: string;
  id: string;
}

/** A cache that somebody holds, and the mark of the list that he saw. */
export interface Opened extends Named {
  mark: string;
}

interface List {
  mark: string;
  named: Named[];
}

export class Names {
  readonly #cache: Isocache;

  constructor(cache: Isocache) {
    this.#cache = cache;
  }

  async list(): Promise<Named[]> {
    return (await this.#read())?.named ?? [];
  }

  async find(name: string): Promise<Named | undefined> {
    return (await this.list()).find((other) => other.name === name);
  }

  /** Makes it where there is none. */
  async open(name: string): Promise<Opened> {
    const { mark, named } = (await this.#read()) ?? { mark: "", named: [] };
    const known = named.find((other) => other.name === name);
    return known === undefined ? this.#add({ name, id: unique(this.#cache) }) : { ...known, mark };
  }

  /** The same cache, as it is named now: see above. */
  async confirmed(opened: Opened): Promise<Opened> {
    const list = await this.#read();
    return list?.mark === opened.mark ? opened : this.#add(opened);
  }

  /** What was removed. */
  async remove(name: string): Promise<Named | undefined> {
    return this.#change((list) => {
      const at = list.named.findIndex((other) => other.name === name);
      return at < 0 ? undefined : list.named.splice(at, 1)[0];
    });
  }

  /** Renews the list, as the last of all that a read has used. */
  async use(): Promise<void> {
    await this.#cache.touch(KEY);
  }

  /** The one of that name, which is the one given unless there is another. */
  async #add({ name, id }: Named): Promise<Opened> {
    return this.#change((list) => {
      const known = list.named.find((other) => other.name === name);
      if (known === undefined) list.named.push({ name, id });
      return { ...(known ?? { name, id }), mark: list.mark };
    });
  }

  async #change<T>(change: (list: List) => T): Promise<T> {
    const held = (await this.#cache.acquire<string>(KEY)) as Acquired<string>; // it waits without bound
    try {
      const list = parse(await held.item?.value()) ?? { mark: unique(this.#cache), named: [] };
      const before = list.named.length;
      const result = change(list);
      if (list.named.length === before) return result;
      const text = JSON.stringify([VERSION, list.mark, ...list.named.map(({ name, id }) => [name, id])]);
      const size = encodeUtf8(text).length;
      // The write would be refused, and with it goes what was there.
      if (size > roomFor(this.#cache, KEY)) throw quotaExceeded("the names of all caches are more than an entry holds");
      await held.set(text, { ttl: null, size });
      return result;
    } finally {
      await held.release();
    }
  }

  async #read(): Promise<List | undefined> {
    return parse(await this.#cache.peek(KEY));
  }
}

/** undefined: nothing of ours. */
function parse(text: unknown): List | undefined {
  if (typeof text !== "string") return undefined;
  const [version, mark, ...named] = JSON.parse(text) as [number, string, ...[string, string][]];
  return version === VERSION ? { mark, named: named.map(([name, id]) => ({ name, id })) } : undefined;
}
