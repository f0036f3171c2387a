// CacheConfig: defaults, what is refused and under which name, environment variables, the URL, what opens.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";
import { inspect } from "node:util";
import { Cache, json } from "isocache";
import { CacheConfig } from "isocache/config";
import { refusal, runNode, START, thrown } from "./helpers.mjs";

const DEFAULTS = {
  enabled: true,
  defaultTtl: 3_600,
  maxEntries: 1_000,
  maxBytes: undefined,
  policy: "lru",
  codec: undefined,
  redisHost: "localhost",
  redisPort: 6_379,
  redisDb: 0,
  redisPassword: undefined,
  redisSsl: false,
  connectionPoolSize: 20,
  socketTimeout: 5,
  socketConnectTimeout: 5,
};

/** Another value than the default for everything. */
const OTHERS = {
  enabled: false,
  defaultTtl: "10m",
  maxEntries: 5,
  maxBytes: "1MiB",
  policy: "gdsf",
  codec: json,
  redisHost: "cache.test",
  redisPort: 7_000,
  redisDb: 3,
  redisPassword: "secret",
  redisSsl: true,
  connectionPoolSize: 1,
  socketTimeout: "250ms",
  socketConnectTimeout: 0.5,
};

/** What a configuration opens, closed after the test. */
async function opened(t, config) {
  const cache = await config.open();
  t.after(() => cache.close());
  return cache;
}

const fieldsOf = (config) => Object.fromEntries(Object.keys(DEFAULTS).map((name) => [name, config[name]]));

test("the defaults", () => {
  for (const given of [[], [undefined], [{}], [Object.fromEntries(Object.keys(DEFAULTS).map((name) => [name]))]]) {
    assert.deepEqual(fieldsOf(new CacheConfig(...given)), DEFAULTS);
  }
  assert.deepEqual(fieldsOf(CacheConfig.fromEnv({})), DEFAULTS);
});

test("what is given is what it says", () => {
  assert.deepEqual(fieldsOf(new CacheConfig(OTHERS)), OTHERS);
  assert.equal(new CacheConfig({ defaultTtl: null }).defaultTtl, null);
  assert.equal(new CacheConfig({ maxEntries: Number.POSITIVE_INFINITY }).maxEntries, Number.POSITIVE_INFINITY);
});

const REFUSED = {
  enabled: [0, "true", null],
  maxEntries: [0, -1, 1.5, Number.NaN, "5", null],
  maxBytes: [0, -1, "1", "1XB", "", null, 2 ** 33],
  policy: ["LRU", "fifo", 1, null],
  codec: [null, "json", { encode() {}, decode() {} }],
  redisHost: ["", " ", "a b", "localhost:6379", "redis://localhost", "/var/run/redis.sock", "a/b", "u@h", "a?b", "a#b", "a%41",
    "[a]", "1:2", ":", "[::1", "::1]:6379", "fe80::1%eth0", "12345::", "::1::", "host\n", "a\0", "\ud800", 5, null], // prettier-ignore
  redisPort: [0, -1, 65_536, 1.5, "6379", Number.NaN, null],
  redisDb: [-1, 0.5, "0", Number.POSITIVE_INFINITY, null],
  redisPassword: [5, null, "a\ud800"],
  redisSsl: [1, "false", null],
  connectionPoolSize: [0, 1.5, "20", Number.POSITIVE_INFINITY, null],
  socketTimeout: [0, -1, "5", "5x", null, Number.POSITIVE_INFINITY],
  socketConnectTimeout: [0, -1, "", Number.NaN, null],
};

test("everything is checked when it is made, and the message names the option", () => {
  for (const [name, values] of Object.entries(REFUSED)) {
    for (const value of values) {
      const error = thrown(() => new CacheConfig({ [name]: value }), "INVALID_OPTION");
      assert.ok(error.message.includes(name), `${name}: ${error.message}`);
    }
  }
  for (const defaultTtl of [0, -1, "5", "never", Number.NaN, 4e10, false]) {
    assert.match(thrown(() => new CacheConfig({ defaultTtl }), "INVALID_TTL").message, /defaultTtl/);
  }
  for (const init of [null, 5, "redis://localhost", true]) thrown(() => new CacheConfig(init), "INVALID_OPTION");
});

