// Reading and writing values: what is asked for is what comes back.
import { expectTypeOf } from "expect-type";
import { type As, Cache, type Entries, type SetOptions, type StandardSchemaV1, SyncCache, type Ttl } from "isocache";

interface User {
  name: string;
}
const cache = new Cache();
const sync = new SyncCache();

expectTypeOf(cache.get<User>("key")).resolves.toEqualTypeOf<User | undefined>();
expectTypeOf(cache.get("key")).resolves.toBeAny();
expectTypeOf(cache.getMany<User>(["a", "b"])).resolves.toEqualTypeOf<Map<string, User>>();
expectTypeOf(cache.getAll<User>(new Set(["a"]))).resolves.toEqualTypeOf<(User | undefined)[]>();
expectTypeOf(cache.peek<User>("key")).resolves.toEqualTypeOf<User | undefined>();
expectTypeOf(cache.take<User>("key")).resolves.toEqualTypeOf<User | undefined>();
expectTypeOf(sync.get<User>("key")).toEqualTypeOf<User | undefined>();
expectTypeOf(sync.getMany<User>(["a"])).toEqualTypeOf<Map<string, User>>();

// A schema, as zod's are, and a function say the type.
declare const schema: { readonly brand: "zod" } & StandardSchemaV1<unknown, User>;
expectTypeOf(cache.get("key", { as: schema })).resolves.toEqualTypeOf<User | undefined>();
expectTypeOf(cache.getMany(["key"], { as: schema })).resolves.toEqualTypeOf<Map<string, User>>();
expectTypeOf(cache.getAll(["key"], { as: schema })).resolves.toEqualTypeOf<(User | undefined)[]>();
expectTypeOf(cache.get("key", { as: Number })).resolves.toEqualTypeOf<number | undefined>();
expectTypeOf(cache.get("key", { as: async () => 5n })).resolves.toEqualTypeOf<bigint | undefined>();
expectTypeOf(schema).toExtend<As<User>>();
// @ts-expect-error another type than the schema's
cache.get<number>("key", { as: schema });

// An item.
const item = await cache.getItem<User>("key");
if (item !== undefined) {
  expectTypeOf(item.value()).resolves.toEqualTypeOf<User>();
  expectTypeOf(item.ttl).toEqualTypeOf<number | null>();
  expectTypeOf(item.tags).toEqualTypeOf<readonly string[]>();
  // @ts-expect-error items do not change
  item.ttl = 5;
}
const syncItem = sync.getItem<User>("key");
if (syncItem !== undefined) expectTypeOf(syncItem.value()).toEqualTypeOf<User>();

// TTLs and options.
expectTypeOf<number | string | null | undefined>().toEqualTypeOf<Ttl>();
const options: SetOptions = { ttl: "5m", tags: new Set(["a"]), modified: 5, size: 5, keepTtl: true };
expectTypeOf(cache.set("key", 1, options)).resolves.toEqualTypeOf<boolean>();
expectTypeOf(sync.set("key", 1, null)).toEqualTypeOf<boolean>();
cache.set("key", 1, undefined);
cache.setIfAbsent("key", 1, 5);
cache.replace("key", 1, { tags: ["a"] });
// @ts-expect-error a TTL is no boolean
cache.set("key", 1, true);
// @ts-expect-error there is no such option
cache.set("key", 1, { tll: 5 });
// @ts-expect-error tags are a list
cache.set("key", 1, { tags: 5 });
// @ts-expect-error a key is a text
cache.get(5);

// Batches.
expectTypeOf(cache.setMany([["a", 1], ["b", 2, "5s"], ["c", 3, null]])).resolves.toEqualTypeOf<number>(); // prettier-ignore
cache.setMany(new Map([["a", 1]]), 5);
cache.setMany({ a: 1, b: { c: 2 } }, { ttl: 5 });
class Row {
  id = 1;
}
cache.setMany(new Row());
expectTypeOf(new Map([["a", 1]])).toExtend<Entries<number>>();
expectTypeOf(cache.hasMany(["a"])).resolves.toEqualTypeOf<Map<string, boolean>>();
expectTypeOf(cache.deleteMany(new Set(["a"]))).resolves.toEqualTypeOf<number>();
expectTypeOf(cache.incrementMany({ a: 1 }, { ttl: 5 })).resolves.toEqualTypeOf<Map<string, number>>();
// @ts-expect-error deltas are numbers
cache.incrementMany({ a: "1" });

// Numbers and time.
expectTypeOf(cache.increment("n", 2, { ttl: 5, initial: 1 })).resolves.toEqualTypeOf<number>();
expectTypeOf(cache.ttl("key")).resolves.toEqualTypeOf<number | null>();
expectTypeOf(cache.expire("key", null)).resolves.toEqualTypeOf<boolean>();
expectTypeOf(cache.touch("key")).resolves.toEqualTypeOf<boolean>();
// @ts-expect-error expire needs a TTL
cache.expire("key");

// Iterations.
for await (const key of cache.keys("a*")) expectTypeOf(key).toEqualTypeOf<string>();
for await (const [key, value] of cache.entries<User>()) {
  expectTypeOf(key).toEqualTypeOf<string>();
  expectTypeOf(value).toEqualTypeOf<User>();
}
for (const [key, value] of sync.entries<User>()) {
  expectTypeOf(key).toEqualTypeOf<string>();
  expectTypeOf(value).toEqualTypeOf<User>();
}
