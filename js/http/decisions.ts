/** The engine's decisions, with names for what they give. `src/wasm/http.rs` has the numbers. */

import { Code, type Exchange, exchange } from "../engine.js";
import { CacheError } from "../errors.js";
import { readUtf8 } from "../text.js";
import { type Field, readFields, readParts } from "./text.js";

/** Why a request goes to the origin: a number of `Reason` in `src/http/cache_status.rs`. */
export type Reason = number;
export const MISS: Reason = 0;
export const STALE: Reason = 1;
export const PARTIAL: Reason = 5;

/** The text that is kept beside a body; only the engine looks into it. */
export type StoredHead = Uint8Array<ArrayBuffer>;
const NO_HEAD: StoredHead = new Uint8Array(0);

/** The head of an answer from the store. */
export interface Head {
  status: number;
  fields: [string, string][];
}

/** An answer from the store. */
export interface Answer {
  outcome: "hit" | "notModified" | "onlyIfCached" | "part" | "unsatisfiable";
  head: Head;
  /** Which bytes of what is stored follow the head: all, some for a part, none. */
  start: number;
  end: number;
  /** It is stale, and to be renewed behind the client's back. */
  revalidate: boolean;
}

/** The origin is to be asked. */
export interface Forward {
  outcome: "forward";
  reason: Reason;
  /** What to send in place of the client's own conditions; none: the request goes as it is. */
  conditions: Field[];
  /** The conditions ask for the rest of a stored part. */
  completes: boolean;
  /** For how many milliseconds the stored response may stand in for an origin that fails. */
  coverMs: number;
}

/** What a lookup is told beside the texts. */
export const Looked = { Plain: 0, SoftlyPurged: 1, Collapsed: 2 } as const;
/** What an answer after asking says of itself. */
export const Answered = { Stored: 1, InsteadOfError: 2, Collapsed: 4 } as const;

const OUTCOMES = ["forward", "hit", "notModified", "onlyIfCached", "part", "unsatisfiable"] as const;

/** What to do with a request, given the stored head of its key, if there is one. `flags` of Looked; `length` is the stored body's, NaN: not known. */
export function lookup(
  options: Uint8Array,
  request: Uint8Array,
  head: StoredHead | undefined,
  now: number,
  flags: number,
  length: number,
): Answer | Forward {
  const given = call("http_lookup", [options, request, head ?? NO_HEAD], now, flags, length);
  if (given.code !== 0) return readAnswer(given);
  const { out, result } = given;
  return {
    outcome: "forward",
    reason: result[0] as number,
    conditions: readFields(textParts(out)),
    completes: result[2] === 1,
    coverMs: result[1] as number,
  };
}

/** Until when a stored response answers every request that asks for nothing in particular, and when its age was 0, in milliseconds since the epoch. */
export interface Plain {
  untilMs: number;
  bornMs: number;
}

/** undefined: never. */
export function plainOf(options: Uint8Array, head: StoredHead): Plain | undefined {
  const { code, result } = call("http_plain", [options, head]);
  return code === 1 ? { untilMs: result[0] as number, bornMs: result[1] as number } : undefined;
}

/** The fields that ask whether a stored response is still good; none: it has no validator. */
export function conditionsOf(head: StoredHead): Field[] {
  return readFields(textParts(call("http_conditions", [head]).out));
}

/** A head to keep, and for how many milliseconds that is worth it; 0: not at all. */
export interface Kept {
  head: StoredHead;
  keepMs: number;
}

/** Which bytes a response holds, of how many. */
export interface Part {
  start: number;
  end: number;
  /** -1: not known. */
  total: number;
}

export interface Storable extends Kept {
  part: Part | undefined;
  /** A response to POST that answers GET. */
  forReads: boolean;
}

/** undefined: the response must not be stored. */
export function store(
  options: Uint8Array,
  request: Uint8Array,
  response: string,
  asked: number,
  received: number,
): Storable | undefined {
  const { code, out, result } = call("http_store", [options, request, response], asked, received);
  if (code !== 1) return undefined;
  const [keepMs = 0, isPart, start = 0, end = 0, total = -1, forReads] = result;
  return { head: out, keepMs, part: isPart === 1 ? { start, end, total } : undefined, forReads: forReads === 1 };
}

/** What a 304 makes of a stored head. */
export interface Freshened {
  /** For this answer; it may have fields that are for this client alone. */
  head: StoredHead;
  /** What to store; undefined: forget what is stored. */
  kept: Kept | undefined;
}

