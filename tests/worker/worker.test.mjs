// The worker of examples/edge-worker over HTTP, in workerd, in front of an origin that the tests control.
import assert from "node:assert/strict";
import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { createServer as createTcpServer } from "node:net";
import { after, before, describe, test } from "node:test";
import { gunzipSync, gzipSync } from "node:zlib";
import { run, send, startOrigin, startServer, text } from "./server.mjs";

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

// What the cache did, without the numbers that depend on the time.
const cacheStatus = (response) => response.headers["cache-status"] ?? "";
const get = (path, headers) => send(server.url, path, { headers });
const stats = async () => JSON.parse((await get("/__cache/stats")).body);
const purge = (body, headers = {}, method = "POST") =>
  send(server.url, "/__cache/purge", {
    method,
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });

function assertHit(response) {
  assert.match(cacheStatus(response), /^isocache;\s*hit/);
  assert.match(response.headers.age, /^\d+$/);
}
function assertMiss(response) {
  assert.match(cacheStatus(response), /^isocache;\s*fwd=(uri-|vary-)?miss/);
  assert.equal(response.headers.age, undefined);
}

describe("caching", LIMIT, () => {
  test("a cacheable page is a miss, then a hit with an Age", async () => {
    origin.on("/page", text("a page", { ...FRESH, "x-mine": "yes" }));
    const [first, second] = [await get("/page"), await get("/page")];
    assertMiss(first);
    assertHit(second);
    for (const response of [first, second]) {
      assert.equal(response.status, 200);
      assert.equal(String(response.body), "a page");
      assert.equal(response.headers["content-type"], "text/plain");
      assert.equal(response.headers["x-mine"], "yes");
      assert.equal(response.broken, false);
    }
    assert.equal(origin.seen("/page").length, 1);
  });

  test("the query is part of what is cached, the order of requests is not", async () => {
    origin.on("/query", (request, response) => text(request.url, FRESH)(request, response));
    for (const query of ["?a=1", "?a=2", "", "?a=1", "?a=2", ""])
      assert.equal(String((await get(`/query${query}`)).body), `/query${query}`);
    assert.equal(origin.seen("/query").length, 3);
  });

  test("Vary: one stored response for each variant", async () => {
    origin.on("/vary", (request, response) =>
      text(`in ${request.headers["accept-language"]}`, { ...FRESH, vary: "Accept-Language" })(request, response),
    );
    for (const language of ["de", "fr"]) assertMiss(await get("/vary", { "accept-language": language }));
    for (const language of ["fr", "de"]) {
      const response = await get("/vary", { "accept-language": language });
      assertHit(response);
      assert.equal(String(response.body), `in ${language}`);
    }
    assert.equal(origin.seen("/vary").length, 2);
  });

  test("a client's validator is answered from the cache with 304", async () => {
    origin.on(
      "/etag",
      text("validated", { ...FRESH, etag: '"one"', "last-modified": "Mon, 01 Jan 2024 00:00:00 GMT" }),
    );
    await get("/etag");
    const same = await get("/etag", { "if-none-match": '"one"' });
    assert.equal(same.status, 304);
    assert.equal(same.body.length, 0);
    assert.equal(same.headers.etag, '"one"');
    assertHit(same);
    assert.equal((await get("/etag", { "if-none-match": '"two"' })).status, 200);
    assert.equal((await get("/etag", { "if-modified-since": "Mon, 01 Jan 2024 00:00:00 GMT" })).status, 304);
    assert.equal(origin.seen("/etag").length, 1);
  });

  test("a stale response is validated with the origin, and a 304 renews it", async () => {
    // Stale on arrival: 600 seconds fresh, 700 seconds old.
    origin.on("/stale", (request, response) => {
      const headers = { ...FRESH, etag: '"same"', age: "700" };
      if (request.headers["if-none-match"] === '"same"') response.writeHead(304, { ...FRESH, etag: '"same"' }).end();
      else text("unchanged", headers)(request, response);
    });
    assert.match(cacheStatus(await get("/stale")), /fwd=miss.*stored/);
    const renewed = await get("/stale");
    assert.match(cacheStatus(renewed), /fwd=stale/);
    assert.match(cacheStatus(renewed), /fwd-status=304/);
    assert.equal(renewed.status, 200);
    assert.equal(String(renewed.body), "unchanged");
    assertHit(await get("/stale"));
    assert.equal(origin.seen("/stale").length, 2);
  });

  test("HEAD is answered from a stored GET, without a body", async () => {
    origin.on("/head", text("twelve bytes", FRESH));
    await get("/head");
    const head = await send(server.url, "/head", { method: "HEAD" });
    assertHit(head);
    assert.equal(head.headers["content-length"], "12");
    assert.equal(head.body.length, 0);
  });

  test("HEAD of what is not stored goes to the origin", async () => {
    origin.on("/head-only", text("twelve bytes", FRESH));
    const head = await send(server.url, "/head-only", { method: "HEAD" });
    assert.equal(head.status, 200);
    assert.equal(head.broken, false);
    assert.equal(String((await get("/head-only")).body), "twelve bytes");
  });

  test("an unsafe method goes through with its body and invalidates", async () => {
    let body = "before";
    origin.on("/unsafe", (request, response) => {
      if (request.method === "PUT") body = origin.seen("/unsafe").at(-1).body;
      text(body, FRESH)(request, response);
    });
    await get("/unsafe");
    assertHit(await get("/unsafe"));
    const put = await send(server.url, "/unsafe", { method: "PUT", body: "after" });
    assert.match(cacheStatus(put), /fwd=method/);
    const changed = await get("/unsafe");
    assertMiss(changed);
    assert.equal(String(changed.body), "after");
  });

  test("an unsafe method that fails invalidates nothing", async () => {
    origin.on("/unsafe-failed", (request, response) =>
      text(request.method, FRESH, request.method === "GET" ? 200 : 500)(request, response),
    );
    await get("/unsafe-failed");
    assert.equal((await send(server.url, "/unsafe-failed", { method: "POST", body: "x" })).status, 500);
    assertHit(await get("/unsafe-failed"));
  });

  for (const [name, headers] of [
    ["no-store", { "cache-control": "no-store" }],
    ["private", { "cache-control": "private, max-age=600" }],
    ["no lifetime", { "cache-control": "max-age=0" }],
  ]) {
    test(`${name} is not served twice`, async () => {
      const path = `/${name.replace(" ", "-")}`;
      origin.on(path, text("for one visit", headers));
      for (const response of [await get(path), await get(path)]) {
        assert.doesNotMatch(cacheStatus(response), /; *hit/);
        assert.equal(String(response.body), "for one visit");
      }
      assert.equal(origin.seen(path).length, 2);
    });
  }

  test("a response to an authorised request is not given to others", async () => {
    const headers = { "cache-control": "max-age=600" };
    origin.on("/secret", (request, response) =>
      text(request.headers.authorization ?? "nobody", headers)(request, response),
    );
    await get("/secret", { authorization: "Bearer one" });
    assert.equal(String((await get("/secret")).body), "nobody");
  });

  test("redirects are passed on, not followed", async () => {
    origin.on("/moved", text("", { location: "/elsewhere", "cache-control": "max-age=600" }, 301));
    for (const response of [await get("/moved"), await get("/moved")]) {
      assert.equal(response.status, 301);
      assert.equal(response.headers.location, "/elsewhere");
    }
    assert.equal(origin.seen("/elsewhere").length, 0);
    assert.equal(origin.seen("/moved").length, 1);
  });

  test("a compressed response arrives as it was, the first time and from the cache", async () => {
    const body = "compress me ".repeat(500);
    origin.on("/gzip", (request, response) =>
      response.writeHead(200, { ...FRESH, "content-encoding": "gzip", vary: "Accept-Encoding" }).end(gzipSync(body)),
    );
    for (const check of [assertMiss, assertHit]) {
      const response = await get("/gzip", { "accept-encoding": "gzip" });
      check(response);
      assert.equal(
        String(response.headers["content-encoding"] === "gzip" ? gunzipSync(response.body) : response.body),
        body,
      );
    }
  });

  test("what it tells the origin about the client", async () => {
    origin.on("/forwarded", text("ok"));
    await get("/forwarded?x=1", { "x-other": "kept", "x-forwarded-for": "192.0.2.1" });
    const [{ headers, url }] = origin.seen("/forwarded");
    assert.equal(url, "/forwarded?x=1");
    assert.equal(headers["x-other"], "kept");
    assert.equal(headers["x-forwarded-host"], new URL(server.url).host);
    assert.equal(headers["x-forwarded-proto"], "http");
    assert.equal(headers.host, new URL(origin.url).host);
  });

  test("a client tells the origin nothing that no key knows of", async () => {
    origin.on("/misled", text("ok", FRESH));
    const claims = [
      "forwarded",
      "x-forwarded-for",
      "x-forwarded-port",
      "x-original-url",
      "x-http-method-override",
      "cf-connecting-ip",
    ];
    await get("/misled", Object.fromEntries(claims.map((name) => [name, "/evil"])));
    const [{ headers }] = origin.seen("/misled");
    for (const name of claims) assert.equal(headers[name], undefined, name);
  });

  test("what Connection names is not seen by the origin, nor by the key", async () => {
    const byLanguage = (request, response) =>
      text(request.headers["accept-language"] ?? "none", { ...FRESH, vary: "accept-language" })(request, response);
    origin.on("/poisoned", byLanguage);
    const hidden = { connection: "accept-language", "accept-language": "fr" };
    assert.equal(String((await get("/poisoned", hidden)).body), "none");
    assert.equal(String((await get("/poisoned", { "accept-language": "fr" })).body), "fr");
  });

  test("a GET with a body leaves nothing behind for those without", async () => {
    origin.on("/fat", async (request, response) => {
      let body = "";
      for await (const chunk of request) body += chunk;
      text(`got ${body}`, FRESH)(request, response);
    });
    await send(server.url, "/fat", { method: "GET", headers: { "content-length": "3" }, body: "x=1" });
    assert.equal(String((await get("/fat")).body), "got ");
  });

  test("a worker that is its own origin says so", async () => {
    const response = await get("/loop", { "cdn-loop": "isocache-edge-worker" });
    assert.equal(response.status, 508);
    assert.equal(origin.seen("/loop").length, 0);
  });
});

