// The origin that the cases of cache-storage.cases.mjs fetch from.
import { once } from "node:events";
import { createServer } from "node:http";

const PLAIN = { "content-type": "text/plain" };

/** Starts on a free port. `more` answers what is not of the cases, and says whether it did. */
export async function startOrigin(more = async () => false) {
  let counted = 0;
  const answers = {
    "/ok": (request, response) => response.writeHead(200, PLAIN).end(`ok ${request.url}`),
    "/language": (request, response) =>
      response.writeHead(200, { ...PLAIN, vary: "X-Lang" }).end(`lang ${request.headers["x-lang"]}`),
    "/redirect": (request, response) =>
      response.writeHead(302, { location: request.url.replace("redirect", "ok") }).end(),
    "/partial": (request, response) => response.writeHead(206, { ...PLAIN, "content-range": "bytes 0-0/2" }).end("x"),
    "/vary-star": (request, response) => response.writeHead(200, { ...PLAIN, vary: "*" }).end("x"),
    "/cookies": (request, response) => response.writeHead(200, { "set-cookie": ["a=1", "b=2"] }).end("x"),
    "/reset": (request, response) => response.end(`${(counted = 0)}`),
    "/counted": (request, response) => response.end(`${++counted}`),
    "/count": (request, response) => response.end(`${counted}`),
  };
  const server = createServer(async (request, response) => {
    const answer = answers[request.url.split("?", 1)[0]];
    if (answer) answer(request, response);
    else if (!(await more(request, response))) response.writeHead(404).end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    base: `http://127.0.0.1:${server.address().port}/`,
    stop: () => new Promise((done) => server.close(done).closeAllConnections()),
  };
}
