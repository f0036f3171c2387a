// What goes in comes out: every kind of value on every way in and out, and nothing shared with the caller.
import assert from "node:assert/strict";
import { test } from "node:test";
import vm from "node:vm";
import { Cache, CacheError, json, msgpack, SyncCache } from "isocache";
import { both, counts, newTime, opens, refusal, thrown } from "./helpers.mjs";

/** Exactly equal: type, prototype, -0 and all, except that a Buffer is the Uint8Array it holds. */
function same(actual, expected, message) {
  if (typeof expected !== "object" && Object.is(actual, expected)) return;
  if (expected instanceof Uint8Array) {
    assert.equal(Object.getPrototypeOf(actual), Uint8Array.prototype, message);
    assert.ok(Buffer.compare(actual, expected) === 0, message);
  } else assert.deepEqual(actual, expected, message);
}

/** Every way in and out. */
const everyWay = (cache, value, message) => everyWayAs(cache, value, value, message);

async function everyWayAs(cache, value, expected, message) {
  assert.equal(await cache.set("set", value), true, message);
  assert.equal(await cache.setIfAbsent("setIfAbsent", value), true, message);
  assert.equal(await cache.setMany([["setMany", value]]), 1, message);
  const keys = ["set", "setIfAbsent", "setMany"];
  const all = await cache.getAll(keys);
  const many = await cache.getMany(keys);
  for (const [i, key] of keys.entries()) {
    same(await cache.get(key), expected, `${message}: ${key}, get`);
    same(all[i], expected, `${message}: ${key}, getAll`);
    same(many.get(key), expected, `${message}: ${key}, getMany`);
  }
  await cache.clear();
}

// The lengths at which a shorter way of writing or reading text ends, and their neighbours.
const LENGTHS = [0, 1, 2, 23, 24, 25, 39, 40, 41, 255, 256, 4_095, 4_096, 4_097, 65_536];
const FILLERS = {
  ascii: "x",
  "Latin-1": "é",
  "two bytes": "ж",
  "three bytes": "日",
  "four bytes": "😀",
  zeros: "\0",
  "U+FFFD": "\ufffd",
  "U+007F": "\x7f",
  "U+0080": "\x80",
};
const LONE = { high: "\ud800", "last high": "\udbff", low: "\udc00", "wrong order": "\udc00\ud800" };

function* texts() {
  for (const length of LENGTHS) {
    const ascii = "x".repeat(length);
    for (const [name, filler] of Object.entries(FILLERS)) yield [`${length} of ${name}`, filler.repeat(length)];
    yield [`${length} and a BOM in front`, `\uFEFF${ascii}`];
    yield [`${length} and a BOM behind`, `${ascii}\uFEFF`];
    yield [`${length} and two BOMs`, `\uFEFF\uFEFF${ascii}`];
    yield [`${length}, the last not ASCII`, `${ascii.slice(1)}é`];
    yield [`${length}, the first not ASCII`, `é${ascii.slice(1)}`];
    for (const [name, lone] of Object.entries(LONE)) {
      yield [`${length} and a lone surrogate (${name}) behind`, `${ascii}${lone}`];
      yield [`${length} and a lone surrogate (${name}) in front`, `${lone}${ascii}`];
      yield [
        `${length} and a lone surrogate (${name}) between pairs`,
        `${"😀".repeat(length >> 1)}${lone}é${"😀".repeat(length >> 1)}`,
      ];
    }
  }
}

both("text of any length in any script, well-formed or not", async (open) => {
  const cache = open({ maxBytes: "64MiB" });
  for (const [name, text] of texts()) await everyWay(cache, text, name);
});

both("numbers, bigints, booleans and null", async (open) => {
  const cache = open();
  const values = [0, -0, 1, -1, 0.1, NaN, Infinity, -Infinity, 2 ** 31, -(2 ** 31), 2 ** 53, Number.MAX_VALUE, Number.MIN_VALUE,
    Number.EPSILON, 0n, 5n, -5n, 2n ** 63n, -(2n ** 64n), 10n ** 4_000n, -(10n ** 5_000n), true, false, null]; // prettier-ignore
  for (const value of values) await everyWay(cache, value, String(value).slice(0, 50));
});

