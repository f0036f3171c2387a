// Globs: tests/vectors/globs.json through every method that takes one, and random ones against a matcher of another make.
import assert from "node:assert/strict";
import { test } from "node:test";
import { escapePattern, SyncCache } from "isocache";
import { both, keysOf, randomFrom, refusal, START, vectors } from "./helpers.mjs";

const { patterns, invalid } = vectors("globs");
const everyKey = [...new Set(patterns.flatMap(({ matches, misses }) => [...matches, ...misses]))];

both("every pattern of the table, through every method", async (open) => {
  const whole = open();
  for (const cache of [whole, whole.withScope("[scope*"), whole.withScope("a").withScope("?")]) {
    for (const { pattern, matches, misses } of patterns) {
      const fill = () => cache.setMany([...matches, ...misses].map((key) => [key, 1]));
      await fill();
      const name = JSON.stringify(pattern);
      assert.deepEqual(await keysOf(cache, pattern), matches.toSorted(), `keys ${name}`);
      assert.equal(await cache.countKeys(pattern), matches.length, `countKeys ${name}`);
      assert.equal(await cache.deletePattern(pattern), matches.length, `deletePattern ${name}`);
      assert.deepEqual(await keysOf(cache), misses.toSorted(), `what deletePattern ${name} leaves`);
      await fill();
      assert.equal(await cache.clear(pattern), matches.length, `clear ${name}`);
      assert.deepEqual(await keysOf(cache), misses.toSorted(), `what clear ${name} leaves`);
      await cache.clear();
    }
  }
});

both("every pattern of the table over all keys of the table", async (open) => {
  const cache = open();
  await cache.setMany(everyKey.map((key) => [key, 1]));
  for (const { pattern, matches, misses } of patterns) {
    const found = await keysOf(cache, pattern);
    for (const key of matches)
      assert.ok(found.includes(key), `${JSON.stringify(pattern)} matches ${JSON.stringify(key)}`);
    for (const key of misses)
      assert.ok(!found.includes(key), `${JSON.stringify(pattern)} misses ${JSON.stringify(key)}`);
    assert.deepEqual(found, everyKey.filter((key) => reference(pattern, key)).toSorted(), JSON.stringify(pattern));
  }
});

both("what is no pattern is refused, also where there is no key", async (open) => {
  const cache = open();
  for (const fill of [false, true]) {
    if (fill) await cache.setMany(everyKey.map((key) => [key, 1]));
    for (const pattern of invalid) {
      for (const method of ["countKeys", "deletePattern", "clear"]) {
        assert.equal((await refusal(cache[method](pattern), "INVALID_PATTERN")).value, pattern);
      }
      await refusal(keysOf(cache, pattern), "INVALID_PATTERN");
    }
    assert.equal(await cache.countKeys(), fill ? everyKey.length : 0);
  }
});

both("without a pattern: all keys", async (open) => {
  const cache = open();
  await cache.setMany(everyKey.map((key) => [key, 1]));
  assert.deepEqual(await keysOf(cache), everyKey.toSorted());
  assert.equal(await cache.countKeys(), everyKey.length);
  assert.equal(await cache.countKeys(undefined), everyKey.length);
  assert.equal(await cache.clear(undefined), everyKey.length);
});

both("escapePattern gives a pattern of one key", async (open) => {
  const cache = open();
  await cache.setMany(everyKey.map((key) => [key, 1]));
  for (const key of everyKey) assert.deepEqual(await keysOf(cache, escapePattern(key)), [key]);
  assert.equal(escapePattern("a*[b]?\\-^"), "a\\*\\[b\\]\\?\\\\-^");
  assert.equal(await cache.countKeys(`${escapePattern("*")}*`), everyKey.filter((key) => key.startsWith("*")).length);
});

