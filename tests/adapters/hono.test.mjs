// `isocache/hono` in front of real Hono apps.
import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { cors } from "hono/cors";
import { etag } from "hono/etag";
import { HTTPException } from "hono/http-exception";
import { requestId } from "hono/request-id";
import { streamSSE, stream } from "hono/streaming";
import { Cache } from "isocache";
import { httpCache } from "isocache/hono";
import { HttpCache } from "isocache/http";
import { START, throwsCode } from "./helpers.mjs";

const FRESH = "max-age=60";

/** An app with the middleware in front, and a clock of its own. `set` adds what a test needs; `calls` counts. */
function newApp(set, { source, options } = {}) {
  const time = { now: START };
  const cached = httpCache(source ?? { cache: new Cache({ clock: () => time.now }) }, options);
  const app = new Hono();
  const calls = [];
  set(app, cached, (c) => calls.push(`${c.req.method} ${c.req.path}`));
  return { app, cached, calls, time };
}

/** As most tests want it: everything behind the middleware. */
const behind = (set) => newApp((app, cached, called) => set(app.use(cached), called));

async function texts(app, ...requests) {
  const all = [];
  for (const request of requests) all.push(await (await app.request(request)).text());
  return all;
}

test("a hit does not call the handlers", async () => {
  const { app, calls } = behind((app, called) =>
    app.get("/a", (c) => {
      called(c);
      c.header("cache-control", FRESH);
      return c.json({ calls: 1 }, 203, { "x-own": "1" });
    }),
  );
  const first = await app.request("/a");
  assert.equal(first.headers.get("cache-status"), "isocache; fwd=miss; fwd-status=203; stored");
  const body = await first.text();
  const second = await app.request("/a");
  assert.equal(await second.text(), body);
  assert.equal(second.status, 203);
  assert.match(second.headers.get("cache-status"), /^isocache; hit; ttl=/);
  assert.equal(second.headers.get("content-type"), "application/json");
  assert.equal(second.headers.get("x-own"), "1");
  assert.deepEqual(calls, ["GET /a"]);
});

test("what may not be stored goes through", async () => {
  const { app, calls } = behind((app, called) => app.get("/a", (c) => c.text(String(called(c)))));
  assert.deepEqual(await texts(app, "/a", "/a"), ["1", "2"]);
  assert.equal(calls.length, 2);
});

test("fields of middleware in front belong to the request, also when its client goes away", async () => {
  let open;
  const wait = new Promise((resolve) => (open = resolve));
  const { app } = newApp((app, cached) => {
    app.use(async (c, next) => {
      c.header("set-cookie", `session=${c.req.header("x-user")}`);
      c.header("access-control-allow-origin", `https://${c.req.header("x-user")}.example`);
      await next();
    });
    app.use(cached);
    app.get("/a", async (c) => {
      await wait;
      return c.text("a", 200, { "cache-control": "s-maxage=60" });
    });
  });
  const leaving = new AbortController();
  const first = Promise.allSettled([app.request("/a", { headers: { "x-user": "alice" }, signal: leaving.signal })]);
  const second = app.request("/a", { headers: { "x-user": "bob" } });
  await new Promise((resolve) => setImmediate(resolve));
  leaving.abort("gone"); // no Error: so does @hono/node-server
  await new Promise((resolve) => setImmediate(resolve));
  open();
  assert.equal((await first)[0].reason, "gone");
  for (const { headers } of [await second, await app.request("/a", { headers: { "x-user": "bob" } })]) {
    assert.equal(headers.get("access-control-allow-origin"), "https://bob.example");
    assert.equal(headers.get("set-cookie"), "session=bob");
  }
});

test("fields of middleware in front belong to the request", async () => {
  let count = 0;
  const { app } = newApp((app, cached) => {
    app.use(async (c, next) => {
      c.header("x-request", String(++count));
      c.header("x-default", "front");
      c.header("set-cookie", `seen=${count}`, { append: true });
      await next();
    });
    app.use(async (c, next) => {
      c.res.headers.set("x-on-res", String(count));
      await next();
      c.res.headers.append("x-after", String(count));
    });
    app.use(cached);
    // s-maxage: a shared cache stores cookies where it is told to.
    app.get("/a", (c) =>
      c.text("a", 200, { "cache-control": "s-maxage=60", "set-cookie": "handler=1", "x-default": "handler" }),
    );
  });
  for (const request of ["1", "2"]) {
    const { headers } = await app.request("/a").then(async (response) => (await response.text(), response));
    const seen = ["x-request", "x-on-res", "x-after", "x-default"].map((name) => headers.get(name));
    assert.deepEqual(seen, [request, request, request, "handler"]);
    assert.deepEqual(headers.getSetCookie(), ["handler=1", `seen=${request}`]);
    assert.match(headers.get("cache-status"), request === "1" ? /stored$/ : /hit/);
  }
});