both("byte arrays come back as Uint8Array, copied", async (open) => {
  const cache = open({ maxBytes: "64MiB" });
  for (const length of [...LENGTHS, 4_000_000]) {
    const bytes = Uint8Array.from({ length }, (_, i) => i * 7);
    await everyWay(cache, bytes, `${length} bytes`);
    await everyWay(cache, Buffer.from(bytes), `a Buffer of ${length}`);
  }
  const whole = Uint8Array.from({ length: 100 }, (_, i) => i);
  await everyWay(cache, whole.subarray(10, 30), "a view on the middle of a buffer");
  await cache.set("view", whole.subarray(10, 30));
  const read = await cache.get("view");
  assert.equal(read.buffer.byteLength, 20, "nothing but the value is given out");
});

const OBJECTS = {
  "empty object": {},
  "empty array": [],
  nested: { a: [1, { b: [[], {}, null, ""] }], c: { d: { e: "f" } } },
  "undefined inside": { a: undefined, b: [undefined, null] },
  numbers: [0, 1, -1, 127, 128, 255, 256, -32, -33, -128, -129, 2 ** 16, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1, 2 ** 53, -(2 ** 31), -(2 ** 31) - 1, -(2 ** 53), 0.1, 1.5, 1e300, 5e-324, NaN, Infinity, -Infinity],
  "negative zero": [-0, { z: -0 }],
  bigints: [0n, 1n, -1n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n, 2n ** 64n, -(2n ** 63n), -(2n ** 63n) - 1n, 10n ** 100n],
  Date: new Date(1_700_000_000_123),
  Dates: [0, 1, -1, -1_500, 999, 1_000, 2 ** 32 * 1_000, 2 ** 34 * 1_000 + 7, 8.64e15, -8.64e15].map((ms) => new Date(ms)),
  Map: new Map([["a", 1], ["b", new Map([[1, "one"], [null, undefined]])]]),
  "Map with any keys": new Map([[1, 1], ["1", 2], [{ k: 1 }, 3], [[1], 4], [new Date(5), 5]]),
  "empty Map": new Map(),
  "Map in an object": { map: new Map([[1, 2]]), list: [new Map()] },
  Set: new Set([1, "1", { a: new Set([2]) }]),
  "empty Set": new Set(),
  RegExp: /a+\/b/giu,
  "typed arrays": {
    u8: new Uint8Array([1, 2, 255]), i8: new Int8Array([-1, 1]), u8c: new Uint8ClampedArray([1, 255]),
    u16: new Uint16Array([1, 65_535]), i16: new Int16Array([-1]), u32: new Uint32Array([2 ** 32 - 1]), i32: new Int32Array([-1]),
    f32: new Float32Array([1.5, NaN]), f64: new Float64Array([0.1, -0]), i64: new BigInt64Array([-1n]), u64: new BigUint64Array([2n ** 64n - 1n]),
    empty: new Float64Array(0),
  },
  "a Float64Array itself": new Float64Array([0.1, 2]),
  "a view on the middle of a buffer": new Int16Array([1, 2, 3, 4]).subarray(1, 3),
  ArrayBuffer: { buffer: new Uint8Array([1, 2, 3]).buffer },
  "DataView": new DataView(new Uint8Array([1, 2, 3, 4]).buffer, 1, 2),
  "hostile names": { constructor: "c", toString: 1, valueOf: null, hasOwnProperty: {}, length: 5, then: 1, next: [], "": 2, "\0": 3, a: { constructor: null } },
  "a toJSON that is none": [{ toJSON: "text" }, { constructor: "c", toJSON: "text" }],
  "names like numbers": { 1: "a", 0: "b", "-1": "c", "1.5": "d", "01": "e" },
  "long names": { ["n".repeat(31)]: 1, ["n".repeat(32)]: 2, ["é".repeat(300)]: 3, ["n".repeat(70_000)]: 4 },
  "text of many lengths": [...LENGTHS, 15, 16, 31, 32, 63, 64, 65_535].flatMap((n) => ["x".repeat(n), "é".repeat(n), "😀".repeat(n)]),
  "a BOM in front": ["\uFEFF", "\uFEFFx", `\uFEFF${"x".repeat(40)}`, `\uFEFF${"x".repeat(100)}`, `\uFEFF${"é".repeat(5_000)}`],
  "a BOM in front of a name": { "\uFEFFx": 1, [`\uFEFF${"x".repeat(100)}`]: 2 },
  "a long array": Array.from({ length: 70_000 }, (_, i) => i),
  "many names": Object.fromEntries(Array.from({ length: 70_000 }, (_, i) => [`name ${i}`, i])),
  "a large Map": new Map(Array.from({ length: 70_000 }, (_, i) => [i, `${i}`])),
  "nesting of 500": (() => {
    let value = { bottom: true };
    for (let i = 0; i < 499; i++) value = i % 2 ? [value] : { value };
    return value;
  })(),
}; // prettier-ignore

