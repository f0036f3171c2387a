// nodeHandler when something goes wrong, on either side; and that neither side makes memory grow.
import assert from "node:assert/strict";
import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { test } from "node:test";
import { nodeHandler } from "isocache/node";
import { FRESH, raw, send, settled, startBoth, startHandler, startOrigin, startTcp, text } from "./helpers.mjs";

const MIB = 1024 * 1024;
/** What sockets may hold beside what is ours; far less than what is sent. */
const HELD = 48 * MIB;
const SENT = 512 * MIB;

const failures = (errors) => errors.map(({ failure }) => failure);

test("bad options are refused", () => {
  const origin = "http://127.0.0.1:9";
  const bad = [
    undefined,
    null,
    {},
    { origin, fetch: () => new Response() },
    { origin: "ftp://a" },
    { origin: "http://a/path" },
    { origin: "http://a/?x" },
    { origin: "http://u:p@a" },
    { origin: 5 },
    { origin, originTimeout: 0 },
    { origin, originTimeout: "soon" },
    { origin, onError: 5 },
    { origin, name: 5 },
    { fetch: 5 },
  ];
  for (const options of bad) assert.throws(() => nodeHandler(options), { name: "CacheError", code: "INVALID_OPTION" });
});

test("an origin that is not there is a 502, which is not stored", async () => {
  const { url, errors } = await startHandler({ origin: "http://127.0.0.1:1" });
  for (let i = 0; i < 2; i++) {
    const { status, headers, body } = await send(url, "/");
    assert.equal(status, 502);
    assert.match(headers["cache-status"], /; detail=origin-unreachable$/);
    assert.equal(headers["x-origin-failure"], undefined);
    assert.match(String(body), /^502: /);
  }
  assert.deepEqual(failures(errors), ["origin-unreachable", "origin-unreachable"]);
});

test("an origin that does not answer is a 504", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { url, errors } = await startBoth(() => t.mock.timers.tick(5_000), { originTimeout: 5 });
  const { status, headers } = await send(url, "/");
  assert.equal(status, 504);
  assert.match(headers["cache-status"], /; detail=origin-timeout$/);
  assert.deepEqual(failures(errors), ["origin-timeout"]);
});

test("an origin that does not answer on a kept connection is a 504 too, and asked once", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { url, origin, errors } = await startBoth(
    (request, response) => (request.url === "/" ? response.end("ok") : t.mock.timers.tick(5_000)),
    { originTimeout: 5 },
  );
  await send(url, "/");
  const { status, headers } = await send(url, "/hangs");
  assert.equal(status, 504);
  assert.match(headers["cache-status"], /; detail=origin-timeout$/);
  assert.equal(origin.seen.length, 2);
  assert.deepEqual(failures(errors), ["origin-timeout"]);
});

test("an origin that takes a whole upload and does not answer is a 504", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const came = resolvers();
  const { url } = await startBoth((request) => request.on("end", came.resolve).resume(), { originTimeout: "5s" });
  const answer = send(url, "/", { method: "POST", body: "whole" });
  await came.promise;
  t.mock.timers.tick(5_000);
  assert.equal((await answer).status, 504);
});

test("a sign of life starts the time anew; an origin that stops in the middle breaks the connection", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let answer;
  const { url, errors } = await startBoth(
    (request, response) => {
      answer = response;
      t.mock.timers.tick(4_000);
      response.writeProcessing();
    },
    { originTimeout: "5s" },
  );
  const request = httpRequest(`${url}/`).end();
  await once(request, "information");
  t.mock.timers.tick(4_000);
  answer.writeHead(200, { ...FRESH, "content-length": 10 }).write("ha");
  const [response] = await once(request, "response");
  await once(response, "data");
  t.mock.timers.tick(4_000);
  answer.write("lf");
  await once(response, "data");
  assert.deepEqual(errors, []);
  const failed = once(response, "error");
  t.mock.timers.tick(5_000);
  await failed;
  assert.deepEqual(failures(errors), ["origin-timeout"]);
});

