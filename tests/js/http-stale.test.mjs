// Stale responses: behind the client's back, instead of errors, and after a soft purge (RFC 5861; RFC 9111, 4.2.4).
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { A, gate, numbered, settle, setup } from "./http-helpers.mjs";

const SWR = { "cache-control": "max-age=10, stale-while-revalidate=30" };
const SIE = { "cache-control": "max-age=10, stale-if-error=30", etag: '"1"' };

describe("stale-while-revalidate", () => {
  test("the stale response is served at once, and renewed once", async () => {
    const { ask, seen, wait } = setup(numbered(SWR));
    await ask();
    wait(15);
    const stale = await Promise.all([ask(), ask(), ask()]);
    for (const { text, said } of stale) assert.deepEqual([text, said], ["body 1", "isocache; hit; ttl=-5"]);
    await settle();
    assert.equal(seen.length, 2);
    const fresh = await ask();
    assert.deepEqual([fresh.text, fresh.said, seen.length], ["body 2", "isocache; hit; ttl=10", 2]);
  });

  test("beyond the window the client waits for the origin", async () => {
    const { ask, wait } = setup(numbered(SWR));
    await ask();
    wait(41);
    assert.equal((await ask()).text, "body 2");
  });

  test("the renewal is a validation where there is a validator, and asks for all of it", async () => {
    const headers = { ...SWR, etag: '"1"', "content-length": "10" };
    const { ask, seen, wait } = setup((request) =>
      request.headers.has("if-none-match")
        ? new Response(null, { status: 304, headers })
        : new Response("0123456789", { headers }),
    );
    await ask();
    wait(15);
    const part = await ask(A, { headers: { range: "bytes=0-1", "if-none-match": '"0"' } });
    assert.deepEqual([part.status, part.text], [206, "01"]);
    await settle();
    const { headers: sent } = seen[1];
    assert.deepEqual([sent.get("if-none-match"), sent.get("range")], ['"1"', null]);
    assert.match((await ask()).said, /; hit; ttl=10/);
  });

  test("the renewal is given to waitUntil, is not the client's to abort, and its failure is nobody's", async () => {
    const open = gate();
    const { http, ask, seen, wait } = setup(async (request, n) => {
      if (n > 1) await open.promise;
      if (n === 2) throw new TypeError("no network");
      return new Response(`body ${n}`, { headers: SWR });
    });
    await ask();
    wait(15);
    const kept = [];
    const client = new AbortController();
    const response = await http.fetch(A, { signal: client.signal, waitUntil: (promise) => kept.push(promise) });
    client.abort();
    assert.equal(seen[1].signal.aborted, false);
    open.open();
    assert.ok(kept.length > 0);
    await Promise.all(kept);
    assert.equal(await response.text().catch(() => "body 1"), "body 1");
    assert.equal((await ask()).text, "body 1", "still there");
    await settle();
    assert.equal((await ask()).text, "body 3", "and renewed by the next try");
  });

  test("must-revalidate and no-cache forbid it", async () => {
    for (const forbids of ["must-revalidate", "proxy-revalidate", "no-cache", "s-maxage=10"]) {
      const { ask, wait } = setup(numbered({ "cache-control": `${SWR["cache-control"]}, ${forbids}` }));
      await ask();
      wait(15);
      assert.equal((await ask()).text, "body 2", forbids);
    }
  });
});

