// examples/service-worker in real browsers, one visitor's story each: the tests build on those before them.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { startSite } from "../../examples/service-worker/site.mjs";
import { CHROMIUM, FIREFOX, launch } from "./browsers.mjs";

const LIMIT = { timeout: 120_000 };

for (const kind of [CHROMIUM, FIREFOX]) {
  describe(kind.name, LIMIT, () => {
    let site;
    let profile;
    let browser;
    let page;

    const openBrowser = async () => {
      browser = await launch(kind, profile);
      page = await browser.newPage();
      page.setDefaultTimeout(30_000);
    };
    /** What a page says, once it has heard from the worker. */
    const visit = async (path) => {
      await page.goto(site.url + path);
      await page.waitForFunction(() => document.documentElement.dataset.worker === "ready");
      return page.$eval("#text", (element) => element.textContent);
    };
    const heading = () => page.$eval("h1", (element) => element.textContent);
    const ask = (question) => page.evaluate((asked) => globalThis.askWorker(asked), question);
    /** How the worker came by its latest answers for a path, newest first. */
    const answersTo = async (path) => {
      const { latest } = await ask({ ask: "status" });
      return latest.filter(({ pathname }) => pathname === path).map(({ from }) => from);
    };

    before(async () => {
      site = await startSite();
      profile = await mkdtemp(join(tmpdir(), "isocache-site-"));
      await openBrowser();
    }, LIMIT);
    after(async () => {
      await browser?.close();
      await site?.stop();
      if (profile) await rm(profile, { recursive: true, force: true });
    }, LIMIT);

    test("the worker is installed with what the site cannot do without", async () => {
      await visit("/");
      assert.ok(await page.evaluate(() => navigator.serviceWorker.controller !== null));
      assert.equal(site.requests["/offline"], 1);
      assert.equal((await ask({ ask: "status" })).entries, 4);
    });

    test("a second visit asks the origin for nothing", async () => {
      const first = await visit("/articles/ocean");
      assert.match(first, /^About 71 percent.* Made /);
      assert.equal(site.requests["/articles/ocean"], 1);
      const before = { ...site.requests };
      assert.equal(await visit("/articles/ocean"), first);
      assert.deepEqual({ ...site.requests, "/worker.js": 0 }, { ...before, "/worker.js": 0 });
      assert.deepEqual(await answersTo("/articles/ocean"), ["cache", "network"]);
    });

    test("what is stale is asked about, and what has changed is seen", async () => {
      const first = await visit("/news");
      assert.equal(await visit("/news"), first);
      assert.deepEqual([site.requests["/news"], site.unchanged["/news"]], [2, 1]);
      site.edit("/news", "News", "Something has happened.");
      assert.equal(await visit("/news"), "Something has happened.");
      assert.equal(site.requests["/news"], 3);
    });

    test("what is fresh and has changed is seen after a purge", async () => {
      site.edit("/articles/ocean", "Ocean", "It has risen.");
      assert.match(await visit("/articles/ocean"), /^About 71 percent/);
      await page.click("#purge");
      await page.waitForFunction(() => document.querySelector("#result").textContent.startsWith("1 removed"));
      assert.equal(await visit("/articles/ocean"), "It has risen.");
    });

    test("an origin that fails is as good as none", async () => {
      site.fail(503);
      assert.equal(await visit("/news"), "Something has happened.");
      assert.equal((await answersTo("/news"))[0], "stale");
      const status = await page.evaluate(async () => (await fetch("/articles/forest")).status);
      assert.equal(status, 503, "where nothing is stored, its error is the answer");
      site.fail(undefined);
    });

    test("without the origin: pages that were visited, fresh or stale, and a page for all others", async () => {
      await visit("/live");
      const { port } = site;
      await site.stop();
      assert.equal(await visit("/articles/ocean"), "It has risen.");
      assert.equal(await visit("/news"), "Something has happened.");
      assert.equal((await answersTo("/news"))[0], "stale");
      for (const path of ["/articles/desert", "/live"]) {
        await visit(path);
        assert.equal(await heading(), "You are offline", path);
      }
      const failed = await page.evaluate(() => fetch("/articles/forest").catch((error) => error.name));
      assert.equal(failed, "TypeError");
      site.port = port;
    });

    test(
      "the same after the worker was stopped",
      { skip: kind !== CHROMIUM && "only Chromium can stop it" },
      async () => {
        await ask({ ask: "save" });
        const session = await page.createCDPSession();
        await session.send("ServiceWorker.enable");
        await session.send("ServiceWorker.stopAllWorkers");
        assert.equal(await visit("/news"), "Something has happened.");
        assert.deepEqual(await answersTo("/news"), ["stale"], "it knows nothing of before but what was saved");
      },
    );

    test("the same after the browser was closed", async () => {
      await ask({ ask: "save" });
      await browser.close();
      await openBrowser();
      assert.equal(await visit("/articles/ocean"), "It has risen.");
      assert.deepEqual(await answersTo("/articles/ocean"), ["cache"]);
      assert.equal(await visit("/news"), "Something has happened.");
      await visit("/articles/desert");
      assert.equal(await heading(), "You are offline");
    });

    test("when the origin is back, it is asked again", async () => {
      site = await startSite(site.port);
      site.edit("/news", "News", "We are back.");
      assert.equal(await visit("/news"), "We are back.");
      assert.match(await visit("/articles/desert"), /^A desert/);
    });
  });
}
