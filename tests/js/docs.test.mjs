// The examples of docs/, each as a module of its own in this process: what they assert holds.
import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import { root, runNode } from "./helpers.mjs";

// Within the package, so that its own name leads to dist/.
const folder = `${root}target/docs`;
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
after(() => rmSync(folder, { recursive: true, force: true }));

/** Pages whose examples run in tests of their own. */
const ELSEWHERE = ["adapters.md", "hono.md"];

for (const page of readdirSync(`${root}docs`).filter((name) => name.endsWith(".md") && !ELSEWHERE.includes(name))) {
  const text = readFileSync(`${root}docs/${page}`, "utf8");
  const blocks = [...text.matchAll(/^```js\n(.*?)^```$/gms)].map((match) => match[1]);
  for (const [i, block] of blocks.entries()) {
    test(`docs/${page}, example ${i + 1}`, async () => {
      // Brings an engine, which is the whole program's.
      if (block.includes("isocache/slim")) return runNode(block);
      const file = `${folder}/${page}-${i + 1}.mjs`;
      writeFileSync(file, block);
      await import(pathToFileURL(file).href);
    });
  }
  for (const [, link] of text.matchAll(/\]\(([a-z-]+\.md)[)#]/g)) {
    test(`docs/${page} links to ${link}`, () => assert.ok(readdirSync(`${root}docs`).includes(link)));
  }
}