test("Cache-Control of middleware in front is a default", async () => {
  const { app, calls } = newApp((app, cached, called) => {
    app.use(async (c, next) => {
      c.header("cache-control", FRESH);
      await next();
    });
    app.use(cached);
    app.get("/default", (c) => c.text(String(called(c))));
    app.get("/own", (c) => c.text(String(called(c)), 200, { "cache-control": "no-store" }));
  });
  assert.deepEqual(await texts(app, "/default", "/default", "/own", "/own"), ["1", "1", "2", "3"]);
  assert.equal((await app.request("/default")).headers.get("cache-control"), FRESH);
  assert.equal((await app.request("/own")).headers.get("cache-control"), "no-store");
  assert.equal(calls.length, 4);
});

test("CORS in front: each origin gets its own answer from one stored response", async () => {
  const origins = ["https://a.example", "https://b.example"];
  const { app, calls } = newApp((app, cached, called) => {
    app.use(cors({ origin: origins, credentials: true }));
    app.use(cached);
    app.get("/a", (c) => c.text(String(called(c)), 200, { "cache-control": FRESH }));
  });
  for (const origin of origins) {
    const response = await app.request("/a", { headers: { origin } });
    assert.equal(await response.text(), "1");
    assert.equal(response.headers.get("access-control-allow-origin"), origin);
    assert.equal(response.headers.get("vary"), "Origin");
  }
  const preflight = await app.request("/a", { method: "OPTIONS", headers: { origin: origins[0] } });
  assert.equal(preflight.status, 204);
  assert.equal(preflight.headers.get("access-control-allow-origin"), origins[0]);
  assert.equal(preflight.headers.get("cache-status"), null);
  assert.equal(calls.length, 1);
});

test("CORS behind: stored with Vary, an answer for each origin", async () => {
  const origins = ["https://a.example", "https://b.example"];
  const { app, calls } = behind((app, called) => {
    app.use(cors({ origin: origins }));
    app.get("/a", (c) => c.text(String(called(c)), 200, { "cache-control": FRESH }));
  });
  for (const origin of [...origins, ...origins]) {
    const response = await app.request("/a", { headers: { origin } });
    await response.text();
    assert.equal(response.headers.get("access-control-allow-origin"), origin);
  }
  assert.equal(calls.length, 2);
  const preflight = await app.request("/a", { method: "OPTIONS", headers: { origin: origins[0] } });
  assert.equal(preflight.headers.get("access-control-allow-origin"), origins[0]);
});

test("what an error leads to is not stored, whatever it says", async () => {
  const headers = { "cache-control": FRESH, "cdn-cache-control": FRESH };
  const { app, calls } = newApp((app, cached, called) => {
    app.use(requestId());
    app.use(cached);
    app.get("/error", (c) => {
      called(c);
      throw new Error("broken");
    });
    app.get("/missing", (c) => {
      called(c);
      throw new HTTPException(404, { res: new Response("none", { status: 404, headers }) });
    });
    app.onError((error, c) => error.getResponse?.() ?? c.text(`sorry: ${error.message}`, 500, headers));
  });
  for (const [path, status, text] of [
    ["/error", 500, "sorry: broken"],
    ["/missing", 404, "none"],
  ]) {
    for (let i = 0; i < 2; i++) {
      const response = await app.request(path);
      assert.deepEqual([response.status, await response.text()], [status, text]);
      assert.equal(response.headers.get("cache-control"), FRESH);
      assert.equal(response.headers.get("cache-status"), `isocache; fwd=miss; fwd-status=${status}`);
      assert.equal(response.headers.get("isocache-stand-in"), null);
      assert.ok(response.headers.has("x-request-id"));
    }
  }
  assert.equal(calls.length, 4);
});

test("an error that no handler of the app's takes keeps the fields in front", async () => {
  const broken = { fetch: () => Promise.reject(new Error("broken")), purge() {} };
  const { app } = newApp(
    (app, cached) => {
      app.use(cors());
      app.use(async (c, next) => {
        for (const cookie of ["a=1", "b=2"]) c.header("set-cookie", cookie, { append: true });
        await next();
      });
      app.use(cached);
      app.onError((error, c) => c.text(error.message, 500));
    },
    { source: broken },
  );
  const response = await app.request("/a");
  assert.equal(await response.text(), "broken");
  assert.equal(response.headers.get("access-control-allow-origin"), "*");
  assert.deepEqual(response.headers.getSetCookie(), ["a=1", "b=2"]);
});