describe("stale-if-error", () => {
  const failing =
    (failure, headers = SIE) =>
    (_, n) =>
      n === 1 ? new Response("body", { headers }) : failure();
  const unreachable = () => {
    throw new TypeError("no network");
  };

  test("covers an origin that cannot be reached, and one that answers 500, 502, 503 or 504", async () => {
    for (const status of [0, 500, 502, 503, 504]) {
      const failure = status === 0 ? unreachable : () => new Response("down", { status });
      const { ask, wait } = setup(failing(failure));
      await ask();
      wait(15);
      const { text, status: given, said } = await ask();
      assert.deepEqual([given, text], [200, "body"], String(status));
      assert.match(said, /^isocache; fwd=stale;.* detail=stale-if-error/);
    }
  });

  test("covers no other status, and nothing beyond its window", async () => {
    for (const [status, seconds] of [
      [404, 15],
      [501, 15],
      [503, 41],
    ]) {
      const { ask, wait } = setup(failing(() => new Response("down", { status })));
      await ask();
      wait(seconds);
      assert.equal((await ask()).status, status);
    }
    const { ask, wait } = setup(failing(unreachable));
    await ask();
    wait(41);
    await assert.rejects(ask(), /no network/);
  });

  test("without permission a failure is passed on, and what is stored stays", async () => {
    const headers = { "cache-control": "max-age=10", etag: '"1"' };
    const { ask, wait } = setup((request, n) =>
      n === 2 ? new Response("down", { status: 503 }) : new Response(`body ${n}`, { headers }),
    );
    await ask();
    wait(15);
    assert.equal((await ask()).status, 503);
    assert.equal((await ask(A, { headers: { "cache-control": "max-stale" } })).text, "body 1");
  });

  test("a request may allow it too", async () => {
    const { ask, wait } = setup(failing(unreachable, { "cache-control": "max-age=10", etag: '"1"' }));
    await ask();
    wait(15);
    assert.equal((await ask(A, { headers: { "cache-control": "stale-if-error=60" } })).text, "body");
  });

  test("all who wait for a failing origin are covered", async () => {
    const { ask, seen, wait } = setup(failing(() => new Response("down", { status: 503 })));
    await ask();
    wait(15);
    const answers = await Promise.all([ask(), ask(), ask()]);
    assert.deepEqual(
      answers.map(({ text }) => text),
      ["body", "body", "body"],
    );
    assert.equal(seen.length, 2);
  });

  test("a client that goes away is no failure of the origin's", async () => {
    const { http, ask, wait } = setup(failing(() => new Promise(() => {})));
    await ask();
    wait(15);
    const client = new AbortController();
    const gone = assert.rejects(http.fetch(A, { signal: client.signal }), /gone/);
    await settle();
    client.abort(new Error("gone"));
    await gone;
  });
});

describe("soft purge", () => {
  test("what is marked is validated before it is used again", async () => {
    const headers = { "cache-control": "max-age=60", etag: '"1"' };
    const { http, ask, seen } = setup((request) =>
      request.headers.has("if-none-match")
        ? new Response(null, { status: 304, headers })
        : new Response("body", { headers }),
    );
    await ask();
    assert.equal(await http.purge({ url: A, soft: true }), 1);
    const { text, said } = await ask();
    assert.deepEqual([text, said, seen.length], ["body", "isocache; fwd=stale; fwd-status=304; stored", 2]);
    assert.match((await ask()).said, /; hit; ttl=60/);
  });

  test("it may be served meanwhile, or instead of an error, where the origin allowed that", async () => {
    const control = { "cache-control": "max-age=60, stale-while-revalidate=30, stale-if-error=30" };
    const { http, ask } = setup(numbered(control));
    await ask();
    await http.purge({ pattern: "https://example.org/*", soft: true });
    assert.equal((await ask()).text, "body 1");
    await settle();
    assert.equal((await ask()).text, "body 2");
  });

  test("a response that was on its way when its resource was purged is not stored", async () => {
    for (const what of [{ url: A }, { pattern: "*" }, { tag: "x" }, { group: "g" }]) {
      const open = gate();
      const labelled = { "cache-control": "max-age=60", "cache-tag": "x", "cache-groups": '"g"' };
      const { http, ask } = setup(async (_, n) => {
        if (n === 1) await open.promise;
        return new Response(`body ${n}`, { headers: labelled });
      });
      const first = ask();
      await settle();
      assert.equal(await http.purge({ ...what, soft: true }), 0);
      open.open();
      await first;
      assert.equal((await ask()).text, "body 2", JSON.stringify(what));
    }
  });
});
