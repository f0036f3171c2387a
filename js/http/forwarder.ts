/**
 * Requests that go to the origin, and what becomes of the answers: passed on, stored on the way,
 * taken as word that a stored response is still good, or as a reason to forget some.
 */

import { arrived, type Arrived, isBodiless, isReadable } from "./arrived.js";
import type { Budget } from "./budget.js";
import { framed } from "./body.js";
import { type Call, keepAlive, outgoing } from "./call.js";
import {
  Answered,
  answer,
  combine,
  type Forward,
  forwarded,
  freshen,
  invalidatedGroups,
  invalidates,
  type Kept,
  labels,
  type Reason,
  STALE,
  store,
  type StoredHead,
  type Union,
  update,
} from "./decisions.js";
import { attempt, attemptAsync } from "./failures.js";
import type { Landing } from "./flight.js";
import type { Invalidations } from "./invalidations.js";
import type { Settings } from "./options.js";
import { respond } from "./respond.js";
import { type Entry, fieldsOf, isPart, type Place, type Shelf, varyOf } from "./shelf.js";
import { Spool } from "./spool.js";
import { responseText } from "./text.js";
import { writeValue } from "./value.js";

/** A response, when it was asked for and when it came, and where the invalidations stood before. */
interface Asked {
  response: Response;
  asked: number;
  received: number;
  mark: number;
}

/** For whom a request goes to the origin, beside its own client. */
export interface Leading {
  signal: AbortSignal | undefined;
  landed(landing: Landing): void;
}
export const LEADING_NOWHERE: Leading = { signal: undefined, landed() {} };

/** What a response is stored as: the arriving bytes, and those that are stored already on either side. */
interface Plan extends Kept {
  before: Uint8Array<ArrayBuffer>;
  after: Uint8Array<ArrayBuffer>;
  /** How many bytes are announced, where they are. */
  length: number | undefined;
  /** How many must arrive for it to be stored, where that is known. */
  size: number | undefined;
}

/** More than an entry costs beyond key and value, and than the scope, the generation and the kind take. */
const OVERHEAD = 256;
const NONE = new Uint8Array(0);
/** What a response may be labelled by. */
const LABELLING = ["cache-tag", "surrogate-key", "cache-groups"];

/** Whether a status says that the origin could not answer (RFC 5861, 4). */
function isFailure(status: number): boolean {
  return status === 500 || status === 502 || status === 503 || status === 504;
}

export class Forwarder {
  constructor(
    readonly settings: Settings,
    readonly invalidations: Invalidations,
    readonly shelf: Shelf,
    readonly clock: () => number,
    readonly bounds: { body: number; entry: number },
    readonly budget: Budget,
  ) {}

