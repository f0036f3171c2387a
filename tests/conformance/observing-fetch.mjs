// fetch as far as the suite's client needs it, over node:http, which shows interim responses. It checks what the suite's
// client does not know of: `interim_seen`, the interim responses that a step must bring, and `at_once`, how many identical
// requests a step sends together, all of which must be answered from one of the origin's.
import { request as httpRequest } from "node:http";

export function observingFetch(suites) {
  const tests = new Map(suites.flatMap((suite) => suite.tests).map((test) => [test.id, test]));
  return async (url, init = {}) => {
    const step = stepOf(tests, init.headers ?? []);
    const answers = await Promise.all(Array.from({ length: step.at_once ?? 1 }, () => ask(url, init)));
    const counts = new Set(answers.map(({ headers }) => headers.get("server-request-count")));
    if (counts.size > 1) fail(`the origin was asked ${counts.size} times`);
    const [{ interim }] = answers;
    if (step.interim_seen && !isSame(interim, step.interim_seen))
      fail(`the interim responses were ${JSON.stringify(interim)}`);
    return answers[0];
  };
}

function stepOf(tests, fields) {
  const named = (name) => fields.find(([other]) => other === name)?.[1];
  return tests.get(named("Test-ID"))?.requests[Number(named("Req-Num")) - 1] ?? {};
}

const isSame = (a, b) => JSON.stringify(a) === JSON.stringify(b);

function fail(message) {
  throw Object.assign(new Error(message), { name: "Assertion" });
}

function ask(url, { method = "GET", headers = [], body }) {
  const fields = {};
  for (const [name, value] of headers) fields[name] = name in fields ? [fields[name], value].flat() : value;
  return new Promise((resolve, reject) => {
    const interim = [];
    const request = httpRequest(url, { method, headers: fields, agent: false });
    request.on("information", ({ statusCode, headers: hints }) => interim.push([statusCode, hints]));
    request.on("error", reject);
    request.on("response", async (response) => {
      const text = (await response.setEncoding("utf8").toArray().catch(reject))?.join("");
      const { statusCode: status, statusMessage: statusText } = response;
      resolve({ status, statusText, headers: headersOf(response), interim, text: async () => text });
    });
    request.end(body);
  });
}

function headersOf({ rawHeaders }) {
  const headers = new Headers();
  for (let i = 0; i < rawHeaders.length; i += 2) headers.append(rawHeaders[i], rawHeaders[i + 1]);
  return headers;
}
