// Serves the page and what wasm-pack wrote: `node serve.mjs`, then http://127.0.0.1:8788. PORT changes the port.
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { pathToFileURL } from "node:url";

const PAGE = new URL("index.html", import.meta.url);
const PACKAGE = new URL("../../target/promise-class/", import.meta.url);
const FILES = {
  "/": [PAGE, "text/html"],
  "/pkg/isocache.js": [new URL("isocache.js", PACKAGE), "text/javascript"],
  "/pkg/isocache_bg.wasm": [new URL("isocache_bg.wasm", PACKAGE), "application/wasm"],
};

/** Starts serving on a port (0: any): the URL, and a function that stops. */
export async function serve(port) {
  const server = createServer(async ({ url }, response) => {
    const [file, type] = FILES[url] ?? [];
    const body = file && (await readFile(file).catch(() => undefined));
    if (!body) return response.writeHead(404).end();
    return response.setHeader("content-type", type).end(body);
  }).listen(port, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    stop: () => new Promise((done) => server.close(done).closeAllConnections()),
  };
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  console.log((await serve(Number(process.env.PORT ?? 8788))).url);
}
