// Two requests that must not share a response never do: what is known of cache poisoning, cache deception and keys that
// collide, as a table. In each row the origin answers every request with a body of its own.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { HttpCache, queryKey } from "isocache/http";
import { A, FRESH, numbered, setup } from "./http-helpers.mjs";

const O = "https://example.org";
const with_ = (headers, more = {}) => ({ headers, ...more });
const varying = (names, more = {}) => ({ ...FRESH, vary: names, ...more });
const long = "x".repeat(100_000);

/** Name, the fields of the origin's responses, the victim's and the attacker's request (either order), its status. */
const APART = [
  // keys
  ["schemes", FRESH, ["http://example.org/a"], [A]],
  ["ports", FRESH, [`${O}:8443/a`], [A]],
  ["hosts that end with a dot", FRESH, ["https://example.org./a"], [A]],
  ["subdomains", FRESH, ["https://www.example.org/a"], [A]],
  ["an encoded slash", FRESH, [`${O}/a%2Fb`], [`${O}/a/b`]],
  ["an encoded slash, twice", FRESH, [`${O}/a%252Fb`], [`${O}/a%2Fb`]],
  ["a path parameter", FRESH, [`${O}/account;.css`], [`${O}/account`]],
  ["an encoded line break", FRESH, [`${O}/account%0a.css`], [`${O}/account`]],
  ["an encoded question mark", FRESH, [`${O}/account%3f.css`], [`${O}/account?.css`]],
  ["an encoded NUL", FRESH, [`${O}/account%00`], [`${O}/account`]],
  ["an encoded number sign", FRESH, [`${O}/account%23.css`], [`${O}/account#.css`]],
  ["a doubled slash", FRESH, [`${O}//account`], [`${O}/account`]],
  ["a slash at the end", FRESH, [`${O}/account/`], [`${O}/account`]],
  ["the case of a path", FRESH, [`${O}/Account`], [`${O}/account`]],
  ["an empty query", FRESH, [`${A}?`], [A]],
  ["the order of a query", FRESH, [`${A}?x=1&y=2`], [`${A}?y=2&x=1`]],
  ["a repeated parameter", FRESH, [`${A}?x=1&x=2`], [`${A}?x=2&x=1`]],
  ["a semicolon in a query", FRESH, [`${A}?x=1;y=2`], [`${A}?x=1&y=2`]],
  ["the key of a variant as a URL", varying("Cookie"), [`${O}/?%0a1%0acookie:a%0a`], [`${O}/`, with_({ cookie: "a" })]],
  // users
  [
    "cookies, where the origin varies",
    varying("Cookie"),
    [A, with_({ cookie: "id=1" })],
    [A, with_({ cookie: "id=2" })],
  ],
  ["a cookie and none", varying("Cookie"), [A, with_({ cookie: "id=1" })], [A]],
  ["an empty field and none", varying("X-User"), [A, with_({ "x-user": "" })], [A]],
  ["a cookie that is set", { ...FRESH, "set-cookie": "id=1" }, [A], [A]],
  [
    "a cookie that is set, guessed fresh",
    { "last-modified": "Sat, 01 Jan 2022 00:00:00 GMT", "set-cookie": "id=1" },
    [A],
    [A],
  ],
  [
    "Authorization, on the same one",
    FRESH,
    [A, with_({ authorization: "Basic x" })],
    [A, with_({ authorization: "Basic x" })],
  ],
  ["private", { "cache-control": "private, max-age=60" }, [A], [A]],
  ["private in a targeted field", { ...FRESH, "cdn-cache-control": "private" }, [A], [A]],
  ["private among nonsense", { "cache-control": 'max-age=60, "=private, ;private, private' }, [A], [A]],
  ["no-store behind an open quote", { "cache-control": 'max-age=60, x="y, no-store' }, [A], [A]],
  ["no-store on a line of its own", { "cache-control": "max-age=60, No-Store" }, [A], [A]],
  ["no-store of the request", FRESH, [A, with_({ "cache-control": "no-store" })], [A]],
  // Vary
  ["Vary: *", varying("*"), [A], [A]],
  ["Vary: * among names", varying("Accept, *"), [A], [A]],
  ["Vary that is no list of names", varying("a b"), [A], [A]],
  ["values that differ by a comma in quotes", varying("X"), [A, with_({ x: '"a,b"' })], [A, with_({ x: '"a, b"' })]],
  ["values that differ by case", varying("X"), [A, with_({ x: "a" })], [A, with_({ x: "A" })]],
  [
    "a value that looks like the next name",
    varying("A, B"),
    [A, with_({ a: "1\tb:2" })],
    [A, with_({ a: "1", b: "2" })],
  ],
  ["cookies with commas", varying("Cookie"), [A, with_({ cookie: "a=1,2" })], [A, with_({ cookie: "a=1, 2" })]],
  ["an oversized field under Vary", varying("X"), [A, with_({ x: `${long}1` })], [A, with_({ x: `${long}2` })]],
  ["more names than anybody needs", varying(Array.from({ length: 65 }, (_, i) => `n${i}`).join(",")), [A], [A]],
  // methods and parts of messages
  ["a GET with content", FRESH, [A, { method: "QUERY", body: "x" }], [A]],
  ["QUERY and its content", FRESH, [A, { method: "QUERY", body: "x" }], [A, { method: "QUERY", body: "y" }]],
  [
    "POST, which answers no POST",
    { ...FRESH, "content-location": "/a" },
    [A, { method: "POST", body: "x" }],
    [A, { method: "POST", body: "x" }],
  ],
  ["POST for another URL", { ...FRESH, "content-location": "/b" }, [A, { method: "POST", body: "x" }], [`${O}/b`]],
  ["OPTIONS", FRESH, [A, { method: "OPTIONS" }], [A, { method: "OPTIONS" }]],
  ["a method with GET's letters", FRESH, [A, { method: "GETX" }], [A]],
  ["a part", { ...FRESH, "content-range": "bytes 0-5/9" }, [A, with_({ range: "bytes=0-5" })], [A], 206],
  ["the answer to a condition", FRESH, [A, with_({ "if-none-match": '"x"' })], [A], 304],
  ["a failed precondition", FRESH, [A, with_({ "if-match": '"x"' })], [A], 412],
  ["a header that was too large", FRESH, [A, with_({ x: long })], [A], 431],
  ["a range that was refused", FRESH, [A, with_({ range: "bytes=99-" })], [A], 416],
  ["an expectation that failed", FRESH, [A], [A], 417],
  ["a bad request, without being told to keep it", {}, [A, with_({ x: "\u00ff" })], [A], 400],
  ["an unexpected failure, without being told to keep it", {}, [A], [A], 503],
  [
    "a redirect on account of a field, without being told to keep it",
    { location: "https://evil.example/" },
    [A, with_({ "x-forwarded-host": "evil.example" })],
    [A],
    302,
  ],
];

