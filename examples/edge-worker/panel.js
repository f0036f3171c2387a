// /__cache/: the page of www/, the numbers behind it, and the purge. Never forwarded, never cached, never counted.
import { CacheError } from "isocache";

const ROOT = "/__cache";
const MAX_ENTRIES_LISTED = 100;
const MAX_COMMAND_BYTES = 64 * 1024;
const HEADERS = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

export function isPanel(request) {
  const { pathname } = new URL(request.url);
  return pathname === ROOT || pathname.startsWith(`${ROOT}/`);
}

// This machine only: under another name a page of somebody else's may be asking (DNS rebinding). A worker that is deployed
// puts its own authentication here.
const HOSTS = ["127.0.0.1", "localhost", "[::1]"];

/** `app`: cache, http, requests, started, and files: the page's, by path, as pairs of type and text. */
export async function panel(request, app) {
  if (!HOSTS.includes(new URL(request.url).hostname)) return answer("403: ask by a local name\n", "text/plain", 403);
  const path = new URL(request.url).pathname.slice(ROOT.length);
  if (path === "/purge") return request.method === "POST" ? purge(request, app) : wrongMethod("POST");
  if (request.method !== "GET" && request.method !== "HEAD") return wrongMethod("GET, HEAD");
  if (path === "") return answer("", "text/plain", 308, { location: `${ROOT}/` });
  if (path === "/stats") return json(await statistics(app));
  const file = app.files.get(path);
  return file ? answer(file[1], file[0]) : answer("404: there is no such page here\n", "text/plain", 404);
}

async function statistics({ cache, requests, started }) {
  const { live, resources } = await stored(cache.withScope("http"));
  return {
    uptime: (Date.now() - started) / 1000,
    cache: cache.stats(),
    live,
    entries: resources.slice(0, MAX_ENTRIES_LISTED),
    totals: requests.totals,
    requests: requests.latest,
  };
}

// A key is a resource's, or a resource's with what tells its variants apart behind a line break: request fields, which are
// nobody's to see. Of a resource with variants its own key is no response.
async function stored(responses) {
  const variants = new Map();
  for await (const key of responses.keys()) {
    const [resource, ...rest] = key.split("\n", 2);
    variants.set(resource, (variants.get(resource) ?? 0) + rest.length);
  }
  const live = [...variants.values()].reduce((sum, count) => sum + Math.max(count, 1), 0);
  return { live, resources: [...variants.keys()] };
}

// A purge changes state, so it must not be another site's to send. A browser says where a request comes from, and cannot
// send JSON across sites without asking first; what is no browser may purge.
async function purge(request, { http }) {
  const { headers } = request;
  if (!isSameSite(request)) return refusal(403, "CROSS_ORIGIN", "A purge is accepted from this page only.");
  if (!/^application\/json\s*(;|$)/i.test(headers.get("content-type") ?? "")) {
    return refusal(415, "NOT_JSON", "A purge is JSON with Content-Type: application/json.");
  }
  if (Number(headers.get("content-length")) > MAX_COMMAND_BYTES)
    return refusal(413, "TOO_LARGE", "A purge is one pattern.");
  try {
    const pattern = await patternOf(request);
    if (pattern === undefined)
      return refusal(400, "INVALID_PATTERN", 'A purge is { "pattern": "a glob over whole URLs" }.');
    return json({ purged: await http.purge({ pattern }) });
  } catch (error) {
    if (error instanceof CacheError) return refusal(400, error.code, error.message);
    throw error;
  }
}

function isSameSite({ headers, url }) {
  const origin = headers.get("origin");
  const site = headers.get("sec-fetch-site");
  return (origin === null || hostOf(origin) === new URL(url).host) && (site === null || site === "same-origin");
}

// "null" is the origin of a sandboxed page.
const hostOf = (origin) => (URL.canParse(origin) ? new URL(origin).host : undefined);

async function patternOf(request) {
  const text = await request.text();
  if (text.length > MAX_COMMAND_BYTES) return undefined;
  const { pattern } = Object(parsed(text));
  return typeof pattern === "string" ? pattern : undefined;
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const json = (value, status) => answer(JSON.stringify(value), "application/json", status);
const refusal = (status, code, message) => json({ code, message }, status);
const wrongMethod = (allow) => answer("405: method not allowed\n", "text/plain", 405, { allow });

function answer(body, type, status = 200, headers = {}) {
  return new Response(body, { status, headers: { "content-type": `${type}; charset=utf-8`, ...HEADERS, ...headers } });
}
