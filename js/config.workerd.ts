/** `isocache/config` in workerd, where the binary is a module of its own. */

import "./workerd.js";

export * from "./config/index.js";