for (const [name, value] of Object.entries(OBJECTS)) {
  both(`objects: ${name}`, async (open) => {
    const cache = open({ maxBytes: "64MiB" });
    await everyWay(cache, value, name);
  });
}

both("an error keeps its name, its message and its cause", async (open) => {
  const cache = open();
  await cache.set("error", new RangeError("out", { cause: { code: 5 } }));
  const error = await cache.get("error");
  assert.ok(error instanceof RangeError);
  assert.deepEqual([error.name, error.message, error.cause], ["RangeError", "out", { code: 5 }]);
});

both("what stands in one value twice is no cycle", async (open) => {
  const cache = open();
  const twice = { a: 1 };
  await everyWay(cache, [twice, twice, { twice }], "twice");
});

// A wrong value is worse than none: what the codec cannot say must be refused.
const EXACT_OR_REFUSED = {
  "a lone surrogate inside": { text: "a\ud800" },
  "a lone surrogate inside a longer text": ["x".repeat(100) + "\udc00"],
  "a lone surrogate in a name": { "\ud800": 1 },
  "two names that differ in a lone surrogate": { "\ud800": 1, "\ud801": 2 },
  "a lone surrogate in a Map": new Map([["\ud800", "\ud801"]]),
  "an own __proto__": JSON.parse('{ "__proto__": { "a": 1 }, "b": 2 }'),
  "an own __proto__ deep inside": [{ deep: JSON.parse('{ "__proto__": null }') }],
  "__proto__ and its like": JSON.parse('{ "__proto__": 1, "__proto_": 2, "__proto": 3 }'),
};
for (const [name, value] of Object.entries(EXACT_OR_REFUSED)) {
  both(`never a wrong value: ${name}`, async (open) => {
    const cache = open();
    const stored = await cache.set("key", value).catch((error) => error);
    if (stored instanceof CacheError) assert.equal(stored.code, "NOT_SERIALIZABLE");
    else {
      assert.equal(stored, true);
      const read = await cache.get("key");
      assert.deepEqual(read, value);
      assert.deepEqual(JSON.stringify(read), JSON.stringify(value));
    }
    assert.equal({}.a, undefined, "no prototype was touched");
  });
}

const EXACT = {
  Map: new Map([[1, "one"]]),
  "negative zero": -0,
  "a BOM": `\uFEFF${"x".repeat(100)}`,
  "a lone surrogate": "\ud800",
  "an own __proto__": JSON.parse('{ "__proto__": 1 }'),
  Date: new Date(5),
  "a Set of Maps": new Set([new Map([[1, 2]])]),
};
const AROUND = {
  "an array": (value) => [1, [value]],
  "an object": (value) => ({ a: { b: value } }),
  "a Map's value": (value) => new Map([["key", [value]]]),
  "a Map's key": (value) => new Map([[{ value }, 1]]),
  "a Set": (value) => new Set([{ value }]),
  "many names": (value) => ({ ...Object.fromEntries(Array.from({ length: 70_000 }, (_, i) => [i, i])), value }),
  "beside an own __proto__": (value) => Object.assign(JSON.parse('{ "__proto__": 1 }'), { value }),
};
for (const [around, put] of Object.entries(AROUND)) {
  both(`never a wrong value: whatever it is in ${around}`, async (open) => {
    const cache = open({ maxBytes: "64MiB" });
    const values = around === "many names" ? { all: Object.values(EXACT) } : EXACT; // it is slow to compare
    for (const [name, value] of Object.entries(values)) await everyWay(cache, put(value), name);
  });
}

