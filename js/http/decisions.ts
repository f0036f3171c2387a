/** The engine's decisions, with names for what they give. `src/wasm/http.rs` has the numbers. */

import { Code, type Exchange, exchange } from "../engine.js";
import { CacheError } from "../errors.js";
import { type Field, readFields, readParts } from "./text.js";

/** Why a request goes to the origin: a number of `Reason` in `src/http/cache_status.rs`. */
export type Reason = number;
export const STALE: Reason = 1;

/** The head of an answer from the store. */
export interface Head {
  status: number;
  fields: [string, string][];
}

export type Lookup =
  | { outcome: "forward"; reason: Reason; conditions: Field[] }
  | { outcome: "hit" | "notModified" | "onlyIfCached"; head: Head };

/** What to do with a request, given the stored head of its key, or "". */
export function lookup(options: string, request: string, head: string, now: number): Lookup {
  const { code, text, result } = call("http_lookup", [options, request, head], now);
  if (code === 0) return { outcome: "forward", reason: result[0] as number, conditions: readFields(readParts(text)) };
  return { outcome: code === 1 ? "hit" : code === 2 ? "notModified" : "onlyIfCached", head: readHead(text) };
}

/** A head to keep, and for how many milliseconds that is worth it. */
export interface Kept {
  head: string;
  keepMs: number;
}

/** undefined: the response must not be stored. */
export function store(
  options: string,
  request: string,
  response: string,
  asked: number,
  received: number,
): Kept | undefined {
  const { code, text, result } = call("http_store", [options, request, response], asked, received);
  return code === 1 ? { head: text, keepMs: result[0] as number } : undefined;
}

/** The stored head after a 304; undefined: it is about something else. keepMs 0: use it once and forget it. */
export function freshen(
  options: string,
  request: string,
  head: string,
  response: string,
  asked: number,
  received: number,
): Kept | undefined {
  const { code, text, result } = call("http_freshen", [options, request, head, response], asked, received);
  return code === 0 ? undefined : { head: text, keepMs: code === 1 ? (result[0] as number) : 0 };
}

/** The answer from a stored response that the origin has just called good. */
export function answer(
  options: string,
  request: string,
  head: string,
  reason: Reason,
  stored: boolean,
  now: number,
): Head {
  return readHead(call("http_answer", [options, request, head], reason, Number(stored), now).text);
}

/** The fields of a response on its way to the client. */
export function forwarded(options: string, response: string, reason: Reason, stored: boolean): [string, string][] {
  return readFields(readParts(call("http_forwarded", [options, response], reason, Number(stored)).text));
}

/** References that a response to an unsafe request makes untrue: the URL itself first, then as they came. */
export function invalidates(request: string, response: string): string[] {
  return readParts(call("http_invalidates", [request, response]).text);
}

/** What Vary adds to a key: the names, canonically, and this request's values. undefined: no request can match. */
export function variant(request: string, vary: readonly string[]): { names: string; values: string } | undefined {
  const { code, text } = call("http_variant", [request, vary.map((value) => `${value}\0`).join("")]);
  const [names = "", values = ""] = readParts(text);
  return code === 1 ? { names, values } : undefined;
}

/** Those of the texts that match a glob. INVALID_PATTERN. */
export function matching(pattern: string, texts: readonly string[]): string[] {
  return readParts(call("http_matching", [pattern, texts.map((text) => `${text}\0`).join("")]).text);
}

function readHead(text: string): Head {
  const parts = readParts(text);
  return { status: Number(parts[0]), fields: readFields(parts, 1) };
}

function call(method: Parameters<typeof exchange>[0], texts: string[], ...numbers: number[]): Exchange {
  const given = exchange(method, texts, ...numbers);
  if (given.code >= 0) return given;
  if (given.code === Code.InvalidPattern) {
    throw new CacheError("INVALID_PATTERN", `not a glob: ${texts[0]}`, { value: texts[0] });
  }
  throw new CacheError("ENGINE_FAILED", "the engine could not read a message", { value: texts[1] });
}
