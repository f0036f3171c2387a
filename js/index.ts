/** `isocache` where bytes may be compiled. */

import "./data-binary.js";

export * from "./main.js";
