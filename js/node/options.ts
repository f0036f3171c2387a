/** What `nodeHandler` takes, and how it is read. */

import type { Agent, IncomingMessage } from "node:http";
import type { HttpCacheOptions } from "../http/index.js";
import { invalidOption } from "../keys.js";
import { durationMs, type Duration } from "../units.js";
import type { OriginOptions } from "./origin.js";

/** What `nodeHandler` takes: exactly one of `origin` and `fetch`, and what `new HttpCache()` takes. Else INVALID_OPTION. */
export interface NodeHandlerOptions extends HttpCacheOptions {
  /** Who is asked over node:http or node:https: "http://127.0.0.1:9000", without path, query and password. */
  origin?: string | URL;
  /** How long a sign of life from the origin is waited for, else 504. Default "30s". */
  originTimeout?: Duration;
  /** The connections to the origin. Default: an agent with keepAlive of this handler's own. */
  agent?: Agent;
  /** Told why a client got a 502 or 504, or a body that breaks off. What it throws is ignored. Default: nobody. */
  onError?: (error: unknown, request: IncomingMessage) => void;
}

export interface HandlerSettings {
  cache: HttpCacheOptions;
  /** undefined: `cache.fetch` answers. */
  origin: OriginOptions | undefined;
  onError: NonNullable<NodeHandlerOptions["onError"]>;
}

/** setTimeout takes no more: 24 days. */
const LONGEST_MS = 2 ** 31 - 1;

/** Else INVALID_OPTION. */
export function readOptions(options: unknown): HandlerSettings {
  if (typeof options !== "object" || options === null) throw invalidOption("options", "must be an object", options);
  const { origin, originTimeout = "30s", agent, onError, ...cache } = options as NodeHandlerOptions;
  if ((origin === undefined) === (cache.fetch === undefined))
    throw invalidOption("origin", "or fetch must be given, and not both", origin);
  if (onError !== undefined && typeof onError !== "function") throw invalidOption("onError", "is no function", onError);
  const timeoutMs = Math.min(durationMs(originTimeout, "INVALID_OPTION", "originTimeout"), LONGEST_MS);
  const asked = origin === undefined ? undefined : { url: readOrigin(origin), timeoutMs, agent };
  return { cache, origin: asked, onError: onError ?? (() => {}) };
}

function readOrigin(origin: unknown): URL {
  const isText = typeof origin === "string" || origin instanceof URL;
  const url = isText && URL.canParse(String(origin)) ? new URL(origin) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.href !== `${url.origin}/`)
    throw invalidOption("origin", "is no http(s) address without path, query and password", origin);
  return url;
}
