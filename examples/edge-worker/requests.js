// The latest requests and how often each outcome was met, for the page. Bounded: a ring of LATEST.

const LATEST = 50;
const MAX_URL = 2048;

export class RequestLog {
  #latest = [];
  #outcomes = { hit: 0, stale: 0, revalidated: 0, miss: 0, pass: 0, error: 0 };
  #total = 0;

  add({ time, method, url, response, milliseconds }) {
    const cacheStatus = response.headers.get("cache-status") ?? "";
    const outcome = outcomeOf(cacheStatus);
    this.#total++;
    this.#outcomes[outcome]++;
    this.#latest.unshift({
      time,
      method,
      url: url.slice(0, MAX_URL),
      status: response.status,
      cacheStatus,
      outcome,
      milliseconds,
    });
    this.#latest.length = Math.min(this.#latest.length, LATEST);
  }

  /** Newest first. */
  get latest() {
    return this.#latest;
  }

  /** `hitRatio` is the share of requests that were answered without waiting for the origin. */
  get totals() {
    const { hit, stale } = this.#outcomes;
    return { total: this.#total, ...this.#outcomes, hitRatio: this.#total && (hit + stale) / this.#total };
  }
}

/** One word for a Cache-Status (RFC 9211). Its last member is that of the cache nearest to the client: ours. */
function outcomeOf(cacheStatus) {
  const member = cacheStatus.slice(cacheStatus.lastIndexOf(",") + 1);
  const has = (parameter) => new RegExp(`;\\s*${parameter}(?![\\w-])`).test(member);
  if (has("detail=origin-[a-z]+")) return "error";
  if (has("hit")) return /;\s*ttl=-/.test(member) ? "stale" : "hit";
  if (has("fwd=stale")) return has("fwd-status=304") ? "revalidated" : "miss";
  return has("fwd=(method|bypass|request)") ? "pass" : "miss";
}
