// A small origin for the demo, started by serve.mjs when no ORIGIN is given: pages, JSON, an image, a page in three
// languages, a validator, a guest book. Every answer takes DELAY_MS, so that a hit can be felt, and every one says in its
// body when it was made, so that a hit can be seen: its time stands still.
import { createServer } from "node:http";
import { once } from "node:events";

const DELAY_MS = 300;
const MAX_FORM_BYTES = 4096;
const MAX_NOTES = 20;

const PAGES = new Map([
  ["ocean", ["Ocean", "About 71 percent of the Earth's surface is ocean. Its mean depth is close to 3,700 metres."]],
  ["forest", ["Forest", "A forest moves more water into the air than most rivers carry to the sea."]],
  ["desert", ["Desert", "A desert is defined by its rain, not by its heat: the largest one is Antarctica."]],
]);
const GREETINGS = { en: "Good day", de: "Guten Tag", fr: "Bonjour" };
const PRODUCTS = [
  { id: 1, name: "Lamp", price: 49 },
  { id: 2, name: "Chair", price: 120 },
  { id: 3, name: "Table", price: 340 },
];
// What the index lists: path, what it is, what to look for.
const TOUR = [
  [
    "/pages/ocean",
    "A page, fresh for a minute",
    "The second visit is a hit: no wait, the same time of making, and an Age.",
  ],
  ["/pages/forest", "Another one", "Purge http://…/pages/* on the cache page, and both are made again."],
  ["/api/products", "JSON, s-maxage=30", "A shared cache keeps it for 30 seconds; a browser asks again each time."],
  [
    "/image.svg",
    "An image, fresh for a day",
    "immutable: a browser does not even ask. Use curl, or reload with Shift.",
  ],
  ["/language", "Vary: Accept-Language", "One URL, one stored response for each language that was asked for."],
  [
    "/validated",
    "ETag and Last-Modified, fresh for 3 seconds",
    "After that the cache asks “still the same?”, and a 304 renews it: fwd=stale; fwd-status=304.",
  ],
  ["/guestbook", "A form", "A POST goes through, and what was stored for the page is invalidated."],
  ["/no-store", "Cache-Control: no-store", "Never stored: made anew on each visit."],
  ["/private", "Cache-Control: private", "For one user: a shared cache leaves it alone."],
  ["/missing", "A 404, fresh for ten seconds", "An error with a lifetime is stored like anything else."],
];

const STYLE = `:root{color-scheme:light dark}body{font:1rem/1.6 system-ui,sans-serif;max-width:46rem;margin:3rem auto;padding:0 1.25rem}
h1{line-height:1.2}a{color:light-dark(#0b57a4,#8cc2ff)}dt{font-weight:600;margin-top:1rem}dd{margin:0;opacity:.85}
footer{margin-top:2.5rem;font-size:.875rem;opacity:.75}input,button{font:inherit;padding:.3rem .6rem}code{font-size:.9em}`;

const escape = (text) => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

const page = (title, body) => `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title><link rel="icon" href="/image.svg"><style>${STYLE}</style>
<h1>${escape(title)}</h1>
${body}
<footer>Made by the origin at <time>${new Date().toISOString()}</time> in ${DELAY_MS} ms · <a href="/">all pages</a> · <a href="/__cache/">the cache</a></footer>
</html>
`;

const html = (title, body, headers, status = 200) => ({
  status,
  headers: { "content-type": "text/html; charset=utf-8", ...headers },
  body: page(title, body),
});

const index = () =>
  html(
    "A cached site",
    `<p>This site is slow on purpose. Open a page twice: the first time the cache has to ask the origin, the second time it
need not. Look at the <code>Cache-Status</code> and <code>Age</code> headers in the browser's network panel or with
<code>curl -i</code>, and keep <a href="/__cache/">the cache's own page</a> open beside it.</p>
<dl>${TOUR.map(([path, what, look]) => `<dt><a href="${path}">${path}</a> · ${escape(what)}</dt><dd>${escape(look)}</dd>`).join("\n")}</dl>`,
    { "cache-control": "public, max-age=60" },
  );

const article = (path) => {
  const [title, text] = PAGES.get(path.slice("/pages/".length)) ?? [];
  return title && html(title, `<p>${text}</p>`, { "cache-control": "public, max-age=60" });
};