both("never a wrong value: whatever it is in an error", async (open) => {
  const cache = open();
  for (const [name, value] of Object.entries(EXACT)) {
    await cache.set("error", [new RangeError("text", { cause: { value } })]);
    const [error] = await cache.get("error");
    assert.ok(error instanceof RangeError);
    assert.deepEqual(error.cause, { value }, name);
  }
  for (const message of ["\uFEFFtext", `\uFEFF${"x".repeat(100)}`, "\ud800"]) {
    await cache.set("error", new TypeError(message));
    assert.equal((await cache.get("error")).message, message);
  }
});

both("never a wrong value: whatever toJSON gives", async (open) => {
  const cache = open();
  for (const [name, value] of Object.entries(EXACT)) {
    class Converted {
      toJSON() {
        return { value };
      }
    }
    await everyWayAs(cache, [new Converted()], [{ value }], name);
  }
});

both("never a wrong value: whatever it is in an instance of a class", async (open) => {
  const cache = open();
  for (const [name, value] of Object.entries(EXACT)) {
    class Instance {
      value = value;
    }
    await everyWayAs(cache, [new Instance()], [{ value }], name);
  }
});

both("a plain object's own toJSON says what is stored", async (open) => {
  const cache = open();
  await cache.set("key", { secret: 1, toJSON: () => ({ shown: new Set([2]) }) });
  assert.deepEqual(await cache.get("key"), { shown: new Set([2]) });
});

both("what toJSON gives is looked at as well", async (open) => {
  const cycle = [];
  cycle.push(cycle);
  for (const given of [() => 1, { f() {} }, Symbol("s"), { s: [Symbol("s")] }, cycle]) {
    class Converted {
      toJSON() {
        return given;
      }
    }
    const cache = open();
    await refusal(cache.set("key", [new Converted()]), "NOT_SERIALIZABLE");
    await refusal(cache.setMany({ a: 1, key: new Converted() }), "NOT_SERIALIZABLE");
    assert.equal(cache.stats().entries, 0);
  }
});

test("bytes of a stranger construct nothing but values", (t) => {
  const constructed = [];
  globalThis.Evil64Array1 = class {
    constructor(...args) {
      constructed.push(args);
    }
  };
  t.after(() => delete globalThis.Evil64Array1);
  const written = Buffer.from(msgpack.encode([vm.runInNewContext("new Float64Array([1, 2])")]));
  const at = written.indexOf("Float64Array");
  if (at >= 0) written.write("Evil64Array1", at);
  try {
    msgpack.decode(new Uint8Array(written));
  } catch {
    // refusing them is right
  }
  assert.deepEqual(constructed, []);
});

both("values of another realm are what they are", async (open) => {
  const cache = open();
  const run = (source) => vm.runInNewContext(source);
  const table = {
    "new Uint8Array([1, 2])": new Uint8Array([1, 2]),
    "new Map([[1, { a: 2 }]])": new Map([[1, { a: 2 }]]),
    "new Set([1])": new Set([1]),
    "new Date(5)": new Date(5),
    "[1, [2], { a: 3 }]": [1, [2], { a: 3 }],
    "({ list: [new Date(6)], bytes: new Uint8Array(2) })": { list: [new Date(6)], bytes: new Uint8Array(2) },
  };
  for (const [source, expected] of Object.entries(table)) {
    await cache.set("key", run(source));
    assert.deepEqual(await cache.get("key"), expected, source);
  }
});

// ------------------------------------------------------------------------------------------- isolation

