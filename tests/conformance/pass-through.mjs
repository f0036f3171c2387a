// Over Node, without storing anything: what is left to fail is the transport's or the client's. ORIGIN: as for npm start.
import { createServer } from "node:http";
import { Cache } from "isocache";
import { nodeHandler } from "isocache/node";

const server = createServer(nodeHandler({ origin: process.env.ORIGIN, cache: new Cache({ enabled: false }) }));
server.listen(0, "127.0.0.1", () => console.log(`worker  http://127.0.0.1:${server.address().port}/`));
