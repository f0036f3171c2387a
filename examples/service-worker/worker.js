// The service worker: which requests are answered from the site's cache, and what a page may ask of it.
import { SiteCache } from "./site-cache.js";

/** What the site cannot do without: fetched when the worker is installed, whoever visits what. */
const PRECACHE = ["/", "/style.css", "/page.js", "/offline"];

const site = new SiteCache({ offlinePage: "/offline" });

self.addEventListener("install", (event) => {
  // A worker that could not fetch all of them is not installed, and the one before goes on.
  event.waitUntil(site.precache(PRECACHE).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { method, url } = event.request;
  if (method !== "GET" || new URL(url).origin !== self.location.origin) return; // the browser's own way
  event.respondWith(site.respond(event.request, (promise) => event.waitUntil(promise)));
});

/** By name, what page.js can ask for. Each gives what it is answered with. */
const QUESTIONS = {
  status: () => site.status(),
  purge: ({ pattern }) => site.purge(new URL(pattern, self.location).href),
  save: () => site.save(),
};

self.addEventListener("message", (event) => {
  const [port] = event.ports;
  const answer = async () => {
    try {
      port.postMessage({ answer: await QUESTIONS[event.data.ask](event.data) });
    } catch (error) {
      port.postMessage({ error: String(error) });
    }
  };
  event.waitUntil(answer());
});