describe("many at once", LIMIT, () => {
  test("200 requests over 10 URLs: every body is its own, and all are hits afterwards", async () => {
    const paths = Array.from({ length: 10 }, (_, n) => `/many/${n}`);
    const bodyOf = (path) => `${path} `.repeat(2000);
    for (const path of paths) origin.on(path, text(bodyOf(path), FRESH));
    const requests = Array.from({ length: 200 }, (_, n) => paths[n % paths.length]);
    const responses = await Promise.all(requests.map((path) => get(path)));
    responses.forEach((response, n) => {
      assert.equal(response.status, 200);
      assert.equal(String(response.body), bodyOf(requests[n]));
    });
    for (const path of paths) assertHit(await get(path));
  });

  test("requests that wait for the same slow answer all get it", async () => {
    const arrived = deferred();
    const release = deferred();
    origin.on("/slow-start", async (request, response) => {
      arrived.resolve();
      await release.promise;
      text("at last", FRESH)(request, response);
    });
    const waiting = Array.from({ length: 20 }, () => get("/slow-start"));
    await arrived.promise;
    release.resolve();
    for (const response of await Promise.all(waiting)) assert.equal(String(response.body), "at last");
    assertHit(await get("/slow-start"));
  });

  test("a client that gives up takes nothing from the others", async () => {
    const arrived = deferred();
    const release = deferred();
    origin.on("/given-up", async (request, response) => {
      arrived.resolve();
      await release.promise;
      text("still here", FRESH)(request, response);
    });
    const { hostname, port } = new URL(server.url);
    const impatient = httpRequest({ hostname, port, path: "/given-up", agent: false }).on("error", () => {});
    impatient.end();
    await arrived.promise;
    const patient = get("/given-up");
    impatient.destroy();
    release.resolve();
    assert.equal(String((await patient).body), "still here");
    assert.equal(String((await get("/given-up")).body), "still here");
  });

  test("an event stream is passed on as it comes", async () => {
    const release = deferred();
    origin.on("/events", async (request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
      response.write("data: first\n\n");
      await release.promise;
      response.end("data: last\n\n");
    });
    const { hostname, port } = new URL(server.url);
    const [response] = await once(httpRequest({ hostname, port, path: "/events", agent: false }).end(), "response");
    const events = response.setEncoding("utf8")[Symbol.asyncIterator]();
    assert.equal((await events.next()).value, "data: first\n\n");
    release.resolve();
    assert.equal((await events.next()).value, "data: last\n\n");
    assert.equal((await events.next()).done, true);
  });

  test("bodies of several megabytes, cached or not", async () => {
    const body = "0123456789abcdef".repeat(2 ** 18);
    origin.on("/large", text(body, FRESH));
    origin.on("/large-chunked", (request, response) => response.writeHead(200, FRESH).end(body));
    origin.on("/large-uncached", text(body, { "cache-control": "no-store" }));
    for (const path of ["/large", "/large", "/large-chunked", "/large-chunked", "/large-uncached"]) {
      const response = await get(path);
      assert.equal(response.broken, false);
      assert.equal(response.body.length, body.length);
      assert.ok(response.body.equals(Buffer.from(body)), `the body of ${path} is damaged`);
    }
    const upload = await send(server.url, "/large-upload", { method: "POST", body });
    assert.equal(upload.status, 404);
    assert.equal(origin.seen("/large-upload")[0].body.length, body.length);
  });
});

