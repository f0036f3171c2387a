// What the standard does not say of cacheStorage: that the cache bounds it, and what else follows from being in one.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Cache, SyncCache } from "isocache";
import { cacheStorage, HttpCache } from "isocache/http";
import { deferred, keysOf, newTime, randomFrom, refusal, settled, thrown } from "./helpers.mjs";

const A = "http://a.test/";
const body = (length) => new Response("x".repeat(length));
const text = async (response) => (await response)?.text();
const urls = async (cache) => (await cache.keys()).map(({ url }) => url.replace(A, ""));
const named = (name) => (error) => error instanceof DOMException && error.name === name;

async function opened(options) {
  const cache = new Cache(options);
  const caches = cacheStorage(cache);
  return { cache, caches, stored: await caches.open("v1") };
}

describe("eviction", () => {
  test("what is evicted is gone from match, keys and delete alike", async () => {
    const { cache, caches, stored } = await opened({ maxBytes: "64KiB", maxEntryBytes: "32KiB" });
    for (let i = 0; i < 100; i++) await stored.put(`${A}${i}`, body(2_000));
    const there = await urls(stored);
    assert.ok(there.length > 10 && there.length < 32, String(there.length));
    assert.deepEqual(
      there,
      Array.from({ length: there.length }, (_, i) => String(100 - there.length + i)),
      "the latest, in order",
    );
    for (let i = 0; i < 100; i++) {
      const present = there.includes(String(i));
      assert.equal((await stored.match(`${A}${i}`)) !== undefined, present, String(i));
      assert.equal((await stored.matchAll(`${A}${i}`)).length, Number(present));
      assert.equal((await stored.keys(`${A}${i}`)).length, Number(present));
    }
    assert.equal((await stored.matchAll()).length, there.length);
    assert.equal(await stored.delete(`${A}0`), false);
    assert.equal(await stored.delete(`${A}99`), true);
    assert.deepEqual(await caches.keys(), ["v1"]);
    assert.ok(cache.stats().bytes <= 64 * 1024);
  });

  test("what leads to a response outlives it, however much else is stored", async () => {
    const { cache, caches, stored } = await opened({ maxBytes: "64KiB" });
    await stored.put(`${A}used`, body(500));
    for (let i = 0; i < 1_000; i++) {
      await cache.set(`data:${i}`, "x".repeat(500));
      if (i % 10 === 0) assert.equal((await text(caches.match(`${A}used`))).length, 500, String(i));
    }
    assert.deepEqual(await caches.keys(), ["v1"]);
  });

  test("a cache that is held is named again when its name was lost", async () => {
    const { cache, caches, stored } = await opened();
    await stored.put(A, new Response("x"));
    await cache.delete("cache-storage:names");
    assert.deepEqual(await caches.keys(), []);
    assert.equal(await caches.has("v1"), false);
    assert.equal(await text(stored.match(A)), "x");
    assert.deepEqual(await caches.keys(), ["v1"]);
    assert.equal(await text(caches.match(A)), "x", "with all that is in it");
    await cache.clear();
    await stored.put(A, new Response("y"));
    assert.equal(await text(caches.match(A)), "y");
  });

  test("unless another has that name by now: then both are that one", async () => {
    const { cache, caches, stored } = await opened();
    await cache.clear();
    const other = await caches.open("v1");
    await other.put(A, new Response("other"));
    assert.equal(await text(stored.match(A)), "other");
    await stored.put(A, new Response("both"));
    assert.equal(await text(other.match(A)), "both");
  });

  test("a cache that was deleted does not come back that way", async () => {
    const { caches, stored } = await opened();
    await caches.delete("v1");
    await stored.put(A, new Response("x"));
    assert.equal(await text(stored.match(A)), "x");
    assert.deepEqual([await caches.keys(), await caches.match(A)], [[], undefined]);
  });

  test("an index that is lost takes its responses along", async () => {
    const { cache, stored } = await opened();
    await stored.put(A, new Response("x"));
    const index = (await keysOf(cache)).find((key) => key.endsWith(` ${A}`));
    await cache.delete(index);
    assert.deepEqual([await stored.match(A), await stored.keys(), await stored.delete(A)], [undefined, [], false]);
    await stored.put(A, new Response("y"));
    assert.equal(await text(stored.match(A)), "y");
  });

  test("a URL has a hundred variants at most, the latest", async () => {
    const { cache, stored } = await opened();
    const of = (n) => new Request(A, { headers: { "x-n": String(n) } });
    for (let n = 0; n < 130; n++) await stored.put(of(n), new Response(String(n), { headers: { vary: "X-N" } }));
    assert.equal((await stored.keys()).length, 100);
    assert.deepEqual([await stored.match(of(29)), await text(stored.match(of(30)))], [undefined, "30"]);
    assert.equal(cache.stats().entries, 102, "names, an index, responses");
  });

  test("variants that are gone leave their index with the next write", async () => {
    const { cache, stored } = await opened();
    const of = (n, headers = { vary: "X-N" }) => [
      new Request(A, { headers: { "x-n": String(n) } }),
      new Response(String(n), { headers }),
    ];
    for (let n = 0; n < 3; n++) await stored.put(...of(n));
    const size = () => cache.getItem(index).then((item) => item.size);
    const keys = await keysOf(cache);
    const index = keys.find((key) => key.endsWith(` ${A}`));
    const before = await size();
    for (const key of keys.filter((key) => key.includes("#"))) await cache.delete(key);
    await stored.put(...of(9));
    assert.ok((await size()) < before);
    assert.equal((await stored.keys()).length, 1);
  });

  test("a default TTL is one for responses; names stay", async () => {
    const time = newTime();
    const { caches, stored } = await opened({ clock: time.clock, defaultTtl: 60 });
    await stored.put(A, new Response("x"));
    time.pass(59_999);
    assert.equal(await text(stored.match(A)), "x");
    time.pass(1);
    assert.deepEqual([await stored.match(A), await stored.keys(), await caches.keys()], [undefined, [], ["v1"]]);
  });
});

