// Loads and locks in workerd, whose requests are really cancelled: nothing of a cancelled request runs again, its timers
// included, and what it owned must not be waited for. Waits are bounded by the tests' time limit alone.
import assert from "node:assert/strict";
import { request as httpRequest } from "node:http";
import { createRequire } from "node:module";
import { after, before, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { bundle } from "../../../examples/edge-worker/bundle.mjs";
import { startOrigin } from "../server.mjs";

const { Miniflare } = createRequire(new URL("../../../examples/edge-worker/package.json", import.meta.url))(
  "miniflare",
);
const LIMIT = { timeout: 60_000 };
const NO_LEASE_ENDS = 3_600;

let origin;
let miniflare;
let base;
before(async () => {
  origin = await startOrigin();
  miniflare = new Miniflare({
    host: "127.0.0.1",
    port: 0,
    cf: false,
    compatibilityDate: "2026-04-01",
    modules: await bundle(fileURLToPath(new URL("worker.js", import.meta.url))),
    bindings: { ORIGIN: origin.url },
  });
  base = (await miniflare.ready).origin;
}, LIMIT);
after(async () => {
  await miniflare?.dispose();
  await origin?.stop();
}, LIMIT);

/** A request that can be cancelled, by a reset, which workerd notices at once: its answer is null then. */
function open(path) {
  const request = httpRequest(base + path, { agent: false });
  const answer = new Promise((resolve) => {
    request.on("response", async (response) => {
      resolve((await response.setEncoding("utf8").toArray()).join(""));
    });
    request.on("error", () => resolve(null));
  });
  request.end();
  return { answer, cancel: () => request.socket.resetAndDestroy() };
}
const get = (path) => open(path).answer;
const stats = async () => JSON.parse(await get("/stats"));

/** Asks until it is so; the test's time limit bounds it. */
async function until(check) {
  while (!(await check())) await delay(5);
}

/** A path of the origin that holds its answers: `asked(n)` waits for the n-th request, which then has `answer` and `gone`. */
function holding(path) {
  const requests = [];
  origin.on(path, (request, response) => {
    const gone = new Promise((resolve) => response.on("close", () => resolve(!response.writableFinished)));
    requests.push({ gone, answer: (text) => response.end(text) });
  });
  const asked = async (nth) => {
    await until(() => requests.length >= nth);
    return requests[nth - 1];
  };
  return { asked, count: () => requests.length };
}

describe("a request that owns a load is cancelled", LIMIT, () => {
  test("another one that waits for the same key gets its value all the same", async () => {
    const held = holding("/owned");
    const before = await stats();
    const owner = open("/load?key=owned&path=/owned");
    const first = await held.asked(1);
    const waiters = [get("/load?key=owned&path=/owned"), get("/load?key=owned&path=/owned")];
    await until(async () => (await stats()).loadsShared === before.loadsShared + 2);
    owner.cancel();
    assert.equal(await first.gone, true, "workerd has cancelled what the request had under way");
    (await held.asked(2)).answer("value");
    assert.deepEqual(await Promise.all(waiters), ["value", "value"]);
    assert.equal(held.count(), 2, "one of those who waited loaded for both");
    assert.equal(await get("/load?key=owned&path=/owned"), "value");
  });

  test("with waitUntil its load goes on for those who wait", async () => {
    const held = holding("/kept");
    const before = await stats();
    const owner = open("/load?key=kept&path=/kept&wait");
    const first = await held.asked(1);
    const waiter = get("/load?key=kept&path=/kept");
    await until(async () => (await stats()).loadsShared === before.loadsShared + 1);
    owner.cancel();
    assert.equal(await owner.answer, null);
    first.answer("value");
    assert.equal(await waiter, "value");
    assert.equal(held.count(), 1);
  });

  test("who comes later loads", async () => {
    const held = holding("/later");
    const owner = open("/load?key=later&path=/later");
    const first = await held.asked(1);
    owner.cancel();
    await first.gone;
    const late = get("/load?key=later&path=/later");
    (await held.asked(2)).answer("value");
    assert.equal(await late, "value");
  });
});

test("who waits last for another request's load, and gives up, is told so", LIMIT, async () => {
  const [held, leave] = [holding("/left"), holding("/leave")];
  const before = await stats();
  const owner = get("/load?key=left&path=/left&leave=/leave");
  await held.asked(1);
  const waiter = get("/load?key=left&path=/left&timeout=0.5");
  await until(async () => (await stats()).loadsShared === before.loadsShared + 1);
  (await leave.asked(1)).answer("");
  const stays = await leave.asked(2); // the owner's request lives, but it no longer waits for the load
  assert.match(await waiter, /^LOAD_TIMEOUT:/);
  stays.answer("end");
  assert.equal(await owner, "end");
  const next = get("/load?key=left&path=/left");
  (await held.asked(2)).answer("value");
  assert.equal(await next, "value");
});

describe("stale-while-revalidate", LIMIT, () => {
  test("with waitUntil the background load ends after the response", async () => {
    const held = holding("/background");
    const path = "/load?key=background&path=/background&ttl=1&stale=1000&wait";
    const filling = get(path);
    (await held.asked(1)).answer("old");
    await filling;
    await get("/pass?ms=2000");
    assert.equal(await get(path), "old", "served before the load has ended");
    (await held.asked(2)).answer("new");
    await until(async () => (await get("/peek?key=background")) === "new");
    assert.equal(await get(path), "new");
  });

  test("without it the load is killed, and later ones are not blocked", async () => {
    const held = holding("/killed");
    const path = "/load?key=killed&path=/killed&ttl=1&stale=1000";
    const filling = get(path);
    (await held.asked(1)).answer("old");
    await filling;
    await get("/pass?ms=2000");
    assert.equal(await get(path), "old");
    assert.equal(await (await held.asked(2)).gone, true, "workerd ends what the request left behind");
    await until(async () => {
      assert.equal(await get(`${path}&wait`), "old");
      return held.count() > 2;
    });
    (await held.asked(3)).answer("new");
    await until(async () => (await get("/peek?key=killed")) === "new");
  });
});

describe("locks", LIMIT, () => {
  test("are handed on from request to request, with signals of one's own", async () => {
    const held = holding("/handed");
    const requests = [1, 2, 3].map((n) => get(`/lock?key=handed&path=/handed&lease=${NO_LEASE_ENDS}&n=${n}`));
    for (const nth of [1, 2, 3]) (await held.asked(nth)).answer("done");
    assert.deepEqual(await Promise.all(requests), ["done", "done", "done"]);
  });

  test("one whose holder is cancelled goes on after the lease", async () => {
    const [held, alive] = [holding("/lock"), holding("/alive/holder")];
    const before = await stats();
    const holder = open("/lock?key=lock&path=/lock&lease=2&name=holder");
    const canary = await alive.asked(1);
    await held.asked(1);
    const next = get(`/lock?key=lock&path=/lock&lease=${NO_LEASE_ENDS}`);
    await until(async () => (await stats()).acquiring === before.acquiring + 2);
    holder.cancel();
    assert.equal(await canary.gone, true);
    (await held.asked(2)).answer("mine");
    assert.equal(await next, "mine");
  });

  test("one whose holder is cancelled is given to who comes after the lease", async () => {
    const held = holding("/lapsed");
    const holder = open("/lock?key=lapsed&path=/lapsed&lease=0.001");
    const first = await held.asked(1);
    holder.cancel();
    await first.gone;
    const next = get(`/lock?key=lapsed&path=/lapsed&lease=${NO_LEASE_ENDS}`);
    (await held.asked(2)).answer("mine");
    assert.equal(await next, "mine");
  });

  test("one that a cancelled request was waiting for is not kept for its lease", async () => {
    const [held, alive] = [holding("/queue"), holding("/alive/second")];
    const before = await stats();
    const lock = `/lock?key=queue&path=/queue&lease=${NO_LEASE_ENDS}`;
    const holder = get(lock);
    const first = await held.asked(1);
    const second = open(`${lock}&name=second`);
    const canary = await alive.asked(1);
    const third = get(lock);
    await until(async () => (await stats()).acquiring === before.acquiring + 3);
    second.cancel();
    assert.equal(await canary.gone, true);
    first.answer("first");
    assert.equal(await holder, "first");
    (await held.asked(2)).answer("third");
    assert.equal(await third, "third");
  });

  test("update from many requests counts each once", async () => {
    const sums = await Promise.all(Array.from({ length: 50 }, () => get("/update?key=counter")));
    assert.deepEqual(sums.map(Number).toSorted((a, b) => a - b), Array.from({ length: 50 }, (_, i) => i + 1)); // prettier-ignore
    assert.equal(await get("/peek?key=counter"), "50");
  });
});
