/** What Node's own HTTP needs around the cache: a request listener, a transport to the origin, a store for undici. */

export { nodeHandler, type NodeListener } from "./handler.js";
export type { NodeHandlerOptions } from "./options.js";
export { undiciStore, type UndiciStoreOptions } from "./undici.js";
export type { UndiciCacheKey, UndiciCacheValue, UndiciDirectives, UndiciStore, UndiciStored } from "./undici-types.js";