describe("size", () => {
  test("a response that is larger than an entry may be: QuotaExceededError, and nothing changes", async () => {
    const { stored } = await opened({ maxEntryBytes: 10_000 });
    await stored.put(A, new Response("small"));
    await assert.rejects(stored.put(A, body(10_000)), named("QuotaExceededError"));
    assert.equal(await text(stored.match(A)), "small");
    await stored.put(A, body(9_000));
    assert.equal((await text(stored.match(A))).length, 9_000);
  });

  test("it is not read to its end", async () => {
    const { stored } = await opened({ maxEntryBytes: 10_000 });
    const chunk = new Uint8Array(1_000);
    let pulled = 0;
    let cancelled = false;
    const endless = new ReadableStream({
      pull: (controller) => {
        pulled++;
        controller.enqueue(chunk);
      },
      cancel: () => {
        cancelled = true;
      },
    });
    await assert.rejects(stored.put(A, new Response(endless)), named("QuotaExceededError"));
    assert.ok(pulled < 15 && cancelled, String(pulled));
  });

  test("a request whose fields are larger than an entry may be", async () => {
    const { cache, stored } = await opened({ maxEntryBytes: 10_000 });
    await stored.put(A, new Response("small"));
    const large = new Request(A, { headers: { "x-large": "x".repeat(10_000) } });
    await assert.rejects(stored.put(large, new Response("x")), named("QuotaExceededError"));
    assert.equal(await text(stored.match(A)), "small");
    assert.equal(cache.stats().entries, 3);
  });

  test("more variants than an index holds: the latest stay", async () => {
    const { cache, stored } = await opened({ maxEntryBytes: 10_000 });
    const of = (n) => new Request(A, { headers: { "x-n": `${n}${"x".repeat(500)}` } });
    for (let n = 0; n < 20; n++) await stored.put(of(n), new Response(String(n), { headers: { vary: "X-N" } }));
    const there = await Promise.all(
      (await stored.matchAll(A, { ignoreVary: true })).map((response) => response.text()),
    );
    assert.ok(there.length > 2 && there.length < 20, String(there.length));
    assert.equal(there.at(-1), "19");
    assert.equal(cache.stats().entries, 2 + there.length, "the others' responses are gone");
  });

  test("more names than an entry holds", async () => {
    const { caches } = await opened({ maxEntryBytes: 1_000 });
    await assert.rejects(async () => {
      for (let i = 0; i < 1_000; i++) await caches.open(`name ${i}`);
    }, named("QuotaExceededError"));
    assert.ok((await caches.keys()).length > 10, "those that there were are still there");
  });
});