const products = () => ({
  headers: { "content-type": "application/json", "cache-control": "public, max-age=0, s-maxage=30" },
  body: `${JSON.stringify({ made: new Date().toISOString(), products: PRODUCTS })}\n`,
});

const image = () => ({
  headers: { "content-type": "image/svg+xml", "cache-control": "public, max-age=86400, immutable" },
  body: `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 80" role="img" aria-label="A sun over hills">
<rect width="120" height="80" fill="#9fd3f2"/><circle cx="86" cy="26" r="13" fill="#ffd34d"/>
<path d="M0 58 32 34 60 56 84 42 120 62V80H0Z" fill="#3f8f63"/><path d="M0 70 44 54 78 70 120 60V80H0Z" fill="#2d6f4b"/></svg>
`,
});

const language = (path, request) => {
  const wanted = (request.headers["accept-language"] ?? "").slice(0, 2).toLowerCase();
  const chosen = Object.hasOwn(GREETINGS, wanted) ? wanted : "en";
  return html(GREETINGS[chosen], "<p>English, Deutsch, français: whichever your browser asks for.</p>", {
    "cache-control": "public, max-age=60",
    "content-language": chosen,
    vary: "Accept-Language",
  });
};

const VALIDATED_SINCE = new Date(Date.UTC(2024, 0, 1)).toUTCString();
const validated = (path, request) => {
  const headers = { "cache-control": "public, max-age=3", etag: '"v1"', "last-modified": VALIDATED_SINCE };
  if (request.headers["if-none-match"] === headers.etag) return { status: 304, headers, body: "" };
  return html(
    "Validated",
    "<p>Made once, confirmed many times: its time stays the same through every 304.</p>",
    headers,
  );
};

const notes = [];
const guestbook = async (path, request) => {
  if (request.method === "POST") {
    const note = new URLSearchParams(await form(request)).get("note")?.trim();
    if (note) notes.unshift(note);
    notes.length = Math.min(notes.length, MAX_NOTES);
    return { status: 303, headers: { location: "/guestbook" }, body: "" };
  }
  return html(
    "Guest book",
    `<form method="post"><label>Your line: <input name="note" maxlength="80" required></label> <button>Sign</button></form>
<ul>${notes.map((note) => `<li>${escape(note)}</li>`).join("\n")}</ul>`,
    { "cache-control": "public, s-maxage=600, max-age=0" },
  );
};

async function form(request) {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) {
    text += chunk;
    if (text.length > MAX_FORM_BYTES) return "";
  }
  return text;
}

const noStore = () => html("Never stored", "<p>Made for this one visit.</p>", { "cache-control": "no-store" });
const forOne = () =>
  html("For you alone", "<p>A browser may keep this page, a shared cache may not.</p>", {
    "cache-control": "private, max-age=60",
  });
const missing = () =>
  html("There is no such page", "<p>Nobody has written it yet.</p>", { "cache-control": "public, max-age=10" }, 404);

const ROUTES = new Map([
  ["/", index],
  ["/api/products", products],
  ["/image.svg", image],
  ["/language", language],
  ["/validated", validated],
  ["/guestbook", guestbook],
  ["/no-store", noStore],
  ["/private", forOne],
]);

async function answer(request, response) {
  const path = request.url.split("?", 1)[0];
  const allowed = path === "/guestbook" ? ["GET", "HEAD", "POST"] : ["GET", "HEAD"];
  const {
    status = 200,
    headers,
    body,
  } = !allowed.includes(request.method)
    ? {
        status: 405,
        headers: { allow: allowed.join(", "), "content-type": "text/plain" },
        body: "Method not allowed\n",
      }
    : ((await (ROUTES.get(path) ?? article)(path, request)) ?? missing());
  const length = status === 304 ? {} : { "content-length": Buffer.byteLength(body) };
  response.writeHead(status, { ...headers, ...length });
  response.end(request.method === "HEAD" ? undefined : body);
}

/** Starts on a free port of the loopback; `delay` in milliseconds. */
export async function startOrigin({ delay = DELAY_MS } = {}) {
  const server = createServer((request, response) => {
    setTimeout(() => answer(request, response).catch(() => response.destroy()), delay);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const stop = async () => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${server.address().port}`, stop };
}
