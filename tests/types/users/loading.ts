// Loaders say the type of what is loaded.
import { expectTypeOf } from "expect-type";
import { Cache, type LoadContext, type LoadOptions, type StandardSchemaV1, type Ttl } from "isocache";

interface User {
  name: string;
}
const cache = new Cache();
const load = async (): Promise<User> => ({ name: "Ada" });

expectTypeOf(cache.getOrSet("key", load)).resolves.toEqualTypeOf<User>();
expectTypeOf(cache.getOrSet("key", () => ({ name: "Ada" }))).resolves.toEqualTypeOf<User>();
expectTypeOf(cache.getOrSet<number>("key", 5, "5m")).resolves.toEqualTypeOf<number>();
expectTypeOf(cache.getOrSet<User | undefined>("key", () => undefined)).resolves.toEqualTypeOf<User | undefined>();
expectTypeOf(
  cache.getOrSet("key", async ({ signal }) => ({ name: String(signal.reason) })),
).resolves.toEqualTypeOf<User>();
expectTypeOf(cache.getOrSet("key", ({ key }) => key.length, { as: Number })).resolves.toEqualTypeOf<number>();
expectTypeOf(cache.getOrSet("key", { name: "Ada" })).resolves.toEqualTypeOf<User>();
declare const either: number | (() => Promise<number>);
expectTypeOf(cache.getOrSet("key", either)).resolves.toEqualTypeOf<number>();
// @ts-expect-error another type than the loader's
const wrong: Promise<string> = cache.getOrSet("key", load);

cache.getOrSet<User>("key", (context) => {
  expectTypeOf(context).toEqualTypeOf<LoadContext<User>>();
  expectTypeOf(context.key).toEqualTypeOf<string>();
  expectTypeOf(context.signal).toEqualTypeOf<AbortSignal>();
  expectTypeOf(context.stale).toEqualTypeOf<User | undefined>();
  expectTypeOf(context.setTtl).parameter(0).toEqualTypeOf<Ttl>();
  context.setTags(new Set(["a"]));
  context.skip();
  return load();
});

declare const schema: StandardSchemaV1<unknown, User>;
const options: LoadOptions<User> = {
  as: schema,
  ttl: 5,
  tags: ["a"],
  staleWhileRevalidate: "1m",
  staleIfError: 60,
  refreshAhead: "5s",
  timeout: "500ms",
  signal: AbortSignal.abort(),
  force: true,
  waitUntil: (promise) => expectTypeOf(promise).toEqualTypeOf<Promise<unknown>>(),
};
expectTypeOf(cache.getOrSet("key", load, options)).resolves.toEqualTypeOf<User>();
expectTypeOf(cache.getOrSet("key", load, null)).resolves.toEqualTypeOf<User>();
// @ts-expect-error there is no such option
cache.getOrSet("key", load, { stale: 5 });

const many = cache.getOrSetMany(["a"], async (missing) => {
  expectTypeOf(missing).toEqualTypeOf<string[]>();
  return new Map([["a", 5]]);
});
expectTypeOf(many).resolves.toEqualTypeOf<Map<string, number>>();
expectTypeOf(cache.getOrSetMany(["a"], () => ({ a: "text" }))).resolves.toEqualTypeOf<Map<string, string>>();

expectTypeOf(cache.update<User>("key", (user) => {
  expectTypeOf(user).toEqualTypeOf<User | undefined>();
  return user;
})).resolves.toEqualTypeOf<User | undefined>(); // prettier-ignore

const acquired = await cache.acquire<User>("key", { wait: "5s", lease: 30, signal: AbortSignal.abort() });
if (acquired !== null) {
  expectTypeOf(acquired).toExtend<AsyncDisposable>();
  expectTypeOf(acquired.item?.value()).toEqualTypeOf<Promise<User> | undefined>();
  expectTypeOf(acquired.set({ name: "Ada" }, { ttl: 5 })).resolves.toEqualTypeOf<boolean>();
  expectTypeOf(acquired.extend("5s")).resolves.toEqualTypeOf<boolean>();
  // @ts-expect-error the value is a user
  acquired.set(5);
}
// @ts-expect-error it may be held by somebody else
acquired.release();
export { wrong };
