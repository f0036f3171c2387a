// What the standard says of CacheStorage and Cache, as a table that runs over any implementation, in Node, workerd and
// pages: over ours, and over those of browsers, so that our reading of the standard is checked against theirs.
//
// A case gets { caches, cache, base }: a storage without caches, a cache in it, and the URL of the origin in
// cache-storage.origin.mjs. What it gives must equal `expected`. `differs` names the runtime that gives something else, and
// what; no case may have two. Chromium keeps one response for a URL, whatever it varies by, and compares fragments in
// addAll; Firefox takes an empty field for an absent one, and an aborted request for one that failed. In
// workerd `Request` takes passwords, and `fetch` rejects with an Error.

/** How a promise ended: "fulfilled", or the error's name. */
const end = async (promise) => {
  try {
    await promise;
    return "fulfilled";
  } catch (error) {
    return error.name;
  }
};
const text = async (response) => (await response)?.text();
const texts = async (responses) => Promise.all((await responses).map((response) => response.text()));
const urls = async (requests, base) => (await requests).map(({ url }) => url.replace(base, ""));
const vary = (names, body = "x") => new Response(body, { headers: { vary: names } });
const asked = (url, headers) => new Request(url, { headers });

/** Two responses for one URL, which differ in the language that was asked for. */
async function inTwoLanguages(cache, url) {
  await cache.put(asked(url, { "x-lang": "en" }), vary("X-Lang", "hello"));
  await cache.put(asked(url, { "x-lang": "de" }), vary("X-Lang", "hallo"));
}

