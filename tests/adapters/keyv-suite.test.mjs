// Keyv's own suite for stores, over Keyv 5, which it was written for, and over Keyv 6. Two of its cases wait in real time.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import suite, { keyvIteratorTests } from "@keyv/test-suite";
import { Cache } from "isocache";
import { keyvStore } from "isocache/keyv";
import { Keyv as Keyv6 } from "keyv";
import { Keyv as Keyv5 } from "keyv5";
import { failing, vitestCases } from "./suites.mjs";

/** Keyv 6 answers for each key, where the suite expects one answer for all. */
const NOT_OF_KEYV_6 = [".deleteMany([keys]) with nonexistent keys resolves to false"];

const casesOf = (Keyv, store) =>
  [suite, keyvIteratorTests].flatMap((part) => vitestCases((vitest) => part(vitest, Keyv, store)));

/** A store of its own for each Keyv, all in one cache. */
function storesOf(cache) {
  return () => keyvStore(cache);
}

describe("Keyv 5", () => {
  for (const { name, run } of casesOf(Keyv5, storesOf(new Cache()))) test(name, run);
});

describe("Keyv 6", () => {
  for (const { name, run } of casesOf(Keyv6, storesOf(new Cache()))) {
    if (!NOT_OF_KEYV_6.includes(name)) test(name, run);
  }

  test("fails with a Map too in what is left out here, and in nothing else", async () => {
    const map = Object.assign(new Map(), { opts: {} });
    const failed = await failing(casesOf(Keyv6, () => map));
    assert.deepEqual(failed, NOT_OF_KEYV_6);
  });
});