test("a password is in no message and in no log", () => {
  const error = thrown(() => new CacheConfig({ redisPassword: "hunter2\ud800" }), "INVALID_OPTION");
  const fromEnv = thrown(() => CacheConfig.fromEnv({ CACHE_REDIS_PASSWORD: "hunter2\ud800" }), "INVALID_OPTION");
  const host = thrown(() => new CacheConfig({ redisHost: "redis://:hunter2@cache.test" }), "INVALID_OPTION");
  const config = new CacheConfig({ redisPassword: "hunter2" });
  for (const logged of [error, fromEnv, host, config]) {
    assert.ok(!inspect(logged, { showHidden: true, depth: 9 }).includes("hunter2"));
    assert.ok(!JSON.stringify(logged).includes("hunter2"));
  }
  assert.equal(config.redisPassword, "hunter2");
});

// ------------------------------------------------------------------------------------------- redisUrl

const url = (init) => new CacheConfig(init).redisUrl();

test("redisUrl", () => {
  assert.equal(url(), "redis://localhost:6379/0");
  assert.equal(url({ redisHost: "cache.test", redisPort: 7000, redisDb: 3 }), "redis://cache.test:7000/3");
  assert.equal(url({ redisSsl: true }), "rediss://localhost:6379/0");
  assert.equal(url({ redisPassword: "secret" }), "redis://:secret@localhost:6379/0");
  assert.equal(url({ redisPassword: "" }), "redis://localhost:6379/0");
  assert.equal(new CacheConfig({ redisPassword: "" }).redisPassword, undefined);
  assert.equal(url(OTHERS), "rediss://:secret@cache.test:7000/3");
});

test("redisUrl: any password comes back from the URL", () => {
  assert.equal(url({ redisPassword: "a@b:c/d?e#f" }), "redis://:a%40b%3Ac%2Fd%3Fe%23f@localhost:6379/0");
  for (const redisPassword of ["%41", "p w", "é€😀", "[]{}|\\^`<>\"'()*!~", "\n\0", "=&;$,+"]) {
    const { password, hostname, port, pathname, search, hash } = new URL(url({ redisPassword }));
    assert.equal(decodeURIComponent(password), redisPassword);
    assert.deepEqual([hostname, port, pathname, search, hash], ["localhost", "6379", "/0", "", ""]);
  }
});

test("redisUrl: hosts", () => {
  const hosts = {
    "127.0.0.1": "127.0.0.1",
    my_redis: "my_redis",
    "Redis-1.internal.": "Redis-1.internal.",
    "::1": "[::1]",
    "[::1]": "[::1]",
    "2001:DB8::ffff:1.2.3.4": "[2001:DB8::ffff:1.2.3.4]",
    "bücher.test": "xn--bcher-kva.test",
  };
  for (const [redisHost, inUrl] of Object.entries(hosts)) {
    assert.equal(url({ redisHost }), `redis://${inUrl}:6379/0`);
    assert.equal(new CacheConfig({ redisHost }).redisHost, redisHost);
  }
});

// -------------------------------------------------------------------------------------------- fromEnv

const ENV = {
  CACHE_ENABLED: "false",
  CACHE_DEFAULT_TTL: "600",
  CACHE_MAX_ENTRIES: "5",
  CACHE_MAX_BYTES: "1MiB",
  CACHE_POLICY: "gdsf",
  CACHE_REDIS_HOST: "cache.test",
  CACHE_REDIS_PORT: "7000",
  CACHE_REDIS_DB: "3",
  CACHE_REDIS_PASSWORD: "secret",
  CACHE_REDIS_SSL: "true",
  CACHE_CONNECTION_POOL_SIZE: "1",
  CACHE_SOCKET_TIMEOUT: "250ms",
  CACHE_SOCKET_CONNECT_TIMEOUT: "0.5",
};
const FROM_ENV = { ...OTHERS, defaultTtl: 600, codec: undefined };

test("fromEnv reads every variable", () => {
  assert.deepEqual(fieldsOf(CacheConfig.fromEnv(ENV)), FROM_ENV);
});

test("fromEnv: each variable says its own, whatever the others do", () => {
  const options = Object.keys(DEFAULTS).filter((name) => name !== "codec");
  for (const [i, [name, text]] of Object.entries(ENV).entries()) {
    const fields = fieldsOf(CacheConfig.fromEnv({ [name]: text }));
    assert.deepEqual(fields, { ...DEFAULTS, [options[i]]: FROM_ENV[options[i]] }, name);
  }
});