// prettier-ignore
export const CASES = [
  // ------------------------------------------------------------------------------------------ CacheStorage
  ["open makes a cache once", [["a"], true], async ({ caches }) => {
    await caches.delete("case");
    await caches.open("a");
    await caches.open("a");
    return [await caches.keys(), await caches.has("a")];
  }],
  ["names come in the order of their making", ["case", "c", "a", "b"], async ({ caches }) => {
    for (const name of ["c", "a", "b", "a"]) await caches.open(name);
    return caches.keys();
  }],
  ["a name that is deleted and made again is the last", ["a", "case"], async ({ caches }) => {
    await caches.open("a");
    await caches.delete("case");
    await caches.open("case");
    return caches.keys();
  }],
  ["two objects of one cache see the same", "x", async ({ caches, cache, base }) => {
    await cache.put(base, new Response("x"));
    return text((await caches.open("case")).match(base));
  }],
  ["delete says whether there was one", [true, false, false], async ({ caches }) => [
    await caches.delete("case"), await caches.delete("case"), await caches.has("case")]],
  ["what is deleted is not in the next of its name", [undefined, 0], async ({ caches, cache, base }) => {
    await cache.put(base, new Response("x"));
    await caches.delete("case");
    const next = await caches.open("case");
    return [await text(next.match(base)), (await next.keys()).length];
  }],
  ["a deleted cache goes on for who has it", ["x", "y", undefined, false], async ({ caches, cache, base }) => {
    await cache.put(`${base}x`, new Response("x"));
    await caches.delete("case");
    await cache.put(`${base}y`, new Response("y"));
    return [await text(cache.match(`${base}x`)), await text(cache.match(`${base}y`)),
      await text(caches.match(`${base}x`)), await caches.has("case")];
  }],
  ["caches are apart", ["x", undefined], async ({ caches, cache, base }) => {
    const other = await caches.open("other");
    await cache.put(base, new Response("x"));
    return [await text(cache.match(base)), await text(other.match(base))];
  }],
  ["names are any strings", [["case", "", " ", "a\0b", "\ud800", "\udc00", "*", 'q"', "null"], true, false],
    async ({ caches }) => {
      for (const name of ["", " ", "a\0b", "\ud800", "\udc00", "*", 'q"', null]) await caches.open(name);
      return [await caches.keys(), await caches.has("\ud800"), await caches.has("\ufffd")];
    }],
  ["match asks all caches in their order", ["first", "second", undefined], async ({ caches, base }) => {
    await caches.delete("case");
    const [a, b] = [await caches.open("a"), await caches.open("b")];
    await b.put(`${base}1`, new Response("second"));
    await b.put(`${base}2`, new Response("second"));
    await a.put(`${base}1`, new Response("first"));
    return [await text(caches.match(`${base}1`)), await text(caches.match(`${base}2`)), await text(caches.match(base))];
  }],
  ["match asks the cache that is named", ["case", "other", undefined, undefined], async ({ caches, cache, base }) => {
    const other = await caches.open("other");
    await cache.put(base, new Response("case"));
    await other.put(base, new Response("other"));
    return [await text(caches.match(base)), await text(caches.match(base, { cacheName: "other" })),
      await text(caches.match(base, { cacheName: "none" })), await text(caches.match(`${base}x`, { cacheName: "other" }))];
  }],
  ["match hands its options on", ["x", "x", undefined], async ({ caches, cache, base }) => {
    await cache.put(`${base}?q`, new Response("x"));
    return [await text(caches.match(base, { ignoreSearch: true })),
      await text(caches.match(base, { ignoreSearch: true, cacheName: "case" })), await text(caches.match(base))];
  }],
  ["match of no cache at all", undefined, async ({ caches, base }) => {
    await caches.delete("case");
    return caches.match(base);
  }],
  ["names are needed", ["TypeError", "TypeError", "TypeError", "TypeError"], async ({ caches }) => [
    await end(caches.open()), await end(caches.has()), await end(caches.delete()), await end(caches.match())]],
  ["what they are called", ["[object CacheStorage]", "[object Cache]"], ({ caches, cache }) => [String(caches), String(cache)]],

  // ------------------------------------------------------------------------------------------ put
  ["put resolves to undefined and uses the body", ["undefined", true], async ({ cache, base }) => {
    const response = new Response("x");
    const given = await cache.put(base, response);
    return [String(given), response.bodyUsed];
  }],
  ["the body is being used as soon as put is called", true, async ({ cache, base }) => {
    const response = new Response("x");
    const putting = cache.put(base, response);
    const used = response.bodyUsed || response.body.locked;
    await putting;
    return used;
  }],
  ["status, status text, fields and body come back", [201, "Made", "yes", "text/plain", "x", false], async ({ cache, base }) => {
    const headers = { "x-custom": "yes", "content-type": "text/plain" };
    await cache.put(base, new Response("x", { status: 201, statusText: "Made", headers }));
    const found = await cache.match(base);
    return [found.status, found.statusText, found.headers.get("x-custom"), found.headers.get("content-type"),
      await found.text(), found.redirected];
  }],
  ["each match gives a response of its own", ["x", "x", false], async ({ cache, base }) => {
    await cache.put(base, new Response("x"));
    const [a, b] = [await cache.match(base), await cache.match(base)];
    return [await a.text(), await b.text(), a === b];
  }],
  ["bytes come back as they were", [0, 255, 128, 10, 13], async ({ cache, base }) => {
    await cache.put(base, new Response(new Uint8Array([0, 255, 128, 10, 13])));
    return [...new Uint8Array(await (await cache.match(base)).arrayBuffer())];
  }],
  ["fields keep their bytes", "caf\u00e9, \u00ff", async ({ cache, base }) => {
    await cache.put(base, new Response("x", { headers: { "x-text": "caf\u00e9, \u00ff" } }));
    return (await cache.match(base)).headers.get("x-text");
  }],
  ["bodies that are null or empty", ["", null, ""], async ({ cache, base }) => {
    await cache.put(`${base}empty`, new Response(""));
    await cache.put(`${base}null`, new Response(null, { status: 204 }));
    const none = await cache.match(`${base}null`);
    return [await text(cache.match(`${base}empty`)), none.body, await none.text()];
  }],
  ["a body that streams", "one two", async ({ cache, base }) => {
    const encoder = new TextEncoder();
    const parts = ["one", " ", "two"].map((part) => encoder.encode(part));
    const body = new ReadableStream({
      pull: (controller) => (parts.length ? controller.enqueue(parts.shift()) : controller.close()),
    });
    await cache.put(base, new Response(body));
    return text(cache.match(base));
  }],
  ["a body that fails is not stored", ["rejected", undefined], async ({ cache, base }) => {
    const body = new ReadableStream({ pull: (controller) => controller.error(new RangeError("broken")) });
    const ended = await end(cache.put(base, new Response(body)));
    return [ended === "fulfilled" ? ended : "rejected", await text(cache.match(base))];
  }],
  ["an error of the server is stored", [500, "no"], async ({ cache, base }) => {
    await cache.put(base, new Response("no", { status: 500 }));
    const found = await cache.match(base);
    return [found.status, await found.text()];
  }],
  ["put takes a URL, a string, a Request", ["x", "y", "z"], async ({ cache, base }) => {
    await cache.put(new URL(`${base}x`), new Response("x"));
    await cache.put(`${base}y`, new Response("y"));
    await cache.put(new Request(`${base}z`), new Response("z"));
    return [await text(cache.match(`${base}x`)), await text(cache.match(new Request(`${base}y`))), await text(cache.match(new URL(`${base}z`)))];
  }],
  ["put replaces, and what replaces comes last", [["2", "3"], ["b", "a"], "3"], async ({ cache, base }) => {
    await cache.put(`${base}a`, new Response("1"));
    await cache.put(`${base}b`, new Response("2"));
    await cache.put(`${base}a`, new Response("3"));
    return [await texts(cache.matchAll()), await urls(cache.keys(), base), await text(cache.match(`${base}a`))];
  }],
  ["other schemes than HTTP's", ["TypeError", "TypeError", "TypeError"], async ({ cache }) => [
    await end(cache.put("data:text/plain,x", new Response("x"))),
    await end(cache.put(new Request("data:text/plain,x"), new Response("x"))),
    await end(cache.put("ftp://a.test/", new Response("x")))]],
  ["what is no URL", ["TypeError", "TypeError"], async ({ cache }) => [
    await end(cache.put("http://[", new Response("x"))), await end(cache.match("http://["))]],
  ["a URL with a password", "TypeError", ({ cache }) => end(cache.put("http://u:p@a.test/", new Response("x"))), { workerd: "fulfilled" }],
  ["other methods than GET", ["TypeError", "TypeError"], async ({ cache, base }) => [
    await end(cache.put(new Request(base, { method: "POST", body: "x" }), new Response("x"))),
    await end(cache.put(new Request(base, { method: "HEAD" }), new Response("x")))]],
  ["a partial response", ["TypeError", undefined], async ({ cache, base }) => {
    const ended = await end(cache.put(base, new Response("x", { status: 206 })));
    return [ended, await text(cache.match(base))];
  }],
  ["Vary: *", ["TypeError", "TypeError", "TypeError"], async ({ cache, base }) => [
    await end(cache.put(base, vary("*"))), await end(cache.put(base, vary("Accept, *"))), await end(cache.put(base, vary(" * ")))]],
  ["a body that was read", "TypeError", async ({ cache, base }) => {
    const response = new Response("x");
    await response.text();
    return end(cache.put(base, response));
  }],
  ["a body that is locked", ["TypeError", true], async ({ cache, base }) => {
    const response = new Response("x");
    response.body.getReader();
    return [await end(cache.put(base, response)), response.body.locked];
  }],
  ["arguments of put", ["TypeError", "TypeError", "TypeError"], async ({ cache, base }) => [
    await end(cache.put(base)), await end(cache.put(base, null)), await end(cache.put(base, "x"))]],
  ["a refused put leaves what was there", "x", async ({ cache, base }) => {
    await cache.put(base, new Response("x"));
    await end(cache.put(base, vary("*", "y")));
    return text(cache.match(base));
  }],

  // ------------------------------------------------------------------------------------------ match and its options
  ["match finds nothing", [undefined, []], async ({ cache, base }) => [await cache.match(base), await cache.matchAll(base)]],
  ["match is by the whole URL", [undefined, undefined, undefined, "x"], async ({ cache, base }) => {
    await cache.put(`${base}a?q=1`, new Response("x"));
    return Promise.all(["a", "a?q=2", "A?q=1", "a?q=1"].map((url) => text(cache.match(`${base}${url}`))));
  }],
  ["fragments do not count", ["x", "x", ["y"]], async ({ cache, base }) => {
    await cache.put(`${base}a#one`, new Response("x"));
    const found = [await text(cache.match(`${base}a`)), await text(cache.match(`${base}a#two`))];
    await cache.put(`${base}a`, new Response("y"));
    return [...found, await texts(cache.matchAll())];
  }],
  ["keys keep fragments", ["a#one"], async ({ cache, base }) => {
    await cache.put(`${base}a#one`, new Response("x"));
    return urls(cache.keys(), base);
  }],
  ["ignoreSearch", ["1", ["1", "2", "3"], ["1", "2", "3"], undefined, []], async ({ cache, base }) => {
    for (const [n, url] of [["1", "a?q"], ["2", "a"], ["3", "a?"], ["4", "ab"], ["5", "b?q"]]) await cache.put(`${base}${url}`, new Response(n));
    const ignoreSearch = { ignoreSearch: true };
    return [await text(cache.match(`${base}a?z`, ignoreSearch)), await texts(cache.matchAll(`${base}a?z#f`, ignoreSearch)),
      await texts(cache.matchAll(`${base}a`, ignoreSearch)), await text(cache.match(`${base}a?z`)), await texts(cache.matchAll(`${base}c`, ignoreSearch))];
  }],
  ["an empty search is not none", [undefined, "x"], async ({ cache, base }) => {
    await cache.put(`${base}a?`, new Response("x"));
    return [await text(cache.match(`${base}a`)), await text(cache.match(`${base}a?`))];
  }],
  ["characters of globs are nothing special", ["1", "3", ["1"], ["2", "3"]], async ({ cache, base }) => {
    for (const [n, url] of [["1", "[ab]*"], ["2", "a"], ["3", "a?*"]]) await cache.put(`${base}${url}`, new Response(n));
    return [await text(cache.match(`${base}[ab]*`)), await text(cache.match(`${base}a?*`)),
      await texts(cache.matchAll(`${base}[ab]*`, { ignoreSearch: true })), await texts(cache.matchAll(`${base}a`, { ignoreSearch: true }))];
  }],
  ["ignoreMethod", [undefined, "x", [], ["x"], [], 1], async ({ cache, base }) => {
    await cache.put(base, new Response("x"));
    const head = new Request(base, { method: "HEAD" });
    const ignoreMethod = { ignoreMethod: true };
    return [await text(cache.match(head)), await text(cache.match(head, ignoreMethod)), await texts(cache.matchAll(head)),
      await texts(cache.matchAll(head, ignoreMethod)), await urls(cache.keys(head), base), (await cache.keys(head, ignoreMethod)).length];
  }],
  ["Vary", ["hello", "hallo", undefined, undefined], async ({ cache, base }) => {
    await inTwoLanguages(cache, base);
    const languages = [{ "x-lang": "en" }, { "x-lang": "de" }, { "x-lang": "fr" }, {}];
    return Promise.all(languages.map((headers) => text(cache.match(asked(base, headers)))));
  }, { chromium: [undefined, "hallo", undefined, undefined] }],
  ["ignoreVary", ["hello", ["hello", "hallo"], []], async ({ cache, base }) => {
    await inTwoLanguages(cache, base);
    return [await text(cache.match(base, { ignoreVary: true })), await texts(cache.matchAll(base, { ignoreVary: true })), await texts(cache.matchAll(base))];
  }, { chromium: ["hallo", ["hallo"], []] }],
  ["a field that is absent both times", ["x", undefined, undefined], async ({ cache, base }) => {
    await cache.put(base, vary("X-Lang, X-Other"));
    return [await text(cache.match(base)), await text(cache.match(asked(base, { "x-lang": "" }))), await text(cache.match(asked(base, { "x-other": "1" })))];
  }, { firefox: ["x", "x", undefined] }],
  ["a response without Vary is for all, and the first is given", ["hello", "all"], async ({ cache, base }) => {
    await cache.put(asked(base, { "x-lang": "en" }), vary("X-Lang", "hello"));
    await cache.put(asked(base, { "x-lang": "de" }), new Response("all"));
    return [await text(cache.match(asked(base, { "x-lang": "en" }))), await text(cache.match(asked(base, { "x-lang": "fr" })))];
  }, { chromium: ["all", "all"] }],
  ["put replaces all that it selects", [["hallo", "hello again"], ["all"]], async ({ cache, base }) => {
    await inTwoLanguages(cache, base);
    await cache.put(asked(base, { "x-lang": "en" }), vary("X-Lang", "hello again"));
    const first = await texts(cache.matchAll());
    await cache.put(`${base}b`, new Response("1"));
    await cache.put(`${base}b`, new Response("all"));
    return [first, await texts(cache.matchAll(`${base}b`))];
  }, { chromium: [["hello again"], ["all"]] }],
  ["matchAll of everything, in order", ["1", "2", "3"], async ({ cache, base }) => {
    for (const n of ["1", "2", "3"]) await cache.put(`${base}${4 - n}`, new Response(n));
    return texts(cache.matchAll());
  }],
  ["matchAll(undefined) has no filter", [["x"], []], async ({ cache, base }) => {
    await cache.put(base, new Response("x"));
    return [await texts(cache.matchAll(undefined, { ignoreSearch: true })), await texts(cache.matchAll(`${base}none`))];
  }],
  ["options that are none", ["x", "x", "TypeError"], async ({ cache, base }) => {
    await cache.put(base, new Response("x"));
    return [await text(cache.match(base, null)), await text(cache.match(base, undefined)), await end(cache.match(base, 1))];
  }],
  ["match needs a request", ["TypeError", "TypeError"], async ({ cache }) => [await end(cache.match()), await end(cache.delete())]],

  // ------------------------------------------------------------------------------------------ keys
  ["keys are requests as they were", [["b", "a"], "GET", "en"], async ({ cache, base }) => {
    await cache.put(`${base}b`, new Response("x"));
    await cache.put(asked(`${base}a`, { "x-lang": "en" }), new Response("y"));
    const keys = await cache.keys();
    return [await urls(keys, base), keys[1].method, keys[1].headers.get("x-lang")];
  }],
  ["keys of a request", [["a?1"], ["a?1", "a?2"], [], []], async ({ cache, base }) => {
    for (const url of ["a?1", "a?2", "b"]) await cache.put(`${base}${url}`, new Response("x"));
    return [await urls(cache.keys(`${base}a?1`), base), await urls(cache.keys(`${base}a`, { ignoreSearch: true }), base),
      await urls(cache.keys(`${base}a`), base), await urls(cache.keys(new Request(`${base}b`, { method: "HEAD" })), base)];
  }],
  ["keys of what varies", [2, 1, 0, 2], async ({ cache, base }) => {
    await inTwoLanguages(cache, base);
    const counts = [cache.keys(), cache.keys(asked(base, { "x-lang": "de" })), cache.keys(base), cache.keys(base, { ignoreVary: true })];
    return (await Promise.all(counts)).map(({ length }) => length);
  }, { chromium: [1, 1, 0, 1] }],

  // ------------------------------------------------------------------------------------------ delete
  ["delete says whether there was anything", [true, false, undefined], async ({ cache, base }) => {
    await cache.put(base, new Response("x"));
    return [await cache.delete(base), await cache.delete(base), await text(cache.match(base))];
  }],
  ["delete with options", [false, true, ["b"], false, true, []], async ({ cache, base }) => {
    for (const url of ["a?1", "a?2", "b"]) await cache.put(`${base}${url}`, new Response("x"));
    const first = [await cache.delete(`${base}a`), await cache.delete(`${base}a`, { ignoreSearch: true }), await urls(cache.keys(), base)];
    const head = new Request(`${base}b`, { method: "HEAD" });
    return [...first, await cache.delete(head), await cache.delete(head, { ignoreMethod: true }), await urls(cache.keys(), base)];
  }],
  ["delete of what varies", [false, true, ["hallo"], true, []], async ({ cache, base }) => {
    await inTwoLanguages(cache, base);
    return [await cache.delete(base), await cache.delete(asked(base, { "x-lang": "en" })), await texts(cache.matchAll()),
      await cache.delete(base, { ignoreVary: true }), await texts(cache.matchAll())];
  }, { chromium: [false, false, ["hallo"], true, []] }],

  // ------------------------------------------------------------------------------------------ add, addAll
  ["add fetches and stores", ["undefined", "ok /ok?1"], async ({ cache, base }) => [
    String(await cache.add(`${base}ok?1`)), await text(cache.match(`${base}ok?1`))]],
  ["add takes a Request, whose fields it sends", ["lang de", undefined], async ({ cache, base }) => {
    await cache.add(asked(`${base}language`, { "x-lang": "de" }));
    return [await text(cache.match(asked(`${base}language`, { "x-lang": "de" }))), await text(cache.match(`${base}language`))];
  }],
  ["what was added knows where it came from", ["ok?u", false, "ok?r", true], async ({ cache, base }) => {
    await cache.addAll([`${base}ok?u`, `${base}redirect?r`]);
    const [plain, redirected] = [await cache.match(`${base}ok?u`), await cache.match(`${base}redirect?r`)];
    return [plain.url.replace(base, ""), plain.redirected, redirected.url.replace(base, ""), redirected.redirected];
  }],
  ["add of what is not good", ["TypeError", "TypeError", "TypeError", "TypeError", []], async ({ cache, base }) => [
    await end(cache.add(`${base}missing`)), await end(cache.add(`${base}partial`)), await end(cache.add(`${base}vary-star`)),
    await end(cache.add("http://127.0.0.1:1/")), await urls(cache.keys(), base)],
    { workerd: ["TypeError", "TypeError", "TypeError", "Error", []] }],
  ["add of what cannot be stored", ["TypeError", "TypeError", "TypeError", "TypeError"], async ({ cache, base }) => [
    await end(cache.add(new Request(`${base}ok`, { method: "POST", body: "x" }))), await end(cache.add("data:text/plain,x")),
    await end(cache.add(new Request(`${base}ok`, { method: "HEAD" }))), await end(cache.add())]],
  ["addAll stores all, in their order", [["ok?2", "ok?1", "ok?3"], "undefined"], async ({ cache, base }) => {
    const given = await cache.addAll([`${base}ok?2`, `${base}ok?1`, new Request(`${base}ok?3`)]);
    return [await urls(cache.keys(), base), String(given)];
  }],
  ["addAll of nothing", ["undefined", "TypeError", "TypeError"], async ({ cache }) => [
    String(await cache.addAll([])), await end(cache.addAll()), await end(cache.addAll(1))]],
  ["addAll stores all or none", ["TypeError", ["old"], "old"], async ({ cache, base }) => {
    await cache.put(`${base}old`, new Response("old"));
    const ended = await end(cache.addAll([`${base}ok?1`, `${base}missing`, `${base}ok?2`]));
    return [ended, await urls(cache.keys(), base), await text(cache.match(`${base}old`))];
  }],
  ["addAll refuses before it fetches", ["TypeError", "0"], async ({ cache, base }) => {
    await fetch(`${base}reset`);
    const ended = await end(cache.addAll([`${base}counted`, new Request(`${base}counted`, { method: "POST", body: "x" })]));
    return [ended, await text(fetch(`${base}count`))];
  }],
  ["addAll refuses what would replace itself", ["InvalidStateError", "InvalidStateError", "InvalidStateError", []], async ({ cache, base }) => [
    await end(cache.addAll([`${base}ok?1`, `${base}ok?1`])), await end(cache.addAll([`${base}ok`, `${base}ok#f`])),
    await end(cache.addAll([asked(`${base}ok`, { "x-lang": "de" }), asked(`${base}ok`, { "x-lang": "en" })])), await urls(cache.keys(), base)], { chromium: ["InvalidStateError", "fulfilled", "InvalidStateError", ["ok#f"]] }],
  ["addAll of variants", ["fulfilled", ["lang de", "lang en"], "InvalidStateError"], async ({ cache, base }) => {
    const of = (lang) => asked(`${base}language`, { "x-lang": lang });
    const ended = await end(cache.addAll([of("de"), of("en")]));
    return [ended, await texts(cache.matchAll()), await end(cache.addAll([of("de"), of("de")]))];
  }, { chromium: ["fulfilled", ["lang en"], "InvalidStateError"] }],
  ["addAll replaces", ["old?", "ok /ok?1", 1], async ({ cache, base }) => {
    await cache.put(`${base}ok?1`, new Response("old?"));
    const before = await text(cache.match(`${base}ok?1`));
    await cache.addAll([`${base}ok?1`]);
    return [before, await text(cache.match(`${base}ok?1`)), (await cache.keys()).length];
  }],
  ["a request that is aborted", ["AbortError", []], async ({ cache, base }) => {
    const controller = new AbortController();
    controller.abort();
    return [await end(cache.add(new Request(`${base}ok`, { signal: controller.signal }))), await urls(cache.keys(), base)];
  }, { firefox: ["TypeError", []] }],
  ["many at once", [50, "49"], async ({ cache, base }) => {
    await Promise.all(Array.from({ length: 50 }, (_, i) => cache.put(`${base}${i}`, new Response(`${i}`))));
    return [(await cache.keys()).length, await text(cache.match(`${base}49`))];
  }],
  ["many at once to one URL", [1, true], async ({ cache, base }) => {
    await Promise.all(Array.from({ length: 20 }, (_, i) => cache.put(base, new Response(`${i}`))));
    return [(await cache.keys()).length, /^\d+$/.test(await text(cache.match(base)))];
  }],
].map(([title, expected, run, differs = {}]) => ({ title, expected, run, differs }));

/** What a case gives, as JSON would have it; `undefined` inside is "undefined". */
export async function outcome(run, caches, base) {
  for (const name of await caches.keys()) await caches.delete(name);
  const result = await run({ caches, cache: await caches.open("case"), base });
  return plain(result);
}

export function plain(value) {
  return JSON.parse(
    JSON.stringify(value === undefined ? null : value, (_, inner) => (inner === undefined ? "undefined" : inner)),
  );
}