  /** The response to a request that the store did not answer. Rejects with what the origin does. */
  async forward(call: Call, decision: Forward, leading: Leading): Promise<Response> {
    const { conditions, completes, reason } = decision;
    const { signal } = leading;
    const changed = conditions.length > 0 ? outgoing(call, { conditions, signal }) : undefined;
    const request = changed ?? outgoing(call, { signal }) ?? call.request;
    const asked = await this.#ask(call, request);
    const { response } = asked;
    if (isFailure(response.status)) {
      const covered = this.covered(call, decision, response.status);
      if (covered !== undefined) {
        leading.landed({ kind: "failure", status: response.status });
        response.body?.cancel().catch(() => {});
        return covered;
      }
    }
    if (changed !== undefined && !completes && response.status === 304) {
      const validated = await attemptAsync(() => this.#validated(call, reason, asked, leading));
      return validated ?? this.forward(call, plain(decision), leading);
    }
    if (changed !== undefined && completes && response.status !== 200) {
      const completed = await attemptAsync(() => this.#completed(call, reason, asked, leading));
      if (completed !== undefined) return completed;
      response.body?.cancel().catch(() => {});
      return this.forward(call, plain(decision), leading);
    }
    if (!call.isRead) await this.#invalidate(call, asked);
    if (call.request.method === "HEAD" && response.status === 200) await this.#update(call, asked);
    if (isReadable(response)) return this.#pass(call, reason, asked, leading);
    leading.landed({ kind: "nothing" });
    return response;
  }

  /** The stored response in place of one that the origin could not give (status 0) or that failed; undefined: it may not be used. */
  covered(call: Call, { reason, coverMs }: Forward, status: number): Response | undefined {
    const { entry } = call.found;
    if (coverMs <= 0 || entry === undefined || call.request.signal?.aborted) return undefined;
    const found = attempt(() =>
      answer(
        this.settings.text,
        call.text,
        entry.head,
        reason,
        status,
        Answered.InsteadOfError,
        this.clock(),
        entry.body.length,
      ),
    );
    return found && respond(call, found, entry.body);
  }

  async #ask({ around, mark: read }: Call, request: Request): Promise<Asked> {
    // Not after an invalidation that came while it waited for others: the marker that it knows would bring all variants back.
    const mark = Math.min(read, this.invalidations.mark());
    const asked = this.clock();
    const response = await around.origin(request);
    return { response, asked, received: this.clock(), mark };
  }

  /** The stored response, which the origin has called good; undefined: it spoke of another one. */
  async #validated(call: Call, reason: Reason, given: Asked, leading: Leading): Promise<Response | undefined> {
    const { response, asked, received, mark } = given;
    const { text, found } = call;
    if (found.entry === undefined) return undefined;
    const { head, body, at } = found.entry;
    const message = arrived(response, received);
    const fresh = freshen(this.settings.text, text, head, message.text, asked, received);
    const kept = fresh?.kept;
    const place = kept && (await this.#place(call, varyOf(fieldsOf(kept.head)), received));
    if (kept === undefined || place === undefined) await attemptAsync(() => this.shelf.discard(at));
    if (fresh === undefined) return undefined;
    if (kept !== undefined && place !== undefined) {
      this.#write(
        call,
        place,
        writeValue(this.settings, place.marker !== undefined, kept.head, body),
        kept,
        this.#labels(call, kept.head),
        received,
        mark,
      );
      leading.landed({ kind: "response", head: kept.head, body, marker: place.marker });
    }
    const flags = place === undefined ? 0 : Answered.Stored;
    const validated = answer(this.settings.text, text, fresh.head, reason, 304, flags, received, body.length);
    return respond(call, validated, body);
  }