const LIVE = {
  object: [() => ({ list: [1], inner: { a: 1 } }), (value) => (value.list.push(2), (value.inner.a = 2))],
  array: [() => [1, 2], (value) => value.splice(0)],
  Map: [() => new Map([["a", [1]]]), (value) => value.get("a").push(2)],
  Set: [() => new Set([1]), (value) => value.clear()],
  Date: [() => new Date(5), (value) => value.setTime(6)],
  "Date inside": [() => [new Date(5)], (value) => value[0].setTime(6)],
  Uint8Array: [() => new Uint8Array([1, 2, 3]), (value) => value.fill(9)],
  "large Uint8Array": [() => new Uint8Array(100_000), (value) => value.fill(9)],
  "bytes inside": [() => ({ bytes: new Uint8Array([1, 2, 3]) }), (value) => value.bytes.fill(9)],
  "numbers inside": [() => ({ numbers: new Float64Array([1, 2, 3]) }), (value) => value.numbers.fill(9)],
  ArrayBuffer: [() => [new ArrayBuffer(4)], (value) => new Uint8Array(value[0]).fill(9)],
};
for (const [name, [make, change]] of Object.entries(LIVE)) {
  both(`nobody changes what another reads: ${name}`, async (open) => {
    const cache = open();
    const given = make();
    await cache.set("set", given);
    await cache.setMany([["setMany", given], ["again", given]]); // prettier-ignore
    change(given);
    const keys = ["set", "setMany", "again"];
    const everyRead = async () => [
      ...(await Promise.all(keys.map((key) => cache.get(key)))),
      ...(await cache.getAll(keys)),
      ...(await cache.getMany(keys)).values(),
    ];
    for (const value of await everyRead()) assert.deepEqual(value, make(), "after the given value changed");
    for (const value of await everyRead()) change(value);
    for (const value of await everyRead()) assert.deepEqual(value, make(), "after what was read changed");
  });
}

both("what was read stays as it is, whatever happens to the cache", async (open) => {
  const cache = open({ maxBytes: "8MiB" });
  const bytes = Uint8Array.from({ length: 10_000 }, (_, i) => i);
  await cache.setMany({ bytes, object: { bytes, text: "é".repeat(5_000) }, text: "é".repeat(10_000) });
  const read = [
    await cache.get("bytes"),
    await cache.get("object"),
    await cache.get("text"),
    ...(await cache.getAll(["bytes", "object"])),
  ];
  for (let i = 0; i < 200; i++) await cache.set(`filler ${i}`, new Uint8Array(100_000).fill(i));
  await cache.close();
  assert.deepEqual(read, [
    bytes,
    { bytes, text: "é".repeat(5_000) },
    "é".repeat(10_000),
    bytes,
    { bytes, text: "é".repeat(5_000) },
  ]);
});

both("a value that lies in shared memory or in the engine's own is copied", async (open) => {
  const cache = open();
  const shared = new Uint8Array(new SharedArrayBuffer(4));
  shared.set([1, 2, 3, 4]);
  await cache.set("shared", shared);
  shared.fill(0);
  assert.deepEqual(await cache.get("shared"), new Uint8Array([1, 2, 3, 4]));
});

// ---------------------------------------------------------------------------------------------- codecs

/** A codec that writes down what it was asked. */
function spy(codec = json) {
  const calls = [];
  return {
    name: "spy",
    calls,
    encode(value) {
      calls.push(["encode", value]);
      return codec.encode(value);
    },
    decode(bytes) {
      calls.push(["decode", bytes]);
      return codec.decode(bytes);
    },
  };
}

both("a codec sees objects, and nothing that has a way of its own", async (open) => {
  const codec = spy();
  const cache = open({ codec });
  const plain = [
    "",
    "text",
    "x".repeat(10_000),
    "\ud800",
    0,
    NaN,
    5n,
    true,
    false,
    null,
    new Uint8Array(5),
    Buffer.from("abc"),
  ];
  for (const value of plain) await everyWay(cache, value, String(value));
  assert.deepEqual(codec.calls, []);
  const value = { a: [1] };
  await cache.set("key", value);
  assert.deepEqual(codec.calls.map(([what]) => what), ["encode"]); // prettier-ignore
  assert.equal(codec.calls[0][1], value, "the value itself");
  assert.deepEqual(await cache.get("key"), value);
  const [what, bytes] = codec.calls[1];
  assert.equal(what, "decode");
  assert.equal(Object.getPrototypeOf(bytes), Uint8Array.prototype);
  assert.deepEqual(bytes, json.encode(value));
  assert.equal(bytes.buffer.byteLength, bytes.length, "and none of the engine's memory");
  bytes.fill(0);
  assert.deepEqual(await cache.get("key"), value);
  for (const call of [() => cache.has("key"), () => cache.ttl("key"), () => cache.delete("key")]) {
    const before = codec.calls.length;
    await call();
    assert.equal(codec.calls.length, before);
  }
});

