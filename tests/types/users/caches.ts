// Caches, their options, views, codecs and errors.
import { expectTypeOf } from "expect-type";
import {
  Cache,
  CacheError,
  type CacheOptions,
  type CacheStats,
  type Codec,
  type ErrorCode,
  escapePattern,
  json,
  msgpack,
  type Store,
  SyncCache,
} from "isocache";

const options: CacheOptions = {
  maxBytes: "32MiB",
  maxEntries: 5,
  maxEntryBytes: 5,
  defaultTtl: null,
  ttlJitter: 0.1,
  maxIdle: "5m",
  policy: "w-tinylfu",
  values: "reference",
  sizeOf: (value, key) => {
    expectTypeOf(value).toBeUnknown();
    return key.length;
  },
  codec: msgpack,
  clock: Date.now,
  enabled: true,
};
const cache = new Cache(options);
const sync = new SyncCache(options);
declare const store: Store;
new Cache({ store });
// @ts-expect-error there is no such option
new Cache({ maxByte: 5 });
// @ts-expect-error there is no such policy
new Cache({ policy: "fifo" });
// @ts-expect-error a store has a kind
new Cache({ store: {} });

expectTypeOf(cache.withScope("a").withScope("b")).toEqualTypeOf<Cache>();
expectTypeOf(sync.withScope("a")).toEqualTypeOf<SyncCache>();
expectTypeOf(cache.scope).toEqualTypeOf<string>();
expectTypeOf(cache.closed).toEqualTypeOf<boolean>();
// @ts-expect-error a scope does not change
cache.scope = "b";
expectTypeOf(cache.stats()).toEqualTypeOf<CacheStats>();
expectTypeOf(cache.stats().bytes).toEqualTypeOf<number | null>();
expectTypeOf(cache.resize({ maxBytes: "1MiB" })).resolves.toEqualTypeOf<void>();
expectTypeOf(cache.snapshot()).resolves.toExtend<Uint8Array>();
expectTypeOf(cache.restore(new Uint8Array(5))).resolves.toEqualTypeOf<number>();
expectTypeOf(cache.invalidateTag("a", "b")).resolves.toEqualTypeOf<void>();
expectTypeOf(sync.tagGeneration("a")).toEqualTypeOf<number>();
expectTypeOf(cache).toExtend<AsyncDisposable>();
expectTypeOf(sync).toExtend<Disposable>();
// @ts-expect-error there are no loaders without promises
sync.getOrSet("key", 1);
// @ts-expect-error nor locks
sync.acquire("key");

const codec: Codec = { name: "own", encode: () => new Uint8Array(1), decode: (bytes) => bytes.length };
new Cache({ codec });
expectTypeOf(json).toExtend<Codec>();
expectTypeOf(escapePattern("a*")).toEqualTypeOf<string>();

const error: unknown = undefined;
if (error instanceof CacheError) {
  expectTypeOf(error.code).toEqualTypeOf<ErrorCode>();
  expectTypeOf(error.key).toEqualTypeOf<string | undefined>();
  expectTypeOf(error.value).toBeUnknown();
  expectTypeOf(error.cause).toBeUnknown();
  // @ts-expect-error there is no such code
  if (error.code === "NO_CODE") throw error;
}
