/**
 * Header fields between node:http, which has them as a list of names and values, and Headers. Both hold
 * values as bytes in latin1, so that nothing is lost or reinterpreted on the way.
 */

/** What concerns one connection only (RFC 9110, 7.6.1), and trailers, which are not passed on. */
const HOP_BY_HOP = [
  "connection",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
] as const;
/** What some origins take for the address or the method that was asked for, and no cache key knows of. */
const MISLEADING =
  /^(forwarded|x-forwarded-.*|x-original-(url|host)|x-rewrite-url|x-http-method(-override)?|x-method-override|cf-connecting-ip)$/;

/** The fields of a message that are not for this connection alone; `raw`: names and values in turn. TypeError. */
export function endToEnd(raw: readonly string[]): Headers {
  const dropped = new Set<string>(HOP_BY_HOP);
  for (const [name, value] of pairs(raw)) {
    if (name === "connection") for (const named of value.split(",")) dropped.add(named.trim().toLowerCase());
  }
  const headers = new Headers();
  for (const [name, value] of pairs(raw)) if (!dropped.has(name)) headers.append(name, value);
  return headers;
}

/** A request's fields as cache and origin both see them: a field that only one of them saw could make the
 * cache store for everybody what was made for one. TypeError. */
export function requestFields(raw: readonly string[]): Headers {
  const headers = endToEnd(raw);
  const misleading = [...headers.keys()].filter((name) => MISLEADING.test(name));
  for (const name of misleading) headers.delete(name);
  headers.delete("expect"); // node:http has answered it
  return headers;
}

function* pairs(raw: readonly string[]): Generator<[name: string, value: string]> {
  for (let i = 0; i + 1 < raw.length; i += 2) yield [(raw[i] as string).toLowerCase(), raw[i + 1] as string];
}

/** Statuses that have no body (Fetch, 2.2.6). */
export function isBodiless(status: number): boolean {
  return status === 101 || status === 103 || status === 204 || status === 205 || status === 304;
}
