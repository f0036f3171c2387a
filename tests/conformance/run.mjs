// Runs the suites against what `npm start` serves, and fails when a test fails that passed before.
//
//   node run.mjs [--update] [--pass-through] [runtime ...]     default: workerd node
//
// --update writes what came out to expected-RUNTIME.json; --pass-through runs Node's transport without a store for
// comparison, and compares with nothing.
import { compare, readExpected, writeExpected } from "./expectations.mjs";
import { client, withServers } from "./processes.mjs";
import { report } from "./report.mjs";
import { SUITES } from "./suites.mjs";

const SERVE = "../../examples/edge-worker/serve.mjs";
const SERVERS = {
  workerd: { script: SERVE, variables: { RUNTIME: "workerd" } },
  node: { script: SERVE, variables: { RUNTIME: "node" } },
  "pass-through": { script: "./pass-through.mjs", variables: {} },
};

async function results(runtime) {
  return withServers(SERVERS[runtime], async (url) => {
    // At once: most of the time they pause.
    const found = await Promise.all(Object.keys(SUITES).map((suite) => client(url, suite)));
    return Object.assign({}, ...found);
  });
}

/** The tests have pauses and come a hundred at a time: what fails and is not known to gets a second chance by itself. */
async function again(runtime, ids) {
  return withServers(SERVERS[runtime], async (url) => {
    const found = {};
    for (const [suite, parts] of Object.entries(SUITES)) {
      const chosen = parts.flatMap(({ tests }) => tests.map(({ id }) => id)).filter((id) => ids.includes(id));
      if (chosen.length > 0) Object.assign(found, await client(url, suite, chosen));
    }
    return found;
  });
}

function tell(runtime, { broken, mended, unknown, gone }) {
  const lines = {
    "FAILS, and passed before": broken,
    "passes now": mended,
    "is not listed": unknown,
    "is listed, and did not run": gone,
  };
  for (const [what, ids] of Object.entries(lines)) for (const id of ids) console.log(`${runtime}: ${id} ${what}`);
  return broken.length + unknown.length + gone.length === 0;
}

async function check(runtime, found, update) {
  const expected = update ? {} : await readExpected(runtime);
  const doubtful = Object.keys(found).filter((id) => found[id] !== true && expected[id] !== "fail");
  if (doubtful.length > 0) Object.assign(found, await again(runtime, doubtful));
  if (!update) return tell(runtime, compare(expected, found));
  await writeExpected(runtime, found);
  return true;
}

const known = (name) => Object.hasOwn(SERVERS, name);
const args = process.argv.slice(2);
const update = args.includes("--update");
const named = args.filter((argument) => !argument.startsWith("--"));
const runtimes = named.length > 0 ? named : ["workerd", "node"];
if (args.includes("--pass-through")) runtimes.push("pass-through");
const strange = args.filter((argument) => !known(argument) && !["--update", "--pass-through"].includes(argument));
if (strange.length > 0) {
  console.error(`run.mjs: what is ${strange.join(" ")}? See its head.`);
  process.exit(2);
}

const runs = {};
for (const runtime of runtimes) runs[runtime] = await results(runtime);
const compared = runtimes.filter((runtime) => runtime !== "pass-through");
const good = [];
for (const runtime of compared) good.push(await check(runtime, runs[runtime], update));
report(runs);
if (good.includes(false)) {
  console.error("\nTests fail that passed before, or the lists are out of date (--update).");
  process.exitCode = 1;
}
