// Several requests for the same at the same time in workerd, where each request's promises and streams are its own.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { get as httpGet } from "node:http";
import { after, before, describe, test } from "node:test";
import { send, startOrigin, startServer, text } from "./server.mjs";

const LIMIT = { timeout: 60_000 };
const FRESH = { "cache-control": "public, max-age=600" };

let origin;
let server;
before(async () => {
  origin = await startOrigin();
  server = await startServer({ ORIGIN: origin.url });
}, LIMIT);
after(async () => {
  await server?.stop();
  await origin?.stop();
}, LIMIT);

/** A promise to settle by hand. */
function gate() {
  const it = {};
  it.promise = new Promise((open) => Object.assign(it, { open }));
  return it;
}

/** Resolves when the origin has seen so many requests for a path. */
async function seen(path, count) {
  while (origin.seen(path).length < count) await new Promise((resolve) => setImmediate(resolve));
}

/** A response whose body is read by hand, on a connection of its own. */
async function open(path) {
  const request = httpGet(server.url + path, { agent: false });
  request.on("error", () => {});
  const [response] = await once(request, "response");
  response.on("error", () => {});
  return { response, next: async () => String((await once(response, "data"))[0]), leave: () => request.destroy() };
}

describe("collapsing in workerd", LIMIT, () => {
  test("many requests at once are one to the origin", async () => {
    const answer = gate();
    origin.on("/many", async (request, response) => {
      await answer.promise;
      text("body", FRESH)(request, response);
    });
    const all = Array.from({ length: 20 }, () => send(server.url, "/many"));
    await seen("/many", 1);
    answer.open();
    const responses = await Promise.all(all);
    for (const { status, body, broken } of responses)
      assert.deepEqual([status, String(body), broken], [200, "body", false]);
    assert.equal(origin.seen("/many").length, 1);
    const statuses = responses.map(({ headers }) => headers["cache-status"]);
    assert.ok(
      statuses.every((status) => /; collapsed|; stored|; hit/.test(status)),
      statuses.join("\n"),
    );
  });

  test("a body is shared while it arrives", async () => {
    const rest = gate();
    origin.on("/shared", async (_, response) => {
      response.writeHead(200, { ...FRESH, "content-length": 8 });
      response.write("abcd");
      await rest.promise;
      response.end("efgh");
    });
    const one = await open("/shared");
    assert.equal(await one.next(), "abcd");
    const two = await open("/shared");
    assert.equal(await two.next(), "abcd", "before the last byte has arrived");
    rest.open();
    assert.deepEqual(await Promise.all([one.next(), two.next()]), ["efgh", "efgh"]);
    assert.equal(origin.seen("/shared").length, 1);
    assert.match((await send(server.url, "/shared")).headers["cache-status"], /; hit/);
  });

  test("one whose client goes away does not take it from the others", async () => {
    const answer = gate();
    origin.on("/leader", async (request, response) => {
      await answer.promise;
      text("body", FRESH)(request, response);
    });
    const leader = httpGet(`${server.url}/leader`, { agent: false });
    leader.on("error", () => {});
    await seen("/leader", 1);
    const follower = send(server.url, "/leader");
    leader.destroy();
    answer.open();
    const { status, body } = await follower;
    assert.deepEqual([status, String(body)], [200, "body"]);
  });

  test("what may not be shared is asked for by each, side by side", async () => {
    const answer = gate();
    let waiting = 0;
    origin.on("/private", async (request, response) => {
      response.writeHead(200, { "cache-control": "private", "content-length": 1 });
      response.flushHeaders();
      if (++waiting === 3) answer.open();
      await answer.promise;
      response.end("x");
    });
    const all = await Promise.all([1, 2, 3].map(() => send(server.url, "/private")));
    for (const { body } of all) assert.equal(String(body), "x");
  });

  test("a large body, which lies in pieces, comes as it was, plain, in part, as a variant and for HEAD", async () => {
    const bytes = randomBytes(1_300_000);
    const answer = (headers) => (_, response) => {
      response.writeHead(200, { ...FRESH, "content-length": bytes.length, ...headers });
      response.end(bytes);
    };
    origin.on("/large", answer({}));
    origin.on("/large-variant", answer({ vary: "Accept" }));
    for (const path of ["/large", "/large-variant"]) {
      for (const expected of [/; stored/, /; hit/, /; hit/]) {
        const { body, headers } = await send(server.url, path);
        assert.match(headers["cache-status"], expected);
        assert.equal(headers["content-length"], String(bytes.length));
        assert.ok(body.equals(bytes));
      }
      const part = await send(server.url, path, { headers: { range: "bytes=1200000-1200009" } });
      assert.deepEqual([part.status, part.body], [206, bytes.subarray(1_200_000, 1_200_010)]);
      const head = await send(server.url, path, { method: "HEAD" });
      assert.deepEqual([head.headers["content-length"], head.body.length], [String(bytes.length), 0]);
      assert.equal(origin.seen(path).length, 1);
    }
  });

  test("a stale response is served while one request renews it", async () => {
    let made = 0;
    origin.on("/stale", (request, response) =>
      text(`body ${++made}`, { "cache-control": "max-age=1, stale-while-revalidate=600", age: "5" })(request, response),
    );
    await send(server.url, "/stale");
    const stale = await send(server.url, "/stale");
    assert.match(stale.headers["cache-status"], /; hit; ttl=-/);
    assert.equal(String(stale.body), "body 1");
    await seen("/stale", 2);
  });
});