  /** The stored part and the rest that arrives; undefined: they do not belong together. */
  async #completed(call: Call, reason: Reason, given: Asked, leading: Leading): Promise<Response | undefined> {
    const { response, asked, received } = given;
    const { entry } = call.found;
    if (entry === undefined || response.status !== 206 || response.body === null) return undefined;
    const message = arrived(response, received);
    const union = combine(this.settings.text, call.text, entry.head, message.text, asked, received);
    if (union === undefined || union.part.start > 0 || union.part.end < union.part.total) return undefined;
    // The client is told how long the whole is, so that what arrives must be as long as it says.
    const size = union.part.end - union.arrivingAt;
    const plan = planOf(union, entry, message.length ?? size, size);
    const head = answer(
      this.settings.text,
      call.text,
      union.head,
      reason,
      206,
      Answered.Stored,
      received,
      union.part.total,
    );
    const place = await this.#place(call, varyOf(fieldsOf(union.head)), received);
    if (plan === undefined || place === undefined || head.outcome !== "hit") return undefined;
    // The whole goes to the client, so that what is stored comes first in what is spooled.
    const spool = this.#spool(call, { ...plan, before: NONE }, place, given, response.body, plan.before);
    leading.landed({ kind: "response", head: union.head, body: spool, marker: place.marker });
    return respond(call, head, spool);
  }

  /** A response on its way to the client, and to the store where it may be kept. */
  async #pass(call: Call, reason: Reason, given: Asked, leading: Leading): Promise<Response> {
    const { response, asked, received } = given;
    const message = arrived(response, received);
    const plan = this.#plan(call, reason, message, asked, received);
    const place = plan && (await this.#place(call, message.vary, received));
    if (plan === undefined || place === undefined) {
      const { status } = response;
      leading.landed(isFailure(status) ? { kind: "failure", status } : { kind: "nothing" }); // which tells of this moment only
      await this.#supersede(call, reason, response.status);
      return this.#remade(response, message, reason, 0, response.body);
    }
    if (response.body === null) {
      const value = writeValue(this.settings, place.marker !== undefined, plan.head, plan.before, plan.after);
      this.#write(call, place, value, plan, this.#labels(call, plan.head), received, given.mark);
      leading.landed({ kind: "response", head: plan.head, body: NONE, marker: place.marker });
      return this.#remade(response, message, reason, Answered.Stored, null);
    }
    const spool = this.#spool(call, plan, place, given, response.body);
    const stream = spool.stream(call.request.signal ?? undefined);
    const isAll = plan.before.length + plan.after.length === 0;
    leading.landed(
      isAll ? { kind: "response", head: plan.head, body: spool, marker: place.marker } : { kind: "nothing" },
    );
    return this.#remade(response, message, reason, Answered.Stored, stream);
  }

  /** What was stored is outdated by a response that is not. What HEAD gives replaces nothing, nor does an error. */
  async #supersede({ found, request }: Call, reason: Reason, status: number): Promise<void> {
    const { entry } = found;
    if (reason !== STALE || status >= 500 || entry === undefined || request.method === "HEAD") return;
    await attemptAsync(() => this.shelf.discard(entry.at));
  }

  #spool(
    call: Call,
    plan: Plan,
    place: Place,
    { received, mark }: Asked,
    body: ReadableStream<Uint8Array>,
    seed?: Uint8Array,
  ): Spool {
    const { length, size } = plan;
    const seeded = (bytes: number | undefined) => (bytes === undefined ? undefined : bytes + (seed?.length ?? 0));
    return new Spool(body, {
      seed,
      limit: this.#room(call, plan),
      length: seeded(length),
      expected: seeded(size),
      reserve: (bytes) => this.budget.reserve(bytes),
      release: (bytes) => this.budget.release(bytes),
      done: (parts) => {
        const value = writeValue(
          this.settings,
          place.marker !== undefined,
          plan.head,
          plan.before,
          ...parts,
          plan.after,
        );
        this.#write(call, place, value, plan, this.#labels(call, plan.head), received, mark);
      },
    });
  }

  /** A response with the fields and the body that the client gets. `flags` of Answered. */
  #remade(
    response: Response,
    message: Arrived,
    reason: Reason,
    flags: number,
    body: ReadableStream<Uint8Array> | null,
  ): Response {
    const { status, statusText } = response;
    const fields = attempt(() => forwarded(this.settings.text, message.text, reason, flags)) ?? response.headers;
    const headers = new Headers(fields as HeadersInit);
    if (isBodiless(status) || body === null) return new Response(null, { status, statusText, headers });
    const stream = (flags & Answered.Stored) === 0 ? body : framed(body, message.length, headers);
    return new Response(stream, { status, statusText, headers });
  }

  /** How to keep a response; undefined: not at all. */
  #plan(call: Call, reason: Reason, message: Arrived, asked: number, received: number): Plan | undefined {
    const { key, found, isRead, text } = call;
    const slot = isRead ? call.slot : key;
    const length = message.length ?? 0;
    if (slot === undefined || length > this.bounds.body) return undefined;
    const kept = attempt(() => store(this.settings.text, text, message.text, asked, received));
    if (kept === undefined || (!isRead && !kept.forReads)) return undefined;
    const plan: Plan = { ...kept, before: NONE, after: NONE, length: message.length, size: message.length };
    if (kept.part === undefined) return length <= this.#room(call, plan) ? plan : undefined;
    const size = kept.part.end - kept.part.start;
    if (message.length !== undefined && message.length !== size) return undefined;
    // A whole response that was not found wanting is worth more than a part.
    if (found.entry !== undefined && reason !== STALE && !isPart(found.entry.head)) return undefined;
    const union =
      found.entry &&
      attempt(() => combine(this.settings.text, text, (found.entry as Entry).head, message.text, asked, received));
    const combined = union && found.entry ? planOf(union, found.entry, size, message.length) : undefined;
    const chosen = combined ?? { ...plan, size };
    return size <= this.#room(call, chosen) ? chosen : undefined;
  }

  /** How large a body may be: what the owner allows, and what fits into an entry beside key, head and overhead. */
  #room({ key = "", text }: Call, { head, before, after }: Plan): number {
    const beside = 3 * (key.length + text.length) + head.length + before.length + after.length;
    return Math.min(this.bounds.body - before.length - after.length, this.bounds.entry - beside - OVERHEAD);
  }

  async #place({ key, slot, isRead, text, found }: Call, vary: string | null, now: number): Promise<Place | undefined> {
    const where = isRead ? slot : key;
    return where === undefined ? undefined : attemptAsync(() => this.shelf.place(where, text, vary, found, now));
  }

  /** What a response can be purged by. */
  #labels({ text }: Call, head: StoredHead): string[] {
    const fields = fieldsOf(head);
    if (!fields.some(([name]) => LABELLING.includes(name.toLowerCase()))) return [];
    return attempt(() => labels(text, responseText(200, fields))) ?? [];
  }

  /** Starts writing before it returns; nobody waits for the end but the runtime. */
  #write(
    call: Call,
    place: Place,
    value: Uint8Array,
    { keepMs }: Kept,
    labels: readonly string[],
    received: number,
    mark: number,
  ): void {
    const now = this.clock();
    const left = received + keepMs - now;
    if (left <= 0 || this.#isOutdated(call, labels, mark)) return;
    keepAlive(call, place.put(value, labels, left, now)); // a response that is not stored is a miss
  }

  /** Whether a response with this head, which was asked for at `mark`, may be from before an invalidation. */
  isOutdated(call: Call, head: StoredHead, mark: number): boolean {
    return this.#isOutdated(call, this.#labels(call, head), mark);
  }

  #isOutdated({ key = "" }: Call, labels: readonly string[], mark: number): boolean {
    return [key, ...labels].some((name) => this.invalidations.since(mark, name));
  }

  /** Takes over what a response to HEAD says of the stored one, or forgets that (RFC 9111, 4.3.5). */
  async #update(call: Call, { response, asked, received, mark }: Asked): Promise<void> {
    const { entry } = call.found;
    if (entry === undefined) return;
    await attemptAsync(async () => {
      const message = arrived(response, received);
      const kept = update(this.settings.text, call.text, entry.head, message.text, asked, received);
      if (kept === "unchanged") return;
      if (kept === "outdated") return this.shelf.discard(entry.at);
      const place = await this.#place(call, varyOf(fieldsOf(kept.head)), received);
      if (place === undefined) return;
      const value = writeValue(this.settings, place.marker !== undefined, kept.head, entry.body);
      this.#write(call, place, value, kept, this.#labels(call, kept.head), received, mark);
    });
  }

  /** Forgets what a response to an unsafe request makes untrue. */
  async #invalidate(call: Call, asked: Asked): Promise<void> {
    const { request, text } = call;
    const { status, headers } = asked.response;
    if (status < 200) return;
    const message = responseText(status, headers);
    for (const reference of attempt(() => invalidates(text, message)) ?? []) {
      const key = this.#keyOf(reference, request);
      if (key === undefined) continue;
      this.invalidations.add(key);
      await attemptAsync(() => this.shelf.forget(key));
    }
    const groups = attempt(() => invalidatedGroups(text, message)) ?? [];
    for (const group of groups) this.invalidations.add(group);
    if (groups.length > 0) await attemptAsync(() => this.shelf.forgetLabels(groups));
    asked.mark = this.invalidations.mark(); // the response itself is the newest there is
  }

  /** The key of what a reference in an answer to `request` refers to, if it is of the same origin. */
  #keyOf(reference: string, { url, headers }: Request): string | undefined {
    const base = new URL(url);
    let target: Request;
    try {
      const resolved = new URL(reference, base);
      if (resolved.origin !== base.origin) return undefined;
      target = new Request(resolved, { headers });
    } catch {
      return undefined; // no URL, or one with a password in it
    }
    return this.settings.key(target);
  }
}

/** The same without conditions. */
function plain(decision: Forward): Forward {
  return { ...decision, conditions: [], completes: false };
}

/** How the stored bytes and `size` arriving ones make one; undefined: something does not fit. */
function planOf(union: Union, { body }: Entry, size: number, length: number | undefined): Plan | undefined {
  const { part, storedAt, arrivingAt, head, keepMs } = union;
  const before = body.subarray(0, Math.max(0, arrivingAt - storedAt));
  const after = body.subarray(Math.min(body.length, Math.max(0, arrivingAt + size - storedAt)));
  const isWhole = before.length + size + after.length === part.end - part.start;
  return isWhole ? { head, keepMs, before, after, length, size } : undefined;
}
