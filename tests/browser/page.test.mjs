// The page at /__cache/ in real browsers: its numbers are those that follow from the requests made, and its form purges.
// A screenshot of each is left in target/. CHROMIUM and FIREFOX say where the browsers are.
import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { CHROMIUM, FIREFOX, launch } from "./browsers.mjs";
import { send, startOrigin, startServer, text } from "../worker/server.mjs";

const LIMIT = { timeout: 120_000 };
const TARGET = fileURLToPath(new URL("../../target/", import.meta.url));
const FRESH = { "cache-control": "public, max-age=600" };
const BROWSERS = [CHROMIUM, FIREFOX];

let origin;
before(async () => {
  await mkdir(TARGET, { recursive: true });
  origin = await startOrigin();
  for (const path of ["/a", "/b", "/c", "/kept"]) origin.on(path, text(path.repeat(500), FRESH));
  origin.on("/uncached", text("no", { "cache-control": "no-store" }));
  origin.on("/<img src=x>", text("x", FRESH));
  origin.on("/%3Cimg%20src=x%3E", text("x", FRESH));
});
after(() => origin?.stop());

// What is asked of the worker before the page is opened, and what follows from it.
const REQUESTS = ["/a", "/b", "/c", "/kept", "/a", "/a", "/b", "/uncached", "/uncached", "/%3Cimg%20src=x%3E"];
const EXPECTED = {
  requests: 11,
  "outcome-hit": 3,
  "outcome-miss": 7,
  "outcome-pass": 1,
  "outcome-error": 0,
  "hit-ratio": 3 / 11,
  live: 5,
  evictions: 0,
  expirations: 0,
  rejections: 0,
};

for (const kind of BROWSERS) {
  const { name } = kind;
  describe(name, LIMIT, () => {
    let server;
    let profile;
    let browser;
    let page;
    const troubles = [];

    before(async () => {
      server = await startServer({ ORIGIN: origin.url, CACHE_MAX_BYTES: "1MiB" });
      for (const path of REQUESTS) await send(server.url, path);
      await send(server.url, "/other", { method: "POST", body: "x" });
      profile = await mkdtemp(join(tmpdir(), "isocache-page-"));
      browser = await launch(kind, profile);
      page = await browser.newPage();
      page.setDefaultTimeout(30_000);
      page.on("pageerror", (error) => troubles.push(error.message));
      page.on("console", (message) => message.type() === "error" && troubles.push(message.text()));
      await page.setViewport({ width: 1280, height: 900 });
      await page.goto(`${server.url}/__cache/`);
      await page.waitForSelector('#connection[data-state="live"]');
    }, LIMIT);
    after(async () => {
      await browser?.close();
      await server?.stop();
      if (profile) await rm(profile, { recursive: true, force: true });
    }, LIMIT);

    const shown = (stat) => page.$eval(`[data-stat="${stat}"]`, (element) => Number(element.value));
    const texts = (selector) => page.$$eval(selector, (elements) => elements.map((element) => element.textContent));
    // Waits for the page itself to show it: the next poll brings it.
    const until = (stat, value) =>
      page.waitForFunction((s, v) => Number(document.querySelector(`[data-stat="${s}"]`).value) === v, {}, stat, value);
    const purge = async (pattern) => {
      await page.$eval("#pattern", (input) => (input.value = ""));
      await page.type("#pattern", pattern);
      await page.$eval("#purge-result", (output) => (output.textContent = ""));
      await page.click("#purge button");
      await page.waitForFunction(() => document.querySelector("#purge-result").textContent !== "");
      return page.$eval("#purge-result", (output) => [output.dataset.state, output.textContent]);
    };

    test("the numbers are those of the requests made", async () => {
      for (const [stat, value] of Object.entries(EXPECTED)) assert.equal(await shown(stat), value, stat);
      const stats = JSON.parse((await send(server.url, "/__cache/stats")).body);
      for (const [stat, field] of [
        ["bytes", "bytes"],
        ["max-bytes", "maxBytes"],
        ["memory", "memoryBytes"],
        ["hits", "hits"],
        ["misses", "misses"],
        ["sets", "sets"],
        ["entries", "entries"],
      ]) {
        assert.equal(await shown(stat), stats.cache[field], stat);
      }
      assert.equal(await shown("max-bytes"), 1024 * 1024);
      assert.ok((await shown("bytes")) > 4 * 1000);
      for (const value of await texts("[data-stat]")) assert.doesNotMatch(value, /–|NaN|undefined|Infinity|^$/);
      assert.deepEqual(await texts('[data-stat="hit-ratio"]'), ["27.3%"]);
    });

    test("the latest requests, newest first, with their Cache-Status", async () => {
      assert.deepEqual(await texts("#requests .badge"), [
        "pass",
        "miss",
        "miss",
        "miss",
        "hit",
        "hit",
        "hit",
        "miss",
        "miss",
        "miss",
        "miss",
      ]);
      assert.deepEqual((await texts("#requests .url")).slice(0, 2), ["POST /other", "GET /%3Cimg%20src=x%3E"]);
      assert.match((await texts("#requests .detail"))[4], /^isocache; *hit/);
      assert.equal((await page.$$("#requests img, #entries img")).length, 0);
    });

    test("the entries", async () => {
      assert.deepEqual((await texts("#entries li")).toSorted(), ["/%3Cimg%20src=x%3E", "/a", "/b", "/c", "/kept"]);
    });

    test("it follows what happens", async () => {
      await send(server.url, "/a");
      await until("requests", EXPECTED.requests + 1);
      assert.equal(await shown("outcome-hit"), EXPECTED["outcome-hit"] + 1);
      await page.screenshot({ path: join(TARGET, `page-${name}.png`) });
    });

    test("its form purges by glob and says how much", async () => {
      assert.equal(await page.$eval("#pattern", (input) => input.placeholder), `${server.url}/pages/*`);
      assert.deepEqual(await purge(`${server.url}/[ab]`), ["done", "2 stored responses purged."]);
      await until("live", 3);
      assert.deepEqual((await texts("#entries li")).toSorted(), ["/%3Cimg%20src=x%3E", "/c", "/kept"]);
      assert.deepEqual(await purge("nothing"), ["done", "0 stored responses purged."]);
    });

    test("an entry becomes the pattern that purges it alone", async () => {
      await page.evaluate(() =>
        [...document.querySelectorAll("#entries button")].find((button) => button.textContent === "/c").click(),
      );
      assert.equal(await page.$eval("#pattern", (input) => input.value), `${server.url}/c`);
      await page.keyboard.press("Enter");
      await until("live", 2);
      assert.deepEqual(await texts("#purge-result"), ["1 stored response purged."]);
    });

    test("a bad pattern is explained and purges nothing", async () => {
      const [state, message] = await purge("[");
      assert.equal(state, "failed");
      assert.match(message, /^Nothing was purged: .+\(INVALID_PATTERN\)$/);
      assert.equal(await shown("live"), 2);
    });

    test("nothing went wrong on it, and nothing of it was counted", async () => {
      // The browser reports the refusal of the bad pattern.
      assert.deepEqual(
        troubles.filter((trouble) => !/400/.test(trouble)),
        [],
      );
      assert.equal(await shown("requests"), EXPECTED.requests + 1);
    });

    test("it says so when the worker is gone", async () => {
      await server.stop();
      await page.waitForSelector('#connection[data-state="lost"]');
      assert.deepEqual(await texts("#connection"), ["The worker cannot be reached, trying again"]);
    });
  });
}
