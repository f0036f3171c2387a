// The examples of the README, as they stand there: in workerd, in Chromium and in Node.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { CHROMIUM, launch } from "./browsers.mjs";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const LIMIT = { timeout: 120_000 };
const readme = await readFile(join(ROOT, "README.md"), "utf8");

function example(name) {
  const match = new RegExp(`<!-- example: ${name} -->\\n\\n\`\`\`\\w+\\n([^]*?)\`\`\`\\n`).exec(readme);
  assert.ok(match, `README.md has no example called ${name}`);
  return match[1];
}

let folder;
before(async () => {
  // Inside the repository, where the package is found by its own name.
  folder = await mkdtemp(join(ROOT, "target/readme-"));
});
after(() => rm(folder, { recursive: true, force: true }));

async function serve(handler) {
  const server = createServer(handler).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    stop: () => new Promise((done) => server.close(done).closeAllConnections()),
  };
}

test("node", LIMIT, async () => {
  const file = join(folder, "example.mjs");
  await writeFile(file, example("node"));
  const { stdout } = await promisify(execFile)(process.execPath, [file]);
  const [first, second] = stdout.trim().split("\n");
  assert.match(first, /^\{ name: 'Ada' \} 3[56]\d\d(\.\d+)?$/);
  assert.equal(second, "1 1");
});

test("worker", LIMIT, async () => {
  const edge = join(ROOT, "examples/edge-worker/");
  const { Miniflare } = createRequire(edge)("miniflare");
  const { bundle } = await import(pathToFileURL(join(edge, "bundle.mjs")));
  const file = join(folder, "worker.js");
  await writeFile(file, example("worker"));
  let asked = 0;
  const origin = await serve((_, response) => {
    asked++;
    response.writeHead(200, { "cache-control": "max-age=60" }).end("hello");
  });
  const miniflare = new Miniflare({
    host: "127.0.0.1",
    port: 0,
    cf: false,
    cache: false,
    compatibilityDate: "2026-04-01",
    modules: await bundle(file),
    bindings: { ORIGIN: origin.url },
  });
  try {
    const url = await miniflare.ready;
    const first = await fetch(url);
    assert.equal(await first.text(), "hello");
    assert.match(first.headers.get("cache-status"), /fwd=miss.*stored/);
    const second = await fetch(url);
    assert.equal(await second.text(), "hello");
    assert.match(second.headers.get("cache-status"), /hit/);
    assert.match(second.headers.get("age"), /^\d+$/);
    assert.equal(asked, 1);
  } finally {
    await miniflare.dispose();
    await origin.stop();
  }
});

test("browser", LIMIT, async () => {
  const site = await serve(async ({ url }, response) => {
    if (url === "/") return response.setHeader("content-type", "text/html").end(`<body></body>${example("browser")}`);
    if (url === "/user.json") return response.end('{"name":"Ada"}');
    const [, path] = /^\/node_modules\/isocache\/(dist\/[\w.-]+\.js)$/.exec(url) ?? [];
    const file = path && (await readFile(join(ROOT, path)).catch(() => undefined));
    if (!file) return response.writeHead(404).end();
    return response.setHeader("content-type", "text/javascript").end(file);
  });
  const profile = await mkdtemp(join(tmpdir(), "isocache-readme-"));
  const browser = await launch(CHROMIUM, profile);
  try {
    const page = await browser.newPage();
    await page.goto(site.url);
    await page.waitForFunction(() => document.body.textContent.includes("Ada"), { timeout: 30_000 });
  } finally {
    await browser.close();
    await site.stop();
    await rm(profile, { recursive: true, force: true });
  }
});
