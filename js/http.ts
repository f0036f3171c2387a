/** `isocache/http` where bytes may be compiled. */

import "./index.js";

export * from "./http/index.js";
