/** What Node's own HTTP needs around the cache: a request listener, a transport to the origin, a store for undici. */

export { nodeHandler, type NodeListener } from "./handler.js";
export type { NodeHandlerOptions } from "./options.js";
