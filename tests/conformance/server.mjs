// The suite's server, on a free port of the loopback, which it prints. A test of ours may ask for two things more than the
// suite's format has: `interim`, a list of interim responses as [status, fields], and `delay` in milliseconds.
import { createServer } from "node:http";
import handleConfig from "http-cache-tests/server/handle-config.mjs";
import handleState from "http-cache-tests/server/handle-state.mjs";
import handleTest from "http-cache-tests/server/handle-test.mjs";
import { configs } from "http-cache-tests/server/utils.mjs";

const HANDLERS = { config: handleConfig, state: handleState, test: handleTestOfOurs };

function handleTestOfOurs(segments, request, response) {
  const step = configs.get(segments[0])?.[Number(request.headers["req-num"]) - 1] ?? {};
  for (const [status, fields] of step.interim ?? []) {
    if (status === 102) response.writeProcessing();
    else response.writeEarlyHints(fields);
  }
  setTimeout(() => handleTest(segments, request, response), step.delay ?? 0);
}

const server = createServer((request, response) => {
  const [, name, ...segments] = request.url.split("?", 1)[0].split("/");
  const handler = HANDLERS[name];
  if (handler) handler(segments, request, response);
  else response.writeHead(404).end();
});
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`));