function deferred() {
  const made = {};
  made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
  return made;
}

describe("odd URLs", LIMIT, () => {
  const ODD = [
    "/odd/%C3%A9?q=%F0%9F%8D%8B",
    "/odd/a%2Fb",
    "/odd//double",
    "/odd/*[a-z]?*",
    "/odd/%00",
    "/odd/%zz",
    `/odd/${"long".repeat(1500)}`,
    "/odd/a%20b?x=1&x=2&&",
    "/odd/'\"<b>",
  ];
  for (const path of ODD) {
    test(`${path.slice(0, 40)} is a miss, then a hit, and reaches the origin as it is`, async () => {
      const before = (await stats()).totals.total;
      const [pathname] = path.split("?", 1);
      let seen;
      const answer = (request, response) => {
        seen = request.url;
        text("odd", FRESH)(request, response);
      };
      for (const as of new Set([pathname, new URL(`http://x${path}`).pathname])) origin.on(as, answer);
      assertMiss(await get(path));
      assertHit(await get(path));
      assert.equal(decoded(seen), decoded(path));
      assert.equal((await stats()).totals.total, before + 2);
    });
  }
  // The runtime may percent-encode what should have been.
  const decoded = (path) => new URL(`http://x${path}`).href;

  test("a URL that is longer than a key can be is served all the same", async () => {
    const path = `/very/${"x".repeat(12_000)}`;
    origin.on(path, text("long", FRESH));
    assert.equal(String((await get(path)).body), "long");
  });

  test("bytes that are no UTF-8 do no harm", async () => {
    const response = await get("/odd/%ff%fe");
    assert.equal(response.status, 404);
  });
});

