// Parts: from what is stored whole, from what is stored in part, and parts put together.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { A, FRESH, setup } from "./http-helpers.mjs";

const TEXT = "0123456789";
const STRONG = { ...FRESH, etag: '"1"' };

/** An origin that knows single ranges. */
const ranged =
  (headers = STRONG) =>
  (request) => {
    const match = /^bytes=(\d+)-(\d*)$/.exec(request.headers.get("range") ?? "");
    const condition = request.headers.get("if-range");
    if (!match || (condition !== null && condition !== headers.etag)) {
      return new Response(TEXT, { headers: { ...headers, "content-length": "10" } });
    }
    const [start, end] = [Number(match[1]), match[2] === "" ? 9 : Math.min(9, Number(match[2]))];
    return new Response(TEXT.slice(start, end + 1), {
      status: 206,
      headers: { ...headers, "content-range": `bytes ${start}-${end}/10`, "content-length": String(end + 1 - start) },
    });
  };
const part = (range, more = {}) => ({ headers: { range, ...more } });

describe("parts of a whole response", () => {
  const rows = [
    ["bytes=0-1", "01", "bytes 0-1/10"],
    ["bytes=1-", "123456789", "bytes 1-9/10"],
    ["bytes=-3", "789", "bytes 7-9/10"],
    ["bytes=-30", TEXT, "bytes 0-9/10"],
    ["bytes=8-99", "89", "bytes 8-9/10"],
    ["BYTES=0-0", "0", "bytes 0-0/10"],
  ];
  for (const [range, text, said] of rows) {
    test(range, async () => {
      const { ask, seen } = setup(ranged());
      await ask();
      const got = await ask(A, part(range));
      assert.deepEqual([got.status, got.text, got.response.headers.get("content-range")], [206, text, said]);
      assert.equal(got.response.headers.get("content-length"), String(text.length));
      assert.match(got.said, /; hit; ttl=60/);
      assert.equal(seen.length, 1);
    });
  }

  for (const range of ["bytes=0-1,4-5", "bytes=5-1", "lines=0-1", "bytes=a-b", "bytes 0-1"]) {
    test(`${range} is answered with the whole`, async () => {
      const { ask } = setup(ranged());
      await ask();
      const got = await ask(A, part(range));
      assert.deepEqual([got.status, got.text], [200, TEXT]);
    });
  }

  test("a part that is not there is 416", async () => {
    const { ask } = setup(ranged());
    await ask();
    const got = await ask(A, part("bytes=10-"));
    assert.deepEqual([got.status, got.text, got.response.headers.get("content-range")], [416, "", "bytes */10"]);
  });

  test("If-Range: the part if it is still the same by a strong validator, else the whole", async () => {
    const { ask } = setup(ranged());
    await ask();
    assert.equal((await ask(A, part("bytes=0-1", { "if-range": '"1"' }))).status, 206);
    for (const validator of ['"2"', 'W/"1"', "Sun, 15 Oct 2023 00:00:00 GMT"]) {
      assert.equal((await ask(A, part("bytes=0-1", { "if-range": validator }))).status, 200, validator);
    }
  });

  test("HEAD has no parts", async () => {
    const { ask } = setup(ranged());
    await ask();
    assert.equal((await ask(A, { method: "HEAD", ...part("bytes=0-1") })).status, 200);
  });
});

