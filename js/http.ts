/** `isocache/http` where bytes may be compiled: with a binary of its own, which has request caching. */

import { provideHttpModule, requireHttpModule } from "./engine.js";
import { hex } from "./generated/http.js";
import { fromHex, isWorker } from "./inlined.js";

provideHttpModule(() => fromHex(hex));

// As in index.ts.
if (isWorker()) requireHttpModule();

export * from "./http/index.js";