test("what is not found and redirects are stored as they say", async () => {
  const { app, calls } = behind((app, called) => {
    app.get("/old", (c) => {
      called(c);
      c.header("cache-control", FRESH);
      return c.redirect("/new", 301);
    });
    app.get("/made", () => Response.redirect("https://example.com/", 302)); // its fields cannot be changed
    app.notFound((c) => {
      called(c);
      return c.text("nothing", 404, { "cache-control": FRESH });
    });
  });
  for (let i = 0; i < 2; i++) {
    const moved = await app.request("/old");
    assert.deepEqual([moved.status, moved.headers.get("location")], [301, "/new"]);
    const missing = await app.request("/none");
    assert.deepEqual([missing.status, await missing.text()], [404, "nothing"]);
    assert.equal((await app.request("/made")).headers.get("location"), "https://example.com/");
  }
  assert.deepEqual(calls, ["GET /old", "GET /none"]);
});

test("a stream is passed on while it is made, and stored at its end", async () => {
  let goOn;
  const { app, calls } = behind((app, called) =>
    app.get("/a", (c) => {
      called(c);
      c.header("cache-control", FRESH);
      return stream(c, async (out) => {
        await out.write("first ");
        await new Promise((resolve) => (goOn = resolve));
        await out.write("last");
      });
    }),
  );
  const reader = (await app.request("/a")).body.pipeThrough(new TextDecoderStream()).getReader();
  assert.equal((await reader.read()).value, "first ");
  goOn();
  assert.equal((await reader.read()).value, "last");
  assert.equal((await reader.read()).done, true);
  assert.deepEqual(await texts(app, "/a"), ["first last"]);
  assert.equal(calls.length, 1);
});

test("a stream of events goes through untouched, whatever it says", async () => {
  const { app, calls } = behind((app, called) =>
    app.get("/a", (c) => {
      called(c);
      const response = streamSSE(c, (out) => out.writeSSE({ data: "1" }));
      response.headers.set("cache-control", FRESH);
      return response;
    }),
  );
  for (let i = 0; i < 2; i++) {
    const response = await app.request("/a");
    assert.equal(response.headers.get("content-type"), "text/event-stream");
    assert.equal(await response.text(), "data: 1\n\n");
  }
  assert.equal(calls.length, 2);
});

test("HEAD is answered from what GET has brought", async () => {
  const { app, calls } = behind((app, called) =>
    app.get("/a", (c) => c.text(String(called(c)), 200, { "cache-control": FRESH, "content-length": "1" })),
  );
  const miss = await app.request("/a", { method: "HEAD" });
  assert.deepEqual([await miss.text(), miss.headers.get("content-length")], ["", "1"]);
  assert.deepEqual(await texts(app, "/a"), ["2"]);
  const hit = await app.request("/a", { method: "HEAD" });
  assert.match(hit.headers.get("cache-status"), /hit/);
  assert.deepEqual([await hit.text(), hit.headers.get("content-length")], ["", "1"]);
  assert.deepEqual(calls, ["HEAD /a", "GET /a"]);
});

test("an unsafe request makes the cache forget, with a body that was read before", async () => {
  const { app, calls } = newApp((app, cached, called) => {
    app.use(async (c, next) => {
      if (c.req.method === "POST") await c.req.json();
      await next();
    });
    app.use(cached);
    app.get("/a", (c) => c.text(String(called(c)), 200, { "cache-control": FRESH }));
    app.post("/a", async (c) => c.json((await c.req.json()).value));
  });
  assert.deepEqual(await texts(app, "/a", "/a"), ["1", "1"]);
  const written = await app.request("/a", { method: "POST", body: '{"value":7}' });
  assert.equal(await written.json(), 7);
  assert.deepEqual(await texts(app, "/a"), ["2"]);
  assert.equal(calls.length, 2);
});

