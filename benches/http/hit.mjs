// `npm run bench -- hit [rounds]`: what a hit costs inside a program, in microseconds of processor time, beside a Response of
// the same fields and body that is made from a constant. Without HTTP around it, so that little differences show.
// `node --cpu-prof benches/http/hit.mjs` says where it goes in Node.
import { once } from "node:events";
import { get } from "node:http";
import worker from "./worker.js";
import { processorMs } from "./processes.mjs";
import { startOrigin, startWorker } from "./subjects.mjs";

/** By length of the body: how many hits a measurement has. */
const COUNTS = new Map([
  [1024, 3_000],
  [64 * 1024, 2_000],
  [1024 * 1024, 200],
]);
/** What a browser sends. */
const FIELDS = {
  accept: "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
  "accept-encoding": "gzip, deflate, br, zstd",
  "accept-language": "en-US,en;q=0.5",
  cookie: "theme=dark; session=0123456789abcdef0123456789abcdef",
  priority: "u=0, i",
  "sec-fetch-dest": "document",
  "sec-fetch-mode": "navigate",
  "sec-fetch-site": "none",
  "sec-fetch-user": "?1",
  "upgrade-insecure-requests": "1",
  "user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
};

const rounds = Number(process.argv[2] ?? 7);
const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];

async function inWorkerd(path) {
  const [response] = await once(get({ host: "127.0.0.1", port: workerd.port, path, headers: FIELDS }), "response");
  response.resume();
  await once(response, "end");
  check(response.headers["cache-status"]);
}

async function inNode(path) {
  const env = { ORIGIN: `http://127.0.0.1:${origin.port}` };
  const request = new Request(`http://127.0.0.1${path}`, { headers: FIELDS });
  const response = await worker.fetch(request, env, { waitUntil() {} });
  await response.arrayBuffer();
  check(response.headers.get("cache-status"));
}

function check(status) {
  if (!/; hit/.test(status)) throw new Error(`no hit, but ${status}`);
}

function nodeMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

/** Microseconds for one of `count`, once in each round and for each kind. */
async function measure(run, used, size, count) {
  const times = { cached: [], constant: [] };
  for (let round = -1; round < rounds; round++) {
    for (const [kind, all] of Object.entries(times)) {
      await run(`/${kind}/${size}/1`); // so that it is there
      const before = used();
      await run(`/${kind}/${size}/${count}`);
      if (round >= 0) all.push(((used() - before) * 1_000) / count);
    }
  }
  return { cached: median(times.cached), constant: median(times.constant) };
}

function print(name, size, { cached, constant }) {
  const cells = [cached, constant, cached - constant].map((time) => time.toFixed(1).padStart(10));
  console.log([name.padEnd(8), `${size / 1024} KiB`.padStart(9), ...cells].join(" "));
}

const origin = await startOrigin([...COUNTS.keys()]);
const workerd = await startWorker(origin);
try {
  console.log("us of processor time       hit   constant difference");
  for (const [size, count] of COUNTS) {
    print("workerd", size, await measure(inWorkerd, () => processorMs("workerd"), size, count));
    print("Node", size, await measure(inNode, nodeMs, size, count));
  }
} finally {
  await workerd.stop();
  origin.stop();
}
