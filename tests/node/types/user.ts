// What a user's program with undici and Node's declarations looks like to the compiler.
import { createServer } from "node:http";
import { Cache } from "isocache";
import { nodeHandler, undiciStore } from "isocache/node";
import { Agent, interceptors } from "undici";

const cache = new Cache();
new Agent().compose(interceptors.cache({ store: undiciStore(cache, { maxBodyBytes: "1MiB" }) }));
createServer(nodeHandler({ origin: new URL("http://127.0.0.1:9000"), originTimeout: "5s", cache, name: "front" }));
createServer(nodeHandler({ fetch: (request) => new Response(request.url) }));

// @ts-expect-error: there are options to give
nodeHandler();
// @ts-expect-error
nodeHandler({ origin: 5 });
// @ts-expect-error: not the class
undiciStore(new Map());