/** The same, where it does make no difference. */
const TOGETHER = [
  ["fragments", FRESH, [`${A}#x`], [A]],
  ["the default port", FRESH, ["https://example.org:443/a"], [A]],
  ["the case of a host", FRESH, ["https://EXAMPLE.org/a"], [A]],
  ["dots in a path, which no origin gets to see", FRESH, [`${O}/b/../a`], [A]],
  ["encoded dots, the same", FRESH, [`${O}/b/%2e%2E/a`], [A]],
  ["fields that Vary does not name", varying("Accept"), [A, with_({ cookie: "id=1" })], [A]],
  [
    "Authorization, where the origin says public",
    { "cache-control": "public, max-age=60" },
    [A, with_({ authorization: "x" })],
    [A],
  ],
];

describe("requests that must not share a response", () => {
  for (const [name, headers, victim, attacker, status = 200] of APART) {
    test(name, async () => {
      for (const [first, second] of [
        [victim, attacker],
        [attacker, victim],
      ]) {
        const answer = (_, n) =>
          new Response(status === 304 ? null : `body ${n}`, { status, headers: { ...headers, "x-count": String(n) } });
        const { ask } = setup(answer);
        const counts = [];
        for (const [url, init] of [first, second]) counts.push((await ask(url, init)).response.headers.get("x-count"));
        assert.deepEqual(counts, ["1", "2"]);
      }
    });
  }

  for (const [name, headers, first, second] of TOGETHER) {
    test(`but ${name} make no difference`, async () => {
      const { ask } = setup(numbered(headers));
      assert.deepEqual([(await ask(...first)).text, (await ask(...second)).text], ["body 1", "body 1"]);
    });
  }

  test("at the same time, none of them wait for each other's response and get it", async () => {
    for (const [name, headers, victim, attacker, status = 200] of APART) {
      const answer = async (_, n) => {
        await Promise.resolve();
        return new Response(status === 304 ? null : `body ${n}`, {
          status,
          headers: { ...headers, "x-count": String(n) },
        });
      };
      const { ask } = setup(answer);
      const both = await Promise.all([ask(...victim), ask(...attacker)]);
      assert.notEqual(...both.map(({ response }) => response.headers.get("x-count")), name);
    }
  });

  test("a cookie that one client was given never reaches another, not by validation either", async () => {
    const { ask } = setup((request, n) => {
      const headers = { ...FRESH, etag: '"1"', "set-cookie": `id=${n}` };
      return request.headers.has("if-none-match")
        ? new Response(null, { status: 304, headers: n === 3 ? { etag: '"1"' } : headers })
        : new Response("body", { headers });
    });
    const cookies = [];
    for (let i = 0; i < 4; i++) cookies.push((await ask()).response.headers.getSetCookie());
    assert.deepEqual(cookies, [["id=1"], ["id=2"], [], ["id=4"]]);
  });

  test("what was answered to Authorization is not given to others; what anybody got may be", async () => {
    const { ask } = setup(numbered());
    assert.equal((await ask(A, with_({ authorization: "Basic x" }))).text, "body 1");
    assert.equal((await ask()).text, "body 2");
    assert.equal((await ask(A, with_({ authorization: "Basic x" }))).text, "body 2");
  });

  test("a URL with a password is nobody's", async () => {
    const { http } = setup();
    await assert.rejects(http.fetch("https://user:secret@example.org/a"), TypeError);
  });

  test("a shared and a private cache over one store", async () => {
    const { cache, ask } = setup(numbered());
    const own = new HttpCache({ cache, shared: false, fetch: () => new Response("own", { headers: FRESH }) });
    assert.equal(await (await own.fetch(A)).text(), "own");
    assert.equal((await ask()).text, "body 1");
    assert.equal(await (await own.fetch(A)).text(), "own");
  });

  test("keys that a hook makes of request fields cannot be made to look like others", async () => {
    const key = (request) => `${request.url} ${request.headers.get("x-user")}`;
    const { ask, cache } = setup(numbered(varying("Accept")), { key });
    await ask(A, with_({ "x-user": "eve", accept: "a" }));
    for await (const stored of cache.keys()) {
      const forged = stored.slice("http:".length + A.length + 1);
      if (!forged.includes("\n")) continue;
      // A field cannot hold a line break, so that the owner's hook would have to make one; what it makes is not stored.
      const made = new HttpCache({ cache, key: () => `${A} ${forged}`, fetch: () => new Response("other") });
      assert.equal(await (await made.fetch(A)).text(), "other");
    }
  });
});

