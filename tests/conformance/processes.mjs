// The processes of a run: the suite's server, what npm start serves, and the suite's client.
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const file = (path) => fileURLToPath(new URL(path, import.meta.url));
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;
const CLIENT_TIMEOUT_MS = 180_000;

/** Starts a script that prints a line with its address; `stop` ends it. */
async function start(path, variables, line) {
  const { ORIGIN, ORIGIN_TIMEOUT, CACHE_MAX_BYTES, PORT, RUNTIME, ...env } = process.env;
  const child = spawn(process.execPath, [file(path)], {
    env: { ...env, ...variables },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exit = once(child, "exit");
  const stop = async () => {
    child.kill("SIGTERM");
    await exit;
  };
  const lines = createInterface(child.stdout);
  for await (const text of lines) {
    const url = line.exec(text)?.[1];
    if (url === undefined) continue;
    child.stdout.resume();
    return { url, stop };
  }
  throw new Error(`${path} ended with ${(await exit)[0]}`);
}

/** Runs `work` with the addresses of the suite's server and of a server in front of it, both fresh. */
export async function withServers({ script, variables }, work) {
  const origin = await start("./server.mjs", {}, /^(http:.*)$/);
  try {
    const proxy = await start(script, { PORT: "0", ORIGIN: origin.url, ...variables }, /^worker {2,}(http:\S+?)\/?$/);
    try {
      return await work(proxy.url);
    } finally {
      await proxy.stop();
    }
  } finally {
    await origin.stop();
  }
}

/** The suite's client: by id true, or what failed. */
export async function client(base, suite, ids = []) {
  const { stdout } = await promisify(execFile)(process.execPath, [file("./client.mjs"), base, suite, ...ids], {
    maxBuffer: MAX_OUTPUT_BYTES,
    timeout: CLIENT_TIMEOUT_MS,
  });
  return JSON.parse(stdout.slice(stdout.lastIndexOf("\n{") + 1));
}
