/**
 * A store that somebody listens to: the same methods around the store's own, which know nothing of events
 * but that the engine shall write down what it stores and removes. It stands in the store's place while
 * anybody listens, so that nothing is asked, and nothing costs, where nobody does.
 */

import type { Embedded } from "./embedded.js";
import { type Port, type Witness, witnessTraps } from "./engine.js";
import type { CacheError } from "./errors.js";
import { readPage } from "./event-pages.js";
import { Events } from "./events.js";
import { type LocalStore, Only } from "./store.js";

type Method = Exclude<keyof LocalStore, "expiring">;

/** What `error` events call the methods: by the names that callers know. */
const OPERATIONS: Record<Method, string> = {
  get: "get",
  lend: "get",
  peek: "peek",
  held: "getOrSet",
  left: "getOrSet",
  item: "getItem",
  take: "take",
  use: "touch",
  has: "has",
  set: "set",
  delete: "delete",
  increment: "increment",
  incrementAll: "incrementMany",
  ttl: "ttl",
  expire: "expire",
  persist: "persist",
  getAll: "getMany",
  hasAll: "hasMany",
  deleteAll: "deleteMany",
  setAll: "setMany",
  keys: "keys",
  taggedKeys: "keys",
  countKeys: "countKeys",
  deletePattern: "deletePattern",
  clear: "clear",
  purgeExpired: "purgeExpired",
  invalidateTags: "invalidateTag",
  tagGeneration: "tagGeneration",
  resize: "resize",
  snapshot: "snapshot",
  restore: "restore",
  figures: "stats",
  resetFigures: "resetStats",
  close: "close",
};

/** `set` by what it is for. */
const SETS = { [Only.Always]: "set", [Only.IfAbsent]: "setIfAbsent", [Only.IfPresent]: "replace" } as const;

/** The events of one cache, and the store that raises them. */
export class Watch implements Witness {
  readonly #store: Embedded;
  readonly #face: LocalStore;
  readonly #use: (store: LocalStore) => void;
  /** Whether the engine writes down what it stores and removes. */
  #writing = false;
  #forget: (() => void) | undefined;
  readonly events = new Events(() => this.#listen());

  /** `use` is told which store is to be used from now on. */
  constructor(store: Embedded, use: (store: LocalStore) => void) {
    this.#store = store;
    this.#use = use;
    this.#face = face(store, this.events);
  }

  fallen(port: Port, error: CacheError): void {
    if (!this.#store.isOn(port)) return;
    this.events.emit("error", { error, operation: this.events.operation ?? "restart" });
  }

  /** Does what it takes to raise what is listened to, and no more. */
  #listen(): void {
    const { events } = this;
    this.#use(events.any ? this.#face : this.#store);
    if (!events.any) this.#forget?.();
    this.#forget = events.any ? (this.#forget ?? witnessTraps(this)) : undefined;
    const writing = events.has("set") || events.has("remove");
    if (writing === this.#writing) return;
    this.#writing = writing;
    this.#store.watch(writing ? (page, values) => events.tell(readPage(page, values)) : undefined);
  }
}

function face(store: Embedded, events: Events): LocalStore {
  const read = (key: string, value: unknown) => events.emit(value === undefined ? "miss" : "hit", { key });
  const get = (key: string, now: number) => {
    events.begin("get");
    try {
      const value = store.get(key, now);
      if (value === undefined) store.tellRemoved(); // it may have expired
      read(key, value);
      return value;
    } finally {
      events.end();
    }
  };
  const own: Partial<LocalStore> = {
    item(key, now) {
      const item = store.item(key, now);
      read(key, item);
      return item;
    },
    take(key, now) {
      const value = get(key, now);
      if (value !== undefined) store.delete(key, now);
      return value;
    },
    getAll(keys, now) {
      const values = store.getAll(keys, now);
      for (const [i, key] of keys.entries()) read(key, values[i]);
      return values;
    },
    invalidateTags(tags) {
      store.invalidateTags(tags);
      if (tags.length > 0) events.emit("invalidate", { tags: [...tags] });
    },
  };
  return Object.assign(wrapped(store, own, events), { get, lend: get }); // `get` apart, so that it is compiled for itself
}

/** No method has more arguments; passing so many is quicker than passing all there are. */
type Call = (a: unknown, b: unknown, c: unknown, d: unknown, e: unknown, f: unknown, g: unknown) => unknown;

/** All methods of a store, some of them replaced, each of them a call after which events are told. */
function wrapped(store: Embedded, own: Partial<LocalStore>, events: Events): LocalStore {
  const all: Record<string, unknown> = {};
  for (const [name, operation] of Object.entries(OPERATIONS)) {
    const method = (own[name as Method] ?? store[name as Method]) as unknown as Call;
    const call: Call = (a, b, c, d, e, f, g) => {
      events.begin(named(operation, d));
      try {
        return method.call(store, a, b, c, d, e, f, g);
      } finally {
        events.end();
      }
    };
    all[name] = call;
  }
  Object.defineProperty(all, "expiring", { get: () => store.expiring });
  return all as unknown as LocalStore;
}

/** What a call is called, where its method alone does not tell; `fourth` is the argument that does. */
function named(operation: string, fourth: unknown): string {
  if (operation === "set") return SETS[fourth as Only];
  return operation === "deletePattern" && fourth === true ? "clear" : operation;
}
