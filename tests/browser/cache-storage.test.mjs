// The table of tests/js/cache-storage.cases.mjs in pages: over the browser's own CacheStorage, which is how we know that
// the table reads the standard as browsers do, and over ours.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { CASES, plain } from "../js/cache-storage.cases.mjs";
import { startOrigin } from "../js/cache-storage.origin.mjs";
import { CHROMIUM, FIREFOX, launch } from "./browsers.mjs";

const LIMIT = { timeout: 120_000 };
const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const SCRIPT = { "content-type": "text/javascript" };

const PAGE = `<!doctype html><script type="importmap">
{ "imports": { "isocache": "/dist/index.js", "isocache/http": "/dist/http.js" } }
</script><script type="module">
import { Cache } from "isocache";
import { cacheStorage } from "isocache/http";
import { CASES, outcome } from "/tests/js/cache-storage.cases.mjs";
const base = new URL("/", location).href;
window.run = async (kind) => {
  const storage = kind === "native" ? caches : cacheStorage(new Cache());
  const results = {};
  for (const { title, run } of CASES) {
    results[title] = await outcome(run, storage, base).catch((error) => String(error));
  }
  return results;
};
window.relative = async () => {
  const cache = await cacheStorage(new Cache()).open("relative");
  await cache.add("ok?relative");
  const [key] = await cache.keys();
  return [key.url.replace(base, ""), await (await cache.match("/ok?relative")).text()];
};
</script>`;

async function files({ url }, response) {
  if (url === "/page") {
    response.writeHead(200, { "content-type": "text/html" }).end(PAGE);
    return true;
  }
  const [path] = /^\/(dist\/[\w.-]+\.js|tests\/js\/cache-storage\.cases\.mjs)$/.exec(url) ?? [];
  const file = path && (await readFile(join(ROOT, path)).catch(() => undefined));
  if (file) response.writeHead(200, SCRIPT).end(file);
  return file !== undefined;
}

test("what the table expects is what one browser does at least", () => {
  for (const { title, differs } of CASES) assert.ok(Object.keys(differs).length < 2, title);
});

for (const kind of [CHROMIUM, FIREFOX]) {
  describe(kind.name, LIMIT, () => {
    let origin;
    let profile;
    let browser;
    let page;
    const results = {};

    before(async () => {
      origin = await startOrigin(files);
      profile = await mkdtemp(join(tmpdir(), "isocache-storage-"));
      browser = await launch(kind, profile);
      page = await browser.newPage();
      page.setDefaultTimeout(60_000);
      await page.goto(`${origin.base}page`);
      await page.waitForFunction(() => window.relative !== undefined);
      for (const which of ["native", "ours"]) results[which] = await page.evaluate((name) => window.run(name), which);
    }, LIMIT);
    after(async () => {
      await browser?.close();
      await origin?.stop();
      if (profile) await rm(profile, { recursive: true, force: true });
    }, LIMIT);

    for (const which of ["native", "ours"]) {
      for (const { title, expected, differs } of CASES) {
        test(`${which}: ${title}`, () => {
          const wanted = which === "native" && kind.name in differs ? differs[kind.name] : expected;
          assert.deepEqual(results[which][title], plain(wanted));
        });
      }
    }

    test("ours takes URLs relative to the page", async () => {
      assert.deepEqual(await page.evaluate(() => window.relative()), ["ok?relative", "ok /ok?relative"]);
    });
  });
}
