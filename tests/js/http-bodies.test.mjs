// Bodies on their way: what is held, who waits for whom, and what is never stored.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { A, FRESH, pushed, settle, setup, textOf } from "./http-helpers.mjs";

const KIB = 1024;

/** A body of `count` chunks of a KiB, made when they are asked for. */
function counted(count) {
  const it = { given: 0 };
  it.stream = new ReadableStream(
    {
      pull(controller) {
        if (it.given === count) return controller.close();
        controller.enqueue(new Uint8Array(KIB).fill(it.given++));
      },
    },
    { highWaterMark: 0 },
  );
  return it;
}

describe("bodies", () => {
  test("a client that does not read slows the origin down", async () => {
    const body = counted(100);
    const { http } = setup(() => new Response(body.stream, { headers: FRESH }));
    const reader = (await http.fetch(A)).body.getReader();
    await settle();
    assert.equal(body.given, 0);
    await reader.read();
    await reader.read();
    await settle();
    assert.equal(body.given, 2);
  });

  test("a body beyond maxBodyBytes is passed through whole and not stored, whether or not it has a length", async () => {
    for (const length of [undefined, 10 * KIB]) {
      const { ask, seen } = setup(
        () =>
          new Response(counted(10).stream, { headers: { ...FRESH, ...(length && { "content-length": `${length}` }) } }),
        { maxBodyBytes: 5 * KIB },
      );
      assert.equal((await ask()).text.length, 10 * KIB);
      assert.equal((await ask()).text.length, 10 * KIB);
      assert.equal(seen.length, 2);
    }
  });

  test("beyond the limit, clients of one body share it, and little is held for the slower one", async () => {
    const body = counted(2_000);
    const { http } = setup(() => new Response(body.stream, { headers: FRESH }), { maxBodyBytes: 8 * KIB });
    const fast = (await http.fetch(A)).body.getReader();
    const slow = (await http.fetch(A)).body.getReader();
    let taken = 0;
    let waiting = false;
    const all = (async () => {
      for (;;) {
        waiting = true;
        const { done, value } = await fast.read();
        waiting = false;
        if (done) return;
        taken += value.length;
      }
    })();
    await settle();
    while (!waiting || taken < 100 * KIB) await settle();
    await settle();
    assert.ok(body.given <= 300, `${body.given} KiB were read for a client that has taken none`);
    let other = 0;
    for (let next = await slow.read(); !next.done; next = await slow.read()) other += next.value.length;
    await all;
    assert.deepEqual([taken, other], [2_000 * KIB, 2_000 * KIB]);
  });

  test("beyond the limit, who takes nothing for half a minute is let go, one after the other; who takes a little is not", async (t) => {
    const body = counted(1_000);
    const { http } = setup(() => new Response(body.stream, { headers: FRESH }), { maxBodyBytes: 8 * KIB });
    const readers = [];
    for (let i = 0; i < 4; i++) readers.push((await http.fetch(A)).body.getReader());
    const [fast, none, one, slow] = readers;
    await one.read();
    await one.read();
    t.mock.timers.enable({ apis: ["setTimeout"] });
    let taken = 0;
    const all = (async () => {
      for (let next = await fast.read(); !next.done; next = await fast.read()) taken += next.value.length;
    })();
    let other = 0;
    const more = async () => {
      const { value } = await slow.read();
      other += value?.length ?? 0;
    };
    for (let i = 0; i < 100 && taken < 1_000 * KIB; i++) {
      for (let before = -1; before !== taken; await settle()) before = taken;
      for (let j = 0; j < 20; j++) await more();
      t.mock.timers.tick(30_000);
    }
    assert.equal(taken, 1_000 * KIB);
    await all;
    await assert.rejects(none.read(), /too slow/);
    await assert.rejects(one.read(), /too slow/);
    for (let before = -1; before !== other;) {
      before = other;
      await more();
    }
    assert.equal(other, 1_000 * KIB);
  });

  test("all bodies on their way together are bounded: beyond that they are passed through", async () => {
    const { http, ask, seen } = setup(
      (request) =>
        new Response(counted(200).stream, {
          headers: { ...FRESH, "content-length": `${200 * KIB}`, etag: request.url },
        }),
      {},
      { maxBytes: "1MiB", maxEntryBytes: "512KiB" },
    );
    const open = [];
    for (let i = 0; i < 10; i++) open.push(await http.fetch(`${A}${i}`));
    for (const response of open) assert.equal((await response.text()).length, 200 * KIB);
    const asked = seen.length;
    let again = 0;
    for (let i = 0; i < 10; i++) {
      await ask(`${A}${i}`);
      again = seen.length - asked;
    }
    assert.ok(again >= 5, `${10 - again} of ten were held at once by a cache of five`);
  });

  test("a body that breaks off fails for all and is not stored", async () => {
    const body = pushed();
    const { http, ask, seen } = setup((_, n) =>
      n === 1 ? new Response(body.stream, { headers: FRESH }) : new Response("whole", { headers: FRESH }),
    );
    const responses = [await http.fetch(A), await http.fetch(A)];
    const ends = responses.map((response) => response.text().catch((error) => error.message));
    await settle();
    body.push("ab");
    await settle();
    body.fail(new TypeError("broken off"));
    assert.deepEqual(await Promise.all(ends), ["broken off", "broken off"]);
    assert.deepEqual([(await ask()).text, seen.length], ["whole", 2]);
  });

  test("a body of another length than Content-Length says is not stored", async () => {
    for (const length of ["3", "5"]) {
      const { http, seen } = setup(
        () => new Response(pushedOnce("four"), { headers: { ...FRESH, "content-length": length } }),
      );
      await assert.rejects((await http.fetch(A)).text(), /announced/);
      await assert.rejects((await http.fetch(A)).text(), /announced/);
      assert.equal(seen.length, 2);
    }
  });

  test("a chunk that a client changes or transfers is neither what is stored nor what others get", async () => {
    const { http, ask } = setup(() => new Response(new Uint8Array([1, 2, 3]), { headers: FRESH }));
    const [one, two] = [await http.fetch(A), await http.fetch(A)].map((response) => response.body.getReader());
    const chunk = (await one.read()).value;
    structuredClone(chunk.fill(9), { transfer: [chunk.buffer] });
    assert.deepEqual([...(await two.read()).value], [1, 2, 3]);
    await Promise.all([one.read(), two.read()]);
    assert.deepEqual([...new TextEncoder().encode((await ask()).text)], [1, 2, 3]);
  });

  test("a client that goes away alone takes the origin's body with it", async () => {
    const body = pushed();
    const { http, ask, seen } = setup((_, n) => new Response(n === 1 ? body.stream : "two", { headers: FRESH }));
    const reader = (await http.fetch(A)).body.getReader();
    const first = reader.read();
    await settle();
    body.push("ab");
    assert.equal(textOf((await first).value), "ab");
    await reader.cancel();
    await settle();
    assert.ok(body.cancelled);
    assert.deepEqual([(await ask()).text, seen.length], ["two", 2]);
  });
});

function pushedOnce(text) {
  const body = pushed();
  body.push(text);
  body.end();
  return body.stream;
}
