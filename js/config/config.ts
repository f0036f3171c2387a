/** One object from which a cache is made. */

import { Cache } from "../cache.js";
import type { Codec } from "../codec.js";
import { CacheError } from "../errors.js";
import type { Policy } from "../types.js";
import type { Duration, Size, Ttl } from "../units.js";
import { readEnv } from "./env.js";
import { type CacheConfigInit, readInit } from "./init.js";
import { redisUrl } from "./redis-url.js";

/** A configuration that was checked when it was made, and does not change. */
export class CacheConfig {
  /** false: a cache that stores nothing. */
  readonly enabled: boolean;
  /** `null` or `Infinity`: never expires. */
  readonly defaultTtl: Ttl;
  /** `Infinity`: no bound by count. */
  readonly maxEntries: number;
  /** undefined: the default of `Cache`. */
  readonly maxBytes: Size | undefined;
  /** Who is evicted when room must be made. */
  readonly policy: Policy;
  /** undefined: MessagePack. */
  readonly codec: Codec | undefined;
  /** As it was given, or "localhost". */
  readonly redisHost: string;
  /** 1..65535. */
  readonly redisPort: number;
  /** The number of the database. */
  readonly redisDb: number;
  /** Whether by TLS. */
  readonly redisSsl: boolean;
  /** How many connections at most. */
  readonly connectionPoolSize: number;
  /** How long one command may take. */
  readonly socketTimeout: Duration;
  /** How long connecting may take. */
  readonly socketConnectTimeout: Duration;
  readonly #given: CacheConfigInit;

  /** INVALID_OPTION, INVALID_TTL: an option is out of its range; the message names it. */
  constructor(init?: CacheConfigInit) {
    const given = readInit(init);
    this.#given = given;
    this.enabled = given.enabled ?? true;
    this.defaultTtl = given.defaultTtl === undefined ? 3_600 : given.defaultTtl;
    this.maxEntries = given.maxEntries ?? 1_000;
    this.maxBytes = given.maxBytes;
    this.policy = given.policy ?? "lru";
    this.codec = given.codec;
    this.redisHost = given.redisHost ?? "localhost";
    this.redisPort = given.redisPort ?? 6_379;
    this.redisDb = given.redisDb ?? 0;
    this.redisSsl = given.redisSsl ?? false;
    this.connectionPoolSize = given.connectionPoolSize ?? 20;
    this.socketTimeout = given.socketTimeout ?? 5;
    this.socketConnectTimeout = given.socketConnectTimeout ?? 5;
  }

  /**
   * From environment variables, `process.env` unless `env` is given: CACHE_ENABLED, CACHE_DEFAULT_TTL,
   * CACHE_MAX_ENTRIES, CACHE_MAX_BYTES, CACHE_POLICY, CACHE_REDIS_HOST, _PORT, _DB, _PASSWORD, _SSL,
   * CACHE_CONNECTION_POOL_SIZE, CACHE_SOCKET_TIMEOUT, CACHE_SOCKET_CONNECT_TIMEOUT. `prefix` replaces
   * "CACHE_". An empty variable counts as one that is not there. INVALID_OPTION: one says nonsense; the
   * message names it.
   */
  static fromEnv(env?: Record<string, string | undefined>, prefix?: string): CacheConfig {
    return new CacheConfig(readEnv(env, prefix));
  }

  /** undefined: none. Not an own property, so that a configuration that is logged or serialized does not give it away. */
  get redisPassword(): string | undefined {
    return this.#given.redisPassword || undefined;
  }

  /** redis:// or rediss://, ":password@" (percent-encoded) when there is one, host, port, "/db". */
  redisUrl(): string {
    return redisUrl(this);
  }

  /**
   * A new cache: in Redis where a host was given, else in the embedded store; one that is not enabled needs no Redis.
   * STORE_UNAVAILABLE: a host was given, and this version has no Redis store.
   */
  async open(): Promise<Cache> {
    if (this.enabled && !this.embedded) throw noRedis(this.redisHost);
    const { enabled, defaultTtl, maxEntries, maxBytes, policy, codec } = this;
    return new Cache({ enabled, defaultTtl, maxEntries, maxBytes, policy, codec });
  }

  /** @internal Whether no Redis host was given. */
  get embedded(): boolean {
    return this.#given.redisHost === undefined;
  }

  /** @internal This configuration, with a bound if it is of an embedded cache and names none. */
  bounded(maxEntries: number | undefined): CacheConfig {
    const applies = maxEntries !== undefined && this.embedded && this.#given.maxEntries === undefined;
    return applies ? new CacheConfig({ ...this.#given, maxEntries }) : this;
  }
}

function noRedis(host: string): CacheError {
  const message =
    "the Redis store is not part of this version; leave out redisHost (CACHE_REDIS_HOST) for the embedded store";
  return new CacheError("STORE_UNAVAILABLE", message, { value: host });
}
