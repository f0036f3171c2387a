// Servers on free ports of the loopback, and clients that see everything: interim responses, broken bodies, raw bytes.
import { once } from "node:events";
import { createServer, request as httpRequest } from "node:http";
import { connect, createServer as createTcpServer } from "node:net";
import { after } from "node:test";
import { nodeHandler } from "isocache/node";

export const FRESH = { "cache-control": "public, max-age=600" };

async function listening(server) {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  after(() => {
    server.close();
    server.closeAllConnections?.();
  });
  return `http://127.0.0.1:${server.address().port}`;
}

/** An HTTP server; `seen` has the requests that came. */
export async function startOrigin(handler) {
  const seen = [];
  const url = await listening(
    createServer((request, response) => {
      seen.push(request);
      handler(request, response);
    }),
  );
  return { url, seen };
}

/** A server for what is no good HTTP: `handler(socket, number of the connection)`. */
export async function startTcp(handler) {
  const sockets = new Set();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    handler(socket, sockets.size);
  });
  server.closeAllConnections = () => sockets.forEach((socket) => socket.destroy());
  return listening(server);
}

/** A server with nodeHandler; gives its address and what it told onError. */
export async function startHandler(options) {
  const errors = [];
  const handler = nodeHandler({ onError: (error) => errors.push(error), ...options });
  return { url: await listening(createServer(handler)), errors };
}

/** An origin and a handler in front of it. */
export async function startBoth(handler, options = {}) {
  const origin = await startOrigin(handler);
  return { origin, ...(await startHandler({ origin: origin.url, ...options })) };
}

/** Sends a request on a connection of its own; gives what came, `broken` if the body ended too early. */
export function send(base, path, { method = "GET", headers = {}, body } = {}) {
  const { hostname, port } = new URL(base);
  return new Promise((resolve, reject) => {
    const interim = [];
    const request = httpRequest({ hostname, port, path, method, headers, agent: false });
    request.on("information", ({ statusCode, headers }) => interim.push([statusCode, headers]));
    request.on("error", reject);
    request.on("response", (response) => {
      const chunks = [];
      const { statusCode: status, headers, rawHeaders } = response;
      const done = (broken) => resolve({ status, headers, rawHeaders, interim, body: Buffer.concat(chunks), broken });
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("end", () => done(!response.complete));
      response.on("error", () => done(true));
    });
    request.end(body);
  });
}

/** Sends bytes as they are; gives all that came back until the other side closed. */
export async function raw(base, text) {
  const { hostname, port } = new URL(base);
  const socket = connect(Number(port), hostname);
  socket.on("error", () => {});
  socket.write(text, "latin1");
  let got = "";
  for await (const chunk of socket.setEncoding("latin1")) got += chunk;
  return got;
}

/** Answers with a body. */
export const text =
  (body, headers = {}, status = 200) =>
  (request, response) => {
    response.writeHead(status, { "content-length": Buffer.byteLength(body), ...headers });
    response.end(request.method === "HEAD" ? undefined : body);
  };

/** Resolves when a count stands still while requests go to and fro. */
export async function settled(count, tick) {
  for (let last = -1, still = 0; still < 30; await tick()) {
    const now = count();
    still = now === last ? still + 1 : 0;
    last = now;
  }
  return count();
}
