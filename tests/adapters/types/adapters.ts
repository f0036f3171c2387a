// Compiled and never run: each adapter is what its library asks for.
import { type Cache as CachifiedPort, cachified } from "@epic-web/cachified";
import { BentoCache, bentostore } from "bentocache";
import type { CreateDriverResult, L1CacheDriver, L2CacheDriver } from "bentocache/types";
import { createCache } from "cache-manager";
import { Hono } from "hono";
import type { MiddlewareHandler } from "hono/types";
import { Cache, SyncCache } from "isocache";
import { bentocacheL1, bentocacheL2 } from "isocache/bentocache";
import { cachifiedCache } from "isocache/cachified";
import { httpCache } from "isocache/hono";
import { HttpCache } from "isocache/http";
import { keyvStore } from "isocache/keyv";
import byDefault, { unstorageDriver } from "isocache/unstorage";
import { Keyv, type KeyvStorageAdapter } from "keyv";
import { Keyv as Keyv5, type KeyvStoreAdapter } from "keyv5";
import { createStorage, type Driver } from "unstorage";

// Sources: nothing, options, either class.
for (const source of [undefined, { maxBytes: "1MiB" }, new Cache(), new SyncCache()]) {
  const forKeyv6: KeyvStorageAdapter = keyvStore(source);
  const forKeyv5: KeyvStoreAdapter = keyvStore(source);
  const second: CreateDriverResult<L2CacheDriver> = bentocacheL2(source, { prefix: "p" });
  const driver: Driver = unstorageDriver(source);
  const port: CachifiedPort = cachifiedCache(source);
  new Keyv({ store: forKeyv6, namespace: "n" });
  createCache({ stores: [new Keyv5({ store: forKeyv5 })] });
  const first: CreateDriverResult<L1CacheDriver> = bentocacheL1(new SyncCache(), { serialize: false });
  const store = bentostore().useL1Layer(first).useL2Layer(second);
  new BentoCache({ default: "main", stores: { main: store } });
  createStorage({ driver }).mount("more", byDefault(source));
  const value: Promise<number> = cachified({ key: "a", cache: port, ttl: 1_000, getFreshValue: () => 1 });
  void value;
}

const typed: CachifiedPort<{ id: number }> = cachifiedCache<{ id: number }>();
void typed;

// @ts-expect-error the first layer has no promises
bentocacheL1(new Cache());
// @ts-expect-error a policy is one of five
keyvStore({ policy: "fifo" });
// @ts-expect-error not a cache and not options
unstorageDriver("redis://localhost");

const app = new Hono<{ Bindings: { SECRET: string }; Variables: { user: number } }>();
const cached = httpCache({ maxBodyBytes: "1MiB" }, { app });
const handler: MiddlewareHandler = cached;
const purged: Promise<number> = cached.cache.purge({ url: "https://example.com/" });
const routes = app
  .use(cached)
  .use("/pages/*", httpCache(new HttpCache()))
  .get("/pages/:name", httpCache(cached.cache), (c) => {
    const name: string = c.req.param("name");
    const secret: string = c.env.SECRET;
    return c.json({ name, secret, user: c.get("user") });
  });
void [handler, purged, routes];
// @ts-expect-error the handlers are the origin
httpCache({ fetch: () => new Response() });
// @ts-expect-error not an app
httpCache({}, { app: {} });
