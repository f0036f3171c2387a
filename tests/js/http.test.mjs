// Request caching through the public classes: what JavaScript does with the rules, which tests/http_rules.rs has as tables.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { Cache, CacheError } from "isocache";
import { HttpCache, withHttpCache } from "isocache/http";

const START = 1_697_328_000_000;
const A = "https://example.org/a";
const FRESH = { "cache-control": "max-age=60" };
const TAGGED = { ...FRESH, etag: '"1"' };

/** A cache in front of an origin that is a function; time stands still until `wait`. */
function setup(answer = () => new Response("body", { headers: FRESH }), options = {}) {
  let now = START;
  const cache = new Cache({ clock: () => now });
  const seen = [];
  const fetch = (request) => {
    seen.push(request);
    return answer(request, seen.length);
  };
  const http = new HttpCache({ cache, fetch, ...options });
  /** Status, body and Cache-Status of a request. */
  const ask = async (url, init) => {
    const response = await http.fetch(url, init);
    const text = await response.text();
    return { status: response.status, text, said: response.headers.get("cache-status"), response };
  };
  /** The bodies of a request made twice. */
  const twice = async (url, first, second = first) => [(await ask(url, first)).text, (await ask(url, second)).text];
  return { cache, http, seen, ask, twice, wait: (seconds) => (now += seconds * 1_000) };
}

const keysOf = async (cache) => {
  const keys = [];
  for await (const key of cache.keys()) keys.push(key);
  return keys.sort();
};
const numbered =
  (headers, status = 200) =>
  (_, n) =>
    new Response(`body ${n}`, { status, headers });
const rejectsWith = (code) => (error) => error instanceof CacheError && error.code === code;

describe("hits", () => {
  test("a second request is answered from the store, with its age", async () => {
    const { ask, seen, wait, cache } = setup();
    const first = await ask(`${A}#top`);
    assert.equal(first.said, "isocache; fwd=miss; fwd-status=200; stored");
    assert.equal(first.response.headers.get("age"), null);
    assert.equal(first.response.headers.get("date"), "Sun, 15 Oct 2023 00:00:00 GMT");
    wait(20);
    const second = await ask(A);
    assert.deepEqual([second.status, second.text, second.said], [200, "body", "isocache; hit; ttl=40"]);
    assert.equal(second.response.headers.get("age"), "20");
    assert.equal(second.response.headers.get("content-type"), "text/plain;charset=UTF-8");
    assert.equal(seen.length, 1);
    assert.deepEqual(await keysOf(cache), [`http:${A}`]);
    wait(40);
    assert.equal((await ask(A)).said, "isocache; fwd=stale; fwd-status=200; stored");
  });

  test("what a reader does with a body does not change the stored one", async () => {
    const { http } = setup(() => new Response(new Uint8Array([1, 2, 3]), { headers: FRESH }));
    for (let i = 0; i < 3; i++) {
      const bytes = new Uint8Array(await (await http.fetch(A)).arrayBuffer());
      assert.deepEqual([...bytes], [1, 2, 3]);
      bytes.fill(9);
    }
  });

  test("HEAD is answered from a stored GET, and stores nothing itself", async () => {
    const { ask, seen } = setup(() => new Response("body", { headers: { ...FRESH, "content-length": "4" } }));
    assert.equal((await ask(A, { method: "HEAD" })).said, "isocache; fwd=miss; fwd-status=200");
    await ask(A);
    const head = await ask(A, { method: "HEAD" });
    assert.deepEqual([head.status, head.text, head.said], [200, "", "isocache; hit; ttl=60"]);
    assert.equal(head.response.headers.get("content-length"), "4");
    assert.equal(seen.length, 2);
  });

  test("statuses without a body, redirects and errors are stored as they are", async () => {
    for (const status of [204, 301, 404, 410, 503]) {
      const location = status === 301 ? { location: "/b" } : {};
      const body = status === 204 ? null : "body";
      const { ask, seen } = setup(() => new Response(body, { status, headers: { ...FRESH, ...location } }));
      await ask(A);
      const hit = await ask(A);
      assert.deepEqual(
        [hit.status, hit.text, hit.response.headers.get("location")],
        [status, body ?? "", location.location ?? null],
      );
      assert.equal(seen.length, 1, String(status));
    }
  });

  test("fields with several lines, and with characters of Latin-1, stay what they are", async () => {
    const { ask } = setup(() => {
      const headers = new Headers({ "cache-control": "public, max-age=60", "x-name": "f\u00fcr" });
      headers.append("set-cookie", "a=1; Expires=Sun, 15 Oct 2023 00:00:00 GMT");
      headers.append("set-cookie", "b=2");
      return new Response("body", { headers });
    });
    await ask(A);
    const { headers } = (await ask(A)).response;
    assert.deepEqual(headers.getSetCookie(), ["a=1; Expires=Sun, 15 Oct 2023 00:00:00 GMT", "b=2"]);
    assert.equal(headers.get("x-name"), "f\u00fcr");
  });

  test("the cache modes of fetch are obeyed", async () => {
    const { ask, seen, wait } = setup(numbered(FRESH));
    await ask(A);
    assert.equal((await ask(A, { cache: "no-store" })).text, "body 2");
    assert.equal((await ask(A)).text, "body 1");
    assert.equal((await ask(A, { cache: "reload" })).text, "body 3");
    assert.equal((await ask(A)).text, "body 3");
    wait(70);
    assert.equal((await ask(A, { cache: "force-cache" })).said, "isocache; hit; ttl=-10");
    const only = { cache: "only-if-cached", mode: "same-origin" };
    assert.equal((await ask("https://example.org/none", only)).status, 504);
    assert.equal(seen.length, 3);
  });

  test("the cache's name and the fields that it obeys can be chosen", async () => {
    const headers = { "x-control": "max-age=60", "cache-control": "no-store" };
    const { ask } = setup(() => new Response("body", { headers }), { name: 'my "cache"', targets: ["X-Control"] });
    await ask(A);
    assert.equal((await ask(A)).said, '"my \\"cache\\""; hit; ttl=60');
    const own = setup(() => new Response("body", { headers: { "cdn-cache-control": "max-age=60" } }), {
      shared: false,
    });
    await own.ask(A);
    assert.match((await own.ask(A)).said, /fwd=miss/, "CDN-Cache-Control does not concern a private cache");
  });
});

