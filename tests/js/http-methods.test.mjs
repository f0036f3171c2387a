// QUERY, POST and HEAD: what they store, and what they change.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { A, FRESH, numbered, setup } from "./http-helpers.mjs";

const query = (body, headers = { "content-type": "text/plain" }) => ({ method: "QUERY", body, headers });

describe("QUERY", () => {
  const echo = async (request, n) => new Response(`${n}: ${await request.text()}`, { headers: FRESH });

  test("is answered from the store for the same content, and only for that", async () => {
    const { ask, seen } = setup(echo);
    assert.equal((await ask(A, query("a"))).text, "1: a");
    const hit = await ask(A, query("a"));
    assert.deepEqual([hit.text, hit.said], ["1: a", "isocache; hit; ttl=60"]);
    assert.equal((await ask(A, query("b"))).text, "2: b");
    assert.equal((await ask(A, query("a", { "content-type": "application/json" }))).text, "3: a");
    assert.equal((await ask(`${A}b`, query("a"))).text, "4: a");
    assert.equal((await ask()).text, "5: ");
    assert.equal(seen.length, 5);
  });

  test("needs explicit freshness", async () => {
    const { ask, seen } = setup(
      async () => new Response("x", { headers: { "last-modified": "Sat, 01 Jan 2022 00:00:00 GMT" } }),
    );
    await ask(A, query("a"));
    await ask(A, query("a"));
    assert.equal(seen.length, 2);
  });

  test("content beyond 64 KiB goes through whole, uncached", async () => {
    const { ask, seen } = setup(
      async (request) => new Response(String((await request.text()).length), { headers: FRESH }),
    );
    const long = "x".repeat(70_000);
    assert.equal((await ask(A, query(long))).text, "70000");
    assert.equal((await ask(A, query(long))).text, "70000");
    assert.equal(seen.length, 2);
  });

  test("what changes the resource makes its answers untrue, and a purge of the URL counts them", async () => {
    const { http, ask, seen } = setup(echo);
    await ask(A, query("a"));
    await ask(A, query("b"));
    await ask(A, { method: "PUT", body: "new" });
    await ask(A, query("a"));
    assert.equal(seen.length, 4);
    await ask();
    assert.equal(await http.purge({ url: A }), 2);
    await ask(A, query("a"));
    assert.equal(seen.length, 6);
  });

  test("is validated with its content, also when the validation fails", async () => {
    const { ask, wait } = setup(async (request, n) => {
      if (n === 2) return new Response(null, { status: 304, headers: { ...FRESH, etag: '"other"' } });
      return new Response(`${n}: ${await request.text()}`, { headers: { ...FRESH, etag: '"1"' } });
    });
    await ask(A, query("a"));
    wait(70);
    assert.equal((await ask(A, query("a"))).text, "3: a");
  });
});

describe("POST", () => {
  const own = { ...FRESH, "content-location": "/a" };

  test("a response with explicit freshness and its own URL as Content-Location answers GET, never POST", async () => {
    const { ask, seen } = setup(numbered(own));
    assert.equal((await ask(A, { method: "POST", body: "x" })).text, "body 1");
    const get = await ask();
    assert.deepEqual([get.text, get.said], ["body 1", "isocache; hit; ttl=60"]);
    assert.equal((await ask(A, { method: "POST", body: "x" })).text, "body 2");
    assert.equal((await ask()).text, "body 2");
    assert.equal(seen.length, 2);
  });

  test("any other response to it is not stored, and what was stored is gone", async () => {
    for (const headers of [
      FRESH,
      { ...FRESH, "content-location": "/b" },
      { "content-location": "/a" },
      { ...own, "cache-control": "no-store" },
    ]) {
      const { ask, seen } = setup(
        (request, n) => new Response(`body ${n}`, { headers: request.method === "GET" ? FRESH : headers }),
      );
      await ask();
      await ask(A, { method: "POST", body: "x" });
      assert.equal((await ask()).text, "body 3", JSON.stringify(headers));
      assert.equal(seen.length, 3);
    }
  });
});

describe("HEAD", () => {
  const answer = (changes) => (request, n) => {
    const headers = { ...FRESH, etag: '"1"', "content-length": "4", "x-count": String(n) };
    return request.method === "HEAD"
      ? new Response(null, { headers: { ...headers, ...changes } })
      : new Response("body", { headers });
  };
  const fresh = { headers: { "cache-control": "no-cache" }, method: "HEAD" };

  test("renews the stored response that it agrees with", async () => {
    const { ask, seen, wait } = setup(answer({}));
    await ask();
    wait(50);
    await ask(A, fresh);
    wait(50);
    const hit = await ask();
    assert.deepEqual([hit.text, hit.said, hit.response.headers.get("x-count")], ["body", "isocache; hit; ttl=10", "2"]);
    assert.equal(seen.length, 2);
  });

  test("makes the cache forget one that it contradicts", async () => {
    for (const changes of [{ etag: '"2"' }, { "content-length": "5" }]) {
      const { ask, seen } = setup(answer(changes));
      await ask();
      await ask(A, fresh);
      await ask();
      assert.equal(seen.length, 3, JSON.stringify(changes));
    }
  });
});
