// What is measured, each on a port of its own of 127.0.0.1, and the origin behind it.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundle } from "../../examples/edge-worker/bundle.mjs";

const { Miniflare } = createRequire(new URL("../../examples/edge-worker/", import.meta.url))("miniflare");
const HOST = "127.0.0.1";

/** The fields of every response, by the length of its body. */
const fields = (size) => ({
  "content-type": "text/plain",
  "content-length": size,
  "cache-control": "max-age=86400",
  etag: `"${size}"`,
});

/** Answers /NAME/N with N bytes, and counts. */
export async function startOrigin(sizes) {
  const bodies = new Map(sizes.map((size) => [String(size), Buffer.alloc(size, "isocache ")]));
  const origin = { asked: 0 };
  const server = createServer((request, response) => {
    origin.asked++;
    const body = bodies.get(request.url.split("/")[2]);
    if (body) response.writeHead(200, fields(body.length)).end(body);
    else response.writeHead(404).end();
  });
  server.keepAliveTimeout = 600_000;
  server.listen(0, HOST);
  await once(server, "listening");
  const stop = () => server.close().closeAllConnections();
  return Object.assign(origin, { port: server.address().port, bodies, stop });
}

/**
 * worker.js in workerd. Miniflare's own address goes through a worker that proxies; the socket that is asked for here is
 * workerd's own and leads to worker.js.
 */
export async function startWorker(origin) {
  const miniflare = new Miniflare({
    host: HOST,
    port: 0,
    cf: false,
    cache: true,
    compatibilityDate: "2026-04-01",
    modules: await bundle(fileURLToPath(new URL("worker.js", import.meta.url))),
    bindings: { ORIGIN: `http://${HOST}:${origin.port}` },
    unsafeDirectSockets: [{ host: HOST, port: 0 }],
  });
  await miniflare.ready;
  const { port } = await miniflare.unsafeGetDirectURL();
  return { port: Number(port), stop: () => miniflare.dispose() };
}

/** nginx with a cache before the origin, and with files, for the generator's own limit. undefined: it is not installed. */
export async function startNginx(origin) {
  if (spawnSync("nginx", ["-v"]).error) return undefined;
  const directory = mkdtempSync(join(tmpdir(), "isocache-bench-"));
  const [cached, files] = [await freePort(), await freePort()];
  mkdirSync(join(directory, "files"));
  for (const [size, body] of origin.bodies) writeFileSync(join(directory, "files", size), body);
  writeFileSync(join(directory, "nginx.conf"), configuration(directory, origin.port, cached, files));
  const child = spawn("nginx", ["-p", directory, "-c", "nginx.conf", "-e", "error.log"], { stdio: "inherit" });
  const exit = once(child, "exit");
  await Promise.all([answering(cached), answering(files)]);
  const stop = async () => {
    child.kill("SIGTERM");
    await exit;
    rmSync(directory, { recursive: true });
  };
  return { cached, files, stop };
}

function configuration(directory, origin, cached, files) {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${name};`);
  return `
    ${process.getuid() === 0 ? "user root;" : ""}
    daemon off;
    worker_processes 1;
    pid nginx.pid;
    error_log error.log;
    events { worker_connections 1024; }
    http {
      ${temporary.join("\n      ")}
      access_log off;
      sendfile on;
      keepalive_requests 1000000000;
      open_file_cache max=100;
      proxy_cache_path ${directory}/cache keys_zone=bench:1m max_size=64m;
      server {
        listen ${HOST}:${cached};
        location / {
          proxy_pass http://${HOST}:${origin};
          proxy_cache bench;
          add_header cache-status "nginx; $upstream_cache_status";
        }
      }
      server {
        listen ${HOST}:${files};
        root ${directory}/files;
        default_type text/plain;
      }
    }
  `;
}

async function freePort() {
  const server = createServer().listen(0, HOST);
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

/** When something listens there. */
async function answering(port) {
  for (;;) {
    const socket = connect(port, HOST);
    const listens = await once(socket, "connect").then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (listens) return;
    await new Promise((next) => setTimeout(next, 20));
  }
}