both("a codec's `this` is the codec", async (open) => {
  class Counting {
    name = "counting";
    encoded = 0;
    encode(value) {
      this.encoded++;
      return json.encode(value);
    }
    decode(bytes) {
      assert.equal(this.encoded, 1);
      return json.decode(bytes);
    }
  }
  const cache = open({ codec: new Counting() });
  await cache.set("key", [1]);
  assert.deepEqual(await cache.get("key"), [1]);
});

both("what hides all that it holds would come back empty, and is refused", async (open) => {
  for (const codec of [msgpack, json]) {
    const cache = open({ codec });
    const hidden = [
      new Response("x"),
      new Blob(["x"]),
      new Headers(),
      new WeakRef({}),
      [1].values(),
      new SharedArrayBuffer(1),
    ];
    for (const value of hidden) {
      await refusal(cache.set("key", value), "NOT_SERIALIZABLE");
      await refusal(cache.set("key", { in: [value] }), "NOT_SERIALIZABLE");
    }
    const tagged = { get [Symbol.toStringTag]() { return "Tagged"; }, a: 1 }; // prettier-ignore
    await cache.setMany({ url: new URL("http://a/"), tagged });
    assert.deepEqual(await cache.getAll(["url", "tagged"]), ["http://a/", { a: 1 }]);
  }
});

both("what no codec may see is refused before it is asked", async (open) => {
  const codec = spy({ ...json, encode: () => new Uint8Array(1) });
  const cache = open({ codec });
  const cycle = [];
  cycle.push({ cycle });
  for (const value of [undefined, () => 1, Symbol("s"), { f() {} }, cycle, new Map([[1, () => 1]])]) {
    await refusal(cache.set("key", value), "NOT_SERIALIZABLE");
  }
  assert.deepEqual(codec.calls, []);
});

both("a codec that cannot write: NOT_SERIALIZABLE with the cause, and nothing changes", async (open) => {
  const cause = new RangeError("cannot write");
  let give = () => json.encode("fine");
  const cache = open({ codec: { name: "broken", encode: () => give(), decode: json.decode } });
  await cache.set("key", {});
  const before = counts(cache);
  give = () => {
    throw cause;
  };
  for (const call of [
    () => cache.set("key", {}),
    () => cache.setIfAbsent("new", {}),
    () => cache.setMany([["key", 1], ["new", {}]]), // prettier-ignore
  ]) {
    assert.equal((await refusal(call(), "NOT_SERIALIZABLE")).cause, cause);
  }
  for (const result of [
    undefined,
    null,
    "text",
    [1],
    new ArrayBuffer(4),
    Promise.resolve(new Uint8Array(1)),
    { length: 3 },
  ]) {
    give = () => result;
    await refusal(cache.set("key", {}), "NOT_SERIALIZABLE");
    await refusal(cache.setMany({ key: 1, new: {} }), "NOT_SERIALIZABLE");
  }
  assert.deepEqual(counts(cache), before);
  assert.equal(await cache.get("key"), "fine");
});

both("a codec that cannot read gives an error with the cause, and the entry can be replaced", async (open) => {
  const cause = new Error("cannot read");
  const codec = {
    name: "broken",
    encode: json.encode,
    decode() {
      throw cause;
    },
  };
  const cache = open({ codec });
  await cache.setMany({ object: {}, text: "text" });
  for (const call of [
    () => cache.get("object"),
    () => cache.getAll(["text", "object"]),
    () => cache.getMany(["object"]),
  ]) {
    const error = await call().then(assert.fail, (given) => given);
    assert.ok(error instanceof CacheError, String(error));
    assert.equal(error.cause, cause);
  }
  assert.equal(await cache.get("text"), "text");
  assert.equal(await cache.set("object", 1), true);
  assert.equal(await cache.get("object"), 1);
});