test("fromEnv: another prefix, and an empty one", () => {
  for (const prefix of ["APP_CACHE_", "", "cache."]) {
    const env = Object.fromEntries(Object.entries(ENV).map(([name, text]) => [name.replace("CACHE_", prefix), text]));
    assert.deepEqual(fieldsOf(CacheConfig.fromEnv(env, prefix)), FROM_ENV);
    assert.deepEqual(fieldsOf(CacheConfig.fromEnv({ ...env, ...ENV }, "OTHER_")), DEFAULTS);
  }
  for (const prefix of [5, null, {}]) thrown(() => CacheConfig.fromEnv({}, prefix), "INVALID_OPTION");
});

test("fromEnv takes process.env by default, and a runtime need not have one", () => {
  process.env["ISOCACHE_TEST_MAX_ENTRIES"] = "7";
  try {
    assert.equal(CacheConfig.fromEnv(undefined, "ISOCACHE_TEST_").maxEntries, 7);
  } finally {
    delete process.env["ISOCACHE_TEST_MAX_ENTRIES"];
  }
  const source = `
    import { CacheConfig } from "isocache/config";
    delete globalThis.process;
    console.log(CacheConfig.fromEnv().maxEntries);`;
  assert.equal(runNode(source), "1000");
});

test("fromEnv: an empty variable is one that is not there", () => {
  const empty = Object.fromEntries(Object.keys(ENV).map((name, i) => [name, ["", " ", "\t\n"][i % 3]]));
  assert.deepEqual(fieldsOf(CacheConfig.fromEnv({ ...empty, CACHE_REDIS_PASSWORD: "" })), DEFAULTS);
  assert.equal(CacheConfig.fromEnv({ CACHE_REDIS_PASSWORD: " " }).redisPassword, " ", "spaces are a password's own");
});

test("fromEnv: ways to say it", () => {
  const read = (name, text) => CacheConfig.fromEnv({ [`CACHE_${name}`]: text });
  for (const yes of ["true", "TRUE", "1", "yes", "on", " True "]) assert.equal(read("REDIS_SSL", yes).redisSsl, true);
  for (const no of ["false", "False", "0", "no", "OFF"]) assert.equal(read("ENABLED", no).enabled, false);
  for (const never of ["never", "None", "null"]) assert.equal(read("DEFAULT_TTL", never).defaultTtl, null);
  assert.equal(read("DEFAULT_TTL", "Infinity").defaultTtl, Number.POSITIVE_INFINITY);
  assert.equal(read("DEFAULT_TTL", "1.5h").defaultTtl, "1.5h");
  assert.equal(read("MAX_ENTRIES", "infinity").maxEntries, Number.POSITIVE_INFINITY);
  assert.equal(read("MAX_BYTES", "1048576").maxBytes, 1_048_576);
  assert.equal(read("POLICY", "W-TinyLFU").policy, "w-tinylfu");
  assert.equal(read("MAX_ENTRIES", 7).maxEntries, 7, "a worker's variables may be numbers");
  assert.equal(read("ENABLED", false).enabled, false, "or booleans");
});

const NONSENSE = {
  ENABLED: ["maybe", "2", "tru"],
  DEFAULT_TTL: ["0", "-5", "soon", "5 weeks", "1e3"],
  MAX_ENTRIES: ["0", "-1", "1.5", "many", "0x10", "1_000", "1e3", "5 5"],
  MAX_BYTES: ["0", "lots", "5XB", "-1"],
  POLICY: ["fifo", "constructor"],
  REDIS_HOST: ["redis://localhost", "localhost:6379", "a b"],
  REDIS_PORT: ["0", "65536", "tcp://10.0.0.1:6379", "6379.5", "Infinity"],
  REDIS_DB: ["-1", "one", "0.5"],
  REDIS_PASSWORD: ["\ud800", {}],
  REDIS_SSL: ["rediss", "constructor"],
  CONNECTION_POOL_SIZE: ["0", "infinity", "2.5"],
  SOCKET_TIMEOUT: ["0", "-1", "5 sec", "infinity"],
  SOCKET_CONNECT_TIMEOUT: ["0", "fast", [5]],
};

test("fromEnv: nonsense is INVALID_OPTION, and the message names the variable", () => {
  assert.deepEqual(
    Object.keys(NONSENSE).map((name) => `CACHE_${name}`),
    Object.keys(ENV),
  );
  for (const [name, texts] of Object.entries(NONSENSE)) {
    for (const text of texts) {
      for (const prefix of ["CACHE_", "MY_"]) {
        const run = () => CacheConfig.fromEnv({ [prefix + name]: text }, prefix);
        assert.ok(thrown(run, "INVALID_OPTION").message.includes(prefix + name), `${name}=${text}`);
      }
    }
  }
  for (const env of [null, 5, "CACHE_ENABLED=false"]) thrown(() => CacheConfig.fromEnv(env), "INVALID_OPTION");
});

