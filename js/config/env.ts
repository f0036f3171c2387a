/** Reading environment variables: text becomes options, each checked under its variable's name. */

import { CacheError } from "../errors.js";
import { describe, invalidOption } from "../keys.js";
import { assertObject } from "../options.js";
import { type CacheConfigInit, checkOption, type OptionName } from "./init.js";

interface Variable {
  /** What follows the prefix. */
  name: string;
  option: OptionName;
  read: (text: string) => unknown;
}

const VARIABLES: readonly Variable[] = [
  { name: "ENABLED", option: "enabled", read: flag },
  { name: "DEFAULT_TTL", option: "defaultTtl", read: ttl },
  { name: "MAX_ENTRIES", option: "maxEntries", read: measure },
  { name: "MAX_BYTES", option: "maxBytes", read: measure },
  { name: "POLICY", option: "policy", read: (text) => text.toLowerCase() },
  { name: "REDIS_HOST", option: "redisHost", read: (text) => text },
  { name: "REDIS_PORT", option: "redisPort", read: measure },
  { name: "REDIS_DB", option: "redisDb", read: measure },
  { name: "REDIS_PASSWORD", option: "redisPassword", read: (text) => text },
  { name: "REDIS_SSL", option: "redisSsl", read: flag },
  { name: "CONNECTION_POOL_SIZE", option: "connectionPoolSize", read: measure },
  { name: "SOCKET_TIMEOUT", option: "socketTimeout", read: measure },
  { name: "SOCKET_CONNECT_TIMEOUT", option: "socketConnectTimeout", read: measure },
];

const PREFIX = "CACHE_";

/** The options that the variables give. INVALID_OPTION. */
export function readEnv(env: unknown = processEnv(), prefix: unknown = PREFIX): CacheConfigInit {
  const given = assertObject(env, "env");
  if (typeof prefix !== "string") throw invalidOption("prefix", `must be a string, not ${describe(prefix)}`, prefix);
  const init: Record<string, unknown> = {};
  for (const { name, option, read } of VARIABLES) {
    const text = textOf(prefix + name, given[prefix + name], option);
    if (text === "") continue;
    const value = read(text);
    check(prefix + name, option, value);
    init[option] = value;
  }
  return init;
}

/** Where the runtime has one; a browser has none. */
function processEnv(): unknown {
  const { process } = globalThis as { process?: { env?: unknown } };
  return process?.env ?? {};
}

/** A worker's variables may be numbers and booleans. Of passwords spaces are a part, of all else a slip. */
function textOf(variable: string, value: unknown, option: OptionName): string {
  if (value === undefined) return "";
  if (typeof value === "string") return option === "redisPassword" ? value : value.trim();
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  throw invalidOption(variable, `must be text, not ${describe(value)}`, value);
}

/** INVALID_OPTION, whatever the option's own code: what is wrong is the variable. */
function check(variable: string, option: OptionName, value: unknown): void {
  try {
    checkOption(option, value);
  } catch (cause) {
    const { message, value: refused } = cause as CacheError;
    throw new CacheError("INVALID_OPTION", `${variable}: ${message}`, { value: refused, cause });
  }
}

const FLAGS: Record<string, boolean> = {
  true: true,
  1: true,
  yes: true,
  on: true,
  false: false,
  0: false,
  no: false,
  off: false,
};

function flag(text: string): unknown {
  const word = text.toLowerCase();
  return Object.hasOwn(FLAGS, word) ? FLAGS[word] : text;
}

const NEVER = ["never", "none", "null"];

function ttl(text: string): unknown {
  return NEVER.includes(text.toLowerCase()) ? null : measure(text);
}

/** A number, or the text as it is: it may carry a unit. */
function measure(text: string): unknown {
  if (text.toLowerCase() === "infinity") return Number.POSITIVE_INFINITY;
  return /^[+-]?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}
