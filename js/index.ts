/** `isocache` where bytes may be compiled: the binary is inlined, and compiled when a constructor needs it. */

import { provideModule, requireModule } from "./engine.js";
import { wasmBytes } from "./generated/inlined.js";

provideModule(wasmBytes);

// A worker that got this file for want of the `workerd` condition may compile only while it starts.
if (globalThis.navigator?.userAgent === "Cloudflare-Workers") requireModule();

export * from "./main.js";
