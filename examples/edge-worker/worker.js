// A caching worker in front of an origin. What a worker of your own needs of this is three lines:
//
//   import { withHttpCache } from "isocache/http";
//   const handler = { fetch: (request, env) => forward(request, env) };
//   export default withHttpCache(handler);
//
// The rest is what an operator wants around it: bounds from the environment, a page at /__cache/, a list of the latest
// requests, and answers that say what is wrong when the origin is.
import { Cache } from "isocache";
import { HttpCache, withHttpCache } from "isocache/http";
import { FAILURE, OriginError, endToEnd, failed, forward, isLoop } from "./forward.js";
import { FILES } from "./files.js";
import { isPanel, panel } from "./panel.js";
import { RequestLog } from "./requests.js";

let app;

// One per isolate. The first request makes it, because the first request brings the environment.
function open(env) {
  const cache = new Cache({ maxBytes: size(env.CACHE_MAX_BYTES) });
  return {
    cache,
    http: new HttpCache({ cache }),
    site: withHttpCache({ fetch: forward }, { cache }),
    requests: new RequestLog(),
    started: Date.now(),
    files: FILES,
  };
}

// Variables are strings; a size without a unit is a number of bytes.
const size = (text) => (/^\d+$/.test(text ?? "") ? Number(text) : text || undefined);

export default {
  async fetch(request, env, ctx) {
    try {
      app ??= open(env);
      return isPanel(request) ? await panel(request, app) : await site(request, env, ctx);
    } catch (error) {
      return new Response(`500: ${error.message}\n`, { status: 500, headers: { "cache-control": "no-store" } });
    }
  },
};

async function site(request, env, ctx) {
  const time = Date.now();
  if (isLoop(request)) return new Response("508: this worker is its own origin\n", { status: 508 });
  const response = explain(await app.site.fetch(endToEnd(request), env, ctx).catch(brokenOff));
  app.requests.add({ time, method: request.method, url: request.url, response, milliseconds: Date.now() - time });
  return framed(response, request);
}

// The cache had begun to read a body, and it broke off.
function brokenOff(error) {
  if (error instanceof OriginError) return failed(error);
  throw error;
}

// A failure of the origin, which `forward` has turned into a response, is named in the cache's Cache-Status as its detail.
function explain(response) {
  const failure = response.headers.get(FAILURE);
  if (failure === null) return response;
  const explained = new Response(response.body, response);
  explained.headers.delete(FAILURE);
  explained.headers.set(
    "cache-status",
    `${response.headers.get("cache-status") ?? "isocache; fwd=miss"}; detail=${failure}`,
  );
  return explained;
}

// workerd ends a chunked body that fails exactly as one that is complete. A body of known length that fails is short, and
// every client notices; so whatever has a length leaves with it.
function framed(response, request) {
  const { body, headers } = response;
  const length = Number(headers.get("content-length"));
  if (!body || request.method === "HEAD" || !headers.has("content-length") || headers.has("content-encoding"))
    return response;
  const { readable, writable } = new FixedLengthStream(length);
  body.pipeTo(writable).catch(() => {});
  return new Response(readable, response);
}