/** undefined: the 304 is about something else. */
export function freshen(
  options: Uint8Array,
  request: Uint8Array,
  head: StoredHead,
  response: string,
  asked: number,
  received: number,
): Freshened | undefined {
  const given = (once: number) => call("http_freshen", [options, request, head, response], asked, received, once);
  const { code, out, result } = given(0);
  if (code === 0) return undefined;
  if (code !== 1) return { head: out, kept: undefined };
  const kept = { head: out, keepMs: result[0] as number };
  return { head: result[1] === 1 ? given(1).out : out, kept };
}

/** What a response to HEAD says of a stored head: "outdated", "unchanged", or the head to keep. */
export function update(
  options: Uint8Array,
  request: Uint8Array,
  head: StoredHead,
  response: string,
  asked: number,
  received: number,
): Kept | "outdated" | "unchanged" {
  const { code, out, result } = call("http_update", [options, request, head, response], asked, received);
  if (code === 1) return { head: out, keepMs: result[0] as number };
  return code === 0 ? "outdated" : "unchanged";
}

/** Two parts of one representation. */
export interface Union extends Kept {
  part: Part;
  /** Where the stored bytes start, and where those that arrive. */
  storedAt: number;
  arrivingAt: number;
}

/** undefined: what arrives is not of the same representation as what is stored, or does not touch it. */
export function combine(
  options: Uint8Array,
  request: Uint8Array,
  head: StoredHead,
  response: string,
  asked: number,
  received: number,
): Union | undefined {
  const { code, out, result } = call("http_combine", [options, request, head, response], asked, received);
  if (code !== 1) return undefined;
  const [keepMs = 0, start = 0, end = 0, total = 0, storedAt = 0, arrivingAt = 0] = result;
  return { head: out, keepMs, part: { start, end, total }, storedAt, arrivingAt };
}

/** The answer from a stored response that was not fresh, after the origin was asked; it gave `status`, 0: it could not be reached. `flags` of Answered, `length` as for `lookup`. */
export function answer(
  options: Uint8Array,
  request: Uint8Array,
  head: StoredHead,
  reason: Reason,
  status: number,
  flags: number,
  now: number,
  length: number,
): Answer {
  return readAnswer(call("http_answer", [options, request, head], reason, status, flags, now, length));
}

/** The fields of a response on its way to the client. `flags` of Answered. */
export function forwarded(options: Uint8Array, response: string, reason: Reason, flags: number): [string, string][] {
  return readFields(textParts(call("http_forwarded", [options, response], reason, flags).out));
}

/** References that a response to an unsafe request makes untrue: the URL itself first, then as they came. */
export function invalidates(request: Uint8Array, response: string): string[] {
  return textParts(call("http_invalidates", [request, response]).out);
}

/** What a response can be purged by: `t` and a tag, `g` and an origin and a group, `G` and a group. */
export function labels(request: Uint8Array, response: string): string[] {
  return textParts(call("http_labels", [request, response]).out);
}

/** The groups that a response to an unsafe request makes untrue, as labels. */
export function invalidatedGroups(request: Uint8Array, response: string): string[] {
  return textParts(call("http_group_invalidations", [request, response]).out);
}

/** What Vary adds to a key: the names, canonically, and this request's values. undefined: no request can match. */
export function variant(request: Uint8Array, vary: readonly string[]): { names: string; values: string } | undefined {
  const { code, out } = call("http_variant", [request, vary.map((value) => `${value}\0`).join("")]);
  const [names = "", values = ""] = textParts(out);
  return code === 1 ? { names, values } : undefined;
}

/** Those of the texts that match a glob. INVALID_PATTERN. */
export function matching(pattern: string, texts: readonly string[]): string[] {
  return textParts(call("http_matching", [pattern, texts.map((text) => `${text}\0`).join("")]).out);
}

function readAnswer({ code, out, result }: Exchange): Answer {
  const outcome = OUTCOMES[code] as Answer["outcome"];
  const parts = textParts(out);
  const [, start = 0, end = 0, revalidate] = result;
  return {
    outcome,
    head: { status: Number(parts[0]), fields: readFields(parts, 1) },
    start: outcome === "part" ? start : 0,
    end: outcome === "part" ? end : outcome === "hit" ? Number.POSITIVE_INFINITY : 0,
    revalidate: revalidate === 1 && outcome !== "onlyIfCached",
  };
}

function textParts(out: Uint8Array): string[] {
  return readParts(readUtf8(out, 0, out.length));
}

type Method = Parameters<typeof exchange>[0];

function call(method: Method, texts: (string | Uint8Array)[], ...numbers: number[]): Exchange {
  const given = exchange(method, texts, ...numbers);
  if (given.code >= 0) return given;
  if (given.code === Code.InvalidPattern) {
    throw new CacheError("INVALID_PATTERN", `not a glob: ${texts[0]}`, { value: texts[0] });
  }
  throw new CacheError("ENGINE_FAILED", "the engine could not read a message", { cause: method });
}
