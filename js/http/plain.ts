/**
 * Hits for requests that ask for nothing in particular, which are most: what the engine has decided
 * about them when the response was stored is read here, without asking it again. Every other request
 * goes the whole way.
 */

import { readUtf8 } from "../text.js";
import { isBodiless } from "./arrived.js";
import type { Settings } from "./options.js";
import type { Lent } from "./shelf.js";
import { bornAt, readValue, untilOf } from "./value.js";

/** The fields of a request that a cache obeys; If-Range only counts with Range. */
const OBEYED = [
  "cache-control",
  "pragma",
  "range",
  "if-none-match",
  "if-modified-since",
  "if-match",
  "if-unmodified-since",
];
/** Where the status and the fields are in a head. */
const STATUS = 1;
const FIELDS = 5;

/** Whether a GET or HEAD asks for nothing that a cache has to think about. */
export function isPlain({ headers, cache }: Request): boolean {
  if (cache !== undefined && cache !== "default") return false;
  for (const name of OBEYED) if (headers.has(name)) return false;
  return true;
}

/**
 * The response to a plain request; undefined: ask the engine. `lent` is only read. `isVariant`: it was
 * found by the values that this request has for what Vary names.
 */
export function plainHit(
  request: Request,
  lent: Lent,
  isVariant: boolean,
  settings: Settings,
  now: number,
): Response | undefined {
  const [value, ...rest] = lent;
  const born = bornAt(value, isVariant, settings, now);
  if (Number.isNaN(born)) return undefined;
  const stored = readValue(value);
  if (stored === undefined) return undefined;
  const parts = readUtf8(stored.head, 0, stored.head.length).split("\0");
  const status = Number(parts[STATUS]);
  const isEmpty = request.method === "HEAD" || isBodiless(status);
  const body = rest.length === 0 ? stored.body : new Blob([stored.body, ...rest]);
  const response = new Response(isEmpty ? null : body, { status }); // which copies the bytes, where the Blob has not
  const { headers } = response;
  for (let i = FIELDS; i + 2 < parts.length; i += 2) {
    const name = parts[i] as string;
    if (name !== "age") headers.append(name, parts[i + 1] as string);
  }
  headers.append("age", String(Math.floor(Math.max(0, now - born) / 1_000)));
  headers.append("cache-status", `${settings.item}; hit; ttl=${Math.floor((untilOf(value) - now) / 1_000)}`);
  return response;
}
