//! The class as JavaScript meets it. The cases are JavaScript, and get a constructor, a clock that
//! stands still, and small checks; tests/browser and tests/js use what `wasm-pack build` gives.

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::wasm_bindgen_test;

use super::class::PromiseCache;

/// What the cases see: `Cache`; `open(options)` with `time.now`; `same(a, b)`, which tells -0 from 0,
/// holes from nothing and classes apart; `refused(promise, code)`.
const PRELUDE: &str = r#"
const time = { now: 1_700_000_000_000 };
const open = (options) => new Cache({ clock: () => time.now, ...options });
const show = (value) => {
  if (Object.is(value, -0)) return "-0";
  if (typeof value === "string") return Array.from({ length: value.length }, (_, i) => value.charCodeAt(i)).join("/");
  if (typeof value !== "object" || value === null) return `${typeof value} ${String(value)}`;
  const tag = Object.prototype.toString.call(value);
  const own = Object.getOwnPropertyNames(value).map((name) => `${show(name)}=${show(value[name])}`);
  if (tag === "[object Date]") own.push(value.getTime());
  if (tag === "[object Map]" || tag === "[object Set]") own.push(...Array.from(value, show));
  return `${tag}{${own}}`;
};
const same = (given, expected) => {
  if (show(given) !== show(expected)) throw new Error(`${show(given)} is not ${show(expected)}`);
};
const refused = async (promise, code) => {
  const error = await promise.then(() => { throw new Error(`not refused: ${code}`); }, (error) => error);
  if (!(error instanceof Error)) throw new Error(`no Error: ${String(error)}`);
  if (error.code !== code) throw new Error(`${error.code} is not ${code}: ${error.message}`);
  return error;
};
"#;

async fn run(case: &str) {
    let one = JsValue::from(PromiseCache::new(JsValue::UNDEFINED).expect("default options"));
    let class = Reflect::get(&one, &"constructor".into()).expect("a class");
    let body = format!("{PRELUDE} return (async () => {{ {case} }})();");
    let function = Function::new_with_args("Cache", &body);
    let promise: Promise = function.call1(&JsValue::UNDEFINED, &class).expect("a promise").into();
    if let Err(error) = JsFuture::from(promise).await {
        let message = Reflect::get(&error, &"message".into()).unwrap_or_default();
        panic!("{}", message.as_string().unwrap_or_else(|| format!("{error:?}")));
    }
}

