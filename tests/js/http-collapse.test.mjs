// Requests for the same at the same time: who asks the origin, who waits, and what becomes of those whose leader goes.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { A, FRESH, gate, numbered, pushed, settle, setup, textOf } from "./http-helpers.mjs";

const texts = (answers) => answers.map(({ text }) => text);

describe("collapsing", () => {
  test("concurrent misses ask the origin once", async () => {
    const { ask, seen } = setup(numbered());
    const answers = await Promise.all(Array.from({ length: 10 }, () => ask()));
    assert.deepEqual(new Set(texts(answers)), new Set(["body 1"]));
    assert.equal(seen.length, 1);
    assert.equal(answers[0].said, "isocache; fwd=miss; fwd-status=200; stored");
    for (const { said } of answers.slice(1)) assert.equal(said, "isocache; fwd=miss; fwd-status=200; collapsed");
    assert.match((await ask()).said, /; hit; ttl=60/);
  });

  test("HEAD and a condition are answered from the GET that is under way, and so is a part", async () => {
    const open = gate();
    const { ask, seen } = setup(async () => {
      await open.promise;
      return new Response("0123456789", { headers: { ...FRESH, etag: '"1"', "content-length": "10" } });
    });
    const all = [
      ask(),
      ask(A, { method: "HEAD" }),
      ask(A, { headers: { "if-none-match": '"1"' } }),
      ask(A, { headers: { range: "bytes=2-4" } }),
    ];
    await settle();
    open.open();
    const [get, head, condition, part] = await Promise.all(all);
    assert.equal(seen.length, 1);
    assert.deepEqual([get.status, get.text], [200, "0123456789"]);
    assert.deepEqual([head.status, head.text], [200, ""]);
    assert.equal(condition.status, 304);
    assert.deepEqual([part.status, part.text], [206, "234"]);
    assert.equal(part.response.headers.get("content-range"), "bytes 2-4/10");
  });

  test("who wants the origin's word does not wait for another's", async () => {
    const { ask, seen } = setup(numbered());
    const headers = { "cache-control": "no-cache" };
    await Promise.all([ask(), ask(A, { headers }), ask(A, { headers })]);
    assert.equal(seen.length, 3);
  });

  test("nor for its head, where nothing is stored yet", async () => {
    const open = gate();
    const { ask, seen } = setup((_, n) => (n === 1 ? open.promise : new Response("own", { headers: FRESH })));
    const first = ask();
    await settle();
    const own = [
      { headers: { "cache-control": "no-cache" } },
      { headers: { "cache-control": "max-age=9, No-Store" } },
      { headers: { pragma: "no-cache" } },
      { cache: "reload" },
    ];
    for (const init of own) assert.equal((await ask(A, init)).text, "own");
    assert.equal(seen.length, 5);
    open.open(new Response("first", { headers: FRESH }));
    await first;
  });

  for (const headers of [{ "cache-control": "no-store" }, { authorization: "Basic eDp5" }]) {
    test(`the response to a request with ${JSON.stringify(headers)} says nothing about others`, async () => {
      const { ask, seen } = setup(numbered());
      await ask(A, { headers });
      assert.deepEqual(texts(await Promise.all([ask(), ask(), ask()])), ["body 2", "body 2", "body 2"]);
      assert.equal(seen.length, 2);
    });
  }

  test("what must not be shared releases the others at once, and the next ones do not queue", async () => {
    const bodies = [];
    const { ask, seen } = setup(() => {
      const body = pushed();
      bodies.push(body);
      return new Response(body.stream, { headers: { "cache-control": "private, max-age=60" } });
    });
    const first = ask();
    const others = [ask(), ask()];
    await settle();
    assert.equal(seen.length, 3, "the head was enough");
    const later = [ask(), ask(), ask()];
    await settle();
    assert.equal(seen.length, 6, "nobody waited for anybody");
    bodies.forEach((body, i) => {
      body.push(`body ${i}`);
      body.end();
    });
    assert.deepEqual(
      texts(await Promise.all([first, ...others, ...later])),
      bodies.map((_, i) => `body ${i}`),
    );
  });

  test("the hint is forgotten after a minute, and by a response that can be shared", async () => {
    let control = "no-store";
    const { ask, seen, wait } = setup(() => new Response("body", { headers: { "cache-control": control } }));
    await ask();
    control = "max-age=60";
    await Promise.all([ask(), ask()]);
    assert.equal(seen.length, 3, "each for itself");
    wait(61);
    await Promise.all([ask(), ask()]);
    assert.equal(seen.length, 4, "together again");
  });

  test("variants: each one's first asks, the others of the same variant wait for it", async () => {
    const answer = (request) =>
      new Response(request.headers.get("accept-language"), { headers: { ...FRESH, vary: "Accept-Language" } });
    const { ask, seen } = setup(answer);
    const languages = ["en", "de", "en", "de", "fr", "de"];
    const answers = await Promise.all(
      languages.map((language) => ask(A, { headers: { "accept-language": language } })),
    );
    assert.deepEqual(texts(answers), languages);
    assert.equal(seen.length, 3);
    for (const language of languages) {
      const hit = await ask(A, { headers: { "accept-language": language } });
      assert.deepEqual([hit.text, /; hit/.test(hit.said)], [language, true]);
    }
  });

  test("one validation for all that find it stale", async () => {
    const headers = { "cache-control": "max-age=10", etag: '"1"' };
    const { ask, seen, wait } = setup((request) =>
      request.headers.has("if-none-match")
        ? new Response(null, { status: 304, headers })
        : new Response("body", { headers }),
    );
    await ask();
    wait(11);
    const answers = await Promise.all([ask(), ask(), ask()]);
    assert.deepEqual(texts(answers), ["body", "body", "body"]);
    assert.equal(seen.length, 2);
  });

  test("an origin that fails, fails for all who wait, and is asked again by the next", async () => {
    const { ask, seen } = setup((_, n) => {
      if (n === 1) throw new TypeError("no network");
      return new Response("body", { headers: FRESH });
    });
    const results = await Promise.allSettled([ask(), ask(), ask()]);
    assert.deepEqual(new Set(results.map(({ reason }) => reason?.message)), new Set(["no network"]));
    assert.equal(seen.length, 1);
    assert.equal((await ask()).text, "body");
  });

  test("an origin that answers 503 is asked by each while it does, and by one again when it is back", async () => {
    let status = 503;
    const { ask, seen } = setup((_, n) => new Response(`body ${n}`, { status, headers: status === 200 ? FRESH : {} }));
    const down = await Promise.all([ask(), ask(), ask()]);
    assert.deepEqual(new Set(down.map((answer) => answer.status)), new Set([503]));
    assert.equal(seen.length, 3);
    status = 200;
    await Promise.all([ask(), ask(), ask()]);
    assert.equal(seen.length, 4);
  });

  test("a failure that may be stored is shared", async () => {
    const { ask, seen } = setup(numbered(FRESH, 503));
    assert.deepEqual(texts(await Promise.all([ask(), ask(), ask()])), ["body 1", "body 1", "body 1"]);
    assert.equal(seen.length, 1);
  });

  test("a leader that goes away before the response leaves the flight to the others", async () => {
    const open = gate();
    const { http, ask, seen } = setup(async () => {
      await open.promise;
      return new Response("body", { headers: FRESH });
    });
    const leaving = new AbortController();
    const leader = assert.rejects(http.fetch(A, { signal: leaving.signal }), /gone/);
    const follower = ask();
    await settle();
    leaving.abort(new Error("gone"));
    await leader;
    assert.equal(seen[0].signal.aborted, false);
    open.open();
    assert.equal((await follower).text, "body");
    assert.equal(seen.length, 1);
    assert.match((await ask()).said, /; hit/);
  });

  test("when the last one has gone, the request to the origin is aborted", async () => {
    const { http, seen } = setup(
      (request) =>
        new Promise((_, reject) => request.signal.addEventListener("abort", () => reject(request.signal.reason))),
    );
    const [one, two] = [new AbortController(), new AbortController()];
    const leader = http.fetch(A, { signal: one.signal });
    const all = Promise.allSettled([leader, http.fetch(A, { signal: two.signal })]);
    await settle();
    one.abort(new Error("one"));
    await settle();
    assert.equal(seen[0].signal.aborted, false);
    two.abort(new Error("two"));
    const [first, last] = await all;
    assert.deepEqual([first.reason.message, last.reason.message], ["one", "two"]);
    assert.equal(seen[0].signal.aborted, true);
  });

  test("a follower that goes away disturbs nobody", async () => {
    const open = gate();
    const { http, ask } = setup(async () => {
      await open.promise;
      return new Response("body", { headers: FRESH });
    });
    const leader = ask();
    const leaving = new AbortController();
    const follower = assert.rejects(http.fetch(A, { signal: leaving.signal }), /gone/);
    await settle();
    leaving.abort(new Error("gone"));
    await follower;
    open.open();
    assert.equal((await leader).text, "body");
  });

  test("those who come while the body arrives share it from its start", async () => {
    const body = pushed();
    const { http, ask, seen } = setup(() => new Response(body.stream, { headers: FRESH }));
    const leader = (await http.fetch(A)).body.getReader();
    let wanted = body.wanted();
    const first = leader.read();
    await wanted;
    body.push("ab");
    assert.equal(textOf((await first).value), "ab");
    const late = (await http.fetch(A)).body.getReader();
    assert.equal(textOf((await late.read()).value), "ab", "before the last byte has arrived");
    wanted = body.wanted();
    const [more, same] = [leader.read(), late.read()];
    await wanted;
    body.push("cd");
    assert.deepEqual([textOf((await more).value), textOf((await same).value)], ["cd", "cd"]);
    const ends = [leader.read(), late.read()];
    await settle();
    body.end();
    for (const { done } of await Promise.all(ends)) assert.equal(done, true);
    assert.equal(seen.length, 1);
    assert.deepEqual([(await ask()).text, seen.length], ["abcd", 1]);
  });

  test("a leader that leaves in the middle of the body does not take it from the others", async () => {
    const body = pushed();
    const { http, ask } = setup(() => new Response(body.stream, { headers: FRESH }));
    const leader = (await http.fetch(A)).body.getReader();
    const follower = await http.fetch(A);
    const first = leader.read();
    await settle();
    body.push("ab");
    await first;
    await leader.cancel();
    const rest = follower.text();
    await settle();
    body.push("cd");
    await settle();
    body.end();
    assert.equal(await rest, "abcd");
    assert.equal(body.cancelled, undefined);
    assert.match((await ask()).said, /; hit/);
  });

  test("two caches over one Cache know of each other's responses, not of each other's flights", async () => {
    const { cache, ask, seen } = setup(numbered());
    const { HttpCache } = await import("isocache/http");
    const other = new HttpCache({ cache, fetch: numbered() });
    await ask();
    assert.match((await other.fetch(A)).headers.get("cache-status"), /; hit/);
    assert.equal(seen.length, 1);
  });
});
