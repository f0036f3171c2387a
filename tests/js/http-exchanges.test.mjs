// The exchanges of tests/vectors/http-exchanges.json, which the Rust tests run as well, through HttpCache.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { settle, setup, START } from "./http-helpers.mjs";

const { url, now, exchanges } = JSON.parse(
  readFileSync(new URL("../vectors/http-exchanges.json", import.meta.url), "utf8"),
);
const BODY = "0123456789";
/** Statuses that say that a request reached the origin a second time. */
const REACHED = 599;

const fieldsOf = (lines = []) =>
  lines.map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim()]);

function request({ method = "GET", request: lines }) {
  const headers = new Headers();
  for (const [name, value] of fieldsOf(lines)) headers.append(name, value);
  const hasBody = method !== "GET" && method !== "HEAD";
  return new Request(url, { method, headers, ...(hasBody ? { body: "x" } : {}) });
}

/** A cache that has got the row's response; later requests are counted, and fail. */
async function stored(row) {
  const response = () => new Response(row.body ?? BODY, { status: row.status ?? 200, headers: fieldsOf(row.response) });
  const it = setup((_, n) => (n === 1 ? response() : new Response(null, { status: REACHED })), {
    shared: row.shared ?? true,
    targets: ["CDN-Cache-Control"],
    name: "isocache",
  });
  await (await it.http.fetch(request(row))).text();
  await settle();
  return it;
}

test("the clocks agree", () => assert.equal(START, now * 1_000));

for (const row of exchanges) {
  test(row.about, async () => {
    for (const then of row.then) {
      const about = JSON.stringify(then);
      const { http, seen, wait } = await stored(row);
      wait(then.after ?? 0);
      if (then.purged) await http.purge({ url, soft: true });
      const response = await http.fetch(request(then));
      const body = await response.text();
      await settle();
      if (then.forward !== undefined) checkForwarded(response, seen, then, about);
      else checkAnswered(response, body, seen, then, about);
    }
  });
}

function checkForwarded(response, seen, then, about) {
  // What is neither the rest nor the whole is asked for again, as the client did.
  assert.equal(seen.length, then.completes ? 3 : 2, about);
  const sent = fieldsOf(then.sends).every(([name, value]) => seen[1].headers.get(name) === value);
  assert.ok(sent, `${about}: ${JSON.stringify([...seen[1].headers])}`);
  assert.equal(response.status, REACHED, about); // which is no error that a stored response stands for
}

function checkAnswered(response, body, seen, then, about) {
  assert.equal(response.status, then.status, about);
  assert.equal(body, then.method === "HEAD" ? "" : then.body, about);
  assert.equal(seen.length, then.revalidates ? 2 : 1, about);
  for (const [name, value] of fieldsOf(then.fields)) assert.equal(response.headers.get(name), value, about);
}