describe("what is not stored", () => {
  const secret = { "cache-control": "private, max-age=60" };
  const rows = {
    "no-store": [{ "cache-control": "no-store, max-age=60" }],
    "private, shared": [secret],
    "nothing said": [{}],
    "Vary: *": [{ ...FRESH, vary: "*" }],
    "Set-Cookie": [{ ...FRESH, "set-cookie": "a=b" }],
    Authorization: [FRESH, { headers: { authorization: "Basic x" } }],
    "a request's no-store": [FRESH, { headers: { "cache-control": "no-store" } }],
    "a part": [{ ...FRESH, "content-range": "bytes 0-1/4" }, { headers: { range: "bytes=0-1" } }, 206],
    "a failed condition": [FRESH, { headers: { "if-match": '"x"' } }, 412],
  };
  for (const [name, [headers, init, status]] of Object.entries(rows)) {
    test(name, async () => {
      const { twice, cache } = setup(numbered(headers, status));
      assert.deepEqual(await twice(A, init), ["body 1", "body 2"]);
      assert.equal(cache.stats().entries, 0);
    });
  }

  test("a private cache keeps what is private, where no shared one finds it", async () => {
    const { cache, twice } = setup(numbered(secret), { shared: false });
    assert.deepEqual(await twice(A), ["body 1", "body 1"]);
    const shared = new HttpCache({ cache, fetch: () => new Response("other") });
    assert.equal(await (await shared.fetch(A)).text(), "other");
  });

  test("a redirect that was followed, and a response that cannot be read", async () => {
    const error = Response.error();
    const followed = Object.defineProperty(new Response("body", { headers: FRESH }), "redirected", { value: true });
    for (const response of [error, followed]) {
      const { http, cache } = setup(() => response);
      assert.equal(await http.fetch(A), response);
      assert.equal(cache.stats().entries, 0);
    }
  });

  test("a body over maxBodyBytes, which is passed on", async () => {
    const large = () =>
      new Response(
        new ReadableStream({
          start: (c) => (c.enqueue(new Uint8Array(600)), c.enqueue(new Uint8Array(600)), c.close()),
        }),
        { headers: FRESH },
      );
    const sized = () => new Response(new Uint8Array(1_200), { headers: { ...FRESH, "content-length": "1200" } });
    for (const answer of [large, sized]) {
      const { http, cache } = setup(answer, { maxBodyBytes: "1KB" });
      assert.equal((await (await http.fetch(A)).arrayBuffer()).byteLength, 1_200);
      assert.equal(cache.stats().entries, 0);
    }
  });

  test("a key that is too long, has a line break or a NUL, or is no string", async () => {
    for (const key of ["k".repeat(65_536), "a\nb", "a\0b", "\ud800", 5, undefined]) {
      const { twice, cache } = setup(numbered(FRESH), { key: () => key });
      assert.deepEqual(await twice(A), ["body 1", "body 2"]);
      assert.equal(cache.stats().entries, 0);
    }
    const { twice } = setup(numbered(FRESH));
    assert.deepEqual(await twice(`${A}?${"q".repeat(70_000)}`), ["body 1", "body 2"]);
  });

  test("a variant whose key is too long", async () => {
    const { twice } = setup(numbered({ ...FRESH, vary: "x-long" }));
    assert.deepEqual(await twice(A, { headers: { "x-long": "x".repeat(70_000) } }), ["body 1", "body 2"]);
  });
});

