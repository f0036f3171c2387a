/** `isocache` in workerd, where the binary is a module of its own. */

import module from "./isocache.wasm";
import { provideModule } from "./engine.js";

provideModule(() => module);

export * from "./main.js";