describe("queryKey", () => {
  const keyOf = (options, url) => queryKey(options)(new Request(url));
  const rows = [
    [{}, `${A}?b=2&a=1#x`, `${A}?a=1&b=2`],
    [{}, `${A}?b=2&a=2&b=1`, `${A}?a=2&b=2&b=1`],
    [{}, A, A],
    [{}, `${A}?`, `${A}?`],
    [{ sort: false }, `${A}?b=2&a=1`, `${A}?b=2&a=1`],
    [{ ignore: ["utm_*", "fbclid"] }, `${A}?utm_source=x&a=1&fbclid=y&utm=z`, `${A}?a=1&utm=z`],
    [{ ignore: ["utm_*"] }, `${A}?utm_source=x`, A],
    [{ ignore: ["utm_source"] }, `${A}?utm%5Fsource=x&utm_SOURCE=y`, `${A}?utm_SOURCE=y`],
    [{ only: ["id", "page"] }, `${A}?x=1&page=2&id=3`, `${A}?id=3&page=2`],
    [{ only: ["p*"], ignore: ["px"] }, `${A}?px=1&py=2&a=3`, `${A}?py=2`],
    [{}, `${A}?b=%2&a=%zz`, `${A}?a=%zz&b=%2`],
    [{}, `${A}?a&a=`, `${A}?a&a=`],
  ];
  for (const [options, url, key] of rows) {
    test(`${JSON.stringify(options)} of ${url}`, () => assert.equal(keyOf(options, url), key));
  }

  test("what differs in a parameter that counts stays apart, the rest is shared", async () => {
    const { ask, seen } = setup(numbered(), { key: queryKey({ ignore: ["utm_*"] }) });
    assert.equal((await ask(`${A}?id=1&utm_source=a`)).text, "body 1");
    assert.equal((await ask(`${A}?utm_source=b&id=1`)).text, "body 1");
    assert.equal((await ask(`${A}?id=2`)).text, "body 2");
    assert.equal(seen.length, 2);
  });

  for (const options of [5, null, { ignore: "utm_*" }, { ignore: [""] }, { only: [5] }, { sort: "yes" }]) {
    test(`refuses ${JSON.stringify(options)}`, () => {
      assert.throws(() => queryKey(options), { code: "INVALID_OPTION" });
    });
  }
});
