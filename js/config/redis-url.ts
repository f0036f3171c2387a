/** A Redis server's URL, as clients of Redis read it. */

import type { CacheError } from "../errors.js";
import { describe, invalidOption } from "../keys.js";

export interface RedisAddress {
  readonly redisHost: string;
  readonly redisPort: number;
  readonly redisDb: number;
  readonly redisPassword: string | undefined;
  readonly redisSsl: boolean;
}

/** All of it has been checked. */
export function redisUrl({ redisHost, redisPort, redisDb, redisPassword, redisSsl }: RedisAddress): string {
  const scheme = redisSsl ? "rediss" : "redis";
  const user = redisPassword ? `:${encodeURIComponent(redisPassword)}@` : "";
  return `${scheme}://${user}${hostInUrl(redisHost)}:${redisPort}/${redisDb}`;
}

/** ASCII names, and addresses of IPv4. Names of containers have underscores. */
const NAME = /^[\w.-]+$/;
/** Letters of all scripts, which resolvers want in Punycode. */
const INTERNATIONAL = /^[\p{L}\p{M}\p{N}_.-]+$/u;
const IPV6 = /^[\da-fA-F.]*:[\da-fA-F:.]*$/;
const BRACKETED = /^\[(.*)\]$/;

/** The host as a URL names it: IPv6 in brackets, other scripts in Punycode. INVALID_OPTION: it is no host. */
export function hostInUrl(host: unknown): string {
  if (typeof host === "string") {
    if (NAME.test(host)) return host;
    const address = BRACKETED.exec(host)?.[1] ?? host;
    if (IPV6.test(address) && parse(`http://[${address}]`)) return `[${address}]`;
    // Not a Redis URL: other schemes take names of other scripts as they are.
    const parsed = INTERNATIONAL.test(host) ? parse(`http://${host}`) : undefined;
    if (parsed !== undefined) return parsed.hostname;
  }
  throw notHost(host);
}

/** Does not repeat what may hold a password, as a whole URL does. */
function notHost(host: unknown): CacheError {
  const [why, secret] = [
    "must be a host's name or address, without scheme and port",
    typeof host === "string" && host.includes("@"),
  ];
  return secret
    ? invalidOption("redisHost", why, undefined)
    : invalidOption("redisHost", `${why}, not ${describe(host)}`, host);
}

function parse(url: string): URL | undefined {
  try {
    return new URL(url);
  } catch {
    return undefined;
  }
}