test("patterns that ruin a backtracking matcher end", () => {
  const cache = new SyncCache();
  const long = "a".repeat(20_000);
  cache.setMany({ [long]: 1, [`${long}b`]: 2, [`${long}c`]: 3, ["é".repeat(20_000)]: 4, ["😀".repeat(15_000)]: 5 });
  assert.equal(cache.countKeys(`${"a*".repeat(30)}b`), 1);
  assert.equal(cache.countKeys(`${"*a".repeat(1_000)}*b`), 1);
  assert.equal(cache.countKeys(`${"*?".repeat(500)}b`), 1);
  assert.equal(cache.countKeys(`${"*[a-z]".repeat(100)}[^a]`), 2);
  assert.equal(cache.countKeys(`${"*é".repeat(100)}*x`), 0);
  assert.equal(cache.countKeys(`${"?*".repeat(14_999)}`), 5);
  assert.equal(cache.countKeys("*".repeat(65_536)), 5);
  cache.close();
});

test("random patterns against a matcher that is a table", () => {
  const seed = (START ^ process.pid) >>> 0;
  const random = randomFrom(seed);
  const pick = (list) => list[Math.floor(random() * list.length)];
  const cache = new SyncCache();
  const alphabet = ["a", "b", "é", "😀", "*", "]", "-"];
  const text = (most) => Array.from({ length: Math.floor(random() * (most + 1)) }, () => pick(alphabet)).join("");
  const keys = [...new Set(Array.from({ length: 300 }, () => text(7)))];
  cache.setMany(keys.map((key) => [key, 1]));
  const parts = [
    "*",
    "*",
    "?",
    "a",
    "b",
    "é",
    "😀",
    "[ab]",
    "[^a]",
    "[a-é]",
    "[é-😀]",
    "[b-a]",
    "\\*",
    "\\a",
    "[*]",
    "[\\]]",
    "[a-]",
    "]",
    "-",
  ];
  for (let i = 0; i < 3_000; i++) {
    const pattern = Array.from({ length: Math.floor(random() * 7) }, () => pick(parts)).join("");
    const expected = keys.filter((key) => reference(pattern, key)).toSorted();
    assert.deepEqual([...cache.keys(pattern)].toSorted(), expected, `${JSON.stringify(pattern)}, seed ${seed}`);
    assert.equal(cache.countKeys(pattern), expected.length);
  }
  cache.close();
});

/** Pattern i matches key j: a table, filled from the end. */
function reference(pattern, key) {
  const tokens = tokensOf([...pattern]);
  const characters = [...key];
  let behind = [...characters.map(() => false), true];
  for (const token of tokens.toReversed()) {
    const row = Array.from({ length: characters.length + 1 }, () => false);
    for (let j = characters.length; j >= 0; j--) {
      const here = j < characters.length;
      row[j] = token === "run" ? behind[j] || (here && row[j + 1]) : here && token(characters[j]) && behind[j + 1];
    }
    behind = row;
  }
  return behind[0];
}

function tokensOf(glob) {
  const tokens = [];
  while (glob.length > 0) {
    const c = glob.shift();
    if (c === "*") tokens.push("run");
    else if (c === "?") tokens.push(() => true);
    else if (c === "[") tokens.push(classOf(glob));
    else {
      const own = c === "\\" ? glob.shift() : c;
      tokens.push((other) => other === own);
    }
  }
  return tokens;
}

function classOf(glob) {
  const negated = glob[0] === "^";
  if (negated) glob.shift();
  const member = () => {
    const c = glob.shift();
    return (c === "\\" ? glob.shift() : c).codePointAt(0);
  };
  const ranges = [];
  while (glob[0] !== "]") {
    const ends = [member()];
    if (glob[0] === "-" && glob[1] !== "]") {
      glob.shift();
      ends.push(member());
    }
    ranges.push([Math.min(...ends), Math.max(...ends)]);
  }
  glob.shift();
  return (c) => ranges.some(([from, to]) => from <= c.codePointAt(0) && c.codePointAt(0) <= to) !== negated;
}