#[wasm_bindgen_test]
async fn every_value_comes_back_equal_and_is_a_copy() {
    run(r#"
    class Point { constructor() { this.x = 1; } get double() { return 2 * this.x; } }
    const values = [
      "", "Ada", "né 😀", "\uFEFFmark", "\uD800 alone", "long ".repeat(5_000), "\uDC00".repeat(10_000),
      0, -0, 1, -1, 127, 128, -32, -33, 65536, 2 ** 31, -(2 ** 31), 2 ** 53, 1.5, NaN, Infinity, -Infinity, 5e-324,
      true, false, null, 0n, -5n, 2n ** 200n,
      new Uint8Array([0, 1, 255]), new Uint8Array(0),
      [], {}, [1, "two", [3, { four: [null, undefined, -0, "\uD800", 7n] }]],
      { a: { b: { c: new Uint8Array([1]) } }, "né": 1, "": 2, 10: "ten", 9: "nine", undefined: undefined },
      JSON.parse('{"__proto__": {"polluted": true}, "constructor": 1, "\\ud800": 2}'),
      Object.fromEntries(Array.from({ length: 70_000 }, (_, i) => ["n" + i, i])),
      Array.from({ length: 70_000 }, (_, i) => -i), ["x".repeat(300), "y".repeat(70_000)],
      new Map([["a", 1], [{ key: 1 }, new Map()]]), new Set([1, "1", [1]]), new Date(1e12), new Date(NaN),
      [new Date(0), new Map([[1, new Set()]])], [new Uint8Array(300), new Uint8Array(70_000)],
    ];
    const cache = open();
    for (const value of values) {
      same(await cache.set("key", value), true);
      const copy = await cache.get("key");
      same(copy, value);
      if (typeof value === "object" && value !== null && copy === value) throw new Error("no copy");
      same(await cache.getOrSet("loaded", async () => value), value);
      await cache.delete("loaded");
    }
    same({}.polluted, undefined);
    same(await cache.set("key", new Point()), true);
    same(await cache.get("key"), { x: 1 });
    const changed = { list: [1] };
    const written = cache.set("key", changed);
    changed.list.push(2);
    await written;
    same(await cache.get("key"), { list: [1] });
    let deep = [1n, "\uD800", new Uint8Array(1)];
    for (let i = 1; i < 512; i++) deep = i % 2 ? { deep } : new Map([[1, deep]]);
    same(await cache.set("key", deep), true);
    same(await cache.get("key"), deep);
    "#)
    .await;
}

#[wasm_bindgen_test]
async fn what_would_not_come_back_is_refused() {
    run(r#"
    const cycle = { inner: [] };
    cycle.inner.push(cycle);
    let deep = [];
    for (let i = 0; i < 513; i++) deep = [deep];
    const revoked = Proxy.revocable({}, {});
    revoked.revoke();
    const refusals = [undefined, () => 1, Symbol("s"), [() => 1], { s: Symbol() }, cycle, deep, /x/, new Error("x"),
      Promise.resolve(1), new WeakMap(), new Float64Array(1), new ArrayBuffer(1), new Boolean(true)];
    const cache = open();
    await cache.set("key", "before");
    for (const value of refusals) {
      await refused(cache.set("key", value), "NOT_SERIALIZABLE");
      await refused(cache.setMany([["key", 1], ["other", value]]), "NOT_SERIALIZABLE");
    }
    const thrown = new Error("from a getter");
    const thrower = (promise) => promise.then(() => { throw new Error("not refused"); }, (error) => error);
    same((await thrower(cache.set("key", { get bad() { throw thrown; } }))) === thrown, true);
    same((await thrower(cache.set("key", revoked.proxy))) instanceof TypeError, true);
    same((await thrower(cache.set("key", new Proxy({}, { ownKeys() { throw thrown; } })))) === thrown, true);
    same(await cache.get("key"), "before");
    same(await cache.has("other"), false);
    "#)
    .await;
}

#[wasm_bindgen_test]
async fn time_is_the_given_clock_and_in_seconds() {
    run(r#"
    const cache = open({ defaultTtl: 10 });
    await cache.set("short", 1, 1.5);
    await cache.set("default", 1);
    await cache.set("ever", 1, null);
    await cache.set("infinite", 1, Infinity);
    same([await cache.ttl("short"), await cache.ttl("default"), await cache.ttl("ever"), await cache.ttl("none")],
      [1.5, 10, null, null]);
    time.now += 1_499;
    same([await cache.get("short"), await cache.ttl("short")], [1, 0.001]);
    time.now += 1;
    same([await cache.get("short"), await cache.has("short")], [undefined, false]);
    time.now += 8_500;
    same([await cache.get("default"), await cache.get("ever"), await cache.get("infinite")], [undefined, 1, 1]);
    for (const [seconds, ms] of [[0.0001, 1], [1.1, 1_100], [1.0001, 1_001], [31_557_600_000, 31_557_600_000_000]]) {
      await cache.set("key", 1, seconds);
      same(await cache.ttl("key"), ms / 1_000);
    }
    for (const ttl of [0, -1, NaN, 31_557_600_001, -Infinity, "1", {}, true, 1n]) {
      const error = await refused(cache.set("key", 2, ttl), "INVALID_TTL");
      same(Object.is(error.value, ttl), true);
      await refused(cache.getOrSet("new", () => 1, ttl), "INVALID_TTL");
      await refused(cache.increment("new", 1, { ttl }), "INVALID_TTL");
    }
    same(await cache.get("key"), 1);
    const broken = new Cache({ clock: () => "noon" });
    await refused(broken.get("key"), "INVALID_OPTION");
    const throwing = new Cache({ clock: () => { throw new RangeError("no time"); } });
    same(await throwing.get("key").catch((error) => error.message), "no time");
    const real = new Cache();
    await real.set("key", 1, 3_600);
    same((await real.ttl("key")) > 3_000, true);
    "#)
    .await;
}

#[wasm_bindgen_test]
async fn keys_are_well_formed_strings() {
    run(r#"
    const cache = open();
    const longest = "k".repeat(65_535);
    await cache.set(longest, 1);
    same(await cache.get(longest), 1);
    await cache.set("", "empty");
    await cache.set("\uFFFD", "replacement");
    same([await cache.get(""), await cache.get("\uFFFD")], ["empty", "replacement"]);
    for (const key of [longest + "k", "\uD800", "a\uDC00", undefined, null, 1, {}, Symbol("s"), ["a"]]) {
      for (const call of [() => cache.get(key), () => cache.set(key, 1), () => cache.has(key), () => cache.delete(key),
        () => cache.ttl(key), () => cache.increment(key), () => cache.getOrSet(key, () => 1),
        () => cache.getMany(["a", key]), () => cache.deleteMany(["", key]), () => cache.setMany([["a", 1], [key, 1]])]) {
        const error = await refused(call(), "INVALID_KEY");
        same((typeof key === "string" ? error.key : error.value) === key, true);
      }
    }
    same([await cache.has("a"), await cache.has("")], [false, true]);
    "#)
    .await;
}

#[wasm_bindgen_test]
async fn batches_read_everything_before_they_write() {
    run(r#"
    const cache = open();
    same(await cache.setMany(new Map([["a", 1], ["b", { x: 2 }]])), 2);
    same(await cache.setMany([["c", 3, 5], ["d", 4, null]], 60), 2);
    same(await cache.setMany({ e: 5, f: null }, 60), 2);
    same([await cache.ttl("a"), await cache.ttl("c"), await cache.ttl("d"), await cache.ttl("e")], [null, 5, null, 60]);
    same(await cache.getMany(["a", "none", "b", "f"]), new Map([["a", 1], ["b", { x: 2 }], ["f", null]]));
    same(await cache.getMany(new Set()), new Map());
    same(await cache.deleteMany(["a", "a", "none"]), 1);
    for (const entries of [[["x", 1], ["y"]], [["x", 1], ["y", 1, 0]], [["x", 1], "y1"]]) {
      const error = await cache.setMany(entries).catch((error) => error);
      same(["NOT_SERIALIZABLE", "INVALID_TTL", "INVALID_KEY"].includes(error.code), true);
      same(await cache.has("x"), false);
    }
    for (const none of [undefined, null, 1, "text"]) {
      await refused(cache.setMany(none), "INVALID_KEY");
      await refused(cache.getMany(none), "INVALID_KEY");
      await refused(cache.deleteMany(none), "INVALID_KEY");
    }
    await refused(cache.setMany({ a: 1 }, 0), "INVALID_TTL");
    const thrown = await cache.getMany({ [Symbol.iterator]() { throw new RangeError("no items"); } }).catch((e) => e);
    same(thrown.message, "no items");
    "#)
    .await;
}

#[wasm_bindgen_test]
async fn patterns_and_counters() {
    run(r#"
    const cache = open();
    await cache.setMany({ "user:1": 1, "user:2": 2, users: 3, "né": 4 });
    same([await cache.deletePattern("user:*"), await cache.deletePattern("n?"), await cache.deletePattern("x*")], [2, 1, 0]);
    for (const bad of ["[a", "[]", "\\", undefined, 5, "\uD800"]) {
      same((await refused(cache.deletePattern(bad), "INVALID_PATTERN")).value, bad);
    }
    same([await cache.clear(), await cache.clear()], [1, 0]);
    same([await cache.increment("n"), await cache.increment("n", 5), await cache.increment("n", -0.5)], [1, 6, 5.5]);
    same([await cache.increment("m", 1, { initial: 41, ttl: 9 }), await cache.ttl("m")], [42, 9]);
    await cache.set("written", 41);
    same(await cache.increment("written"), 42);
    await cache.set("text", "41");
    same((await refused(cache.increment("text"), "NOT_A_NUMBER")).key, "text");
    await refused(cache.increment("n", 2 ** 53), "OUT_OF_RANGE");
    for (const by of [NaN, Infinity, "1", null, 1n]) await refused(cache.increment("n", by), "INVALID_OPTION");
    await refused(cache.increment("n", 1, { initial: NaN }), "INVALID_OPTION");
    same(await cache.get("n"), 5.5);
    "#)
    .await;
}

#[wasm_bindgen_test]
async fn one_load_per_key() {
    run(r#"
    const cache = open();
    let loads = 0;
    let finish;
    const held = new Promise((resolve) => { finish = resolve; });
    const load = async ({ key }) => { loads++; await held; return { key, at: loads }; };
    const asked = Promise.all([cache.getOrSet("a", load, 5), cache.getOrSet("a", load, 5), cache.getOrSet("a", "value")]);
    time.now += 1_000;
    finish();
    const [one, two, three] = await asked;
    same([one, two, three], [{ key: "a", at: 1 }, { key: "a", at: 1 }, { key: "a", at: 1 }]);
    same([one === two, loads, await cache.ttl("a")], [false, 1, 5]);
    same(await cache.getOrSet("a", () => { throw new Error("not asked for"); }), { key: "a", at: 1 });
    same([await cache.getOrSet("value", 7), await cache.get("value")], [7, 7]);
    same([await cache.getOrSet("sync", () => 8), await cache.getOrSet("none", () => undefined)], [8, undefined]);
    same([await cache.has("none"), await cache.getOrSet("none", undefined)], [false, undefined]);
    same(await cache.getOrSet("thenable", () => ({ then: (resolve) => resolve(9) })), 9);
    same((await cache.stats()).loads, 4);
    "#)
    .await;
}

#[wasm_bindgen_test]
async fn failures_are_shared_and_not_stored() {
    run(r#"
    const cache = open();
    const failure = new TypeError("down");
    const settled = await Promise.allSettled([1, 2, 3].map(() => cache.getOrSet("a", async () => { throw failure; })));
    same(settled.every(({ reason }) => reason === failure), true);
    same(await cache.getOrSet("a", () => { throw failure; }).catch((error) => error === failure), true);
    same(await cache.getOrSet("a", () => ({ get then() { throw failure; } })).catch((error) => error === failure), true);
    await refused(cache.getOrSet("a", () => Symbol("s")), "NOT_SERIALIZABLE");
    await refused(cache.getOrSet("a", Symbol("s")), "NOT_SERIALIZABLE");
    same(await cache.has("a"), false);
    same([await cache.getOrSet("a", () => 1), (await cache.stats()).loadFailures], [1, 4]);
    "#)
    .await;
}

#[wasm_bindgen_test]
async fn what_is_written_during_a_load_wins() {
    run(r#"
    const cases = [
      [(cache) => cache.set("a", "written"), "written"], [(cache) => cache.delete("a"), "later"],
      [(cache) => cache.deletePattern("*"), "later"], [(cache) => cache.clear(), "later"],
      [(cache) => cache.setMany({ a: "batch" }), "batch"], [(cache) => cache.increment("a"), 1],
      [(cache) => cache.deleteMany(["a"]), "later"],
    ];
    for (const [meanwhile, expected] of cases) {
      const cache = open();
      let started;
      let finish;
      const running = new Promise((resolve) => { started = resolve; });
      const asked = cache.getOrSet("a", () => new Promise((resolve) => { started(); finish = resolve; }));
      await running;
      await meanwhile(cache);
      finish("loaded");
      same([await asked, await cache.getOrSet("a", () => "later")], ["loaded", expected]);
    }
    "#)
    .await;
}

#[wasm_bindgen_test]
async fn loaders_may_call_the_cache() {
    run(r#"
    const cache = open();
    same(await cache.getOrSet("a", () => cache.getOrSet("a", () => 1).then((inner) => inner + 1)), 2);
    same(await cache.getOrSet("b", async () => (await cache.getOrSet("c", () => 3)) + (await cache.get("a"))), 5);
    const nosy = new Cache({ clock: () => { void cache.get("a"); return 1; } });
    same(await nosy.set("k", { get x() { void nosy.set("inner", 1); return 2; } }), true);
    same([await nosy.get("k"), await nosy.get("inner")], [{ x: 2 }, 1]);
    "#)
    .await;
}

#[wasm_bindgen_test]
async fn bounds_and_statistics() {
    run(r#"
    const cache = open({ maxBytes: 100_000, maxEntries: 2, maxEntryBytes: 1_000, policy: "sieve" });
    same(await cache.set("large", "x".repeat(1_000)), false);
    same(await cache.getOrSet("large", () => "x".repeat(1_000)), "x".repeat(1_000));
    same(await cache.setMany({ large: new Uint8Array(1_000), a: 1, b: 2, c: 3 }), 3);
    await cache.get("c");
    const stats = await cache.stats();
    same(Object.getPrototypeOf(stats) === Object.prototype && stats.memoryBytes >= 65_536, true);
    delete stats.memoryBytes;
    same(stats, { hits: 1, misses: 1, hitRatio: 0.5, sets: 3, deletes: 0, rejections: 3, evictions: 1, expirations: 0,
      loads: 1, loadFailures: 0, entries: 2, bytes: 152, maxBytes: 100_000, maxEntries: 2, policy: "sieve" });
    const defaults = await new Cache().stats();
    same([defaults.maxBytes, defaults.maxEntries, defaults.policy, defaults.hitRatio], [33_554_432, null, "lru", 0]);
    same((await new Cache({ maxEntries: 1e15 }).stats()).maxEntries, null);
    "#)
    .await;
}

#[wasm_bindgen_test]
async fn options_are_checked() {
    run(r#"
    const bad = [null, 5, "text", { maxBytes: 0 }, { maxBytes: "1MB" }, { maxEntries: NaN }, { maxEntryBytes: -1 },
      { policy: "random" }, { policy: 0 }, { clock: 5 }, { unknown: 1 }, { maxBytes: 2 ** 60 }];
    for (const options of bad) await refused((async () => new Cache(options))(), "INVALID_OPTION");
    await refused((async () => new Cache({ defaultTtl: 0 }))(), "INVALID_TTL");
    for (const policy of ["lru", "sieve", "s3-fifo", "w-tinylfu", "gdsf"]) {
      same((await new Cache({ policy, maxBytes: undefined, defaultTtl: null }).stats()).policy, policy);
    }
    "#)
    .await;
}

/// Bytes that nobody wrote: an answer or an error.
#[wasm_bindgen_test]
fn no_bytes_make_it_trap() {
    use crate::cache::Value;
    let nested = [0x91; 100_000];
    let map = [0x81; 10_001];
    let extensions: Vec<u8> =
        (0..1_000u32).flat_map(|_| [0xc9, 0, 1, 0, 0, 0x4d, 0x92, 1, 0x91]).collect();
    let bad: [&[u8]; 12] = [
        b"",
        b"\xc1",
        b"\xdb\xff\xff\xff\xffa",
        b"\xdd\xff\xff\xff\xff",
        b"\xa2\xff\xfe",
        b"\xd4\x4d\x01",
        b"\xc7\x02\x4d\x92\x05",
        b"\xc7\x03\x4d\x92\x05\x90",
        b"\xc0\xc0",
        &nested,
        &map,
        &extensions,
    ];
    for kind in 0..=9 {
        for bytes in bad {
            drop(super::decode::decode(Value::Bytes { kind, bytes }));
        }
    }
    let mut state = 1u32;
    for length in 0..3_000 {
        let bytes: Vec<u8> = (0..length % 60)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 24) as u8
            })
            .collect();
        drop(super::decode::decode(Value::Bytes { kind: crate::kinds::ENCODED, bytes: &bytes }));
    }
}
