// Serves the cache in front of ORIGIN or of a small origin of its own: as a worker in workerd (worker.js), or over Node's HTTP
// (node.mjs).
//
//   RUNTIME          workerd or node. Default workerd
//   PORT             where to listen on 127.0.0.1; 0: any free port. Default 8787
//   ORIGIN           http://host:port or https://host. Default: the origin of origin.mjs
//   ORIGIN_TIMEOUT   seconds to wait for a sign of life from the origin. Default 30
//   CACHE_MAX_BYTES  bound of the cache: bytes, or a size with a unit such as 64MiB. Default: the package's own
import { createServer } from "node:net";
import { once } from "node:events";
import { existsSync, symlinkSync } from "node:fs";
import { createInterface } from "node:readline";
import { startOrigin } from "./origin.mjs";

const HOST = "127.0.0.1";
const COMPATIBILITY_DATE = "2026-04-01";
const LONGEST_TIMEOUT = 3600;
const LONGEST_MESSAGE = 300;

class Refused extends Error {}

function settings({ RUNTIME, PORT, ORIGIN, ORIGIN_TIMEOUT, CACHE_MAX_BYTES }) {
  return {
    start: runtime(RUNTIME || "workerd"),
    port: number(
      "PORT",
      PORT || "8787",
      (n) => Number.isInteger(n) && n >= 0 && n <= 65535,
      "a number from 0 to 65535",
    ),
    timeout: number(
      "ORIGIN_TIMEOUT",
      ORIGIN_TIMEOUT || "30",
      (n) => n > 0 && n <= LONGEST_TIMEOUT,
      `seconds, more than 0 and at most ${LONGEST_TIMEOUT}`,
    ),
    origin: ORIGIN ? address("ORIGIN", ORIGIN) : undefined,
    maxBytes: CACHE_MAX_BYTES || undefined,
  };
}

function runtime(name) {
  if (!Object.hasOwn(RUNTIMES, name))
    throw new Refused(`RUNTIME must be ${Object.keys(RUNTIMES).join(" or ")}, not ${JSON.stringify(name)}`);
  return RUNTIMES[name];
}

function number(name, text, isGood, wanted) {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
  if (!isGood(value)) throw new Refused(`${name} must be ${wanted}, not ${JSON.stringify(text)}`);
  return value;
}

function address(name, text) {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isOrigin =
    /^https?:$/.test(url?.protocol) &&
    !url.username &&
    !url.password &&
    url.pathname === "/" &&
    !url.search &&
    !url.hash;
  if (!isOrigin)
    throw new Refused(`${name} must be like http://127.0.0.1:9000, without a path, not ${JSON.stringify(text)}`);
  return url.origin;
}

// workerd would say so too, in a page of its own making.
async function mustBeFree(port) {
  const probe = createServer().listen(port, HOST);
  await once(probe, "listening").catch((error) => {
    throw new Refused(
      `PORT ${port} cannot be used on ${HOST}: ${error.code === "EADDRINUSE" ? "something is listening there" : error.message}`,
    );
  });
  await new Promise((closed) => probe.close(closed));
}

async function builtWorker() {
  try {
    const { bundle } = await import("./bundle.mjs");
    return await bundle();
  } catch (error) {
    throw new Refused(`the worker cannot be put together; is the package built (npm run build)? ${error.message}`);
  }
}

// workerd's own messages, without the addresses in its binary that follow them.
async function handleRuntimeStdio(stdout, stderr) {
  stdout.pipe(process.stdout);
  for await (const line of createInterface(stderr)) {
    if (!line.startsWith("stack: ")) console.error(line.slice(0, LONGEST_MESSAGE));
  }
}

async function startWorkerd({ port, origin, timeout, maxBytes }, stops) {
  const modules = await builtWorker();
  const { Miniflare } = await import("miniflare");
  const miniflare = new Miniflare({
    host: HOST,
    // Its own address leads through a worker of its own, which compresses, and then there is no Content-Length.
    unsafeDirectSockets: [{ host: HOST, port }],
    cf: false,
    cache: false,
    compatibilityDate: COMPATIBILITY_DATE,
    modules,
    bindings: { ORIGIN: origin, ORIGIN_TIMEOUT: timeout, ...(maxBytes && { CACHE_MAX_BYTES: maxBytes }) },
    handleRuntimeStdio,
  });
  stops.push(() => miniflare.dispose());
  await miniflare.ready;
  return (await miniflare.unsafeGetDirectURL()).origin;
}

async function startNode(options, stops) {
  const serveInNode = await builtServer();
  const { url, stop } = await serveInNode({ host: HOST, ...options }).catch((error) => {
    throw new Refused(`the server does not start: ${error.message}`);
  });
  stops.push(stop);
  return url;
}

// It finds the package by its name, which npm, as it installs, knows nothing of: a dependency by path would bring our
// development dependencies along.
async function builtServer() {
  const link = new URL("node_modules/isocache", import.meta.url);
  try {
    if (!existsSync(link)) symlinkSync("../../..", link);
    return (await import("./node.mjs")).serveInNode;
  } catch (error) {
    throw new Refused(`the server cannot be put together; is the package built (npm run build)? ${error.message}`);
  }
}

const RUNTIMES = { workerd: startWorkerd, node: startNode };

async function serve(stops) {
  const { start, port, origin, ...others } = settings(process.env);
  if (port) await mustBeFree(port);
  const own = origin ? undefined : await startOrigin();
  if (own) stops.push(own.stop);
  const target = origin ?? own.url;
  const url = await start({ port, origin: target, ...others }, stops);
  const first = await fetch(`${url}/__cache/stats`);
  if (!first.ok) throw new Refused(`the worker does not start: ${(await first.text()).trim()}`);
  console.log(
    `worker      ${url}/\ncache page  ${url}/__cache/\norigin      ${target}/${own ? " (the demo's own)" : ""}`,
  );
}

const stops = [];
async function stop(code) {
  await Promise.allSettled(stops.map((end) => end()));
  // Not process.exit: Miniflare is still removing its temporary files.
  process.exitCode = code;
}
try {
  await serve(stops);
  // In place of Miniflare's own, which end the process at once.
  for (const signal of ["SIGINT", "SIGTERM"]) process.removeAllListeners(signal).once(signal, () => stop(0));
} catch (error) {
  console.error(error instanceof Refused ? error.message : error);
  await stop(1);
}
