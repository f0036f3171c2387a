/** What a configuration is made from, and how it is checked. */

import type { Codec } from "../codec.js";
import { POLICIES } from "../embedded.js";
import { CacheError } from "../errors.js";
import { invalidOption, isWellFormed } from "../keys.js";
import { assertObject, assertOneOf, assertWhole, readCodec, readMaxBytes, readMaxEntries } from "../options.js";
import type { Policy } from "../types.js";
import { type Duration, durationMs, type Size, type Ttl } from "../units.js";
import { hostInUrl } from "./redis-url.js";

/** What a `CacheConfig` is made from. INVALID_OPTION, and INVALID_TTL for `defaultTtl`: docs/config.md has each with its variable. */
export interface CacheConfigInit {
  /** false: a cache that stores nothing. Default true. */
  enabled?: boolean;
  /** `null` or `Infinity`: entries never expire. Default 3600, an hour. */
  defaultTtl?: Ttl;
  /** Of the embedded store. `Infinity`: no bound by count. Default 1000. */
  maxEntries?: number;
  /** Of the embedded store. Default: as of `Cache`. */
  maxBytes?: Size;
  /** Default "lru". */
  policy?: Policy;
  /** Default: MessagePack. */
  codec?: Codec;
  /** A name or an address, without scheme and port. Given, it says that entries live in Redis. Default "localhost", in `redisUrl` alone. */
  redisHost?: string;
  /** Default 6379. */
  redisPort?: number;
  /** The number of the database. Default 0. */
  redisDb?: number;
  /** "" is none. */
  redisPassword?: string;
  /** TLS: `rediss://`. Default false. */
  redisSsl?: boolean;
  /** How many connections at most. Default 20. */
  connectionPoolSize?: number;
  /** How long one command may take; seconds, or with a unit. Default 5. */
  socketTimeout?: Duration;
  /** How long connecting may take; seconds, or with a unit. Default 5. */
  socketConnectTimeout?: Duration;
}

export type OptionName = keyof CacheConfigInit;

/** One check an option, of what is not `undefined`. INVALID_OPTION, INVALID_TTL. */
const CHECKS: { readonly [name in OptionName]-?: (value: unknown, name: string) => void } = {
  enabled: checkFlag,
  defaultTtl: checkTtl,
  maxEntries: readMaxEntries,
  maxBytes: readMaxBytes,
  policy: (value, name) => assertOneOf(name, value, POLICIES),
  codec: readCodec,
  redisHost: (value) => hostInUrl(value),
  redisPort: checkPort,
  redisDb: (value, name) => assertWhole(name, value, 0),
  redisPassword: checkPassword,
  redisSsl: checkFlag,
  connectionPoolSize: (value, name) => assertWhole(name, value, 1),
  socketTimeout: checkDuration,
  socketConnectTimeout: checkDuration,
};

const NAMES = Object.keys(CHECKS) as OptionName[];

/** What is said in `init`, checked; each member is read once. INVALID_OPTION, INVALID_TTL. */
export function readInit(init: unknown = {}): CacheConfigInit {
  const given = assertObject(init, "the configuration");
  const read: Record<string, unknown> = {};
  for (const name of NAMES) {
    const value = given[name];
    if (value === undefined) continue;
    checkOption(name, value);
    read[name] = value;
  }
  return read;
}

/** INVALID_OPTION, INVALID_TTL. */
export function checkOption(name: OptionName, value: unknown): void {
  CHECKS[name](value, name);
}

function checkFlag(value: unknown, name: string): void {
  assertOneOf(name, value, [true, false]);
}

function checkTtl(value: unknown, name: string): void {
  if (value !== null && value !== Number.POSITIVE_INFINITY) durationMs(value, "INVALID_TTL", name);
}

function checkDuration(value: unknown, name: string): void {
  durationMs(value, "INVALID_OPTION", name);
}

function checkPort(value: unknown, name: string): void {
  if (assertWhole(name, value, 1) > 65_535) throw invalidOption(name, "must be at most 65535", value);
}

/** Its errors do not repeat it: they may be logged. */
function checkPassword(value: unknown, name: string): void {
  if (typeof value === "string" && isWellFormed(value)) return;
  const what = typeof value === "string" ? "text with a lone surrogate" : `a ${typeof value}`;
  throw new CacheError("INVALID_OPTION", `${name} must be a well-formed string, not ${what}`);
}
