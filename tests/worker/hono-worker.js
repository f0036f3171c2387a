// A Hono app behind the cache's middleware. Hono itself is installed for the tests of the adapters.
import { Hono } from "../adapters/node_modules/hono/dist/index.js";
import { upgradeWebSocket } from "../adapters/node_modules/hono/dist/adapter/cloudflare-workers/index.js";
import { httpCache } from "isocache/hono";

const app = new Hono();
let asked = 0;
let requests = 0;

app.use(async (c, next) => {
  c.header("x-front", String(++requests));
  await next();
});
app.use(httpCache({}, { app }));
app.get("/a", (c) => {
  c.header("cache-control", "max-age=60");
  return c.body(String(++asked));
});
app.post("/a", (c) => c.body(null, 204));
app.get(
  "/socket",
  upgradeWebSocket(() => ({ onMessage: ({ data }, socket) => socket.send(data) })),
);

export default app;
