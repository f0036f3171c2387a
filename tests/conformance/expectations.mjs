// What is known of each runtime: expected-RUNTIME.json has every test's id and "pass" or "fail", sorted.
import { readFile, writeFile } from "node:fs/promises";

const file = (runtime) => new URL(`./expected-${runtime}.json`, import.meta.url);

export async function readExpected(runtime) {
  return JSON.parse(await readFile(file(runtime), "utf8").catch(() => "{}"));
}

export async function writeExpected(runtime, results) {
  const words = Object.keys(results)
    .sort()
    .map((id) => [id, word(results[id])]);
  await writeFile(file(runtime), `${JSON.stringify(Object.fromEntries(words), null, 2)}\n`);
}

const word = (result) => (result === true ? "pass" : "fail");

/** Ids by what became of them: `broken` passed before, `mended` failed before, `unknown` and `gone` are on one side only. */
export function compare(expected, results) {
  const ids = Object.keys(results);
  const which = (before, now) => ids.filter((id) => expected[id] === before && word(results[id]) === now);
  return {
    broken: which("pass", "fail"),
    mended: which("fail", "pass"),
    unknown: ids.filter((id) => !(id in expected)),
    gone: Object.keys(expected).filter((id) => !(id in results)),
  };
}