describe("deleted caches", () => {
  test("are freed at once where nobody holds them", async () => {
    const cache = new Cache();
    await (async () => (await cacheStorage(cache).open("v1")).put(A, body(1_000)))();
    await settled();
    global.gc?.();
    await settled();
    await cacheStorage(cache).delete("v1");
    assert.deepEqual(await keysOf(cache), ["cache-storage:names"]);
  });

  test("and otherwise when nobody does any more", { skip: !global.gc && "needs --expose-gc" }, async () => {
    const cache = new Cache();
    await (async () => {
      const held = await cacheStorage(cache).open("v1");
      await held.put(A, body(1_000));
      await cacheStorage(cache).delete("v1");
      assert.equal((await text(held.match(A))).length, 1_000);
    })();
    for (let i = 0; i < 100 && cache.stats().entries > 1; i++) {
      await settled();
      global.gc();
    }
    assert.deepEqual(await keysOf(cache), ["cache-storage:names"]);
  });
});

describe("deleted and restored", () => {
  test(
    "a cache that a snapshot brought back stays, though one who held it is gone",
    { skip: !global.gc && "needs --expose-gc" },
    async () => {
      const cache = new Cache();
      await (async () => {
        const held = await cacheStorage(cache).open("v1");
        await held.put(A, body(1_000));
        const bytes = await cache.snapshot();
        await cacheStorage(cache).delete("v1");
        await cache.restore(bytes);
      })();
      for (let i = 0; i < 30; i++) {
        await settled();
        global.gc();
      }
      assert.equal((await text(cacheStorage(cache).match(A))).length, 1_000);
    },
  );
});

describe("the cache underneath", () => {
  test("several over one cache see the same; data and HttpCache do not", async () => {
    const { cache, caches, stored } = await opened();
    const headers = { "cache-control": "max-age=60" };
    const http = new HttpCache({ cache, fetch: async () => new Response("from HttpCache", { headers }) });
    await cache.set(A, "data");
    await stored.put(A, new Response("stored"));
    assert.equal(await text(http.fetch(A)), "from HttpCache");
    assert.equal(await text(cacheStorage(cache).match(A)), "stored");
    assert.deepEqual(await cacheStorage(cache).keys(), ["v1"]);
    assert.equal(await cache.get(A), "data");
    assert.equal(await cacheStorage(cache.withScope("other")).has("v1"), false);
    await caches.delete("v1");
    assert.equal(await text(http.fetch(A)), "from HttpCache");
    assert.equal(await cache.get(A), "data");
  });

  test("a snapshot has them, in their order", async () => {
    const { cache, stored } = await opened();
    for (const url of ["b", "a", "c"]) await stored.put(`${A}${url}`, new Response(url, { statusText: "Yes" }));
    const next = new Cache();
    await next.restore(await cache.snapshot());
    const caches = cacheStorage(next);
    assert.deepEqual(await caches.keys(), ["v1"]);
    const again = await caches.open("v1");
    assert.deepEqual(await urls(again), ["b", "a", "c"]);
    await again.put(`${A}b`, new Response("new"));
    assert.deepEqual(await urls(again), ["a", "c", "b"]);
    assert.equal((await again.match(`${A}a`)).statusText, "Yes");
  });

  test("by reference, nobody can change what is stored, and sizeOf is not asked", async () => {
    const sizeOf = () => assert.fail("asked for the size of what is not the owner's");
    const { cache, stored } = await opened({ values: "reference", sizeOf });
    await stored.put(A, new Response(new Uint8Array(1_000)));
    const given = new Uint8Array(await (await stored.match(A)).arrayBuffer());
    given.fill(1);
    assert.equal(new Uint8Array(await (await stored.match(A)).arrayBuffer())[0], 0);
    assert.ok(cache.stats().bytes > 1_000);
  });

  test("a match counts as a hit or a miss, once", async () => {
    const { cache, caches, stored } = await opened();
    await stored.put(A, new Response("x"));
    cache.resetStats();
    await stored.match(A);
    await stored.match(`${A}none`);
    await caches.keys();
    await stored.keys();
    const { hits, misses } = cache.stats();
    assert.deepEqual([hits, misses], [1, 1]);
  });

  test("a cache that is switched off stores nothing, and nothing is wrong", async () => {
    const { caches, stored } = await opened({ enabled: false });
    await stored.put(A, new Response("x"));
    assert.deepEqual([await stored.match(A), await stored.keys(), await caches.keys()], [undefined, [], []]);
    assert.equal(await caches.delete("v1"), false);
  });

  test("errors of the cache are its own", async () => {
    const { cache, caches, stored } = await opened();
    await refusal(stored.put(`${A}${"x".repeat(70_000)}`, new Response("x")), "INVALID_KEY");
    await cache.close();
    await refusal(caches.open("v1"), "CLOSED");
    await refusal(caches.keys(), "CLOSED");
    await refusal(stored.match(A), "CLOSED");
    await refusal(stored.put(A, new Response("x")), "CLOSED");
    thrown(() => cacheStorage(cache), "CLOSED");
    for (const none of [undefined, null, {}, new Map(), new SyncCache()])
      thrown(() => cacheStorage(none), "INVALID_OPTION");
  });
});

