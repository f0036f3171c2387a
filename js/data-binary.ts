/** The binary of the data engine, inlined: compiled when a constructor needs it. */

import { provideModule, requireModule } from "./engine.js";
import { hex } from "./generated/data.js";
import { fromHex, isWorker } from "./inlined.js";

provideModule(() => fromHex(hex));

// A worker that got this file for want of the `workerd` condition may compile only while it starts.
if (isWorker()) requireModule();
