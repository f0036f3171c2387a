// The adapters, and the middleware of Hono, in workerd, which gets an entry of its own of each.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { bundle } from "../../examples/edge-worker/bundle.mjs";

const { Miniflare } = createRequire(new URL("../../examples/edge-worker/", import.meta.url))("miniflare");

test("adapters and isocache are one program with one binary", { timeout: 60_000 }, async () => {
  const modules = await bundle(fileURLToPath(new URL("adapters-worker.js", import.meta.url)));
  const types = modules.map(({ type }) => type);
  assert.deepEqual(types, ["ESModule", "CompiledWasm"]);
  const miniflare = new Miniflare({ host: "127.0.0.1", port: 0, cf: false, compatibilityDate: "2026-04-01", modules });
  try {
    const response = await fetch(await miniflare.ready);
    const values = ["keyv", "unstorage", "cachified", "bentocache"];
    assert.deepEqual(await response.json(), { values, keys: 2 });
  } finally {
    await miniflare.dispose();
  }
});

test("the middleware of Hono, with a context of the runtime's", { timeout: 60_000 }, async () => {
  const modules = await bundle(fileURLToPath(new URL("hono-worker.js", import.meta.url)));
  assert.deepEqual(
    modules.map(({ type }) => type),
    ["ESModule", "CompiledWasm"],
  );
  const miniflare = new Miniflare({ host: "127.0.0.1", port: 0, cf: false, compatibilityDate: "2026-04-01", modules });
  try {
    const url = new URL("/a", await miniflare.ready);
    const get = async (headers) => {
      const response = await fetch(url, { headers });
      return [await response.text(), response.headers.get("cache-status"), response.headers.get("x-front")];
    };
    assert.deepEqual(await get(), ["1", "isocache; fwd=miss; fwd-status=200; stored", "1"]);
    const [text, status, front] = await get();
    assert.deepEqual([text, front], ["1", "2"]);
    assert.match(status, /; hit; /);
    assert.equal((await fetch(url, { method: "POST" })).status, 204);
    assert.equal((await get())[0], "2");
    const socket = await miniflare.dispatchFetch(new URL("/socket", url), { headers: { upgrade: "websocket" } });
    assert.equal(socket.status, 101);
    socket.webSocket.accept();
    const greeting = new Promise((resolve) => socket.webSocket.addEventListener("message", resolve, { once: true }));
    socket.webSocket.send("hello");
    assert.equal((await greeting).data, "hello");
    socket.webSocket.close();
  } finally {
    await miniflare.dispose();
  }
});
