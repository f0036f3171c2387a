// Configurations and registries.
import { expectTypeOf } from "expect-type";
import type { Cache, Duration, Size, Ttl } from "isocache";
import { CacheConfig, type CacheConfigInit, CacheRegistry } from "isocache/config";

const init: CacheConfigInit = { enabled: true, defaultTtl: "1h", policy: "gdsf", redisHost: "::1", socketTimeout: 5 };
const config = new CacheConfig(init);
expectTypeOf(config.defaultTtl).toEqualTypeOf<Ttl>();
expectTypeOf(config.maxBytes).toEqualTypeOf<Size | undefined>();
expectTypeOf(config.socketTimeout).toEqualTypeOf<Duration>();
expectTypeOf(config.redisPassword).toEqualTypeOf<string | undefined>();
expectTypeOf(config.open()).resolves.toEqualTypeOf<Cache>();
expectTypeOf(CacheConfig.fromEnv({ CACHE_ENABLED: undefined }, "CACHE_")).toEqualTypeOf<CacheConfig>();
// @ts-expect-error a configuration does not change
config.maxEntries = 5;
// @ts-expect-error there is no such option
new CacheConfig({ maxMemorySize: 5 });

const registry = new CacheRegistry();
registry.configure({ default: config, counters: { defaultTtl: null } });
registry.applyConfig({ maxEntries: 5, caches: { default: {} } });
expectTypeOf(registry.get()).resolves.toEqualTypeOf<Cache>();
expectTypeOf(registry.get("counters")).resolves.toEqualTypeOf<Cache>();
// @ts-expect-error the caches are in `caches`
registry.applyConfig({ default: {} });