test("several middlewares share a cache, also one behind the other", async () => {
  const http = new HttpCache();
  const { app, calls } = newApp((app, _, called) => {
    const answer = (c) => c.text(String(called(c)), 200, { "cache-control": FRESH });
    app.use("/one/*", httpCache(http), async (c, next) => {
      c.req.raw = new Request(c.req.raw);
      await next();
    });
    app.use("/one/two/*", httpCache(http));
    app.get("/one/two/a", httpCache(http), answer);
    app.get("/other", httpCache(http), answer);
  });
  assert.equal(httpCache(http).cache, http);
  const { headers } = await app.request("/one/two/none");
  assert.equal(headers.get("cache-status"), "isocache; fwd=miss; fwd-status=404");
  assert.deepEqual(await texts(app, "/one/two/a", "/one/two/a", "/other", "/other"), ["1", "1", "2", "2"]);
  assert.equal(await http.purge({ pattern: "http://localhost/*" }), 2);
  assert.deepEqual(await texts(app, "/one/two/a", "/other"), ["3", "4"]);
  assert.equal(calls.length, 4);
});

test("caches of their own stand one behind the other", async () => {
  const { app, calls, cached } = newApp((app, cached, called) => {
    app.use(cached);
    app.use(httpCache({ name: "inner" }));
    app.use(cached);
    app.get("/a", (c) => c.text(String(called(c)), 200, { "cache-control": FRESH }));
  });
  const first = await app.request("/a");
  await first.text();
  assert.match(first.headers.get("cache-status"), /^inner; fwd=miss.*, isocache; fwd=miss[^,]*$/);
  assert.equal(await cached.cache.purge({ url: "http://localhost/a" }), 1);
  const second = await app.request("/a");
  assert.match(second.headers.get("cache-status"), /inner; hit.*, isocache; fwd=miss/);
  assert.equal(calls.length, 1);
});

test("a 304 of the handlers makes a stored response fresh", async () => {
  const { app, calls, time } = newApp((app, cached, called) => {
    app.use(async (c, next) => {
      await next();
      assert.equal(c.req.header("if-none-match"), undefined); // the request is as it was
    });
    app.use(cached);
    app.use(etag());
    app.get("/a", (c) => {
      called(c);
      return c.text("same", 200, { "cache-control": FRESH, "x-asked": c.req.header("if-none-match") ?? "" });
    });
  });
  await texts(app, "/a");
  time.now += 61_000;
  const response = await app.request("/a");
  assert.equal(await response.text(), "same");
  assert.match(response.headers.get("cache-status"), /fwd=stale; fwd-status=304/);
  assert.match((await app.request("/a")).headers.get("cache-status"), /hit/);
  assert.equal(calls.length, 2);
});

for (const hasApp of [false, true]) {
  test(`a 304 that is about something else, ${hasApp ? "with" : "without"} the app`, async () => {
    const app = new Hono();
    const time = { now: START };
    app.use(httpCache({ cache: new Cache({ clock: () => time.now }) }, hasApp ? { app } : {}));
    app.get("/a", (c) => {
      const headers = { "cache-control": FRESH, etag: `"${time.now}"` };
      return c.req.header("if-none-match") ? c.body(null, 304, headers) : c.text(String(time.now), 200, headers);
    });
    await texts(app, "/a");
    time.now += 61_000;
    const { status } = await app.request("/a");
    assert.equal(status, hasApp ? 200 : 502);
    assert.deepEqual(await texts(app, "/a"), [String(time.now)]); // and not the old one in any case
  });

  test(`a cache that does not wait for its origin, ${hasApp ? "with" : "without"} the app`, async () => {
    let renewed;
    let asked = 0;
    class Stale extends HttpCache {
      async fetch(request, { origin }) {
        if (++asked > 1) throw new Error("the app's own request did not pass");
        renewed = origin(new Request(request)).then((response) => response.text());
        return new Response("stale");
      }
    }
    let goOn;
    const going = new Promise((resolve) => (goOn = resolve));
    const app = new Hono();
    app.use(httpCache(new Stale(), hasApp ? { app } : {}));
    app.get("/a", async (c) => {
      await going;
      c.header("x-own", "1");
      return c.text("new");
    });
    const answer = app.request("/a");
    if (!hasApp) goOn(); // it waits for the handlers, which have the context
    const response = await answer;
    goOn();
    assert.deepEqual([await response.text(), response.headers.get("x-own")], ["stale", null]);
    assert.equal(await renewed, "new");
  });
}

test("a stale response is given out while the app renews it", async () => {
  const waited = [];
  const execution = { waitUntil: (promise) => waited.push(promise), passThroughOnException() {} };
  const app = new Hono();
  const time = { now: START };
  let gate;
  let calls = 0;
  app.use(httpCache({ cache: new Cache({ clock: () => time.now }) }, { app }));
  app.get("/a", async (c) => {
    await gate;
    return c.text(String(++calls), 200, { "cache-control": "max-age=60, stale-while-revalidate=60" });
  });
  const get = async () => (await app.fetch(new Request("http://localhost/a"), {}, execution)).text();
  assert.equal(await get(), "1");
  time.now += 61_000;
  let open;
  gate = new Promise((resolve) => (open = resolve));
  assert.equal(await get(), "1");
  open();
  await Promise.all(waited);
  assert.deepEqual([await get(), calls], ["2", 2]);
});

