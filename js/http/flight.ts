/**
 * One request to the origin for those who ask for the same at the same time.
 *
 * The first is the leader; the others wait until its response has a head, and are then told what it
 * is, whether or not it is any use to them. A leader that goes away leaves the flight to the others;
 * when the last one goes, the origin's request is aborted. A response that is for the leader alone goes
 * when it does, also while its body arrives. In an edge worker a request can be ended
 * together with all that it waits for: so the leader's timer beats while it lives, and who hears
 * nothing any more asks for himself.
 */

import { abort, background, Waiter } from "../waiting.js";
import type { StoredHead } from "./decisions.js";
import type { Marker } from "./shelf.js";
import type { Spool } from "./spool.js";

const BEAT_MS = 500;
const SILENCE_MS = 2_000;

/** What a flight brought. */
export type Landing =
  /** A response that may be stored. `marker`: how its resource varies. */
  | {
      kind: "response";
      head: StoredHead;
      body: Spool | Uint8Array<ArrayBuffer> | undefined;
      marker: Marker | undefined;
    }
  /** The origin failed, with a status or by not being there. */
  | { kind: "failure"; status: number; error?: unknown }
  /** Nothing that others could use. */
  | { kind: "nothing" };

export class Flight {
  readonly #abort = new AbortController();
  readonly #waiters = new Set<Waiter<Landing | undefined>>();
  readonly #heart: ReturnType<typeof setInterval>;
  #landing: Landing | undefined;
  /** Why the leader went. */
  #left: { reason: unknown } | undefined;
  #cancelled = false;
  #beats = 0;

  /** `mark`: where the invalidations stood when it set out. */
  constructor(readonly mark: number) {
    this.#heart = background(() => this.#beats++, BEAT_MS);
  }

  /** For the request to the origin. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get landing(): Landing | undefined {
    return this.#landing;
  }

  /** The origin's request was aborted: there is nothing to wait for, though that may not show yet. */
  get isCancelled(): boolean {
    return this.#cancelled;
  }

  /** What it brought; undefined: the leader is gone. Rejects with the reason of `signal`. */
  async join(signal: AbortSignal | undefined): Promise<Landing | undefined> {
    if (this.#landing !== undefined) return this.#landing;
    signal?.throwIfAborted();
    const waiter = new Waiter<Landing | undefined>("");
    const leave = () => waiter.fail(signal?.reason);
    let beats = this.#beats;
    const watch = background(() => {
      if (this.#beats === beats) waiter.give(undefined);
      beats = this.#beats;
    }, SILENCE_MS);
    signal?.addEventListener("abort", leave);
    this.#waiters.add(waiter);
    try {
      return await waiter.end;
    } finally {
      this.#waiters.delete(waiter);
      clearInterval(watch);
      signal?.removeEventListener("abort", leave);
      if (this.#left && this.#waiters.size === 0) this.#cancel(signal?.reason);
    }
  }

  land(landing: Landing): void {
    if (this.#landing !== undefined) return;
    this.#landing = landing;
    clearInterval(this.#heart);
    for (const waiter of this.#waiters) waiter.give(landing);
    if (this.#left) this.#cancel(this.#left.reason);
  }

  /** What the leader waits for, as long as its client does. */
  async led<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    if (!signal) return work;
    let leave: (() => void) | undefined;
    const left = new Promise<never>((_, reject) => {
      leave = () => {
        this.#left = { reason: signal.reason };
        if (this.#waiters.size === 0) this.#cancel(signal.reason);
        reject(signal.reason);
      };
      signal.addEventListener("abort", leave, { once: true });
      if (signal.aborted) leave();
    });
    let isItsOwn = false;
    try {
      const result = await Promise.race([work, left]);
      // A body that is shared looks after its clients itself.
      isItsOwn = this.#landing?.kind === "nothing";
      return result;
    } finally {
      if (leave && !isItsOwn) signal.removeEventListener("abort", leave);
    }
  }

  #cancel(reason: unknown): void {
    if (this.#landing?.kind === "response") return;
    this.#cancelled = true;
    abort(this.#abort, reason);
  }
}