both("a codec may reuse its buffer, and give a Buffer or an empty array", async (open) => {
  const buffer = new Uint8Array(100);
  const reusing = {
    name: "reusing",
    encode(value) {
      buffer[0] = value.n;
      return buffer.subarray(0, 1);
    },
    decode: (bytes) => ({ n: bytes[0] }),
  };
  const cache = open({ codec: reusing });
  await cache.set("a", { n: 1 });
  await cache.setMany([["b", { n: 2 }], ["c", { n: 3 }]]); // prettier-ignore
  assert.deepEqual(await cache.getAll(["a", "b", "c"]), [{ n: 1 }, { n: 2 }, { n: 3 }]);
  const buffers = open({ codec: { name: "buffers", encode: () => Buffer.from("abc"), decode: (bytes) => [...bytes] } });
  await buffers.set("key", {});
  assert.deepEqual(await buffers.get("key"), [97, 98, 99]);
  const empty = open({ codec: { name: "empty", encode: () => new Uint8Array(0), decode: (bytes) => [bytes.length] } });
  await empty.set("key", {});
  assert.deepEqual(await empty.get("key"), [0]);
});

test("a codec may use the cache while it is asked", () => {
  for (const where of ["the same cache", "another cache"]) {
    const other = new SyncCache();
    let depth = 0;
    const meddle = () => {
      if (depth > 0) return;
      depth++;
      const target = where === "the same cache" ? cache : other;
      target.set("meddled", "m".repeat(3_000));
      target.set("meddled object", { meddled: [1, 2, 3] });
      target.get("value");
      target.setMany({ many: 1, "more of them": "x".repeat(100_000), object: { a: 1 } });
      target.getAll(["many", "meddled", "value"]);
      target.increment("count");
      target.deletePattern("more*");
      for (const _ of target.keys()) void _;
      depth--;
    };
    const codec = {
      name: "meddling",
      encode(value) {
        const bytes = json.encode(value);
        meddle();
        return bytes;
      },
      decode(bytes) {
        meddle();
        return json.decode(bytes);
      },
    };
    const cache = new SyncCache({ codec, maxBytes: "64MiB" });
    assert.equal(cache.set("value", { v: 1 }), true);
    assert.deepEqual(cache.get("value"), { v: 1 });
    assert.equal(cache.setMany([["a", "plain"], ["b", { b: 1 }], ["c", "é".repeat(50)], ["d", { d: 1 }]]), 4); // prettier-ignore
    assert.deepEqual(cache.getAll(["a", "b", "none", "c", "d"]), [
      "plain",
      { b: 1 },
      undefined,
      "é".repeat(50),
      { d: 1 },
    ]);
    assert.deepEqual([...cache.getMany(["d", "a"])], [["d", { d: 1 }], ["a", "plain"]]); // prettier-ignore
    assert.equal(cache.setIfAbsent("fresh", { f: 1 }), true);
    assert.deepEqual(cache.get("fresh"), { f: 1 });
    cache.close();
    other.close();
  }
});

test("values whose getters and toJSON use the cache, with the default codec", () => {
  const cache = new SyncCache({ maxBytes: "64MiB" });
  const inner = { inner: "x".repeat(50), list: [1, 2, 3], large: "y".repeat(30_000) };
  class Meddling {
    toJSON() {
      cache.set("inner", inner);
      return { got: cache.get("inner").list };
    }
  }
  const value = {
    before: "b".repeat(40),
    get middle() {
      cache.set("inner", inner);
      return cache.get("inner").list;
    },
    json: new Meddling(),
    after: "a".repeat(40),
  };
  const expected = { before: "b".repeat(40), middle: [1, 2, 3], json: { got: [1, 2, 3] }, after: "a".repeat(40) };
  cache.set("outer", value);
  assert.deepEqual(cache.get("outer"), expected);
  cache.setMany([["one", value], ["two", value]]); // prettier-ignore
  assert.deepEqual(cache.getAll(["one", "two", "inner"]), [expected, expected, inner]);
  cache.close();
});

