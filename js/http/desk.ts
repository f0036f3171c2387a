/**
 * What happens to a request: it is answered from the store, goes to the origin, or waits for another
 * one's response.
 */

import { type Call, keepAlive, wholeOf } from "./call.js";
import { concat, drain } from "./body.js";
import {
  type Answer,
  conditionsOf,
  type Forward,
  Looked,
  lookup,
  MISS,
  PARTIAL,
  type Reason,
  STALE,
} from "./decisions.js";
import { assertCacheError, attempt, attemptAsync } from "./failures.js";
import { Flight, type Landing } from "./flight.js";
import { type Forwarder, LEADING_NOWHERE } from "./forwarder.js";
import { Hints } from "./hints.js";
import { isPlain, plainHit } from "./plain.js";
import { respond } from "./respond.js";
import type { Lent } from "./shelf.js";
import { Spool } from "./spool.js";

export class Desk {
  readonly forwarder: Forwarder;
  /** By where the response will stand in the store. */
  readonly #flights = new Map<string, Flight>();
  readonly #hints = new Hints();

  constructor(forwarder: Forwarder) {
    this.forwarder = forwarder;
  }

  /** The response to a plain request that can be answered at once, without a promise. */
  hit(call: Call): Response | undefined {
    const { shelf, clock, settings } = this.forwarder;
    const { request, slot } = call;
    if (slot === undefined || !isPlain(request)) return undefined;
    const seen = new Map<string, Uint8Array<ArrayBuffer> | undefined>();
    call.seen = seen;
    const value = shelf.lend(slot);
    const response = value && plainHit(request, value, false, settings, clock());
    if (response !== undefined) return response;
    const own = value && whole(value);
    seen.set(slot, own);
    const at = own && shelf.variantOf(slot, own, request);
    if (at === undefined) return undefined;
    const variant = shelf.lend(at);
    const varied = variant && plainHit(request, variant, true, settings, clock());
    if (varied === undefined) seen.set(at, variant && whole(variant));
    return varied;
  }

  /** The response to a request. Rejects with what the origin does. */
  async answer(call: Call): Promise<Response> {
    const decision = await this.#decide(call);
    if (decision === undefined) return call.around.origin(call.request);
    if (decision.outcome === "forward") return this.#ask(call, decision);
    if (decision.revalidate) this.#refresh(call);
    return respond(call, decision, call.found.entry?.body);
  }