describe("at the same time", () => {
  test("a response that is being replaced is never missing", async () => {
    const { stored } = await opened();
    await stored.put(A, new Response("0"));
    for (let i = 1; i <= 20; i++) {
      const putting = stored.put(A, new Response(String(i)));
      const found = [];
      for (let turn = 0; turn < 30; turn++) {
        found.push(stored.match(A).then(text));
        await Promise.resolve();
      }
      await putting;
      for (const one of await Promise.all(found)) assert.ok([String(i - 1), String(i)].includes(one), String(one));
    }
  });

  test("nor one that is replaced between the two reads of a match", async (t) => {
    const { stored } = await opened();
    await stored.put(A, new Response("old"));
    const { peek } = Cache.prototype;
    let replaced = false;
    t.mock.method(Cache.prototype, "peek", async function (key) {
      if (key.includes("#") && !replaced) {
        replaced = true;
        await stored.put(A, new Response("new"));
      }
      return peek.call(this, key);
    });
    assert.equal(await text(stored.match(A)), "new");
  });

  test("addAll keeps its order, whichever comes first", async (t) => {
    const { stored } = await opened();
    const { promise, resolve } = deferred();
    t.mock.method(globalThis, "fetch", async ({ url }) => {
      if (url.endsWith("late")) await promise;
      else settled().then(resolve);
      return new Response(url);
    });
    await stored.addAll([`${A}late`, `${A}early`]);
    assert.deepEqual(await urls(stored), ["late", "early"]);
  });

  test("two addAll that meet do not wait for each other", { timeout: 10_000 }, async (t) => {
    const { stored } = await opened();
    t.mock.method(globalThis, "fetch", async ({ url }) => new Response(url));
    const all = [`${A}a`, `${A}b`, `${A}c`];
    await Promise.all([stored.addAll(all), stored.addAll(all.toReversed())]);
    assert.deepEqual((await urls(stored)).sort(), ["a", "b", "c"]);
  });

  test("when one of addAll fails, the others are aborted", async (t) => {
    const { stored } = await opened();
    const signals = [];
    t.mock.method(globalThis, "fetch", async (request, { signal }) => {
      signals.push(signal);
      return request.url.endsWith("bad") ? new Response("no", { status: 500 }) : new Promise(() => {});
    });
    await assert.rejects(stored.addAll([`${A}good`, `${A}bad`]), TypeError);
    assert.deepEqual(
      signals.map(({ aborted }) => aborted),
      [true, true],
    );
  });

  test("a request that is aborted while it is fetched", async (t) => {
    const { stored } = await opened();
    const controller = new AbortController();
    t.mock.method(globalThis, "fetch", (request, { signal }) => {
      controller.abort(new RangeError("enough"));
      return new Promise((_, reject) => (signal.aborted ? reject(signal.reason) : undefined));
    });
    await assert.rejects(stored.add(new Request(A, { signal: controller.signal })), RangeError);
  });
});

