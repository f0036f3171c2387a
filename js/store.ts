/**
 * The port between the classes and where entries live, without promises: keys are whole (scope
 * included), times are milliseconds, `ttl` is as units.ts has it. All arguments but the bytes of keys
 * have been checked; the store checks those (INVALID_KEY) before it changes anything.
 */

export interface SetItem {
  key: string;
  value: unknown;
  ttl: number;
  /** What it is said to cost in bytes; NaN where nothing was said. Values by copy are measured. */
  size: number;
}

/** On which keys a value is stored. */
export const Only = { Always: 0, IfAbsent: 1, IfPresent: 2 } as const;
export type Only = (typeof Only)[keyof typeof Only];

/** What few writes say; NaN where nothing was said. */
export interface Extra {
  keepTtl: boolean;
  modifiedMs: number;
  tags: readonly string[];
  /** How long after its deadline the value is held for those who ask for stale ones. */
  staleMs: number;
}

/** A value that is live, or held after its deadline. */
export interface Held {
  value(): unknown;
  /** Until the deadline: 0 or less for one that is held, infinite without a deadline. */
  leftMs: number;
}

export interface StoredItem {
  /** The value, made anew by each call where it is kept by copy. */
  value(): unknown;
  modifiedMs: number;
  /** null: never expires. */
  ttlMs: number | null;
  size: number;
  tags: readonly string[];
}

export interface StoreFigures {
  hits: number;
  misses: number;
  sets: number;
  deletes: number;
  rejections: number;
  evictions: number;
  expirations: number;
  invalidations: number;
  entries: number | null;
  bytes: number | null;
  maxBytes: number | null;
  maxEntries: number | null;
  memoryBytes: number;
  policy: string;
}

export interface LocalStore {
  /** Whether any entry may have a deadline: if none has, `get` takes any time of the past for `now`. */
  readonly expiring: boolean;
  get(key: string, now: number): unknown;
  /**
   * As `get`, but bytes are a view that is good until the next call, and not to be written to; or several, an array
   * of them, if they lie apart and are at least `inPieces`.
   */
  lend(key: string, now: number, inPieces: number): unknown;
  /** As `get`, without using the entry. */
  peek(key: string, now: number): unknown;
  /** As `peek`, for a value that is live or held. */
  held(key: string, now: number): Held | undefined;
  /** `leftMs` of what `held` gives, without its value; infinite where there is none. */
  left(key: string, now: number): number;
  /** As `get`, with what else is known of the entry. */
  item(key: string, now: number): StoredItem | undefined;
  /** Uses the entry: whether it is there. */
  use(key: string, now: number): boolean;
  has(key: string, now: number): boolean;
  /** `size` as in SetItem. */
  set(key: string, value: unknown, ttl: number, only: Only, now: number, size?: number, extra?: Extra): boolean;
  delete(key: string, now: number): boolean;
  /** The sums, in the order of `deltas`; refuses all or none. */
  incrementAll(
    deltas: readonly (readonly [key: string, by: number])[],
    initial: number,
    ttl: number,
    now: number,
  ): number[];
  increment(key: string, by: number, initial: number, ttl: number, now: number): number;
  /** Remaining milliseconds; null: absent or without expiry. */
  ttl(key: string, now: number): number | null;
  expire(key: string, ttl: number, now: number): boolean;
  persist(key: string, now: number): boolean;
  getAll(keys: readonly string[], now: number): unknown[];
  hasAll(keys: readonly string[], now: number): boolean[];
  deleteAll(keys: readonly string[], now: number): number;
  setAll(items: readonly SetItem[], now: number, extra?: Extra): number;
  /** A page of keys, without the scope, and the cursor of the next one (-1: none). The first cursor is 0. */
  keys(scope: string, pattern: string, cursor: number, now: number): { keys: string[]; next: number };
  /** The keys with a tag, without the scope; those outside it are left out. */
  taggedKeys(scope: string, tag: string, now: number): string[];
  countKeys(scope: string, pattern: string, now: number): number;
  /** `cleared`: the caller calls it that. */
  deletePattern(scope: string, pattern: string, now: number, cleared?: boolean): number;
  clear(now: number): number;
  /** Reads and removes. */
  take(key: string, now: number): unknown;
  purgeExpired(limit: number, now: number): number;
  invalidateTags(tags: readonly string[]): void;
  tagGeneration(tag: string): number;
  /** NaN leaves a bound as it is. */
  resize(maxBytes: number, maxEntries: number, now: number): void;
  snapshot(now: number): Uint8Array<ArrayBuffer>;
  /** How many entries were taken over. SNAPSHOT_CORRUPT. */
  restore(bytes: Uint8Array, now: number): number;
  figures(): StoreFigures;
  resetFigures(): void;
  close(): void;
}
