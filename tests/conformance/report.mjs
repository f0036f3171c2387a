// What a run prints. A test counts when its own result is true; what depends on a test that fails is not taken out.
import { readFileSync } from "node:fs";
import { KINDS, kindOf, testsOf } from "./suites.mjs";

const read = (name) => JSON.parse(readFileSync(new URL(name, import.meta.url), "utf8"));
const { proxies, of, source } = read("./proxies.json");
/** Why a test fails on purpose, or for what is not ours: by its id, or by a runtime and its id. */
const reasons = read("./reasons.json");

const WIDTH = Math.max(...Object.keys(proxies).map((name) => name.length)) + 2;
const row = (name, cells) => console.log(name.padEnd(WIDTH) + cells.map((cell) => String(cell).padStart(14)).join(""));

function scores(suite, results) {
  return KINDS.map((kind) => {
    const tests = testsOf(suite).filter((test) => kindOf(test) === kind);
    return `${tests.filter(({ id }) => results[id] === true).length} of ${tests.length}`;
  });
}

/** `runs`: results by runtime. */
export function report(runs) {
  for (const [runtime, results] of Object.entries(runs)) if (runtime !== "pass-through") failures(runtime, results);
  console.log("\nhttp-cache-tests of npm; tests whose own result is true");
  row("", KINDS);
  for (const [runtime, results] of Object.entries(runs)) row(`isocache, ${runtime}`, scores("suite", results));
  for (const [name, score] of Object.entries(proxies))
    row(
      name,
      KINDS.map((kind) => `${score[kind]} of ${of[kind]}`),
    );
  console.log(`(proxies: ${source})`);
  const others = [
    ["ours", "Of our own tests (targeted.mjs)"],
    ["surrogate", "Surrogate-Control, which is obsolete and not obeyed"],
  ];
  for (const [suite, title] of others) {
    console.log(`\n${title}`);
    for (const [runtime, results] of Object.entries(runs)) row(`isocache, ${runtime}`, scores(suite, results));
  }
}

function failures(runtime, results) {
  const failed = ["suite", "ours"]
    .flatMap(testsOf)
    .filter((test) => kindOf(test) !== "check" && results[test.id] !== true);
  console.log(`\n${runtime}: ${failed.length} required or optimal tests fail`);
  for (const test of failed)
    console.log(`  ${kindOf(test).padEnd(9)} ${test.id}: ${why(test.id, runtime, results[test.id])}`);
}

function why(id, runtime, result) {
  const reason = reasons[id] ?? reasons[`${runtime}: ${id}`];
  if (reason !== undefined) return `(${reason})`;
  return Array.isArray(result) ? result.join(": ").replace(/\s+/g, " ").slice(0, 120) : "did not run";
}
