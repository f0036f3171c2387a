// `npm run bench -- http [rounds] [seconds]`: requests to a worker in workerd over loopback, answered from the cache, and
// the same without it. Rounds go through all subjects in turn, so that load on the machine meets them alike; what is
// printed are medians, and of processor time the least: of what other work does to it there is the least in that. Nothing is
// written.
import { fork } from "node:child_process";
import { once } from "node:events";
import { availableParallelism, loadavg } from "node:os";
import { processorMs } from "./processes.mjs";
import { startNginx, startOrigin, startWorker } from "./subjects.mjs";

const SIZES = [1024, 64 * 1024, 1024 * 1024];
const CONNECTIONS = 16;
/** What a hit may cost of what the worker does without it. */
const WANTED = 0.7;

const rounds = Number(process.argv[2] ?? 5);
const seconds = Number(process.argv[3] ?? 1.5);
if (!(Number.isInteger(rounds) && rounds > 0 && seconds > 0)) {
  console.error("usage: npm run bench -- http [rounds] [seconds a measurement]");
  process.exit(2);
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];

/** By name: whose processor time it takes, where it is asked, and whether the origin may be. */
function subjects(worker, nginx) {
  return {
    cached: { process: "workerd", port: worker.port, path: "/cached/" },
    constant: { process: "workerd", port: worker.port, path: "/constant/" },
    "no cache": { process: "workerd", port: worker.port, path: "/origin/", asks: true },
    "caches.default": { process: "workerd", port: worker.port, path: "/default/" },
    ...(nginx && {
      "nginx proxy_cache": { process: "nginx", port: nginx.cached, path: "/nginx/" },
      "nginx files": { process: "nginx", port: nginx.files, path: "/" },
    }),
  };
}

/** Asks twice, and looks at what comes. */
async function check(name, { port, path }, body) {
  const url = `http://127.0.0.1:${port}${path}${body.length}`;
  await (await fetch(url)).arrayBuffer();
  const response = await fetch(url);
  const got = Buffer.from(await response.arrayBuffer());
  if (response.status !== 200 || !got.equals(body))
    throw new Error(`${name} answers something else: ${response.status}`);
  return response.headers.get("cache-status") ?? response.headers.get("cf-cache-status") ?? "";
}

/** One measurement. What should not have asked the origin must not have. */
async function measure(generator, origin, name, { process, port, path, asks = false }, size, milliseconds) {
  const asked = origin.asked;
  const used = processorMs(process);
  generator.send({ port, path: path + size, connections: CONNECTIONS, milliseconds });
  const [result] = await once(generator, "message");
  if (result.error || result.failed)
    throw new Error(`${name}: ${result.error ?? `${result.failed} responses are not 200`}`);
  if (origin.asked > asked !== asks) throw new Error(`${name}: asked the origin ${origin.asked - asked} times`);
  return { ...result, costs: ((processorMs(process) - used) * 1_000) / result.count };
}

function summary(results) {
  const of = (what) => median(results.map((result) => result[what]));
  return {
    perSecond: of("perSecond"),
    p50: of("p50"),
    p99: of("p99"),
    costs: Math.min(...results.map(({ costs }) => costs)),
    busy: of("busy"),
  };
}

function row(name, { perSecond, p50, p99, costs, busy }, cached) {
  return [
    name.padEnd(18),
    perSecond.toFixed(0).padStart(8),
    p50.toFixed(2).padStart(8),
    p99.toFixed(2).padStart(8),
    (cached.perSecond / perSecond).toFixed(2).padStart(8),
    costs.toFixed(0).padStart(8),
    `${(busy * 100).toFixed(0)} %`.padStart(8),
  ].join("  ");
}

const HEAD = [
  "".padEnd(18),
  ...["req/s", "p50 ms", "p99 ms", "cached/", "cpu us", "loader"].map((title) => title.padStart(8)),
].join("  ");

function print(size, all) {
  console.log(`\n${size / 1024} KiB\n${HEAD}`);
  for (const [name, result] of Object.entries(all)) console.log(row(name, result, all.cached));
}

/** The two goals; and where even a constant does not reach the second, that. */
function verdict(size, all) {
  const share = all.cached.perSecond / all.constant.perSecond;
  const rival = all["caches.default"].perSecond;
  const ahead = all.cached.perSecond / rival;
  const time = all.constant.costs / all.cached.costs;
  const say = (reached) => (reached ? "reached" : "MISSED");
  const limit =
    all.constant.perSecond < rival ? `; a constant ${(all.constant.perSecond / rival).toFixed(2)} times` : "";
  console.log(
    `${size / 1024} KiB: ${share.toFixed(2)} of a constant's throughput (at least ${WANTED}: ${say(share >= WANTED)}; ${time.toFixed(2)} by processor time); ` +
      `${ahead.toFixed(2)} times caches.default (more than 1: ${say(ahead > 1)}${limit})`,
  );
}

async function measureAll(generator, origin, all, size) {
  const body = origin.bodies.get(String(size));
  for (const [name, subject] of Object.entries(all)) {
    const status = await check(name, subject, body);
    if (name === "cached" && !status.includes("hit")) throw new Error(`no hit, but ${status}`);
  }
  const results = Object.fromEntries(Object.keys(all).map((name) => [name, []]));
  for (let round = -1; round < rounds; round++) {
    for (const [name, subject] of Object.entries(all)) {
      const result = await measure(generator, origin, name, subject, size, seconds * 1_000);
      if (round >= 0) results[name].push(result); // the first warms up
    }
  }
  return Object.fromEntries(Object.entries(results).map(([name, of]) => [name, summary(of)]));
}

const stops = [];
try {
  const origin = await startOrigin(SIZES);
  stops.push(origin.stop);
  const worker = await startWorker(origin);
  stops.push(worker.stop);
  const nginx = await startNginx(origin);
  if (nginx) stops.push(nginx.stop);
  else
    console.error("SKIPPED: nginx is not installed, so there is neither its proxy_cache nor the generator's own limit");
  const generator = fork(new URL("load.mjs", import.meta.url));
  stops.push(() => generator.kill());
  console.log(`${CONNECTIONS} connections, one request under way on each; medians of ${rounds} rounds of ${seconds} s`);
  const tables = new Map();
  for (const size of SIZES) {
    tables.set(size, await measureAll(generator, origin, subjects(worker, nginx), size));
    print(size, tables.get(size));
  }
  console.log("\ncached/: its throughput divided by this one's. cpu us: processor time of the server for a request.");
  console.log("loader: how busy the generator was; near 100 % it is what is measured, as with nginx's files.\n");
  for (const [size, all] of tables) verdict(size, all);
  const [load] = loadavg();
  if (load > availableParallelism() + 1) {
    console.log(`the machine had other work (load ${load.toFixed(1)}): believe processor time, not throughput`);
  }
} finally {
  await Promise.allSettled(stops.map((stop) => stop()));
}