describe("responses", () => {
  test("several Set-Cookie, and where they came from; a clone does not know", async () => {
    const { stored } = await opened();
    const response = new Response("x", {
      headers: [
        ["set-cookie", "a=1"],
        ["set-cookie", "b=2, c"],
      ],
    });
    Object.defineProperty(response, "url", { value: `${A}from` });
    await stored.put(A, response);
    const found = await stored.match(A);
    assert.deepEqual(found.headers.getSetCookie(), ["a=1", "b=2, c"]);
    assert.deepEqual([found.url, found.clone().url], [`${A}from`, ""]);
  });

  test("those that cannot be made again are refused", async () => {
    const { stored } = await opened();
    for (const response of [Response.error(), { status: 0, headers: new Headers(), body: null }]) {
      await assert.rejects(stored.put(A, response), TypeError);
    }
    assert.deepEqual(await stored.keys(), []);
  });

  test("requests and responses of another class", async () => {
    const { stored } = await opened();
    const request = { url: A, method: "GET", headers: new Headers({ a: "b" }) };
    const { status, statusText, headers, body } = new Response("x");
    await stored.put(request, { status, statusText, headers, body });
    assert.equal(await text(stored.match(request)), "x");
  });

  test("a URL relative to nothing", async () => {
    const { stored } = await opened();
    await assert.rejects(stored.match("/a"), TypeError);
  });
});

// The obvious model: a list. What a bounded cache has of it must be a part of it, in its order; without a bound, all.
describe("as a list", () => {
  for (const [title, options, whole] of [
    ["unbounded", {}, true],
    ["bounded", { maxBytes: "16KiB", maxEntryBytes: "8KiB" }, false],
    ["bounded, sieve", { maxBytes: "16KiB", maxEntryBytes: "8KiB", policy: "sieve" }, false],
    ["bounded, w-tinylfu, by reference", { maxBytes: "16KiB", policy: "w-tinylfu", values: "reference" }, false],
  ]) {
    for (const seed of [1, 2]) {
      test(`${title}, seed ${seed}`, async () => {
        const random = randomFrom(seed);
        const { stored } = await opened(options);
        let model = [];
        for (let step = 0; step < 250; step++) {
          const url = `${A}${Math.floor(random() * 12)}${random() < 0.3 ? "?q" : ""}`;
          const lang = ["en", "de"][Math.floor(random() * 2)];
          const request = new Request(url, { headers: { "x-lang": lang } });
          const varies = random() < 0.5;
          const selects = (item) => item.url === url && (!item.varies || item.lang === lang);
          if (random() < 0.6) {
            const value = `${step} ${"x".repeat(random() * 2_000)}`;
            await stored.put(request, new Response(value, varies ? { headers: { vary: "x-lang" } } : {}));
            model = [...model.filter((item) => !selects(item)), { url, lang, varies, value }];
          } else if (random() < 0.3) {
            const deleted = await stored.delete(request);
            if (whole) assert.equal(deleted, model.some(selects));
            model = model.filter((item) => !selects(item));
          }
          const found = await Promise.all((await stored.matchAll(request)).map((response) => response.text()));
          assertPart(
            found,
            model.filter(selects).map(({ value }) => value),
            whole,
          );
          const keys = (await stored.keys()).map((key) => `${key.url} ${key.headers.get("x-lang")}`);
          assertPart(
            keys,
            model.map((item) => `${item.url} ${item.lang}`),
            whole,
          );
          assert.equal(await text(stored.match(request)), found[0]);
        }
      });
    }
  }
});

function assertPart(part, all, whole) {
  if (whole) return assert.deepEqual(part, all);
  let from = 0;
  for (const one of part) {
    from = all.indexOf(one, from) + 1;
    assert.notEqual(from, 0, `${one.slice(0, 40)} is not there, or not there any more`);
  }
}
