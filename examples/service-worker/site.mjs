// The origin: a few pages, each with the time at which it was made, so that a stored one can be seen to be one.
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { bundle } from "./bundle.mjs";

const HTML = "text/html; charset=utf-8";
const HOUR = "max-age=3600";
/** Stale at once, so that each visit asks whether it has changed; nothing forbids to use it when nobody answers. */
const ALWAYS_ASK = "max-age=0";

const ARTICLES = {
  ocean: "About 71 percent of the Earth's surface is ocean.",
  forest: "A forest moves more water into the air than most rivers carry to the sea.",
  desert: "A desert is defined by its rain, not by its heat.",
};

const page = (title, text) => `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title><link rel="icon" href="data:,"><link rel="stylesheet" href="/style.css">
<nav><a href="/">Start</a> <a href="/news">News</a> ${Object.keys(ARTICLES)
  .map((name) => `<a href="/articles/${name}">${name}</a>`)
  .join(" ")}</nav>
<h1>${title}</h1><p id="text">${text}</p>
<aside><h2>The cache</h2><p id="size"></p><button id="purge">Ask the origin next time</button> <output id="result"></output><ol id="latest"></ol></aside>
<script type="module" src="/page.js"></script></html>
`;

/** The site's documents by path: type, what caches are told, and the text. */
async function documents() {
  const file = (name) => readFile(new URL(name, import.meta.url), "utf8");
  const made = (title, text) => page(title, `${text} <small>Made ${new Date().toISOString()}</small>`);
  return new Map([
    ["/", [HTML, HOUR, made("A site that works offline", "Visit some pages, stop the server, and visit them again.")]],
    ["/news", [HTML, ALWAYS_ASK, made("News", "Nothing has happened yet.")]],
    ["/live", [HTML, "no-store", made("Live", "Never stored: not there when you are offline.")]],
    ["/offline", [HTML, HOUR, page("You are offline", "This page is not among those that you have visited.")]],
    ...Object.entries(ARTICLES).map(([name, text]) => [`/articles/${name}`, [HTML, HOUR, made(name, text)]]),
    ["/style.css", ["text/css", HOUR, await file("style.css")]],
    ["/page.js", ["text/javascript", HOUR, await file("page.js")]],
    // The browser asks for it whenever it looks for an update.
    ["/worker.js", ["text/javascript", "no-cache", await bundle()]],
  ]);
}

/**
 * Starts on a port of the loopback (0: any). `requests` counts by path what came, `unchanged` the 304s among it, `edit` changes a page's text as its
 * author would, `fail` makes everything an error, or nothing (`undefined`), `stop` leaves nobody listening.
 */
export async function startSite(port = 0) {
  const all = await documents();
  const requests = {};
  const unchanged = {};
  let failure;
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, "http://site");
    requests[pathname] = (requests[pathname] ?? 0) + 1;
    if (failure !== undefined) return response.writeHead(failure).end();
    const [type, control, text] = all.get(pathname) ?? [];
    if (text === undefined) return response.writeHead(404, { "content-type": HTML }).end(page("Not found", pathname));
    const etag = `"${createHash("sha256").update(text).digest("base64url")}"`;
    const headers = { "content-type": type, "cache-control": control, etag };
    if (request.headers["if-none-match"] === etag) {
      unchanged[pathname] = (unchanged[pathname] ?? 0) + 1;
      return response.writeHead(304, headers).end();
    }
    return response.writeHead(200, headers).end(text);
  }).listen(port, "127.0.0.1");
  await once(server, "listening");
  const edit = (path, title, text) => all.set(path, [...all.get(path).slice(0, 2), page(title, text)]);
  const fail = (status) => {
    failure = status;
  };
  const stop = () => new Promise((done) => server.close(done).closeAllConnections());
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    port: server.address().port,
    requests,
    unchanged,
    edit,
    fail,
    stop,
  };
}
