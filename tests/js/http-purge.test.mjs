// Purging by tag and by cache group (RFC 9875), and the groups that unsafe requests invalidate.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { A, setup } from "./http-helpers.mjs";

const control = { "cache-control": "max-age=60" };

/** An origin whose responses have the fields that the path names. */
const labelled = (fields) => (request, n) => {
  const { pathname } = new URL(request.url);
  return new Response(`body ${n}`, { headers: { ...control, ...fields[pathname] } });
};

describe("tags", () => {
  const fields = {
    "/a": { "cache-tag": "shop, red" },
    "/b": { "surrogate-key": "shop blue" },
    "/c": { "cache-tag": "shopping", vary: "Accept" },
    "/d": {},
  };
  const fill = async (ask) => {
    for (const path of Object.keys(fields)) await ask(`https://example.org${path}`);
  };
  const stored = async (ask) => {
    const found = [];
    for (const path of Object.keys(fields)) {
      const { said } = await ask(`https://example.org${path}`, { headers: { "cache-control": "only-if-cached" } });
      if (/; hit/.test(said)) found.push(path);
    }
    return found;
  };

  test("a tag's responses go, and no others, and are counted", async () => {
    const { http, ask } = setup(labelled(fields));
    await fill(ask);
    assert.equal(await http.purge({ tag: "shop" }), 2);
    assert.deepEqual(await stored(ask), ["/c", "/d"]);
    assert.equal(await http.purge({ tag: "shop" }), 0);
    assert.equal(await http.purge({ tag: "shopping" }), 1, "variants too");
    assert.deepEqual(await stored(ask), ["/d"]);
  });

  test("softly: they are stale", async () => {
    const { http, ask, seen } = setup(labelled(fields));
    await fill(ask);
    assert.equal(await http.purge({ tag: "red", soft: true }), 1);
    assert.equal((await ask()).said, "isocache; fwd=stale; fwd-status=200; stored");
    assert.equal(seen.length, 5);
    assert.equal(await http.purge({ tag: "red" }), 1, "what came in its place has the tag again");
  });

  test("a tag stays on what a validation renews, and on what was softly purged", async () => {
    const { http, ask, wait } = setup((request) =>
      request.headers.has("if-none-match")
        ? new Response(null, { status: 304, headers: control })
        : new Response("body", { headers: { ...control, etag: '"1"', "cache-tag": "x" } }),
    );
    await ask();
    wait(70);
    assert.match((await ask()).said, /fwd-status=304; stored/);
    assert.equal(await http.purge({ tag: "x", soft: true }), 1);
    assert.equal(await http.purge({ tag: "x" }), 1);
  });

  test("shared and private caches, and data, do not see each other's", async () => {
    const { http, ask, cache } = setup(labelled(fields));
    const { HttpCache } = await import("isocache/http");
    const own = new HttpCache({ cache, shared: false, fetch: labelled(fields) });
    await ask();
    await (await own.fetch(A)).text();
    await cache.set("mine", 1, { tags: ["red", "tred"] });
    assert.equal(await http.purge({ tag: "red" }), 1);
    assert.match((await own.fetch(A)).headers.get("cache-status"), /; hit/);
    assert.equal(await cache.get("mine"), 1);
  });
});

describe("cache groups", () => {
  const answer = (request, n) => {
    if (request.method !== "GET")
      return new Response(null, { status: 204, headers: { "cache-group-invalidation": '"news", "x"' } });
    const { pathname } = new URL(request.url);
    const groups = { "/a": '"news"', "/b": '"news", "sport"', "/c": "news" }[pathname];
    return new Response(`body ${n}`, { headers: { ...control, ...(groups && { "cache-groups": groups }) } });
  };
  const paths = ["/a", "/b", "/c", "/d"];
  const fill = async (ask, origin) => {
    for (const path of paths) await ask(`${origin}${path}`);
  };
  const gone = async (ask, origin) => {
    const found = [];
    for (const path of paths) {
      const { said } = await ask(`${origin}${path}`, { headers: { "cache-control": "only-if-cached" } });
      if (!/; hit/.test(said)) found.push(path);
    }
    return found;
  };

  test("an unsafe request invalidates the groups that its response names, of its origin", async () => {
    const { ask } = setup(answer);
    await fill(ask, "https://example.org");
    await fill(ask, "https://other.example");
    await ask("https://example.org/d2", { method: "POST", body: "x" });
    assert.deepEqual(await gone(ask, "https://example.org"), ["/a", "/b"], "a token is no string: it names no group");
    assert.deepEqual(await gone(ask, "https://other.example"), []);
  });

  test("a failed one, or a safe one, does not", async () => {
    const failed = (request, n) => {
      const response = answer(request, n);
      return request.method === "GET" ? response : new Response(null, { status: 500, headers: response.headers });
    };
    const { ask } = setup(failed);
    await fill(ask, "https://example.org");
    await ask("https://example.org/d2", { method: "POST", body: "x" });
    assert.deepEqual(await gone(ask, "https://example.org"), []);
  });

  test("purge takes a group of whatever origin", async () => {
    const { http, ask } = setup(answer);
    await fill(ask, "https://example.org");
    await fill(ask, "https://other.example");
    assert.equal(await http.purge({ group: "sport" }), 2);
    assert.deepEqual(await gone(ask, "https://other.example"), ["/b"]);
  });
});