describe("purge", LIMIT, () => {
  const fill = async (...paths) => {
    for (const path of paths) {
      origin.on(path, text(path, FRESH));
      await get(path);
    }
  };

  test("by glob over whole URLs", async () => {
    await fill("/purge/a", "/purge/b", "/purge-not/c");
    const response = await purge({ pattern: `${server.url}/purge/*` });
    assert.equal(response.status, 200);
    assert.deepEqual(JSON.parse(response.body), { purged: 2 });
    assertMiss(await get("/purge/a"));
    assertHit(await get("/purge-not/c"));
    assert.deepEqual(JSON.parse((await purge({ pattern: "nothing is called so" })).body), { purged: 0 });
  });

  test("characters with a meaning can be escaped", async () => {
    await fill("/escape/*", "/escape/x");
    assert.deepEqual(JSON.parse((await purge({ pattern: `${server.url}/escape/\\*` })).body), { purged: 1 });
    assertHit(await get("/escape/x"));
  });

  test("* removes everything", async () => {
    await fill("/everything/1", "/everything/2");
    assert.ok(JSON.parse((await purge({ pattern: "*" })).body).purged >= 2);
    const { live, entries } = await stats();
    assert.equal(live, 0);
    assert.deepEqual(entries, []);
  });

  for (const [name, body, code] of [
    ["an unclosed class", { pattern: "/purge/[a" }, "INVALID_PATTERN"],
    ["an empty class", { pattern: "[]" }, "INVALID_PATTERN"],
    ["a trailing backslash", { pattern: "a\\" }, "INVALID_PATTERN"],
    ["a number", { pattern: 7 }, "INVALID_PATTERN"],
    ["no pattern", {}, "INVALID_PATTERN"],
    ["null", "null", "INVALID_PATTERN"],
    ["no JSON", "pattern=*", "INVALID_PATTERN"],
    ["nothing", "", "INVALID_PATTERN"],
  ]) {
    test(`${name} is refused and removes nothing`, async () => {
      await fill("/purge/kept");
      const response = await purge(body);
      assert.equal(response.status, 400);
      const refusal = JSON.parse(response.body);
      assert.equal(refusal.code, code);
      assert.equal(typeof refusal.message, "string");
      assertHit(await get("/purge/kept"));
    });
  }

  test("other methods are refused", async () => {
    for (const method of ["GET", "PUT", "DELETE"]) {
      const response = await purge({ pattern: "*" }, {}, method);
      assert.equal(response.status, 405);
      assert.equal(response.headers.allow, "POST");
    }
  });

  test("other sites are refused, this one is not", async () => {
    await fill("/purge/mine");
    const refused = [
      { origin: "https://evil.example" },
      { origin: "null" },
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
    ];
    for (const headers of refused)
      assert.equal((await purge({ pattern: "*" }, headers)).status, 403, JSON.stringify(headers));
    assert.equal((await purge({ pattern: "*" }, { "content-type": "text/plain" })).status, 415);
    assert.equal((await purge({ pattern: "*" }, { "content-type": "application/x-www-form-urlencoded" })).status, 415);
    assertHit(await get("/purge/mine"));
    // A page of another site whose name was made to mean this machine.
    const rebound = await purge({ pattern: "*" }, { host: "evil.example", origin: "http://evil.example" });
    assert.equal(rebound.status, 403);
    assert.equal((await get("/__cache/stats", { host: "evil.example" })).status, 403);
    assertHit(await get("/purge/mine"));
    const own = await purge({ pattern: "*/purge/mine" }, { origin: server.url, "sec-fetch-site": "same-origin" });
    assert.deepEqual(JSON.parse(own.body), { purged: 1 });
  });
});

