// Tests of ours in the suite's format, for what its version on npm does not ask: targeted fields (RFC 9213), interim
// responses, QUERY, stale-while-revalidate (RFC 5861), collapsed requests. `pause_after` is three seconds. The members
// `interim`, `delay` (server.mjs), `interim_seen` and `at_once` (observing-fetch.mjs) are ours.

const FRESH = ["Cache-Control", "max-age=3600"];
const CDN = "CDN-Cache-Control";

const test = (id, name, requests, kind) => ({ id, name, kind, requests });
const must = (id, name, requests) => test(id, name, requests, "required");
const may = (id, name, requests) => test(id, name, requests, "optimal");

/** A first answer with these fields, then what is expected of a second request. */
const twice = (fields, expected, ...more) => [
  { response_headers: fields, setup: true, pause_after: true },
  { expected_type: expected, ...more[0] },
];

const targeted = [
  may(
    "targeted-max-age",
    "A positive CDN-Cache-Control makes a response reusable",
    twice([[CDN, "max-age=3600"]], "cached"),
  ),
  may(
    "targeted-over-cache-control",
    "CDN-Cache-Control is obeyed in place of Cache-Control",
    twice(
      [
        [CDN, "max-age=3600"],
        ["Cache-Control", "max-age=1"],
      ],
      "cached",
    ),
  ),
  may(
    "targeted-over-no-store",
    "CDN-Cache-Control is obeyed in place of Cache-Control: no-store",
    twice(
      [
        [CDN, "max-age=3600"],
        ["Cache-Control", "no-store"],
      ],
      "cached",
    ),
  ),
  must(
    "targeted-no-store",
    "CDN-Cache-Control: no-store is obeyed although Cache-Control allows storing",
    twice([[CDN, "no-store"], FRESH], "not_cached"),
  ),
  must("targeted-private", "CDN-Cache-Control: private is obeyed", twice([[CDN, "private"], FRESH], "not_cached")),
  must("targeted-no-cache", "CDN-Cache-Control: no-cache is obeyed", twice([[CDN, "no-cache"], FRESH], "not_cached")),
  must("targeted-zero", "CDN-Cache-Control: max-age=0 is obeyed", twice([[CDN, "max-age=0"], FRESH], "not_cached")),
  must(
    "targeted-over-expires",
    "A short CDN-Cache-Control is obeyed in place of a later Expires",
    twice(
      [
        [CDN, "max-age=1"],
        ["Expires", 5000],
        ["Date", 0],
      ],
      "not_cached",
    ),
  ),
  must(
    "targeted-empty",
    "An empty CDN-Cache-Control is as none: Cache-Control is obeyed",
    twice(
      [
        [CDN, ""],
        ["Cache-Control", "no-store"],
      ],
      "not_cached",
    ),
  ),
  must(
    "targeted-not-parsed",
    "A CDN-Cache-Control that is no structured field is as none",
    twice(
      [
        [CDN, "max-age=3600, &&"],
        ["Cache-Control", "no-store"],
      ],
      "not_cached",
    ),
  ),
  must(
    "targeted-wrong-type",
    "A max-age that is a string is not understood",
    twice(
      [
        [CDN, 'max-age="3600"'],
        ["Cache-Control", "no-store"],
      ],
      "not_cached",
    ),
  ),
  must(
    "targeted-passed-on",
    "CDN-Cache-Control reaches the next cache, from the store too",
    twice([[CDN, "max-age=3600"], FRESH], "cached", { expected_response_headers: [[CDN, "max-age=3600"]] }),
  ),
];

const LINK = { link: "</style.css>; rel=preload" };
const HINTED = { ...LINK, "x-hint": "yes" };

const interim = [
  may("interim-processing", "A 102 reaches the client", [
    { interim: [[102]], interim_seen: [[102, {}]], response_headers: [FRESH] },
  ]),
  may("interim-hints", "A 103 reaches the client with its fields", [
    { interim: [[103, HINTED]], interim_seen: [[103, HINTED]], response_headers: [FRESH] },
  ]),
  may("interim-several", "Interim responses keep their order", [
    {
      interim: [[102], [103, LINK]],
      interim_seen: [
        [102, {}],
        [103, LINK],
      ],
      response_headers: [FRESH],
    },
  ]),
  must("interim-not-stored", "An interim response is not what is stored, and comes with no answer from the store", [
    { interim: [[103, HINTED]], response_headers: [FRESH], pause_after: true },
    { expected_type: "cached", interim_seen: [], expected_response_headers_missing: ["x-hint"] },
  ]),
];

// Each its own array of fields: the suite's client adds to it.
const ask = (more) => ({
  request_method: "QUERY",
  request_body: "select",
  request_headers: [["Content-Type", "text/plain"]],
  ...more,
});

const query = [
  must("query-passed-on", "QUERY reaches the origin as it is", [
    ask({ expected_method: "QUERY", expected_type: "not_cached" }),
  ]),
  must("query-keeps", "QUERY is safe: what is stored for GET stays", [
    { response_headers: [FRESH], setup: true },
    ask({ setup: true }),
    { expected_type: "cached" },
  ]),
  must("query-not-for-get", "An answer to QUERY is not given to GET", [
    ask({ response_headers: [FRESH], setup: true }),
    { expected_type: "not_cached" },
  ]),
  must("query-by-body", "An answer to QUERY is not given to another question", [
    ask({ response_headers: [FRESH], setup: true }),
    ask({ request_body: "another", expected_type: "not_cached" }),
  ]),
];

const SWR = ["Cache-Control", "max-age=1, stale-while-revalidate=60"];
const STALE_ONCE = { response_headers: [SWR], setup: true, pause_after: true };

const whileRevalidate = [
  may("swr-stale", "Within stale-while-revalidate a stale response is reused at once", [
    STALE_ONCE,
    { response_headers: [FRESH], expected_type: "cached" },
  ]),
  may("swr-refreshed", "A stale response that is reused is renewed for those who come later", [
    STALE_ONCE,
    { response_headers: [FRESH], expected_type: "cached", setup: true, pause_after: true },
    { expected_response_headers: [["Client-Request-Count", "2"]] },
  ]),
  must("swr-over", "After stale-while-revalidate the origin is asked", [
    { response_headers: [["Cache-Control", "max-age=1, stale-while-revalidate=1"]], setup: true, pause_after: true },
    { expected_type: "not_cached" },
  ]),
  must("swr-must-revalidate", "must-revalidate forbids it", [
    {
      response_headers: [["Cache-Control", "max-age=1, stale-while-revalidate=60, must-revalidate"]],
      setup: true,
      pause_after: true,
    },
    { expected_type: "not_cached" },
  ]),
];

const collapsed = [
  may("collapsed-miss", "Requests that come together for what is not stored share one answer", [
    { at_once: 5, delay: 500, response_headers: [FRESH] },
  ]),
  may("collapsed-stale", "Requests that come together for what is stale share one answer", [
    { response_headers: [["Cache-Control", "max-age=1"]], setup: true, pause_after: true },
    { at_once: 5, delay: 500, response_headers: [FRESH] },
  ]),
];

export const ours = [
  { name: "Targeted fields", id: "targeted", tests: targeted },
  { name: "Interim responses", id: "interim", tests: interim },
  { name: "QUERY", id: "query", tests: query },
  { name: "stale-while-revalidate", id: "swr", tests: whileRevalidate },
  { name: "Collapsed requests", id: "collapsed", tests: collapsed },
];