for (const [what, answer] of Object.entries({
  "no HTTP": "hello\r\n\r\n",
  "half a head": "HTTP/1.1 200 OK\r\nx",
  "an impossible status": "HTTP/1.1 700 Odd\r\nContent-Length: 0\r\n\r\n",
  nothing: "",
})) {
  test(`an origin that answers with ${what} is a 502`, async () => {
    const origin = await startTcp((socket) => socket.once("data", () => socket.end(answer)));
    const { url } = await startHandler({ origin });
    const { status, headers } = await send(url, "/");
    assert.equal(status, 502);
    assert.match(headers["cache-status"], /; detail=origin-/);
  });
}

for (const [framing, head] of Object.entries({
  sized: "Content-Length: 10\r\n\r\nhalf",
  chunked: "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
})) {
  test(`a ${framing} body that breaks off breaks off for the client, and is not stored`, async () => {
    let asked = 0;
    const origin = await startTcp((socket) =>
      socket.once("data", () => {
        asked++;
        socket.end(`HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\n${head}`);
      }),
    );
    const { url, errors } = await startHandler({ origin });
    for (let i = 0; i < 2; i++) {
      const { status, broken, body } = await send(url, "/");
      assert.deepEqual([status, broken, String(body)], [200, true, "half"]);
    }
    assert.equal(asked, 2);
    assert.deepEqual(failures(errors), ["origin-incomplete", "origin-incomplete"]);
  });
}

test("a kept connection that the origin closes is no failure for what may be sent twice", async () => {
  const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  // Every connection answers once and goes away at the second request.
  const origin = await startTcp((socket) => {
    socket.once("data", () => {
      socket.write(ok);
      socket.once("data", () => socket.resetAndDestroy());
    });
  });
  const { url } = await startHandler({ origin });
  const statusOf = async (method) => (await send(url, "/", { method })).status;
  assert.deepEqual([await statusOf("GET"), await statusOf("GET")], [200, 200]);
  assert.equal(await statusOf("POST"), 502);
});

test("an origin that closes each kept connection is asked on a new one, and one that has none is a 502", async () => {
  const answered = [];
  const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  let isGone = false;
  const origin = await startTcp((socket) => {
    if (isGone) return socket.resetAndDestroy();
    socket.once("data", () => {
      answered.push(() => socket.write(ok));
      socket.once("data", () => socket.resetAndDestroy());
    });
  });
  const { url, errors } = await startHandler({ origin });
  const all = ["/1", "/2", "/3"].map((path) => send(url, path));
  await settled(
    () => answered.length,
    () => new Promise(setImmediate),
  );
  for (const answer of answered) answer();
  await Promise.all(all);
  isGone = true;
  const { status, headers } = await send(url, "/4");
  assert.equal(status, 502);
  assert.match(headers["cache-status"], /; detail=origin-unreachable$/);
  assert.deepEqual(failures(errors), ["origin-unreachable"]);
});

test("a proxy that is its own origin says so", async () => {
  let handler = (request, response) => response.end();
  const self = await startOrigin((request, response) => handler(request, response));
  handler = nodeHandler({ origin: self.url });
  assert.equal((await send(self.url, "/")).status, 508);
});

test("a client that goes away takes its request with it", { timeout: 20_000 }, async () => {
  const gone = resolvers();
  const came = resolvers();
  const { url, errors } = await startBoth(
    (request, response) => {
      response.once("close", gone.resolve);
      came.resolve();
    },
    { originTimeout: "1h" },
  );
  const request = httpRequest(`${url}/`);
  request.on("error", () => {});
  request.end();
  await came.promise;
  request.destroy();
  await gone.promise;
  assert.deepEqual(errors, []);
});

test("a client that goes away in the middle of a body takes the origin's with it", async () => {
  const gone = resolvers();
  const { url } = await startBoth((request, response) => {
    response.once("close", gone.resolve);
    response.writeHead(200, FRESH).write("x");
  });
  const request = httpRequest(`${url}/`).end();
  const [response] = await once(request, "response");
  response.on("error", () => {});
  await once(response, "data");
  request.on("error", () => {});
  request.destroy();
  await gone.promise;
});

test("a client that breaks off its upload breaks the origin's", async () => {
  const broken = resolvers();
  const { url } = await startBoth((request) =>
    request
      .on("error", () => {})
      .on("close", () => broken.resolve(request.complete))
      .resume(),
  );
  const request = httpRequest(`${url}/`, { method: "POST", headers: { "content-length": 10 } });
  request.on("error", () => {});
  request.write("half", () => request.destroy());
  assert.equal(await broken.promise, false);
});