test("a stored response stands in for an error that allows it", async () => {
  const { app, time } = behind((app) =>
    app.get("/a", (c) => {
      if (time.now > START) throw new Error("broken");
      return c.text("a", 200, { "cache-control": "max-age=60, stale-if-error=60" });
    }),
  );
  await texts(app, "/a");
  time.now += 61_000;
  const covered = await app.request("/a");
  assert.deepEqual([covered.status, await covered.text()], [200, "a"]);
  time.now += 60_000;
  assert.equal((await app.request("/a")).status, 500);
});

test("requests at the same time call the handlers once, and each has its own fields", async () => {
  let requests = 0;
  const { app, calls } = newApp((app, cached, called) => {
    app.use(async (c, next) => {
      c.header("x-request", String(++requests));
      await next();
    });
    app.use(cached);
    app.get("/a", (c) => c.text(String(called(c)), 200, { "cache-control": FRESH }));
    app.get("/error", (c) => {
      called(c);
      throw new Error("broken");
    });
  });
  const all = async (path) => {
    const responses = await Promise.all([app.request(path), app.request(path), app.request(path)]);
    const names = responses.map(({ headers }) => headers.get("x-request"));
    return [await Promise.all(responses.map((response) => response.text())), names.toSorted()];
  };
  assert.deepEqual(await all("/a"), [
    ["1", "1", "1"],
    ["1", "2", "3"],
  ]);
  const broken = "Internal Server Error";
  assert.deepEqual(await all("/error"), [
    [broken, broken, broken],
    ["4", "5", "6"],
  ]);
  assert.equal(calls.length, 4); // an error is nobody else's
});

test("waitUntil is the runtime's, where it has one", async () => {
  const { app } = behind((app) => app.get("/a", (c) => c.text("a", 200, { "cache-control": FRESH })));
  const waited = [];
  const execution = { waitUntil: (promise) => waited.push(promise), passThroughOnException() {} };
  await (await app.fetch(new Request("http://localhost/a"), {}, execution)).text();
  assert.ok((await Promise.all(waited)).includes(true)); // that it was stored, whatever else is waited for
});

test("a request for a WebSocket is none of the cache's", async () => {
  const { app } = behind((app) => app.get("/a", (c) => c.text("a", 200, { "cache-control": FRESH })));
  const response = await app.request("/a", { headers: { connection: "upgrade", upgrade: "WebSocket" } });
  assert.equal(response.headers.get("cache-status"), null);
});

test("a response that cannot be changed gets the fields in front", async () => {
  const fixed = { fetch: async () => Response.redirect("https://example.com/"), purge() {} };
  const { app } = newApp((app, cached) => app.use(cors()).use(cached), { source: fixed });
  const { headers } = await app.request("/a");
  assert.deepEqual(
    [headers.get("location"), headers.get("access-control-allow-origin")],
    ["https://example.com/", "*"],
  );
});

test("bad options are refused", () => {
  for (const source of [null, 1, { cache: 1 }, { shared: "no" }]) throwsCode("INVALID_OPTION", () => httpCache(source));
  for (const options of [null, { app: {} }]) throwsCode("INVALID_OPTION", () => httpCache({}, options));
});

test("with @hono/node-server", async (t) => {
  const { app, calls } = behind((app, called) => {
    app.get("/a", (c) => c.text(String(called(c)), 200, { "cache-control": FRESH }));
    app.post("/a", async (c) => c.text(await c.req.text()));
  });
  const server = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" });
  t.after(() => server.close());
  if (!server.listening) await once(server, "listening");
  const url = `http://127.0.0.1:${server.address().port}/a`;
  const first = await fetch(url);
  assert.deepEqual(
    [await first.text(), first.headers.get("cache-status")],
    ["1", "isocache; fwd=miss; fwd-status=200; stored"],
  );
  const second = await fetch(url);
  assert.deepEqual([await second.text(), calls.length], ["1", 1]);
  assert.match(second.headers.get("cache-status"), /hit/);
  assert.equal(await (await fetch(url, { method: "POST", body: "text" })).text(), "text");
  assert.equal(await (await fetch(url)).text(), "2");
});
