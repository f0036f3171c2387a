// One run of a suite by the suite's own client, which keeps its state in modules: hence a process for each.
//
//   node client.mjs BASE SUITE [id ...]     prints the client's results as JSON: by id true, or what failed
import fetch from "node-fetch";
import { getResults, runTests } from "http-cache-tests/client/runner.mjs";
import { observingFetch } from "./observing-fetch.mjs";
import { SUITES } from "./suites.mjs";

const [, , base, name, ...ids] = process.argv;
const chosen = SUITES[name].map((suite) => ({
  ...suite,
  tests: suite.tests.filter(({ id }) => ids.length === 0 || ids.includes(id)),
}));
// The suite's tests are fetched as the suite does it.
await runTests(chosen, name === "ours" ? observingFetch(chosen) : fetch, false, base);
console.log(JSON.stringify(getResults()));
process.exit(0);
