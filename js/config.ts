/** `isocache/config` where bytes may be compiled. */

import "./data-binary.js";

export * from "./config/index.js";
