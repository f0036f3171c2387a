/** `isocache/node`: request caching behind node:http, and a store for undici's cache. */

// node:http and the rest. It stays in the declarations.
/// <reference types="node" preserve="true" />

import "./http.js";

export * from "./node/index.js";
