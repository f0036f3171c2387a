// The examples of docs/adapters.md, as they stand there: each prints what the comments beside it say. Those of docs/hono.md
// check themselves.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const page = readFileSync(new URL("../../docs/adapters.md", import.meta.url), "utf8");
const here = fileURLToPath(new URL(".", import.meta.url));
const examples = [...page.matchAll(/<!-- example: ([\w-]+) -->\n\n```js\n([^]*?)```\n/g)];

test("there is one for each library", () => {
  const names = examples.map(([, name]) => name);
  assert.deepEqual(names, ["keyv", "cache-manager", "bentocache", "unstorage", "cachified"]);
});

for (const [, name, text] of examples) {
  test(name, () => {
    const expected = Array.from(text.matchAll(/; \/\/ (.*)$/gm), ([, comment]) => comment);
    // cache-manager is made for Keyv 5, which has another name beside Keyv 6.
    const code = name === "cache-manager" ? text.replace('from "keyv"', 'from "keyv5"') : text;
    const args = ["--input-type=module", "--eval", code];
    const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: here, encoding: "utf8" });
    assert.equal(stderr, "");
    assert.deepEqual(stdout.trimEnd().split("\n"), expected);
  });
}

const hono = readFileSync(new URL("../../docs/hono.md", import.meta.url), "utf8");
const checked = [...hono.matchAll(/```js\n([^]*?)```\n/g)];

for (const [index, [, text]] of checked.entries()) {
  test(`hono, example ${index + 1} of 3`, () => {
    assert.equal(checked.length, 3);
    const { stderr, status } = spawnSync(process.execPath, ["--input-type=module", "--eval", text], {
      cwd: here,
      encoding: "utf8",
    });
    assert.deepEqual([stderr, status], ["", 0]);
  });
}