describe("the page and the numbers", LIMIT, () => {
  test("the page, its files and their headers", async () => {
    for (const [path, type] of [
      ["", "text/html"],
      ["page.js", "text/javascript"],
      ["style.css", "text/css"],
      ["icon.svg", "image/svg+xml"],
      ["stats", "application/json"],
    ]) {
      const response = await get(`/__cache/${path}`);
      assert.equal(response.status, 200);
      assert.ok(response.headers["content-type"].startsWith(type));
      assert.match(response.headers["content-security-policy"], /^default-src 'self'/);
      assert.equal(response.headers["cache-control"], "no-store");
    }
    assert.equal((await get("/__cache")).headers.location, "/__cache/");
    assert.equal((await get("/__cache/nothing")).status, 404);
    assert.equal((await send(server.url, "/__cache/stats", { method: "POST" })).status, 405);
  });

  test("nothing below /__cache/ reaches the origin or is counted; a path that only looks like it does", async () => {
    const before = (await stats()).totals.total;
    for (const path of ["/__cache", "/__cache/", "/__cache/purge", "/__cache/nothing"]) await get(path);
    assert.equal((await stats()).totals.total, before);
    await get("/__cached");
    assert.equal((await stats()).totals.total, before + 1);
    for (const path of ["/__cache", "/__cache/", "/__cache/purge", "/__cache/nothing"])
      assert.equal(origin.seen(path).length, 0);
    assert.equal(origin.seen("/__cached").length, 1);
  });

  test("variants count as responses, and what tells them apart is not shown", async () => {
    await purge({ pattern: "*" });
    origin.on("/secretive", text("x", { ...FRESH, vary: "cookie" }));
    await get("/secretive", { cookie: "session=secret-1" });
    await get("/secretive", { cookie: "session=secret-2" });
    const { body } = await get("/__cache/stats");
    const { live, entries } = JSON.parse(body);
    assert.equal(live, 2);
    assert.deepEqual(entries, [`${server.url}/secretive`]);
    assert.ok(!String(body).includes("secret-"));
  });

  test("stats tell what was done", async () => {
    await purge({ pattern: "*" });
    const before = await stats();
    origin.on("/counted", text("counted", FRESH));
    await get("/counted");
    await get("/counted");
    const now = await stats();
    assert.equal(now.totals.total - before.totals.total, 2);
    assert.equal(now.totals.hit - before.totals.hit, 1);
    assert.equal(now.totals.miss - before.totals.miss, 1);
    assert.equal(now.live, 1);
    assert.deepEqual(now.entries, [`${server.url}/counted`]);
    assert.ok(now.cache.bytes > 0 && now.cache.bytes < now.cache.maxBytes);
    assert.ok(now.uptime >= 0);
    const [hit, miss] = now.requests;
    for (const request of [hit, miss]) {
      assert.equal(request.method, "GET");
      assert.equal(request.url, `${server.url}/counted`);
      assert.equal(request.status, 200);
      assert.ok(request.time > 0 && request.milliseconds >= 0);
    }
    assert.equal(hit.outcome, "hit");
    assert.equal(miss.outcome, "miss");
    assert.match(hit.cacheStatus, /hit/);
  });

  test("the list of requests is bounded", async () => {
    await Promise.all(Array.from({ length: 60 }, (_, n) => get(`/listed/${n}`)));
    assert.equal((await stats()).requests.length, 50);
  });
});

