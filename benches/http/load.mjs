// The load generator, a process of its own: so many connections, each with one request under way. A message
// { port, path, connections, milliseconds } is answered with what came of it. HTTP is read only as far as needed to tell
// where a response ends: parsing it would make the generator slower than what it measures.
import { connect } from "node:net";

const HEAD_END = "\r\n\r\n";
const LAST_CHUNK = "0\r\n\r\n";
/** What curl and browsers send at least. */
const FIELDS = [
  "User-Agent: isocache-bench",
  "Accept: */*",
  "Accept-Encoding: gzip, deflate, br",
  "Accept-Language: en",
];

/** Where the response that is arriving ends: bytes of it that are missing, or that its last chunk is awaited. */
class Response {
  #missing = -1;
  #tail = "";
  failed = false;

  /** Whether the response is whole with these bytes. */
  take(bytes) {
    if (this.#missing === -1) bytes = this.#head(bytes);
    if (bytes === undefined) return false;
    if (this.#missing === Infinity) return this.#chunk(bytes);
    this.#missing -= bytes.length;
    if (this.#missing > 0) return false;
    this.#missing = -1;
    return true;
  }

  /** What follows the head; undefined where that is not whole yet. */
  #head(bytes) {
    const whole = this.#tail === "" ? bytes : Buffer.concat([Buffer.from(this.#tail, "latin1"), bytes]);
    const end = whole.indexOf(HEAD_END);
    if (end < 0) {
      this.#tail = whole.latin1Slice(0, whole.length);
      return undefined;
    }
    const head = whole.latin1Slice(0, end);
    const length = /\r\ncontent-length: *(\d+)/i.exec(head);
    this.failed = !head.startsWith("HTTP/1.1 200 ");
    this.#missing = length ? Number(length[1]) : Infinity;
    this.#tail = "";
    return whole.subarray(end + HEAD_END.length);
  }

  #chunk(bytes) {
    this.#tail = (this.#tail + bytes.latin1Slice(Math.max(0, bytes.length - LAST_CHUNK.length))).slice(
      -LAST_CHUNK.length,
    );
    if (this.#tail !== LAST_CHUNK) return false;
    this.#missing = -1;
    this.#tail = "";
    return true;
  }
}

/** Keeps one connection busy until `until`, and tells of each response by `done(milliseconds, failed)`. */
function keepBusy(port, path, until, done) {
  const text = Buffer.from([`GET ${path} HTTP/1.1`, `Host: 127.0.0.1:${port}`, ...FIELDS, "", ""].join("\r\n"));
  const response = new Response();
  let started = performance.now();
  return new Promise((resolve, reject) => {
    const callback = (length, buffer) => {
      if (!response.take(buffer.subarray(0, length))) return;
      const now = performance.now();
      done(now - started, response.failed);
      started = now;
      if (now < until) socket.write(text);
      else socket.end(resolve);
    };
    const socket = connect({
      host: "127.0.0.1",
      port,
      noDelay: true,
      onread: { buffer: Buffer.alloc(1 << 18), callback },
    });
    socket.on("connect", () => socket.write(text)).on("error", reject);
    socket.on("end", () => reject(new Error("a connection was closed")));
  });
}

async function load({ port, path, connections, milliseconds }) {
  const latencies = [];
  let failed = 0;
  const done = (latency, hasFailed) => {
    latencies.push(latency);
    failed += Number(hasFailed);
  };
  const cpu = process.cpuUsage();
  const start = performance.now();
  await Promise.all(Array.from({ length: connections }, () => keepBusy(port, path, start + milliseconds, done)));
  const elapsed = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  latencies.sort((a, b) => a - b);
  const at = (share) => latencies[Math.floor(share * (latencies.length - 1))];
  const busy = (user + system) / 1_000 / elapsed;
  return {
    count: latencies.length,
    perSecond: (latencies.length / elapsed) * 1_000,
    p50: at(0.5),
    p99: at(0.99),
    busy,
    failed,
  };
}

process.on("message", async (what) => process.send(await load(what).catch((error) => ({ error: error.message }))));
