// Shows the numbers of stats, once a second while the page is visible, and sends purges. Whatever comes from the worker is
// put in as text, never as markup: URLs are written by strangers.

const POLL_MS = 1000;
const PATIENCE_MS = 5000;

const $ = (id) => document.getElementById(id);

// ------------------------------------------------------------------------------------------------ numbers
const counts = new Intl.NumberFormat("en");
const percents = new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 1 });
const clock = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });

const FORMATS = {
  count: (n) => counts.format(n),
  percent: (share) => (share > 0 && share < 0.001 ? `< ${percents.format(0.001)}` : percents.format(share)),
  bytes(n) {
    const power = n > 0 ? Math.min(Math.floor(Math.log2(n) / 10), 4) : 0;
    const shown = n / 1024 ** power;
    return `${counts.format(Number(shown.toPrecision(3)))} ${["B", "KiB", "MiB", "GiB", "TiB"][power]}`;
  },
  duration(seconds) {
    const parts = [
      Math.floor(seconds / 86400),
      Math.floor(seconds / 3600) % 24,
      Math.floor(seconds / 60) % 60,
      Math.floor(seconds) % 60,
    ];
    const from = Math.min(parts.findIndex((part) => part > 0) >>> 0, 3);
    return parts
      .map((part, at) => `${part} ${["d", "h", "min", "s"][at]}`)
      .slice(from, from + 2)
      .join(" ");
  },
  text: String,
};

// What each data-stat of the page shows.
function statistics({ cache, totals, live, uptime }) {
  return {
    uptime,
    live,
    requests: totals.total,
    "hit-ratio": totals.hitRatio,
    "outcome-hit": totals.hit,
    "outcome-stale": totals.stale,
    "outcome-revalidated": totals.revalidated,
    "outcome-miss": totals.miss,
    "outcome-pass": totals.pass,
    "outcome-error": totals.error,
    bytes: cache.bytes,
    "max-bytes": cache.maxBytes,
    "bytes-share": cache.bytes / cache.maxBytes,
    evictions: cache.evictions,
    policy: cache.policy,
    hits: cache.hits,
    misses: cache.misses,
    sets: cache.sets,
    deletes: cache.deletes,
    expirations: cache.expirations,
    invalidations: cache.invalidations,
    rejections: cache.rejections,
    entries: cache.entries,
    memory: cache.memoryBytes,
  };
}

function showNumbers(stats) {
  const values = statistics(stats);
  for (const element of document.querySelectorAll("[data-stat]")) {
    const value = values[element.dataset.stat];
    element.value = value;
    element.textContent = FORMATS[element.dataset.format ?? "count"](value);
  }
  for (const part of $("outcome-bar").children) {
    const count = stats.totals[part.dataset.outcome];
    part.hidden = count === 0;
    part.style.inlineSize = `${(100 * count) / stats.totals.total}%`;
  }
  $("bytes-bar").style.inlineSize = `${Math.min(100, 100 * values["bytes-share"])}%`;
}

// ------------------------------------------------------------------------------------------------ lists
function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

// On this site the host says nothing new.
const short = (url) => (url.startsWith(`${location.origin}/`) ? url.slice(location.origin.length) : url);

function requestRow({ time, method, url, status, cacheStatus, outcome, milliseconds }) {
  const cell = (className, ...content) => element("td", { className, role: "cell" }, ...content);
  const badge = element("span", { className: "badge", textContent: outcome });
  badge.dataset.outcome = outcome;
  const line = element(
    "span",
    { className: "url", title: url },
    element("span", { className: "method", textContent: method }),
    " ",
    short(url),
  );
  const detail = element("span", { className: "detail", textContent: cacheStatus });
  return element(
    "tr",
    { role: "row" },
    cell("outcome", badge),
    cell("request", line, detail),
    cell("number", status),
    cell("number", `${counts.format(milliseconds)} ms`),
    cell("number time", clock.format(time)),
  );
}

function entryRow(url) {
  const button = element("button", { type: "button", textContent: short(url), title: "Use this URL as the pattern" });
  button.addEventListener("click", () => {
    $("pattern").value = url.replace(/[\\*?[\]]/g, "\\$&");
    $("pattern").focus();
  });
  return element("li", {}, button);
}

// A list is made anew only when it has changed, so that a selection or the focus in it stays where it is.
const shown = new Map();
function showList(id, items, row) {
  const state = JSON.stringify(items);
  if (shown.get(id) === state) return;
  shown.set(id, state);
  const focused = [...$(id).children].findIndex((child) => child.contains(document.activeElement));
  $(id).replaceChildren(...items.map(row));
  $(id).children[focused]?.querySelector("button")?.focus();
  $(`no-${id}`).hidden = items.length > 0;
}

function show(stats) {
  showNumbers(stats);
  showList("requests", stats.requests, requestRow);
  showList("entries", stats.entries, entryRow);
  const more = stats.live - stats.entries.length;
  $("entries-more").hidden = more <= 0;
  $("entries-more").textContent = `and ${counts.format(more)} more`;
}

// ------------------------------------------------------------------------------------------------ polling
function connection(state, text) {
  if ($("connection").dataset.state === state) return;
  $("connection").dataset.state = state;
  $("connection").textContent = text;
}

async function refresh() {
  try {
    const response = await fetch("stats", { signal: AbortSignal.timeout(PATIENCE_MS) });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    show(await response.json());
    connection("live", "Live");
  } catch {
    connection("lost", "The worker cannot be reached, trying again");
  }
}

let timer;
async function poll() {
  clearTimeout(timer);
  await refresh();
  clearTimeout(timer);
  if (!document.hidden) timer = setTimeout(poll, POLL_MS);
}
document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : poll()));

// ------------------------------------------------------------------------------------------------ purge
async function purge(pattern) {
  const response = await fetch("purge", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ pattern }),
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  const result = await response.json();
  if (!response.ok) throw new Error(`${result.message} (${result.code})`);
  return result.purged === 1 ? "1 stored response purged." : `${counts.format(result.purged)} stored responses purged.`;
}

$("purge").addEventListener("submit", async (event) => {
  event.preventDefault();
  const output = $("purge-result");
  try {
    output.textContent = await purge($("pattern").value);
    output.dataset.state = "done";
  } catch (error) {
    output.textContent = `Nothing was purged: ${error.message}`;
    output.dataset.state = "failed";
  }
  await poll();
});

$("pattern").placeholder = `${location.origin}/pages/*`;
poll();
