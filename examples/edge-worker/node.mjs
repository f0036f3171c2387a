// The same as worker.js over Node's HTTP: a caching reverse proxy. What a server of your own needs of this is one line:
//
//   createServer(nodeHandler({ origin: "http://127.0.0.1:9000" })).listen(8787);
//
// The rest is what an operator wants around it: the page at /__cache/ and a list of the latest requests.
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { Cache } from "isocache";
import { HttpCache } from "isocache/http";
import { nodeHandler } from "isocache/node";
import { isPanel, panel } from "./panel.js";
import { RequestLog } from "./requests.js";

const PAGE = [
  ["/", "text/html", "index.html"],
  ["/page.js", "text/javascript", "page.js"],
  ["/style.css", "text/css", "style.css"],
  ["/icon.svg", "image/svg+xml", "icon.svg"],
];

/** Serves on `host`:`port` in front of `origin`; `timeout` in seconds. Gives its address and what ends it. */
export async function serveInNode({ host, port, origin, timeout, maxBytes }) {
  const cache = new Cache({ maxBytes: size(maxBytes) });
  const requests = new RequestLog();
  const app = { cache, http: new HttpCache({ cache }), requests, started: Date.now(), files: await files() };
  const site = nodeHandler({ origin, originTimeout: timeout, cache });
  // Its answers are not to be kept, nor counted.
  const page = nodeHandler({ fetch: (request) => panel(request, app), cache: new Cache({ enabled: false }) });
  const server = createServer((request, response) => {
    if (isForPanel(request)) return page(request, response);
    logged(requests, request, response);
    site(request, response);
  });
  server.listen(port, host);
  await once(server, "listening");
  return { url: `http://${host}:${server.address().port}`, stop: () => stopped(server) };
}

// Variables are strings; a size without a unit is a number of bytes.
const size = (text) => (/^\d+$/.test(text ?? "") ? Number(text) : text || undefined);

const isForPanel = ({ url }) => url.startsWith("/") && isPanel({ url: `http://localhost${url}` });

async function files() {
  const read = ([path, type, name]) =>
    readFile(new URL(`../../www/${name}`, import.meta.url), "utf8").then((text) => [path, [type, text]]);
  return new Map(await Promise.all(PAGE.map(read)));
}

function logged(requests, { method, url, headers }, response) {
  const time = Date.now();
  response.once("finish", () => {
    const { statusCode: status } = response;
    const answer = { status, headers: { get: (name) => response.getHeader(name) ?? null } };
    const whole = `http://${headers.host ?? ""}${url}`;
    requests.add({ time, method, url: whole, response: answer, milliseconds: Date.now() - time });
  });
}

async function stopped(server) {
  const closed = once(server, "close");
  server.close();
  server.closeAllConnections();
  await closed;
}
