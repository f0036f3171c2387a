// nodeHandler as a reverse proxy: what reaches the origin, and what reaches the client.
import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateSync, gzipSync } from "node:zlib";
import { FRESH, raw, send, startBoth, startHandler, startTcp, text } from "./helpers.mjs";

test("a fresh response is asked for once", async () => {
  const { origin, url } = await startBoth(text("a page", { ...FRESH, "x-mine": "yes" }));
  const [first, second] = [await send(url, "/page"), await send(url, "/page")];
  assert.equal(origin.seen.length, 1);
  assert.match(first.headers["cache-status"], /^isocache; fwd=uri-miss|fwd=miss/);
  assert.match(second.headers["cache-status"], /^isocache; hit/);
  assert.equal(first.headers.age, undefined);
  assert.match(second.headers.age, /^\d+$/);
  for (const { status, headers, body } of [first, second]) {
    assert.deepEqual([status, headers["x-mine"], headers["content-length"]], [200, "yes", "6"]);
    assert.equal(String(body), "a page");
  }
});

test("HEAD and conditional requests are answered from the store", async () => {
  const { origin, url } = await startBoth(text("a page", { ...FRESH, etag: '"1"' }));
  await send(url, "/page");
  const head = await send(url, "/page", { method: "HEAD" });
  assert.deepEqual([head.status, head.headers["content-length"], head.body.length], [200, "6", 0]);
  const same = await send(url, "/page", { headers: { "if-none-match": '"1"' } });
  assert.deepEqual([same.status, same.headers.etag, same.body.length], [304, '"1"', 0]);
  assert.equal(origin.seen.length, 1);
});

test("HEAD keeps the Content-Length of the origin", async () => {
  const { url } = await startBoth(text("a page"));
  const { status, headers, body } = await send(url, "/page", { method: "HEAD" });
  assert.deepEqual([status, headers["content-length"], body.length], [200, "6", 0]);
});

test("the origin sees who was asked, and nothing that misleads it or was for this connection", async () => {
  const { origin, url } = await startBoth(text("ok"));
  const dropped = {
    "x-forwarded-host": "evil.example",
    "x-forwarded-for": "1.2.3.4",
    "x-original-url": "/admin",
    "x-http-method-override": "DELETE",
    forwarded: "host=evil.example",
    "keep-alive": "timeout=5",
    "proxy-connection": "keep-alive",
    te: "trailers",
    "x-named": "1",
  };
  const headers = {
    host: "site.example",
    "x-kept": "yes",
    connection: "close, X-Named",
    expect: "100-continue",
    ...dropped,
  };
  await send(url, "/a/../b?c=%20d", { headers });
  const [{ url: target, headers: seen }] = origin.seen;
  assert.equal(target, "/b?c=%20d");
  assert.equal(seen.host, new URL(origin.url).host);
  assert.equal(seen["x-forwarded-host"], "site.example");
  assert.equal(seen["x-forwarded-proto"], "http");
  assert.match(seen["cdn-loop"], /^isocache-[\da-f]{8}$/);
  assert.equal(seen["x-kept"], "yes");
  assert.equal(seen.expect, undefined);
  for (const name of Object.keys(dropped).filter((name) => name !== "x-forwarded-host"))
    assert.equal(seen[name], undefined, name);
});

test("the client sees nothing that was for the origin's connection", async () => {
  const { url } = await startBoth((request, response) => {
    response.writeHead(200, {
      connection: "close, x-named",
      "x-named": "1",
      "proxy-connection": "close",
      upgrade: "h2c",
      "x-origin-failure": "no",
    });
    response.end("ok");
  });
  const { headers } = await send(url, "/");
  for (const name of ["x-named", "proxy-connection", "upgrade", "x-origin-failure"])
    assert.equal(headers[name], undefined, name);
});

test("a host is part of what is cached, and a path is never taken for one", async () => {
  const { origin, url } = await startBoth((request, response) =>
    text(`${request.headers["x-forwarded-host"]} ${request.url}`, { ...FRESH, vary: "host" })(request, response),
  );
  const body = async (path, host) => String((await send(url, path, { headers: { host } })).body);
  assert.equal(await body("/", "one.example"), "one.example /");
  assert.equal(await body("/", "TWO.example:80"), "two.example /");
  assert.equal(await body("//evil.example/x", "one.example"), "one.example //evil.example/x");
  assert.equal(await body("http://three.example/x?y", "one.example"), "three.example /x?y");
  assert.equal(await body("http://four.example", "one.example"), "four.example /");
  assert.equal(await body("http://four.example", "two.example"), "four.example /"); // varies by Host, which is not one's own
  assert.equal(origin.seen.length, 5);
});