describe("stored parts", () => {
  test("answer parts that lie inside, and nothing else", async () => {
    const { ask, seen } = setup(ranged());
    await ask(A, part("bytes=2-6"));
    const inside = await ask(A, part("bytes=3-5"));
    assert.deepEqual(
      [inside.status, inside.text, inside.response.headers.get("content-range")],
      [206, "345", "bytes 3-5/10"],
    );
    assert.equal(seen.length, 1);
    assert.equal((await ask(A, part("bytes=5-8"))).text, "5678");
    assert.equal(seen.length, 2);
  });

  test("grow together when they touch and have the same strong validator", async () => {
    const { ask, seen } = setup(ranged());
    for (const range of ["bytes=0-3", "bytes=4-6", "bytes=6-9"]) await ask(A, part(range));
    assert.equal(seen.length, 3);
    const whole = await ask();
    assert.deepEqual([whole.status, whole.text, seen.length], [200, TEXT, 3]);
    assert.equal(whole.response.headers.get("content-length"), "10");
    assert.equal(whole.response.headers.get("content-range"), null);
  });

  test("do not grow together without one, or with another, or with a gap", async () => {
    const weak = { ...FRESH, etag: 'W/"1"' };
    let tag = 0;
    const changing = (request) => ranged({ ...FRESH, etag: `"${tag++}"` })(request);
    for (const [answer, ranges] of [
      [ranged(weak), ["bytes=0-3", "bytes=4-9"]],
      [ranged(FRESH), ["bytes=0-3", "bytes=4-9"]],
      [changing, ["bytes=0-3", "bytes=4-9"]],
      [ranged(), ["bytes=0-3", "bytes=5-9"]],
    ]) {
      const { ask, seen } = setup(answer);
      for (const range of ranges) await ask(A, part(range));
      assert.equal((await ask(A, part("bytes=3-5"))).text, "345");
      assert.equal(seen.length, 3);
    }
  });

  test("the rest of a start is fetched for who wants the whole", async () => {
    const { ask, seen } = setup(ranged());
    await ask(A, part("bytes=0-3"));
    const whole = await ask();
    assert.deepEqual([whole.status, whole.text], [200, TEXT]);
    assert.deepEqual([seen[1].headers.get("range"), seen[1].headers.get("if-range")], ["bytes=4-", '"1"']);
    const hit = await ask();
    assert.deepEqual([hit.text, /; hit/.test(hit.said), seen.length], [TEXT, true, 2]);
  });

  test("a representation that changed meanwhile comes whole", async () => {
    let tag = '"1"';
    const { ask, seen } = setup((request) => ranged({ ...FRESH, etag: tag })(request));
    await ask(A, part("bytes=0-3"));
    tag = '"2"';
    assert.deepEqual([(await ask()).text, seen.length], [TEXT, 2]);
    assert.match((await ask()).said, /; hit/);
  });

  test("an origin that answers something else to a completion is asked again without it", async () => {
    const { ask, seen } = setup((request, n) => (n === 2 ? new Response("no", { status: 416 }) : ranged()(request)));
    await ask(A, part("bytes=0-3"));
    assert.deepEqual([(await ask()).text, seen.length, seen[2].headers.get("range")], [TEXT, 3, null]);
  });

  test("a completion that is shorter or longer than it says breaks off, and is not stored", async () => {
    for (const rest of ["456", "4567890"]) {
      const short = () => new Response(rest, { status: 206, headers: { ...STRONG, "content-range": "bytes 4-9/10" } });
      const { ask, seen } = setup((request, n) => (n === 2 ? short() : ranged()(request)));
      await ask(A, part("bytes=0-3"));
      await assert.rejects(ask(), TypeError);
      assert.deepEqual([(await ask()).text, seen.length], [TEXT, 3]);
    }
  });

  test("one whose body is not what Content-Range says is passed on and not stored", async () => {
    const { ask, seen } = setup(
      () => new Response("012", { status: 206, headers: { ...STRONG, "content-range": "bytes 0-3/10" } }),
    );
    for (let i = 0; i < 2; i++) assert.equal((await ask(A, part("bytes=0-3"))).text, "012");
    assert.equal(seen.length, 2);
  });

  test("a whole response is not replaced by a part", async () => {
    const { ask, seen } = setup(ranged());
    await ask();
    await ask(A, part("bytes=0-3", { "cache-control": "no-cache" }));
    assert.equal((await ask()).text, TEXT);
    assert.equal(seen.length, 2);
  });
});
