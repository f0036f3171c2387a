// Each event has a payload of its own.
import { expectTypeOf } from "expect-type";
import { Cache, type CacheEvents } from "isocache";

const cache = new Cache();
expectTypeOf(cache.on("hit", () => {})).toEqualTypeOf<() => void>();
cache.on("set", (event) => expectTypeOf(event).toEqualTypeOf<{ key: string; size: number }>());
cache.on("invalidate", ({ tags }) => expectTypeOf(tags).toEqualTypeOf<string[]>());
cache.on("remove", (event) => {
  expectTypeOf(event).toEqualTypeOf<CacheEvents["remove"]>();
  expectTypeOf(event.key).toEqualTypeOf<string>();
  expectTypeOf(event.reason).toEqualTypeOf<"evict" | "expire" | "delete" | "replace" | "invalidate" | "clear">();
});
cache.on("error", ({ error, operation }) => {
  expectTypeOf(error).toBeUnknown();
  expectTypeOf(operation).toEqualTypeOf<string>();
});
// @ts-expect-error there is no such event
cache.on("other", () => {});
// @ts-expect-error a hit has no size
cache.on("hit", ({ size }) => size);