describe("an origin that fails", LIMIT, () => {
  // A server of its own for each kind of failure would take long: this origin speaks TCP and does as the path says.
  const BREAKING = {
    "/reset": (socket) => socket.resetAndDestroy(),
    "/hang-up": (socket) => socket.end(),
    "/interim": (socket) =>
      socket.end("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
    "/garbage": (socket) => socket.end("no HTTP at all\r\n\r\n"),
    "/short-head": (socket) => socket.end("HTTP/1.1 200 OK\r\nContent-Le"),
    "/short-length": (socket) =>
      socket.end("HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\nContent-Length: 100\r\n\r\nshort"),
    "/short-length-reset": (socket) =>
      socket.write("HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\nContent-Length: 100\r\n\r\nshort", () =>
        socket.resetAndDestroy(),
      ),
    "/short-uncached": (socket) =>
      socket.end("HTTP/1.1 200 OK\r\nCache-Control: no-store\r\nContent-Length: 100\r\n\r\nshort"),
    "/short-chunked": (socket) =>
      socket.end("HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n"),
    "/short-chunked-uncached": (socket) =>
      socket.end("HTTP/1.1 200 OK\r\nCache-Control: no-store\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n"),
    "/short-chunk": (socket) =>
      socket.end("HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nshort"),
    "/short-gzip": (socket) =>
      socket.end(
        Buffer.concat([
          Buffer.from(
            "HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\nContent-Encoding: gzip\r\nContent-Length: 1000\r\n\r\n",
          ),
          gzipSync("short").subarray(0, 12),
        ]),
      ),
    "/silent": () => {},
    "/stalled": (socket) =>
      socket.write("HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\nContent-Length: 100\r\n\r\nshort"),
    "/stalled-chunked": (socket) =>
      socket.write("HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n"),
  };
  const counts = new Map();
  const sockets = new Set();
  let breaking;
  let failing;
  before(async () => {
    breaking = createTcpServer((socket) => {
      sockets.add(socket.on("close", () => sockets.delete(socket)).on("error", () => {}));
      let head = "";
      socket.on("data", (bytes) => {
        head += bytes;
        if (!head.includes("\r\n\r\n")) return;
        const [, path] = head.split(" ", 2);
        head = "";
        counts.set(path, (counts.get(path) ?? 0) + 1);
        (BREAKING[path] ?? BREAKING["/hang-up"])(socket);
      });
    }).listen(0, "127.0.0.1");
    await once(breaking, "listening");
    failing = await startServer({ ORIGIN: `http://127.0.0.1:${breaking.address().port}`, ORIGIN_TIMEOUT: "0.5" });
  });
  after(async () => {
    await failing?.stop();
    for (const socket of sockets) socket.destroy();
    breaking.close();
  });
  const storedThere = async () => JSON.parse((await send(failing.url, "/__cache/stats")).body).live;

  function assertExplained(response, status, detail) {
    assert.equal(response.status, status);
    assert.equal(response.broken, false);
    assert.match(response.headers["content-type"], /^text\/plain/);
    assert.match(String(response.body), new RegExp(`^${status}: .*origin`, "i"));
    assert.doesNotMatch(String(response.body), /\bat \w|stack|<html/i);
    assert.match(response.headers["cache-status"], new RegExp(`^isocache;.*fwd=.*detail="?${detail}`));
  }

  for (const path of ["/reset", "/hang-up", "/garbage", "/short-head"]) {
    test(`${path.slice(1)}: 502, and nothing is stored`, async () => {
      assertExplained(await send(failing.url, path), 502, "origin-unreachable");
      assertExplained(await send(failing.url, path), 502, "origin-unreachable");
      assert.equal(await storedThere(), 0);
    });
  }

  for (const path of [
    "/short-length",
    "/short-length-reset",
    "/short-uncached",
    "/short-chunked",
    "/short-chunked-uncached",
    "/short-chunk",
    "/short-gzip",
  ]) {
    test(`${path.slice(1)}: a broken connection or a 502, nothing stored, and the origin is asked again`, async () => {
      for (const count of [1, 2]) {
        const response = await send(failing.url, path).catch(() => ({ broken: true }));
        if (!response.broken) assertExplained(response, 502, "origin-incomplete");
        assert.equal(counts.get(path), count);
      }
      assert.equal(await storedThere(), 0);
    });
  }

  test("silent: 504", async () => {
    assertExplained(await send(failing.url, "/silent"), 504, "origin-timeout");
  });

  for (const path of ["/stalled", "/stalled-chunked"]) {
    test(`${path.slice(1)}: a broken connection or a 504, and nothing stored`, async () => {
      const response = await send(failing.url, path).catch(() => ({ broken: true }));
      if (!response.broken) assertExplained(response, 504, "origin-timeout");
      assert.equal(await storedThere(), 0);
    });
  }

  test("unsafe methods too", async () => {
    assertExplained(await send(failing.url, "/reset", { method: "POST", body: "x" }), 502, "origin-unreachable");
    assertExplained(await send(failing.url, "/silent", { method: "DELETE" }), 504, "origin-timeout");
  });

  test("many failures at once, and none hangs", async () => {
    const paths = Object.keys(BREAKING);
    const responses = await Promise.all(
      Array.from({ length: 56 }, (_, n) => send(failing.url, paths[n % paths.length]).catch(() => ({ broken: true }))),
    );
    for (const { broken, status } of responses) assert.ok(broken || status === 502 || status === 504);
    assert.equal(await storedThere(), 0);
  });

  test("failures are counted as errors", async () => {
    await send(failing.url, "/reset");
    const { requests, totals } = JSON.parse((await send(failing.url, "/__cache/stats")).body);
    assert.equal(requests[0].outcome, "error");
    assert.equal(requests[0].status, 502);
    assert.ok(totals.error > 0);
  });
});

describe("an origin that is down", LIMIT, () => {
  test("502 while it is, hits for what is stored, and all is well when it is back", async () => {
    const unsteady = await startOrigin();
    unsteady.on("/kept", text("kept", FRESH));
    const fronting = await startServer({ ORIGIN: unsteady.url });
    try {
      await send(fronting.url, "/kept");
      await unsteady.stop();
      assertHit(await send(fronting.url, "/kept"));
      const down = await send(fronting.url, "/other");
      assert.equal(down.status, 502);
      assert.match(cacheStatus(down), /fwd=.*detail=origin-unreachable/);
    } finally {
      await fronting.stop();
    }
  });
});

describe("starting and stopping", LIMIT, () => {
  for (const [variables, message] of [
    [{ PORT: "http" }, /^PORT must be a number from 0 to 65535, not "http"$/],
    [{ PORT: "70000" }, /^PORT must be/],
    [{ PORT: "-1" }, /^PORT must be/],
    [{ PORT: "80.5" }, /^PORT must be/],
    [{ ORIGIN: "nonsense" }, /^ORIGIN must be like http:\/\/127\.0\.0\.1:9000, without a path, not "nonsense"$/],
    [{ ORIGIN: "ftp://127.0.0.1" }, /^ORIGIN must be/],
    [{ ORIGIN: "http://127.0.0.1/path" }, /^ORIGIN must be/],
    [{ ORIGIN: "http://user:word@127.0.0.1" }, /^ORIGIN must be/],
    [{ ORIGIN_TIMEOUT: "soon" }, /^ORIGIN_TIMEOUT must be seconds/],
    [{ ORIGIN_TIMEOUT: "0" }, /^ORIGIN_TIMEOUT must be/],
    [{ ORIGIN_TIMEOUT: "-1" }, /^ORIGIN_TIMEOUT must be/],
    [{ ORIGIN_TIMEOUT: "1e9" }, /^ORIGIN_TIMEOUT must be/],
    [{ PORT: "0", CACHE_MAX_BYTES: "much" }, /much/],
    [{ PORT: "0", CACHE_MAX_BYTES: "-5" }, /-5/],
    [{ PORT: "0", CACHE_MAX_BYTES: "0" }, /0/],
  ]) {
    test(`${Object.entries(variables).map((pair) => pair.join("="))} is refused in one line`, async () => {
      const { code, stdout, stderr } = await run(variables);
      assert.equal(code, 1);
      assert.equal(stdout, "");
      const lines = stderr.trimEnd().split("\n");
      assert.equal(lines.length, 1, stderr);
      assert.match(lines[0], message);
    });
  }

  test("a port in use is refused in one line", async () => {
    const { port } = new URL(server.url);
    const { code, stderr } = await run({ PORT: port });
    assert.equal(code, 1);
    assert.match(
      stderr,
      new RegExp(`^PORT ${port} cannot be used on 127\\.0\\.0\\.1: something is listening there\n$`),
    );
  });

  for (const signal of ["SIGINT", "SIGTERM"]) {
    test(`without ORIGIN its own is started, and ${signal} ends all of it`, async () => {
      const demo = await startServer({ CACHE_MAX_BYTES: "1MiB" });
      const index = await send(demo.url, "/");
      assert.equal(index.status, 200);
      assertMiss(index);
      for (const [, path] of String(index.body).matchAll(/<dt><a href="([^"]+)"/g)) {
        assert.ok([200, 404].includes((await send(demo.url, path)).status), path);
      }
      assertHit(await send(demo.url, "/"));
      assert.equal(JSON.parse((await send(demo.url, "/__cache/stats")).body).cache.maxBytes, 1024 * 1024);
      assert.equal(await demo.stop(signal), 0);
      await assert.rejects(send(demo.url, "/"));
      await assert.rejects(send(demo.origin, "/"));
    });
  }
});
