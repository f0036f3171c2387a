// What the tests of the worker and of its page share: the server as a child process, an origin that does as the test says,
// and requests whose fate is told exactly.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, request as httpRequest } from "node:http";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const SERVE = fileURLToPath(new URL("../../examples/edge-worker/serve.mjs", import.meta.url));

/** Runs serve.mjs with these variables until it ends; for those that should not start. */
export async function run(variables) {
  const child = start(variables);
  const texts = [child.stdout, child.stderr].map(async (stream) =>
    (await stream.setEncoding("utf8").toArray()).join(""),
  );
  const [[code], stdout, stderr] = await Promise.all([once(child, "exit"), ...texts]);
  return { code, stdout, stderr };
}

/** Starts serve.mjs on a free port. `stop` ends it as a terminal would and gives its exit code. */
export async function startServer(variables = {}) {
  const child = start({ PORT: "0", ...variables });
  const exit = once(child, "exit").then(([code]) => code);
  child.stderr.pipe(process.stderr);
  const said = {};
  for await (const line of createInterface(child.stdout)) {
    const [, name, address] = /^(.*?) {2,}(\S+)\//.exec(line) ?? [];
    said[name] = address;
    if (name === "origin") break;
  }
  if (!said.worker) throw new Error(`serve.mjs ended with ${await exit}`);
  const stop = (signal = "SIGTERM") => {
    child.kill(signal);
    return exit;
  };
  return { url: said.worker, origin: said.origin, stop };
}

function start(variables) {
  const { ORIGIN, ORIGIN_TIMEOUT, CACHE_MAX_BYTES, PORT, ...env } = process.env;
  return spawn(process.execPath, [SERVE], { env: { ...env, ...variables }, stdio: ["ignore", "pipe", "pipe"] });
}

/** An origin: `on(path, handler)` answers, and `seen(path)` gives the requests that reached it. A path without a handler is a 404. */
export async function startOrigin() {
  const handlers = new Map();
  const seen = [];
  const server = createServer(async (request, response) => {
    const path = request.url.split("?", 1)[0];
    const body = (await request.setEncoding("utf8").toArray()).join("");
    seen.push({ method: request.method, url: request.url, path, headers: request.headers, body });
    const handler = handlers.get(path);
    if (handler) await handler(request, response);
    else response.writeHead(404).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    on: (path, handler) => handlers.set(path, handler),
    seen: (path) => seen.filter((request) => request.path === path),
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, "close").catch(() => {});
    },
  };
}

/** Answers with a body and headers. */
export const text =
  (body, headers = {}, status = 200) =>
  (request, response) => {
    response.writeHead(status, { "content-type": "text/plain", "content-length": Buffer.byteLength(body), ...headers });
    response.end(request.method === "HEAD" ? undefined : body);
  };

/** One request on a connection of its own, exactly as given: `path` is not normalised. Gives status, headers, body and `broken`:
 *  whether the response ended before it was complete. Rejects when there was none. */
export function send(base, path, { method = "GET", headers = {}, body } = {}) {
  const { hostname, port } = new URL(base);
  return new Promise((resolve, reject) => {
    const request = httpRequest({ hostname, port, path, method, headers, agent: false }, (response) => {
      const chunks = [];
      const done = (broken) =>
        resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks), broken });
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("end", () => done(!response.complete));
      response.on("error", () => done(true));
    });
    request.on("error", reject);
    request.end(body);
  });
}