// ----------------------------------------------------------------------------------------------- open

test("open gives an embedded cache that is as the configuration says", async (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: START });
  const config = new CacheConfig({ defaultTtl: "10m", maxEntries: 2, maxBytes: "1MiB", policy: "sieve" });
  const cache = await opened(t, config);
  assert.ok(cache instanceof Cache);
  await cache.setMany({ a: 1, b: 2, c: 3 });
  const { entries, maxEntries, maxBytes, policy } = cache.stats();
  assert.deepEqual([entries, maxEntries, maxBytes, policy], [2, 2, 2 ** 20, "sieve"]);
  assert.equal(await cache.ttl("c"), 600);
  const other = await opened(t, config);
  assert.equal(await other.has("c"), false, "each call opens a cache of its own");
});

test("open: the defaults reach the cache", async (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: START });
  const cache = await opened(t, new CacheConfig());
  await cache.set("key", 1);
  const { maxEntries, maxBytes, policy } = cache.stats();
  assert.deepEqual([maxEntries, maxBytes, policy, await cache.ttl("key")], [1_000, 32 * 2 ** 20, "lru", 3_600]);
  const unbounded = await opened(t, new CacheConfig({ defaultTtl: null, maxEntries: Number.POSITIVE_INFINITY }));
  await unbounded.set("key", 1);
  assert.deepEqual([unbounded.stats().maxEntries, await unbounded.ttl("key")], [null, null]);
});

test("open: the codec reaches the cache", async (t) => {
  const decoded = [];
  const codec = { name: "seen", encode: json.encode, decode: (bytes) => decoded.push(bytes) && json.decode(bytes) };
  const cache = await opened(t, new CacheConfig({ codec }));
  await cache.set("key", { a: 1 });
  assert.deepEqual(await cache.get("key"), { a: 1 });
  assert.equal(decoded.length, 1);
});

test("open: a Redis host that was given is not passed over", async () => {
  const given = [
    new CacheConfig({ redisHost: "localhost" }),
    new CacheConfig({ redisHost: "cache.test", redisPort: 7000 }),
    CacheConfig.fromEnv({ CACHE_REDIS_HOST: "localhost" }),
  ];
  for (const config of given) {
    const error = await refusal(config.open(), "STORE_UNAVAILABLE");
    assert.match(error.message, /Redis store is not part of this version/);
  }
});

test("open: without a host the rest of Redis' options choose nothing, and a disabled cache needs no Redis", async (t) => {
  const { CACHE_REDIS_HOST, ...rest } = ENV;
  const embedded = [
    new CacheConfig({ redisPort: 7000, redisPassword: "secret", redisSsl: true }),
    CacheConfig.fromEnv({ ...rest, CACHE_ENABLED: "true" }),
    CacheConfig.fromEnv({ CACHE_REDIS_HOST: "" }),
  ];
  for (const config of embedded) {
    const cache = await opened(t, config);
    assert.equal(await cache.set("key", 1), true);
  }
  const disabled = await opened(t, CacheConfig.fromEnv({ CACHE_ENABLED: "false", CACHE_REDIS_HOST }));
  assert.equal(await disabled.set("key", 1), false);
});

test("require gives a configuration that opens a cache, and config alone needs no other entry", () => {
  const { CacheConfig: Required } = createRequire(import.meta.url)("isocache/config");
  assert.equal(new Required({ maxEntries: 5 }).maxEntries, 5);
  const source = `
    const { CacheConfig } = require("isocache/config");
    new CacheConfig().open().then(async (cache) => console.log(await cache.set("key", 1)));`;
  assert.equal(runNode(source, { type: "commonjs" }), "true");
});

test("isocache and isocache/config are one program", async () => {
  const source = `
    import { Cache, CacheError } from "isocache";
    import { CacheConfig } from "isocache/config";
    const cache = await new CacheConfig().open();
    const error = await new CacheConfig({ redisHost: "a" }).open().catch((error) => error);
    console.log(cache instanceof Cache, error instanceof CacheError);`;
  assert.equal(runNode(source), "true true");
});
