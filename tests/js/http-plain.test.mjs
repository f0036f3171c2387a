// Most hits are answered without asking the engine again: they must be what the engine would have answered.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { A, settle, setup } from "./http-helpers.mjs";

const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
const at = (seconds) => new Date(1_697_328_000_000 + seconds * 1_000).toUTCString();
const maybe = (arbitrary) => fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });
const directive = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom("max-age=10", "max-age=60") },
  fc.constantFrom(
    "public",
    "private",
    "no-store",
    "no-cache",
    "must-revalidate",
    "must-understand",
    'no-cache="x-a"',
    "x",
  ),
  fc
    .tuple(
      fc.constantFrom("max-age", "s-maxage", "stale-while-revalidate", "stale-if-error"),
      fc.integer({ min: 0, max: 90 }),
    )
    .map((pair) => pair.join("=")),
);
const responses = fc.record({
  status: fc.constantFrom(200, 200, 200, 203, 204, 301, 404, 410, 503),
  headers: fc.record({
    "cache-control": fc.array(directive, { maxLength: 3 }).map((all) => all.join(", ")),
    "cdn-cache-control": maybe(directive),
    age: maybe(fc.constantFrom("0", "5", "30", "x", "5, 7")),
    date: maybe(fc.integer({ min: -60, max: 60 }).map(at)),
    expires: maybe(fc.integer({ min: -60, max: 90 }).map(at)),
    "last-modified": maybe(fc.integer({ min: -9_000, max: 0 }).map(at)),
    etag: maybe(fc.constantFrom('"1"', 'W/"1"')),
    vary: maybe(fc.constantFrom("accept", "*", "x-other")),
    "cache-status": maybe(fc.constant("other; hit")),
    "set-cookie": maybe(fc.constant("a=1")),
    "x-a": maybe(fc.constant("f\u00fcr")),
  }),
});

test(`a plain hit is what the engine answers (seed ${seed})`, async () => {
  let hits = 0;
  await fc.assert(
    fc.asyncProperty(
      responses,
      fc.boolean(),
      fc.constantFrom("GET", "HEAD"),
      fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 3 }),
      async ({ status, headers }, shared, method, waits) => {
        const given = Object.entries(headers).filter(([, value]) => value !== undefined);
        const answer = () => new Response(status === 204 ? null : "body", { status, headers: given });
        // An unknown directive changes nothing, but for the way through the engine.
        const sides = [{}, { headers: { "cache-control": "no-op" } }].map((init) => ({
          ...setup(answer, { shared }),
          init,
        }));
        for (const seconds of [0, ...waits]) {
          const results = [];
          for (const { ask, wait, init, seen } of sides) {
            await ask(A, init); // stores, or hits
            await settle(); // until what is renewed behind the client's back is there
            wait(seconds);
            const { status, text, said, response } = await ask(A, { ...init, method });
            await settle();
            results.push({ status, text, said, headers: [...response.headers], asked: seen.length });
          }
          assert.deepEqual(results[0], results[1]);
          hits += Number(results[0].said.startsWith("isocache; hit"));
        }
      },
    ),
    { seed, numRuns: 1_000 },
  );
  assert.ok(hits > 300, `only ${hits} hits were compared`);
});

test("a variant answers plain requests of its own values only", async () => {
  const answer = (request, n) =>
    new Response(`body ${n}`, { headers: { "cache-control": "max-age=60", vary: "X-User, Accept" } });
  const { ask, seen } = setup(answer);
  const users = ["eve", "adam", "eve,adam", "Eve"];
  for (const round of [1, 2]) {
    for (const [i, user] of users.entries()) {
      const { text, said } = await ask(A, { headers: { "x-user": user, accept: "a, b" } });
      assert.equal(text, `body ${i + 1}`);
      assert.equal(/; hit/.test(said), round === 2);
    }
  }
  assert.equal((await ask(A, { headers: { "x-user": "eve", accept: " a ,b" } })).text, "body 1");
  assert.equal((await ask(A, { headers: { accept: "a, b" } })).text, "body 5");
  assert.equal(seen.length, 5);
});

test("another HttpCache with other settings does not take the first one's word", async () => {
  const { HttpCache } = await import("isocache/http");
  const headers = { "cache-control": "max-age=60", "x-targeted": "no-cache" };
  const { cache, ask, seen } = setup(() => new Response("body", { headers }));
  await ask();
  const other = new HttpCache({ cache, targets: ["X-Targeted"], fetch: () => new Response("asked") });
  assert.equal(await (await other.fetch(A)).text(), "asked");
  assert.match((await ask()).said, /fwd=miss|; hit/);
  assert.ok(seen.length <= 2);
});