test("the head does not wait for the body", async () => {
  let finish;
  const { url } = await startBoth((request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
    finish = () => response.end("data: x\n\n");
  });
  const request = httpRequest(`${url}/`).end();
  const [response] = await once(request, "response");
  finish();
  assert.equal((await response.setEncoding("utf8").toArray()).join(""), "data: x\n\n");
});

/** Writes until it may not, and goes on when it may: gives how much was written. */
function pour(stream) {
  let written = 0;
  const chunk = Buffer.alloc(64 * 1024);
  const go = () => {
    while (written < SENT && !stream.destroyed) {
      written += chunk.length;
      if (!stream.write(chunk)) return void stream.once("drain", go);
    }
  };
  go();
  return () => written;
}

test("a slow client slows the origin down", async () => {
  let written;
  const { url } = await startBoth((request, response) => {
    if (request.url === "/tick") return text("tick")(request, response);
    response.writeHead(200, FRESH);
    written = pour(response);
  });
  const request = httpRequest(`${url}/`).end();
  const [response] = await once(request, "response"); // and nobody reads it
  assert.ok((await settled(written, () => send(url, "/tick"))) < HELD);
  request.on("error", () => {});
  response.on("error", () => {}).destroy();
});

test("a slow origin slows the client's upload down", async () => {
  const came = resolvers();
  const { url } = await startBoth((request, response) => {
    if (request.url === "/tick") return text("tick")(request, response);
    came.resolve(); // and nobody reads it
  });
  const request = httpRequest(`${url}/`, { method: "POST" });
  request.on("error", () => {});
  const written = pour(request);
  await came.promise;
  assert.ok((await settled(written, () => send(url, "/tick"))) < HELD);
  request.destroy();
});

test("around a function: its responses are cached, what it throws is a 502", async () => {
  let asked = 0;
  const thrown = new Error("no");
  const fetch = async (request) => {
    asked++;
    const { pathname } = new URL(request.url);
    if (pathname === "/throws") throw thrown;
    if (pathname === "/long") return new Response("too long", { headers: { "content-length": "3" } });
    if (pathname === "/short") return new Response("too short", { headers: { "content-length": "30" } });
    if (pathname === "/echo") return new Response(request.body, { status: 201 });
    return new Response(`${request.method} ${request.url}`, { headers: FRESH });
  };
  const { url, errors } = await startHandler({ fetch });
  const page = () => send(url, "/page", { headers: { host: "site.example" } });
  assert.equal(String((await page()).body), "GET http://site.example/page");
  assert.match((await page()).headers["cache-status"], /hit/);
  assert.equal(asked, 1);
  const failed = await send(url, "/throws");
  assert.equal(failed.status, 502);
  assert.match(failed.headers["cache-status"], /detail=origin-failed$/);
  assert.deepEqual(errors, [thrown]);
  const echoed = await send(url, "/echo", { method: "POST", body: "in it" });
  assert.deepEqual([echoed.status, String(echoed.body)], [201, "in it"]);
  assert.match((await send(url, "/long")).headers["cache-status"], /detail=origin-invalid$/);
  assert.equal(
    await send(url, "/short").then(
      ({ broken }) => broken,
      () => true,
    ),
    true,
  ); // with the head, or before it
  assert.match(String(errors.at(-1)), /shorter/);
  assert.equal((await send(url, "/", { method: "TRACE" })).status, 501);
  assert.equal((await send(url, "/", { headers: { "content-length": 1 }, body: "x" })).status, 501);
});

test("a connection goes on after a refusal and a failure", async () => {
  const { url } = await startHandler({ fetch: () => Promise.reject(new Error("no")) });
  const get = (host, more = "") => `GET / HTTP/1.1\r\nHost: ${host}\r\n${more}\r\n`;
  const got = await raw(url, get("a@b") + get("a") + get("a", "Connection: close\r\n"));
  assert.deepEqual(got.match(/HTTP\/1\.1 \d+/g), ["HTTP/1.1 400", "HTTP/1.1 502", "HTTP/1.1 502"]);
});

function resolvers() {
  let resolve;
  const promise = new Promise((given) => (resolve = given));
  return { promise, resolve };
}
