// Clients that go away, at every point, and what came too late to be shared: nobody waits for what does not come.
import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { describe, test } from "node:test";
import { A, FRESH, gate, pushed, settle, setup } from "./http-helpers.mjs";

const gone = new Error("gone");

/** What became of a promise by now. */
async function state(promise) {
  let state = "pending";
  promise.then(
    () => (state = "kept"),
    (error) => (state = error.message),
  );
  await settle();
  return state;
}

describe("a client that goes away", () => {
  for (const [what, control] of [
    ["is stored", "max-age=60"],
    ["is not stored", "no-store"],
  ]) {
    test(`in the middle of a body that ${what}: its reading fails, and the origin's body goes`, async () => {
      const body = pushed();
      const seen = [];
      const { http } = setup((request) => {
        seen.push(request);
        request.signal.addEventListener("abort", () => body.cancelled ?? body.fail(request.signal.reason));
        return new Response(body.stream, { headers: { "cache-control": control } });
      });
      const leaving = new AbortController();
      const response = await http.fetch(A, { signal: leaving.signal });
      const reading = response.text();
      reading.catch(() => {});
      await settle();
      leaving.abort(gone);
      assert.equal(await state(reading), "gone");
      assert.equal(body.cancelled !== undefined || seen[0].signal.aborted, true);
    });
  }

  test("before the response comes, and then all others too: the origin's body is not kept open", async () => {
    const open = gate();
    const body = pushed();
    const { http } = setup(async () => {
      await open.promise;
      return new Response(body.stream, { headers: FRESH });
    });
    const leaving = new AbortController();
    const leader = assert.rejects(http.fetch(A, { signal: leaving.signal }), /gone/);
    const follower = http.fetch(A);
    await settle();
    leaving.abort(gone);
    await leader;
    open.open();
    const reader = (await follower).body.getReader();
    await settle();
    await reader.cancel("enough");
    await settle();
    assert.equal(body.cancelled, "enough");
  });

  test("while its own content arrives: the request ends", async () => {
    const { http, seen } = setup();
    const leaving = new AbortController();
    const body = new ReadableStream({});
    const asked = http.fetch(A, { method: "QUERY", body, duplex: "half", signal: leaving.signal });
    asked.catch(() => {});
    await settle();
    leaving.abort(gone);
    assert.equal(await state(asked), "gone");
    assert.equal(seen.length, 0);
  });

  test("without a word: responses that are dropped unread hold nothing", async () => {
    const { http } = setup(
      () => new Response(pushed().stream, { headers: { ...FRESH, "content-length": "40000" } }),
      {},
      { maxBytes: 256 * 1024 },
    );
    for (let i = 0; i < 50; i++) await http.fetch(`${A}?${i}`);
    const small = () => new Response("x".repeat(40_000), { headers: FRESH });
    const isHit = async () => {
      const url = `${A}?small`;
      await (await http.fetch(url, { origin: small })).text();
      return /; hit/.test((await http.fetch(url, { origin: small })).headers.get("cache-status"));
    };
    assert.equal(await isHit(), false, "all that may be held is reserved");
    for (let i = 0; i < 20 && !(await isHit()); i++) {
      globalThis.gc();
      await settle();
    }
    assert.equal(await isHit(), true);
  });

  test("later than its response: nothing listens to it any more", async () => {
    const answers = [
      () => Promise.reject(new TypeError("no network")),
      () => new Response(null, { headers: FRESH }),
      () => new Response("body", { headers: FRESH }),
      () => new Response("body", { headers: { ...FRESH, "content-length": "5" } }),
    ];
    for (const [i, answer] of answers.entries()) {
      const { http } = setup(answer);
      const request = new Request(A);
      await http.fetch(request).then(
        (response) => response.text().catch(() => {}),
        () => {},
      );
      await settle();
      assert.equal(getEventListeners(request.signal, "abort").length, 0, String(i));
    }
  });

  test("alone: who comes before the origin has noticed asks for himself", async () => {
    const first = gate();
    const { http, ask, seen } = setup((_, n) => (n === 1 ? first.promise : new Response("body", { headers: FRESH })));
    const leaving = new AbortController();
    const leader = assert.rejects(http.fetch(A, { signal: leaving.signal }), /gone/);
    await settle();
    leaving.abort(gone);
    await leader;
    const second = ask();
    await settle();
    first.fail(new Error("aborted"));
    assert.equal((await second).text, "body");
    assert.equal(seen.length, 2);
  });

  test("while the store is read: it does not wait for a leader", async () => {
    const never = gate();
    const { http, ask } = setup(() => never.promise);
    ask().catch(() => {});
    await settle();
    const leaving = new AbortController();
    const follower = http.fetch(A, { signal: leaving.signal });
    leaving.abort(gone);
    assert.equal(await state(follower), "gone");
    never.fail(gone);
  });
});

describe("a request that sets out after its resource was changed", () => {
  /** An origin whose first answer to GET is old, and comes or goes on late. */
  function changing(headers = FRESH) {
    const old = pushed();
    const open = gate();
    let gets = 0;
    const it = setup(async ({ method }) => {
      if (method === "POST") return new Response("changed");
      gets++;
      if (gets > 1) return new Response("new", { headers });
      await open.promise;
      return new Response(old.stream, { headers });
    });
    return { ...it, old, open };
  }

  test("what a request knew before it waited brings no variant back", async () => {
    const first = gate();
    let version = "old";
    const { ask, seen } = setup((request) => {
      const language = request.headers.get("accept-language");
      if (request.method === "POST") return new Response("changed");
      if (language === "fr" && seen.filter((other) => other.headers.get("accept-language") === "fr").length === 1) {
        return first.promise;
      }
      return new Response(`${version} ${language}`, { headers: { ...FRESH, vary: "Accept-Language" } });
    });
    const language = (language) => ask(A, { headers: { "accept-language": language } });
    await language("de");
    const [leader, follower] = [language("fr"), language("fr")];
    await settle();
    await ask(A, { method: "POST", body: "x" });
    version = "new";
    first.open(new Response("nothing for others", { headers: { "cache-control": "no-store" } }));
    assert.deepEqual([(await leader).text, (await follower).text], ["nothing for others", "new fr"]);
    assert.equal((await language("de")).text, "new de");
  });

  const changes = [
    ["POST", ({ ask }) => ask(A, { method: "POST", body: "x" })],
    ["a purge by URL", ({ http }) => http.purge({ url: A })],
    ["a purge by glob", ({ http }) => http.purge({ pattern: "https://example.org/*" })],
    ["a purge by tag", ({ http }) => http.purge({ tag: "one" })],
  ];
  for (const [what, change] of changes) {
    test(`does not wait for one that set out before: ${what}`, async () => {
      const it = changing({ ...FRESH, "cache-tag": "one" });
      const before = it.ask();
      await settle();
      await change(it);
      const after = it.ask();
      await settle();
      it.open.open();
      await settle();
      it.old.push("old");
      await settle();
      it.old.end();
      assert.equal((await after).text, "new");
      assert.equal((await before).text, "old");
      assert.equal((await it.ask()).text, "new");
    });

    test(`does not share its body: ${what}`, async () => {
      const it = changing({ ...FRESH, "cache-tag": "one" });
      it.open.open();
      const before = (await it.http.fetch(A)).text();
      await settle();
      await change(it);
      assert.equal((await it.ask()).text, "new");
      it.old.push("old");
      await settle();
      it.old.end();
      assert.equal(await before, "old");
      assert.equal((await it.ask()).text, "new");
    });
  }
});
