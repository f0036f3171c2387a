/** `isocache/http` in workerd, where the binary is a module of its own. */

import "./workerd.js";

export * from "./http/index.js";
