// As adapters.ts, for who requires the package.
import isocache = require("isocache");
import bentocache = require("isocache/bentocache");
import cachified = require("isocache/cachified");
import hono = require("isocache/hono");
import keyv = require("isocache/keyv");
import unstorage = require("isocache/unstorage");

const cache = new isocache.SyncCache();
const stored: Promise<boolean> = keyv.keyvStore(cache).set("a", 1, 1_000);
const left: number | undefined = bentocache.bentocacheL1(cache).factory().getRemainingTtl("a");
const raw: Promise<unknown> = unstorage.default(cache).getItemRaw("a");
const closed: Promise<void> = cachified.cachifiedCache(cache).close();
const middleware: hono.HttpCacheMiddleware = hono.httpCache();
void [middleware, stored, left, raw, closed];