  /** What to do, with what was found in `call.found`; undefined: the cache cannot say. */
  async #decide(call: Call): Promise<Answer | Forward | undefined> {
    const { shelf, clock, invalidations, settings } = this.forwarder;
    call.mark = invalidations.mark();
    try {
      if (call.slot !== undefined) call.found = await shelf.find(call.slot, () => call.text, call.seen);
    } catch (error) {
      assertCacheError(error);
      call.key = call.slot = undefined; // too long, or the store is out of order
    }
    const { entry } = call.found;
    const flags = entry?.softlyPurged ? Looked.SoftlyPurged : Looked.Plain;
    const length = entry?.body.length ?? Number.NaN;
    return attempt(() => lookup(settings.text, call.text, entry?.head, clock(), flags, length));
  }

  /** Asks the origin, or waits for somebody who does. */
  async #ask(call: Call, decision: Forward): Promise<Response> {
    const flown = this.#flightOf(call, decision);
    if (flown !== undefined) {
      const response = await this.#follow(call, decision, flown);
      if (response !== undefined) return response;
    }
    const at = flown === undefined ? this.#leads(call, decision) : undefined;
    return at === undefined ? this.#alone(call, decision) : this.#lead(call, decision, at);
  }

  async #alone(call: Call, decision: Forward): Promise<Response> {
    try {
      return await this.forwarder.forward(call, decision, LEADING_NOWHERE);
    } catch (error) {
      return this.forwarder.covered(call, decision, 0) ?? Promise.reject(error);
    }
  }

  /** A flight that may bring what is asked for. Requests that want the origin's word do not wait for others. */
  #flightOf(call: Call, { reason, completes }: Forward): Flight | undefined {
    const { at } = call.found;
    if (!call.isRead || at === undefined || !mayBeShared(reason) || completes || isOwnWay(call.request))
      return undefined;
    const range = call.request.headers.get("range");
    return this.#flying(call, at) ?? (range === null ? undefined : this.#flying(call, rangeKey(at, range)));
  }

  /** Not: a flight that set out before its resource was changed, or one that everybody has left. */
  #flying({ key = "" }: Call, at: string): Flight | undefined {
    const flight = this.#flights.get(at);
    const isOutdated = flight !== undefined && this.forwarder.invalidations.since(flight.mark, key);
    return flight?.isCancelled || isOutdated ? undefined : flight;
  }

  /** Where a flight of this request would be found; undefined: it could bring nothing for others. */
  #leads(call: Call, { reason, conditions, completes }: Forward): string | undefined {
    const { at } = call.found;
    const { request } = call;
    if (!call.isRead || request.method === "HEAD" || at === undefined || completes) return undefined;
    if (!mayBeShared(reason) || isOwnWay(request)) return undefined;
    const { headers } = request;
    const hasConditions = headers.has("if-none-match") || headers.has("if-modified-since");
    // The answer to a client's own conditions is for that client.
    if (hasConditions && conditions.length === 0) return undefined;
    const range = headers.get("range");
    const place = range === null ? at : rangeKey(at, range);
    return this.#hints.has(place, this.forwarder.clock()) ? undefined : place;
  }

  async #lead(call: Call, decision: Forward, at: string): Promise<Response> {
    const flight = new Flight(this.forwarder.invalidations.mark());
    this.#flights.set(at, flight);
    const landed = (landing: Landing) => this.#landed(call, at, flight, landing);
    const { signal } = call.request;
    const work = this.forwarder.forward(call, decision, { signal: flight.signal, landed });
    work.then(
      () => landed({ kind: "nothing" }), // if nothing was said until now
      (error: unknown) => landed({ kind: "failure", status: 0, error }),
    );
    keepAlive(call, work);
    try {
      return await flight.led(work, signal);
    } catch (error) {
      if (signal?.aborted) throw error;
      return this.forwarder.covered(call, decision, 0) ?? Promise.reject(error);
    }
  }

  #landed(call: Call, at: string, flight: Flight, landing: Landing): void {
    if (flight.landing !== undefined) return;
    flight.land(landing);
    const forget = () => {
      if (this.#flights.get(at) === flight) this.#flights.delete(at);
    };
    // What a request with credentials gets is for it alone, and says nothing about what others get.
    const isTelling = !call.request.headers.has("authorization");
    if (landing.kind === "nothing" && isTelling) this.#hints.add(at, this.forwarder.clock());
    if (landing.kind === "response") this.#hints.remove(at);
    const over = landing.kind === "response" && landing.body instanceof Spool ? landing.body.over : undefined;
    if (over === undefined) return forget();
    over.then(forget);
    keepAlive(call, over); // for others, when its own client goes away
  }

  /** The response that another request has brought; undefined: it brought none for this one. */
  async #follow(call: Call, decision: Forward, flight: Flight): Promise<Response | undefined> {
    const mark = this.forwarder.invalidations.mark();
    const landing = await flight.join(call.request.signal ?? undefined);
    if (landing === undefined) return this.#forget(flight);
    if (landing.kind === "failure") return this.#fail(call, decision, landing);
    if (landing.kind === "nothing") return undefined;
    const { head, body, marker } = landing;
    const { settings, clock } = this.forwarder;
    // Of what a response can be invalidated by, only its head tells.
    if (mark !== flight.mark && this.forwarder.isOutdated(call, head, flight.mark)) return this.#forget(flight);
    const length = body instanceof Uint8Array ? body.length : Number.NaN;
    const found = attempt(() => lookup(settings.text, call.text, head, clock(), Looked.Collapsed, length));
    if (found !== undefined && found.outcome !== "forward" && (!(body instanceof Spool) || body.isWhole)) {
      return respond(call, found, body);
    }
    if (marker === undefined || marker.generation === call.found.marker?.generation) return undefined;
    // Another variant than the one that was asked for: that one's flight, if there is one.
    const { slot, text } = call;
    const before = this.forwarder.invalidations.mark();
    const own = slot && (await attemptAsync(() => this.forwarder.shelf.variant(slot, marker, text)));
    if (!own) return undefined;
    call.found = own;
    call.mark = before;
    return this.#ask(call, decision);
  }

  /** Nobody waits for it any more. */
  #forget(flight: Flight): undefined {
    for (const [at, other] of this.#flights) if (other === flight) this.#flights.delete(at);
  }

  #fail(call: Call, decision: Forward, landing: Landing & { kind: "failure" }): Response | undefined {
    const covered = this.forwarder.covered(call, decision, landing.status);
    if (covered !== undefined) return covered;
    if (landing.status !== 0) return undefined;
    throw landing.error;
  }

  /** Renews a stale response that was served, unless somebody does. */
  #refresh(call: Call): void {
    const { entry, at } = call.found;
    if (entry === undefined || at === undefined || this.#flying(call, at)) return;
    const whole = wholeOf(call);
    const conditions = attempt(() => conditionsOf(entry.head));
    if (whole === undefined || conditions === undefined) return;
    const decision: Forward = { outcome: "forward", reason: STALE, conditions, completes: false, coverMs: 0 };
    keepAlive(
      call,
      this.#lead(whole, decision, at).then(({ body }) => drain(body)),
    );
  }
}

/** A copy of what was lent. */
function whole(lent: Lent): Uint8Array<ArrayBuffer> {
  return concat(
    lent,
    lent.reduce((sum, { length }) => sum + length, 0),
  );
}

/** Whether a response to somebody else will do, for who asks the origin for this reason. */
function mayBeShared(reason: Reason): boolean {
  return reason === MISS || reason === STALE || reason === PARTIAL;
}

/** Whether a request wants the origin's word whatever is there, or leaves nothing behind. */
function isOwnWay({ headers, cache }: Request): boolean {
  const said = headers.get("cache-control") ?? headers.get("pragma") ?? "";
  return /no-(cache|store)/i.test(said) || cache === "reload" || cache === "no-cache" || cache === "no-store";
}

/** Of a flight that brings a part. */
function rangeKey(at: string, range: string): string {
  return `${at}\n\nrange ${range}`;
}