describe("bodies", () => {
  const chunk = (text) => new TextEncoder().encode(text);
  const streamed = (pull, headers = FRESH) =>
    new Response(new ReadableStream({ pull }, { highWaterMark: 0 }), { headers });

  test("the first byte reaches the client before the last one has arrived", async () => {
    let end;
    const { http, ask } = setup(() => {
      let pulls = 0;
      return streamed(async (controller) => {
        if (pulls++ === 0) return controller.enqueue(chunk("first "));
        await new Promise((resolve) => (end = resolve));
        controller.enqueue(chunk("last"));
        controller.close();
      });
    });
    const reader = (await http.fetch(A)).body.getReader();
    assert.equal(new TextDecoder().decode((await reader.read()).value), "first ");
    const rest = reader.read();
    assert.match((await ask(A, { headers: { "cache-control": "only-if-cached" } })).said, /only-if-cached/);
    end();
    assert.equal(new TextDecoder().decode((await rest).value), "last");
    assert.equal((await reader.read()).done, true);
    assert.equal((await ask(A)).said, "isocache; hit; ttl=60");
  });

  test("a client that reads slowly is not read ahead of", async () => {
    let pulls = 0;
    const { http } = setup(() =>
      streamed((controller) => {
        pulls += 1;
        controller.enqueue(new Uint8Array(65_536));
      }),
    );
    const reader = (await http.fetch(A)).body.getReader();
    await reader.read();
    await reader.read();
    for (let i = 0; i < 20; i++) await Promise.resolve();
    assert.ok(pulls <= 3, `${pulls} chunks were read for 2`);
    await reader.cancel();
  });

  const broken = {
    "breaks off": () => {
      let pulls = 0;
      return streamed((controller) =>
        pulls++ ? controller.error(new Error("reset")) : controller.enqueue(chunk("half")),
      );
    },
    "shorter than it said": () => new Response("half", { headers: { ...FRESH, "content-length": "8" } }),
    "longer than it said": () => new Response("and a half", { headers: { ...FRESH, "content-length": "4" } }),
    "not of bytes": () => streamed((controller) => controller.enqueue("text")),
  };
  for (const [name, answer] of Object.entries(broken)) {
    test(`one that is ${name}: the client's fails, nothing is stored`, async () => {
      const { http, cache } = setup(answer);
      const response = await http.fetch(A);
      await assert.rejects(response.arrayBuffer());
      assert.equal(cache.stats().entries, 0);
    });
  }

  test("a stored response survives one that breaks off in its place", async () => {
    const { http, ask, wait } = setup((_, n) =>
      n === 1 ? new Response("whole", { headers: FRESH }) : broken["breaks off"](),
    );
    await ask(A);
    wait(61);
    await assert.rejects((await http.fetch(A)).text());
    assert.equal((await ask(A, { headers: { "cache-control": "max-stale" } })).text, "whole");
  });

  test("a client that goes away takes the origin's request with it", async () => {
    let cancelled;
    const body = new ReadableStream({ pull: (c) => c.enqueue(chunk("x")), cancel: (reason) => (cancelled = reason) });
    const { http, cache } = setup(() => new Response(body, { headers: FRESH }));
    const reader = (await http.fetch(A)).body.getReader();
    await reader.read();
    await reader.cancel("gone");
    assert.equal(cancelled, "gone");
    assert.equal(cache.stats().entries, 0);
  });

  test("what fetch has decoded is not said to be encoded", async () => {
    const zipped = gzipSync("text ".repeat(100));
    const server = createServer((_, response) =>
      response.writeHead(200, { ...FRESH, "content-encoding": "gzip", "content-length": zipped.length }).end(zipped),
    );
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { ask } = setup(undefined, { fetch: undefined });
    try {
      for (const said of [/fwd=miss/, /hit/]) {
        const found = await ask(`http://127.0.0.1:${server.address().port}/`);
        assert.match(found.said, said);
        assert.equal(found.text, "text ".repeat(100));
        assert.equal(found.response.headers.get("content-encoding"), null);
        assert.equal(found.response.headers.get("content-length"), null);
      }
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  test("what a program has encoded stays encoded", async () => {
    const zipped = gzipSync("text");
    const { http } = setup(() => new Response(zipped, { headers: { ...FRESH, "content-encoding": "gzip" } }));
    for (let i = 0; i < 2; i++) {
      const response = await http.fetch(A);
      assert.equal(response.headers.get("content-encoding"), "gzip");
      assert.deepEqual(Buffer.from(await response.arrayBuffer()), zipped);
    }
  });
});

describe("Vary", () => {
  const byLanguage = (request, n) =>
    new Response(`${request.headers.get("accept-language")} ${n}`, { headers: { ...TAGGED, vary: "Accept-Language" } });
  const inLanguage = (language) => ({ headers: { "accept-language": language } });

  test("each variant is a response of its own", async () => {
    const { ask, seen } = setup(byLanguage);
    assert.equal((await ask(A, inLanguage("en, de"))).text, "en, de 1");
    assert.equal((await ask(A, inLanguage("de"))).text, "de 2");
    assert.equal((await ask(A, inLanguage("EN,de"))).text, "en, de 1");
    assert.equal((await ask(A, inLanguage("de"))).said, "isocache; hit; ttl=60");
    assert.equal((await ask(A)).text, "null 3");
    assert.equal(seen.length, 3);
  });

  test("a variant is validated by itself", async () => {
    const { ask, wait } = setup((request, n) =>
      request.headers.has("if-none-match")
        ? new Response(null, { status: 304, headers: TAGGED })
        : byLanguage(request, n),
    );
    await ask(A, inLanguage("de"));
    await ask(A, inLanguage("en"));
    wait(61);
    const found = await ask(A, inLanguage("de"));
    assert.deepEqual([found.text, found.said], ["de 1", "isocache; fwd=stale; fwd-status=304; stored"]);
    assert.equal((await ask(A, inLanguage("de"))).said, "isocache; hit; ttl=60");
    assert.match((await ask(A, inLanguage("en"))).said, /fwd=stale/);
  });

  test("names that one response adds do not make the others unfindable for good", async () => {
    const vary = { 1: "foo", 2: "bar", 3: "foo" };
    const { ask } = setup((_, n) => new Response(`body ${n}`, { headers: { ...FRESH, vary: vary[n] } }));
    const init = (foo, bar) => ({ headers: { foo, bar } });
    await ask(A, init("1", "1"));
    assert.equal((await ask(A, init("2", "1"))).text, "body 2");
    assert.equal((await ask(A, init("3", "1"))).text, "body 3");
    assert.equal((await ask(A, init("2", "1"))).text, "body 2");
    assert.equal((await ask(A, init("3", "1"))).text, "body 3");
  });

  test("a response that does not vary replaces all variants, and the other way round", async () => {
    let vary = "foo";
    const { ask, wait } = setup((_, n) => new Response(`body ${n}`, { headers: { ...FRESH, ...(vary && { vary }) } }));
    await ask(A, { headers: { foo: "1" } });
    vary = undefined;
    wait(61);
    await ask(A, { headers: { foo: "1" } });
    assert.equal((await ask(A, { headers: { foo: "2" } })).text, "body 2");
    vary = "foo";
    wait(61);
    await ask(A, { headers: { foo: "1" } });
    assert.equal((await ask(A, { headers: { foo: "2" } })).text, "body 4");
  });

  test("no header can be made to look like another's variant", async () => {
    const { ask } = setup((_, n) => new Response(`body ${n}`, { headers: { ...FRESH, vary: "a, b" } }));
    const texts = [];
    for (const headers of [{ a: "1" }, { b: "1" }, { a: "1,b:1" }, { a: "", b: "1" }, { a: "1", b: "" }, {}]) {
      texts.push((await ask(A, { headers })).text);
    }
    assert.equal(new Set(texts).size, texts.length);
  });
});

describe("validation", () => {
  const modified = "Sat, 14 Oct 2023 00:00:00 GMT";

  test("a 304 makes a stale response fresh, with its new fields", async () => {
    const { ask, seen, wait } = setup((_, n) =>
      n === 1
        ? new Response("body", { headers: { ...TAGGED, "last-modified": modified, "x-a": "1" } })
        : new Response(null, { status: 304, headers: { ...TAGGED, "x-a": "2" } }),
    );
    await ask(A);
    wait(61);
    const found = await ask(A, { headers: { "if-none-match": '"old"' } });
    assert.deepEqual([found.status, found.text], [200, "body"]);
    assert.equal(found.said, "isocache; fwd=stale; fwd-status=304; stored");
    assert.equal(found.response.headers.get("x-a"), "2");
    assert.equal(seen[1].headers.get("if-none-match"), '"1"');
    assert.equal(seen[1].headers.get("if-modified-since"), modified);
    assert.equal((await ask(A)).said, "isocache; hit; ttl=60");
    assert.equal((await ask(A)).response.headers.get("x-a"), "2");
  });

  test("no-cache responses are asked about each time", async () => {
    const { ask, seen } = setup((request) =>
      request.headers.get("if-none-match") === '"1"'
        ? new Response(null, { status: 304 })
        : new Response("body", { headers: { "cache-control": "no-cache", etag: '"1"' } }),
    );
    await ask(A);
    const found = await ask(A);
    assert.deepEqual([found.text, found.said], ["body", "isocache; fwd=stale; fwd-status=304; stored"]);
    assert.equal((await ask(A, { headers: { "if-none-match": 'W/"1"' } })).status, 304);
    assert.equal(seen.length, 3);
  });

  test("a 304 about another response: the stored one goes, and the origin is asked again", async () => {
    const { ask, seen, wait } = setup((request, n) =>
      request.headers.has("if-none-match")
        ? new Response(null, { status: 304, headers: { etag: '"2"' } })
        : new Response(`body ${n}`, { headers: TAGGED }),
    );
    await ask(A);
    wait(61);
    assert.equal((await ask(A)).text, "body 3");
    assert.equal(seen.length, 3);
  });

  test("a 304 that forbids storing is used once", async () => {
    const { ask, cache, wait } = setup((request) =>
      request.headers.has("if-none-match")
        ? new Response(null, { status: 304, headers: { "cache-control": "no-store" } })
        : new Response("body", { headers: TAGGED }),
    );
    await ask(A);
    wait(61);
    const found = await ask(A);
    assert.deepEqual([found.text, found.said], ["body", "isocache; fwd=stale; fwd-status=304"]);
    assert.equal(cache.stats().entries, 0);
  });

  test("a new response takes the place of a stale one; one that may not be stored removes it", async () => {
    for (const [headers, entries] of [
      [TAGGED, 1],
      [{ "cache-control": "no-store" }, 0],
    ]) {
      const { ask, cache, wait } = setup((_, n) => new Response(`body ${n}`, { headers: n === 1 ? TAGGED : headers }));
      await ask(A);
      wait(61);
      assert.equal((await ask(A)).text, "body 2");
      assert.equal(cache.stats().entries, entries);
    }
  });

  test("conditions of clients are answered from the store, and otherwise passed on", async () => {
    const { ask, seen } = setup((request) =>
      request.headers.has("if-none-match")
        ? new Response(null, { status: 304 })
        : new Response("body", { headers: TAGGED }),
    );
    const init = { headers: { "if-none-match": '"0", W/"1"' } };
    const passed = await ask(A, init);
    assert.deepEqual([passed.status, passed.said], [304, "isocache; fwd=miss; fwd-status=304"]);
    assert.equal(seen[0].headers.get("if-none-match"), '"0", W/"1"');
    await ask(A);
    const found = await ask(A, init);
    assert.deepEqual([found.status, found.text, found.said], [304, "", "isocache; hit; ttl=60"]);
    assert.equal(found.response.headers.get("content-type"), null);
    assert.equal((await ask(A, { headers: { "if-none-match": '"2"' } })).status, 200);
    assert.equal(seen.length, 2);
  });
});

describe("invalidation", () => {
  const B = "https://example.org/b";
  const post = { method: "POST", body: "x" };

  test("by unsafe methods that succeed", async () => {
    for (const [method, status, expected] of [
      ["POST", 200, "body 3"],
      ["PUT", 204, "body 3"],
      ["DELETE", 303, "body 3"],
      ["POST", 404, "body 1"],
      ["POST", 500, "body 1"],
      ["OPTIONS", 200, "body 1"],
    ]) {
      const { ask } = setup((request, n) =>
        request.method === "GET" ? numbered(FRESH)(request, n) : new Response(null, { status }),
      );
      await ask(A);
      assert.equal((await ask(A, { method })).said, `isocache; fwd=method; fwd-status=${status}`);
      assert.equal((await ask(A)).text, expected, `${method} ${status}`);
    }
  });

  test("of what Location and Content-Location name, if it is of the same origin", async () => {
    const elsewhere = "https://other.example/a";
    for (const [headers, gone] of [
      [{ location: "/b" }, true],
      [{ "content-location": B }, true],
      [{ "content-location": "b" }, true],
      [{ location: elsewhere }, false],
      [{ location: "http://example.org/b" }, false],
      [{ location: "https://user:password@example.org/b" }, false],
      [{ location: "http://[" }, false],
    ]) {
      const { ask } = setup((request, n) =>
        request.method === "GET" ? numbered(FRESH)(request, n) : new Response(null, { headers }),
      );
      await ask(B);
      await ask(elsewhere);
      await ask(A, post);
      assert.equal((await ask(B)).text, gone ? "body 4" : "body 1", JSON.stringify(headers));
      assert.equal((await ask(elsewhere)).text, "body 2");
    }
  });

  test("of all variants", async () => {
    const { ask } = setup((request, n) =>
      request.method === "GET" ? numbered({ ...FRESH, vary: "foo" })(request, n) : new Response(),
    );
    await ask(A, { headers: { foo: "1" } });
    await ask(A, { headers: { foo: "2" } });
    await ask(A, post);
    assert.equal((await ask(A, { headers: { foo: "1" } })).text, "body 4");
    assert.equal((await ask(A, { headers: { foo: "2" } })).text, "body 5");
  });

  test("of what is still on its way", async () => {
    for (const invalidate of [
      (http) => http.fetch(A, post),
      (http) => http.purge({ url: A }),
      (http) => http.purge({ pattern: "*" }),
    ]) {
      let arrive;
      const { http, ask } = setup((request, n) =>
        n === 1
          ? new Promise((resolve) => (arrive = () => resolve(new Response("old", { headers: FRESH }))))
          : new Response("new", { headers: FRESH }),
      );
      const old = http.fetch(A);
      while (!arrive) await Promise.resolve();
      await invalidate(http);
      arrive();
      assert.equal(await (await old).text(), "old");
      assert.equal((await ask(A)).text, "new");
    }
  });
});

describe("purge", () => {
  const variants = async ({ ask }, url) => {
    await ask(url, { headers: { foo: "1" } });
    await ask(url, { headers: { foo: "2" } });
  };
  const varying = (request, n) =>
    new Response(`body ${n}`, { headers: { ...FRESH, ...(request.url.includes("vary") && { vary: "foo" }) } });

  test("by URL: counts responses and removes no others", async () => {
    const all = setup(varying);
    const { http, ask, cache } = all;
    await cache.set("other", 1);
    await ask(A);
    await ask(`${A}/b`);
    await variants(all, `${A}/vary`);
    assert.equal(await http.purge({ url: `${A}#x` }), 1);
    assert.equal(await http.purge({ url: new URL(A) }), 0);
    assert.equal(await http.purge({ url: `${A}/vary` }), 2);
    assert.deepEqual(await keysOf(cache), [`http:${A}/b`, "other"]);
  });

  test("by glob over whole URLs", async () => {
    const all = setup(varying);
    const { http, ask, cache } = all;
    for (const path of ["a", "ab", "b"]) await ask(`https://example.org/${path}`);
    await variants(all, "https://example.org/vary");
    assert.equal(await http.purge({ pattern: "https://example.org/a?" }), 1);
    assert.equal(await http.purge({ pattern: "*1*" }), 0, "the values of Vary are no part of a URL");
    assert.equal(await http.purge({ pattern: "*/[av]*" }), 3);
    assert.deepEqual(await keysOf(cache), ["http:https://example.org/b"]);
    assert.equal(await http.purge({ pattern: "*" }), 1);
    assert.equal(cache.stats().entries, 0);
  });

  test("variants that no request could find any more do not count", async () => {
    const all = setup(varying);
    const { http, ask, cache } = all;
    await variants(all, `${A}/vary`);
    await ask(`${A}/vary`, { method: "DELETE" });
    await ask(`${A}/vary`, { headers: { foo: "3" } });
    assert.equal(await http.purge({ pattern: "*" }), 1);
    assert.equal(cache.stats().entries, 0);
  });

  const bad = {
    nothing: [undefined, "INVALID_OPTION"],
    "an empty object": [{}, "INVALID_OPTION"],
    "two things": [{ url: A, pattern: "*" }, "INVALID_OPTION"],
    "a relative URL": [{ url: "/a" }, "INVALID_OPTION"],
    "a URL with a password": [{ url: "https://a:b@example.org/" }, "INVALID_OPTION"],
    "a number": [{ url: 5 }, "INVALID_OPTION"],
    "an empty tag": [{ tag: "" }, "INVALID_OPTION"],
    "a group that is no string": [{ group: 5 }, "INVALID_OPTION"],
    "a tag with a lone surrogate": [{ tag: "\ud800" }, "INVALID_OPTION"],
    "a tag and a group": [{ tag: "a", group: "a" }, "INVALID_OPTION"],
    "soft that is no boolean": [{ url: A, soft: 1 }, "INVALID_OPTION"],
    "an unclosed glob": [{ pattern: "[a" }, "INVALID_PATTERN"],
    "a pattern that is no string": [{ pattern: 5 }, "INVALID_PATTERN"],
  };
  for (const [name, [what, code]] of Object.entries(bad)) {
    test(`refuses ${name}`, async () => {
      const { http, ask, cache } = setup();
      await ask(A);
      await assert.rejects(http.purge(what), rejectsWith(code));
      assert.equal(cache.stats().entries, 1);
    });
  }
});

describe("failures", () => {
  test("what the origin rejects with, fetch rejects with", async () => {
    const failure = new Error("down");
    const { http, cache } = setup(() => Promise.reject(failure));
    await assert.rejects(http.fetch(A), (error) => error === failure);
    assert.equal(cache.stats().entries, 0);
  });

  test("a cache that is closed is as good as none", async () => {
    const { cache, ask } = setup(numbered(FRESH));
    await ask(A);
    await cache.close();
    assert.equal((await ask(A)).text, "body 2");
    assert.equal((await ask(A, { method: "POST" })).text, "body 3");
  });

  test("a cache that closes while a body arrives", async () => {
    const { cache, http } = setup();
    const response = await http.fetch(A);
    await cache.close();
    assert.equal(await response.text(), "body");
  });

  test("what stands under a key but is no response is a miss", async () => {
    for (const value of [
      "text",
      5,
      new Uint8Array(),
      new Uint8Array([1]),
      new Uint8Array([1, 255, 255, 255, 255]),
      new Uint8Array([2, 0]),
      new Uint8Array([9]),
    ]) {
      const { cache, twice } = setup(numbered(FRESH));
      await cache.set(`http:${A}`, value);
      assert.deepEqual(await twice(A), ["body 1", "body 1"], String(value));
    }
  });

  test("an aborted request is not answered", async () => {
    const { http, ask } = setup();
    await ask(A);
    await assert.rejects(http.fetch(A, { signal: AbortSignal.abort(new Error("gone")) }), /gone/);
  });

  const bad = {
    "no object": 5,
    "a cache that is none": { cache: new Map() },
    "shared as text": { shared: "yes" },
    "fetch that is no function": { fetch: "https://example.org" },
    "key that is no function": { key: "url" },
    "an empty name": { name: "" },
    "a name with a line break": { name: "a\nb" },
    "a name beyond ASCII": { name: "\u00fc" },
    "a target that is no field name": { targets: ["a b"] },
    "targets that are no array": { targets: "CDN-Cache-Control" },
    "a size without a known unit": { maxBodyBytes: "5 parsecs" },
    "a size of nothing": { maxBodyBytes: 0 },
  };
  for (const [name, options] of Object.entries(bad)) {
    test(`refuses ${name}`, () => {
      assert.throws(() => new HttpCache(options), rejectsWith("INVALID_OPTION"));
      assert.throws(() => withHttpCache({ fetch() {} }, options), rejectsWith("INVALID_OPTION"));
    });
  }
});

describe("withHttpCache", () => {
  test("gives the handler what a worker gives, and keeps its other members", async () => {
    const calls = [];
    const kept = [];
    const handler = {
      own: 1,
      fetch(request, env, ctx) {
        calls.push([this, request.url, env, ctx]);
        return new Response("body", { headers: FRESH });
      },
      scheduled: () => "scheduled",
    };
    const cached = withHttpCache(handler, { cache: new Cache() });
    const [env, ctx] = [{}, { waitUntil: (promise) => kept.push(promise) }];
    for (let i = 0; i < 2; i++) assert.equal(await (await cached.fetch(new Request(A), env, ctx)).text(), "body");
    assert.deepEqual(calls, [[handler, A, env, ctx]]);
    // The request, its body, the write: the runtime has to wait for all of them, and the hit has nothing to wait for.
    assert.equal(kept.length, 3);
    await Promise.all(kept);
    assert.equal(cached.scheduled(), "scheduled");
    assert.equal(cached.own, 1);
  });

  test("works with a handler from a class, without a context, with a handler that throws", async () => {
    class Handler {
      #text = "body";
      fetch() {
        return new Response(this.#text, { headers: FRESH });
      }
      other() {
        return "other";
      }
    }
    const cached = withHttpCache(new Handler());
    assert.equal(await (await cached.fetch(new Request(A))).text(), "body");
    assert.equal(cached.other(), "other");
    const failing = withHttpCache({
      fetch: () => {
        throw new Error("down");
      },
    });
    await assert.rejects(async () => failing.fetch(new Request(A)), /down/);
    for (const bad of [undefined, null, {}, { fetch: 5 }]) {
      assert.throws(() => withHttpCache(bad), rejectsWith("INVALID_OPTION"));
    }
  });

  test("the `key` decides what is one resource", async () => {
    const key = (request) => new URL(request.url).pathname;
    const { twice, http, ask } = setup(
      (request, n) => (request.method === "GET" ? numbered(FRESH)(request, n) : new Response()),
      { key },
    );
    assert.deepEqual(await twice(`${A}?utm=1`), ["body 1", "body 1"]);
    assert.equal((await ask(`${A}?utm=2`)).text, "body 1");
    await ask(`${A}?utm=3`, { method: "POST" });
    assert.equal((await ask(A)).text, "body 3");
    assert.equal(await http.purge({ pattern: "/a" }), 1);
  });
});

describe("several faces of one cache", () => {
  const held = () => {
    const waiting = [];
    const fetch = (request) =>
      request.method === "POST"
        ? new Response("done")
        : new Promise((resolve) => {
            waiting.push((body, headers = FRESH) => resolve(new Response(body, { headers })));
          });
    const cache = new Cache({ clock: () => START });
    const face = () => new HttpCache({ cache, fetch });
    return { waiting, face };
  };
  const isHit = (response) => /; hit/.test(response.headers.get("cache-status"));

  test("a purge through one keeps what is on its way to another from being stored", async () => {
    for (const what of [{ pattern: "*" }, { url: A }]) {
      const { waiting, face } = held();
      const [site, panel] = [face(), face()];
      const old = site.fetch(A);
      await new Promise(setImmediate);
      await panel.purge(what);
      waiting.shift()("old");
      assert.equal(await (await old).text(), "old");
      const next = site.fetch(A);
      await new Promise(setImmediate);
      waiting.shift()("new");
      assert.equal(await (await next).text(), "new");
    }
  });

  test("a variant on its way does not bring back those that were invalidated through another", async () => {
    const { waiting, face } = held();
    const [site, other] = [face(), face()];
    const varying = { ...FRESH, vary: "foo" };
    const ask = (foo) => site.fetch(A, { headers: { foo } });
    const first = ask("1");
    await new Promise(setImmediate);
    waiting.shift()("one", varying);
    await (await first).text();
    assert.ok(isHit(await ask("1")));
    const second = ask("2");
    await new Promise(setImmediate);
    await (await other.fetch(A, { method: "POST", body: "x" })).text();
    waiting.shift()("two", varying);
    await (await second).text();
    const after = ask("1");
    await new Promise(setImmediate);
    waiting.shift()?.("one again", varying);
    assert.equal(await (await after).text(), "one again");
  });
});

test("a cache that is closed from the start is as good as none", async () => {
  const { cache, ask } = setup();
  await cache.close();
  assert.equal((await ask(A)).text, "body");
});

test("a body that no entry has room for is not announced as stored", async () => {
  const cache = new Cache({ clock: () => START, maxBytes: "1MiB", maxEntryBytes: 1_000 });
  const sized = (length) => () =>
    new Response("x".repeat(length), { headers: { ...FRESH, "content-length": `${length}` } });
  const large = await new HttpCache({ cache, fetch: sized(900) }).fetch(A);
  assert.doesNotMatch(large.headers.get("cache-status"), /stored/);
  assert.equal((await large.text()).length, 900);
  const small = await new HttpCache({ cache, fetch: sized(10) }).fetch(A);
  assert.match(small.headers.get("cache-status"), /stored/);
});

test("HEAD on what is stale leaves it to be validated", async () => {
  const { ask, wait } = setup((request, n) =>
    request.headers.has("if-none-match")
      ? new Response(null, { status: 304, headers: { ...FRESH, etag: '"1"' } })
      : new Response(request.method === "HEAD" ? null : `body ${n}`, { headers: { ...FRESH, etag: '"1"' } }),
  );
  await ask(A);
  wait(10_000);
  await ask(A, { method: "HEAD" });
  const { text } = await ask(A);
  assert.equal(text, "body 1");
});

test("a GET with a body is not answered from the store, and not stored", async () => {
  // Node makes none; workerd and other servers hand them on.
  class WithBody extends Request {
    get body() {
      return new ReadableStream();
    }
  }
  const { ask } = setup((_, n) => new Response(`body ${n}`, { headers: FRESH }));
  const fat = await ask(new WithBody(A));
  assert.equal(fat.text, "body 1");
  assert.doesNotMatch(fat.said, /stored/);
  assert.equal((await ask(A)).text, "body 2");
  assert.equal((await ask(new WithBody(A))).text, "body 3");
  assert.equal((await ask(A)).text, "body 2");
});