test("a codec that closes the cache it is asked by", () => {
  for (const method of ["set", "setIfAbsent", "setMany"]) {
    const codec = {
      name: "closing",
      encode(value) {
        cache.close();
        return json.encode(value);
      },
      decode: json.decode,
    };
    const cache = new SyncCache({ codec });
    cache.set("key", 1);
    const args = method === "setMany" ? [[["a", 1], ["b", {}], ["c", 2]]] : ["key 2", {}]; // prettier-ignore
    thrown(() => cache[method](...args), "CLOSED");
    assert.equal(cache.closed, true);
  }
  const cache = new SyncCache({
    codec: {
      name: "closing",
      encode: json.encode,
      decode(bytes) {
        cache.close();
        return json.decode(bytes);
      },
    },
  });
  cache.setMany({ a: { a: 1 }, b: { b: 1 } });
  assert.deepEqual(cache.getAll(["a", "b"]), [{ a: 1 }, { b: 1 }]);
  thrown(() => cache.get("a"), "CLOSED");
});

both("the JSON codec says what JSON says", async (open) => {
  const cache = open({ codec: json });
  const value = {
    date: new Date(5),
    map: new Map([[1, 2]]),
    missing: undefined,
    list: [undefined, NaN],
    text: "\ud800\uFEFF😀",
  };
  await cache.set("key", value);
  assert.deepEqual(await cache.get("key"), JSON.parse(JSON.stringify(value)));
  await refusal(cache.set("key", { big: 5n }), "NOT_SERIALIZABLE");
  assert.deepEqual(await cache.get("key"), JSON.parse(JSON.stringify(value)));
  class Silent {
    toJSON() {}
  }
  await refusal(cache.set("key", new Silent()), "NOT_SERIALIZABLE");
  await everyWay(cache, { a: [1, "b", null, true, { c: "é".repeat(5_000) }] }, "plain data");
});

test("the codecs stand on their own", () => {
  for (const codec of [msgpack, json]) {
    assert.equal(typeof codec.name, "string");
    const values = [{ a: 1 }, [1, "two", null, true], "text", 5, null, { deep: [{}, []] }];
    const written = values.map((value) => codec.encode(value));
    for (const [i, bytes] of written.entries()) {
      assert.ok(bytes instanceof Uint8Array);
      assert.deepEqual(codec.decode(bytes), values[i], "each keeps its own bytes");
    }
  }
  // As the MessagePack specification has it, short and long.
  assert.deepEqual(msgpack.decode(new Uint8Array([0xde, 0, 1, 0xd9, 1, 0x61, 0xd1, 0xff, 0xff])), { a: -1 });
  assert.deepEqual(msgpack.decode(new Uint8Array([0x82, 0xa1, 0x61, 0x01, 0xa1, 0x62, 0xc0])), { a: 1, b: null });
});

test("two caches with codecs of their own", async () => {
  const time = newTime();
  for (const open of Object.values(opens)) {
    const one = open({ clock: time.clock });
    const two = open({ clock: time.clock, codec: json });
    await one.set("key", new Map([["a", 1]]));
    await two.set("key", { b: new Date(0) });
    assert.deepEqual(await one.get("key"), new Map([["a", 1]]));
    assert.deepEqual(await two.get("key"), { b: "1970-01-01T00:00:00.000Z" });
  }
});

test("a value kept under one codec and read by `getOrSet`", async () => {
  const cache = new Cache();
  const value = { list: [1] };
  assert.deepEqual(await cache.getOrSet("key", () => value), { list: [1] });
  value.list.push(2);
  assert.deepEqual(await cache.get("key"), { list: [1] });
});

test("bytes are as long as they are, whatever they say", () => {
  const cache = new SyncCache();
  for (const length of [0, 1, 1_000_000]) {
    const bytes = Object.defineProperty(new Uint8Array(50_000).fill(7), "length", { value: length });
    cache.set("honest", "here");
    cache.set("bytes", bytes);
    const back = cache.get("bytes");
    assert.equal(back.length, 50_000);
    assert.ok(back.every((byte) => byte === 7));
    assert.equal(cache.get("honest"), "here");
  }
});

test("what only looks like a value is refused", () => {
  const cache = new SyncCache();
  const throwing = {
    get name() {
      throw new Error("no");
    },
  };
  for (const value of [new Proxy(new Uint8Array(4), {}), throwing, new Number(3), new String("x"), new Boolean(true)]) {
    assert.throws(() => cache.set("key", value), { code: "NOT_SERIALIZABLE" });
  }
});
