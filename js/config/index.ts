/** Caches from configuration: an object or environment variables, one cache or several by name. */

export { CacheConfig } from "./config.js";
export type { CacheConfigInit } from "./init.js";
export { CacheRegistry, type CachesConfig } from "./registry.js";
