// Asks the origin. Gives its response, or a 502 or 504 that says what went wrong; never throws, never waits longer than
// ORIGIN_TIMEOUT for the next sign of life, and never passes on a body that broke off as if it were whole.
//
// Bodies: with a length and without a coding they are streamed, as the length will tell on them if they break off. All
// others (chunked, compressed) have an end that workerd writes even after a failure, so they are held back until they are
// complete. Event streams have no end that could be mistaken and are passed as they come.

/** Response header that names what went wrong. The worker turns it into a detail of Cache-Status. */
export const FAILURE = "x-origin-failure";

const MAX_HELD_BYTES = 32 * 1024 * 1024;
// What concerns one connection only (RFC 9110, 7.6.1); and what some origins take for the address or the method that was
// asked for, which no cache key knows of.
const HOP_BY_HOP = ["connection", "keep-alive", "proxy-connection", "te", "transfer-encoding", "upgrade"];
const MISLEADING =
  /^(forwarded|x-forwarded-.*|x-original-(url|host)|x-rewrite-url|x-http-method(-override)?|x-method-override|cf-connecting-ip)$/;
/** Names the proxies that a request came through, so that one that comes back is known (RFC 8586). */
const LOOP = "isocache-edge-worker";
// What the origin did, by its name in Cache-Status.
const FAILURES = {
  "origin-timeout": [504, "The origin took too long to answer."],
  "origin-unreachable": [502, "The origin could not be reached, or closed the connection before it had answered."],
  "origin-incomplete": [502, "The origin closed the connection in the middle of its answer."],
  "origin-invalid": [502, "The origin sent an answer that cannot be passed on."],
  "origin-too-large": [502, "The origin sent a body without a length that is too large to be checked."],
};

/**
 * The request as the origin is to see it. It is what the cache sees too: a field that only one of them saw could make it
 * store for everybody what was made for one.
 */
export function endToEnd(request) {
  const headers = new Headers(request.headers);
  const named = headers.get("connection")?.split(",") ?? [];
  for (const name of [...named, ...HOP_BY_HOP].map((text) => text.trim())) if (TOKEN.test(name)) headers.delete(name);
  const misleading = [...headers.keys()].filter((name) => MISLEADING.test(name));
  for (const name of misleading) headers.delete(name);
  return new Request(request, { headers });
}

/** Whether this worker is its own origin. */
export const isLoop = (request) => request.headers.get("cdn-loop")?.includes(LOOP) ?? false;

/** `env`: ORIGIN, an http(s) origin; ORIGIN_TIMEOUT in seconds. */
export async function forward(request, env) {
  const patience = new Patience(Number(env.ORIGIN_TIMEOUT) * 1000);
  let response;
  try {
    response = await ask(request, env, patience.signal);
  } catch {
    patience.end();
    return failed(new OriginError(patience.signal.aborted ? "origin-timeout" : "origin-unreachable"));
  }
  return received(request, response, patience);
}

// A connection that was kept open may be closed by the origin just when it is used again, which says nothing about the origin:
// a request that changes nothing and has no body is sent once more (RFC 9112, 9.3.1).
async function ask(request, env, signal) {
  const send = () => fetch(toOrigin(request, env), { redirect: "manual", signal });
  const mayRepeat = (request.method === "GET" || request.method === "HEAD") && !request.body;
  try {
    return await send();
  } catch (error) {
    if (!mayRepeat || signal.aborted || !/connection lost|disconnected/i.test(error.message)) throw error;
    return send();
  }
}

function toOrigin(request, env) {
  const { host, protocol, pathname, search } = new URL(request.url);
  const forwarded = new Request(new URL(env.ORIGIN).origin + pathname + search, request);
  const { headers } = forwarded;
  headers.append("cdn-loop", LOOP);
  headers.set("x-forwarded-host", host);
  headers.set("x-forwarded-proto", protocol.slice(0, -1));
  return forwarded;
}
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;

async function received(request, response, patience) {
  const headers = new Headers(response.headers);
  headers.delete(FAILURE);
  const { status, statusText, body } = response;
  if (status < 200) {
    patience.end();
    return failed(new OriginError("origin-invalid"));
  }
  if (!body || request.method === "HEAD" || isEventStream(headers)) {
    patience.end();
    return new Response(request.method === "HEAD" ? null : body, { status, statusText, headers });
  }
  const stream = watched(body, patience);
  if (isSized(headers)) return new Response(stream, { status, statusText, headers });
  try {
    const whole = await readAll(stream, MAX_HELD_BYTES);
    if (!headers.has("content-encoding")) headers.set("content-length", String(whole.byteLength));
    return new Response(whole, { status, statusText, headers });
  } catch (error) {
    return failed(error);
  }
}

const isSized = (headers) => headers.has("content-length") && !headers.has("content-encoding");
const isEventStream = (headers) => headers.get("content-type")?.startsWith("text/event-stream") ?? false;

async function readAll(stream, maxBytes) {
  const chunks = [];
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw new OriginError("origin-too-large");
    chunks.push(chunk);
  }
  return new Blob(chunks).arrayBuffer();
}

/** What went wrong, by its name in FAILURES. A body that is being read fails with one. */
export class OriginError extends Error {}

/** The response for an OriginError. */
export function failed({ message }) {
  const name = Object.hasOwn(FAILURES, message) ? message : "origin-invalid";
  const [status, text] = FAILURES[name];
  return new Response(`${status}: ${text}\n`, {
    status,
    headers: { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store", [FAILURE]: name },
  });
}

/** Aborts its signal when the origin has been waited for, without a break, for `ms`. */
class Patience {
  #abort = new AbortController();
  #ms;
  #timer;
  constructor(ms) {
    this.#ms = ms;
    this.start();
  }
  get signal() {
    return this.#abort.signal;
  }
  start() {
    this.#timer = setTimeout(() => this.#abort.abort(), this.#ms);
  }
  end() {
    clearTimeout(this.#timer);
  }
}

// The wait is for the origin only: while the client is slow to take what is there, no time runs.
function watched(body, patience) {
  const reader = body.getReader();
  patience.end();
  return new ReadableStream(
    {
      async pull(controller) {
        patience.start();
        try {
          const { done, value } = await reader.read();
          if (done) controller.close();
          else controller.enqueue(value);
        } catch (error) {
          throw new OriginError(patience.signal.aborted ? "origin-timeout" : "origin-incomplete", { cause: error });
        } finally {
          patience.end();
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}