test("what has no valid target or Host is refused, and never reaches the origin", async () => {
  const { origin, url } = await startBoth(text("ok"));
  const requests = [
    "GET / HTTP/1.0\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n",
    "GET / HTTP/1.1\r\nHost: a@b\r\n",
    "GET / HTTP/1.1\r\nHost: a/b\r\n",
    "GET / HTTP/1.1\r\nHost: a b\r\n",
    "GET / HTTP/1.1\r\nHost:\r\n",
    "GET / HTTP/1.1\r\nHost: a:99999\r\n",
    "GET /#x HTTP/1.1\r\nHost: a\r\n",
    "GET /\xe9 HTTP/1.1\r\nHost: a\r\n",
    "GET x HTTP/1.1\r\nHost: a\r\n",
    "GET https://a/ HTTP/1.1\r\nHost: a\r\n",
    "GET http://a@b/ HTTP/1.1\r\nHost: a\r\n",
    "OPTIONS * HTTP/1.1\r\nHost: a\r\n",
  ];
  for (const request of requests) {
    assert.match(await raw(url, `${request}Connection: close\r\n\r\n`), /^HTTP\/1\.1 400 /, request);
  }
  const coded = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\nConnection: close\r\n\r\n0\r\n\r\n";
  assert.match(await raw(url, coded), /^HTTP\/1\.1 501 /);
  assert.equal(origin.seen.length, 0);
});

test("encoded bodies, bytes beyond ASCII and repeated fields pass as they are", async () => {
  const zipped = gzipSync("a page");
  const { origin, url } = await startBoth((request, response) => {
    response.writeHead(200, {
      ...FRESH,
      "content-encoding": "gzip",
      "x-latin": "caf\xe9",
      "set-cookie": ["a=1", "b=2"],
      etag: '"\xfc"',
    });
    response.end(zipped);
  });
  for (let i = 0; i < 2; i++) {
    const { headers, body } = await send(url, "/", { headers: { "x-mine": "\xe4", cookie: ["c=1", "d=2"] } });
    assert.deepEqual(body, zipped);
    assert.equal(headers["x-latin"], "caf\xe9");
    assert.equal(headers.etag, '"\xfc"');
    assert.deepEqual(headers["set-cookie"], ["a=1", "b=2"]);
  }
  assert.equal(origin.seen[0].headers["x-mine"], "\xe4");
  assert.equal(origin.seen[0].headers.cookie, "c=1; d=2");
});

test("all methods pass, with their bodies", async () => {
  const { origin, url } = await startBoth(async (request, response) => {
    const body = await request.toArray();
    text(Buffer.concat(body).toString())(request, response);
  });
  for (const method of ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "M-SEARCH", "PROPFIND", "TRACE", "GET"]) {
    const { status, body, headers } = await send(url, "/", {
      method,
      headers: { "transfer-encoding": "chunked" },
      body: "in it",
    });
    assert.deepEqual([method, status, String(body)], [method, 200, "in it"]);
    assert.match(headers["cache-status"], /fwd=(method|bypass)/, method);
    assert.equal(origin.seen.at(-1).method, method);
  }
  const sized = await send(url, "/", { method: "DELETE", headers: { "content-length": 5 }, body: "in it" });
  assert.equal(String(sized.body), "in it");
  assert.equal(origin.seen.at(-1).headers["content-length"], "5");
});

test("interim responses reach the client that caused them", async () => {
  const hints = { link: "</style.css>; rel=preload", "x-hint": "yes" };
  const { url } = await startBoth((request, response) => {
    response.writeProcessing();
    response.writeEarlyHints(hints);
    text("ok", FRESH)(request, response);
  });
  const first = await send(url, "/");
  assert.deepEqual(first.interim, [
    [102, {}],
    [103, hints],
  ]);
  assert.equal(first.headers["x-hint"], undefined);
  const second = await send(url, "/");
  assert.match(second.headers["cache-status"], /hit/);
  assert.deepEqual(second.interim, []);
});

test("a 204 and a 304 of the origin have no body and no end that is waited for", async () => {
  const { url } = await startBoth((request, response) =>
    response.writeHead(request.url === "/204" ? 204 : 304, { etag: '"1"' }).end(),
  );
  assert.equal((await send(url, "/204")).status, 204);
  const { status, headers } = await send(url, "/304", { headers: { "if-none-match": '"1"' } });
  assert.deepEqual([status, headers.etag], [304, '"1"']);
});

test("transfer codings end here", async () => {
  const page = gzipSync("a page");
  const chunked = (bytes) =>
    Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from("\r\n0\r\n\r\n")]);
  const answers = {
    "gzip, chunked": chunked(page),
    "deflate, X-GZIP": gzipSync(deflateSync("a page")),
    "gzip, constructor, chunked": chunked(page),
    odd: "a page",
    "gzip,chunked": chunked(page.subarray(0, 12)),
  };
  for (const [codings, body] of Object.entries(answers)) {
    const origin = await startTcp((socket) =>
      socket.once("data", () => {
        socket.write(`HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\nTransfer-Encoding: ${codings}\r\n\r\n`);
        socket.end(body);
      }),
    );
    const { url } = await startHandler({ origin });
    const got = await send(url, "/").catch(() => ({ broken: true }));
    if (codings === "gzip,chunked") assert.equal(got.broken || got.status === 502, true, codings);
    else assert.deepEqual([codings, String(got.body), got.broken], [codings, "a page", false]);
  }
});
