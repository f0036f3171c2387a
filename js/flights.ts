/**
 * One load per key at a time.
 *
 * The caller that starts a load owns it; others wait for its promise. In an edge worker the request
 * that owns a load can be cancelled, and then the promise never settles: so the owner's timer beats
 * while it lives. A waiter that hears nothing for a while takes the load over, and so does at once who
 * comes later.
 */

import { CacheError } from "./errors.js";
import type { Awaitable } from "./types.js";
import { abort, background, MAX_TIMER_MS } from "./waiting.js";

const BEAT_MS = 500;
/** A load whose owner was not heard for so long has none any more. */
const SILENCE_MS = 2_000;

/** What is loaded together; most often one key. */
export interface Load {
  /** The keys, scope included. */
  wholes: readonly string[];
  /** The first of them as its caller named it, for errors. */
  key: string;
  /** Their values, in the same order. */
  run(signal: AbortSignal): Awaitable<readonly unknown[]>;
  /** Called once, with undefined in place of what is not to be stored: what is undefined, or was written meanwhile. */
  store(values: readonly unknown[]): void;
  timeoutMs: number | undefined;
  /** An edge worker's `waitUntil`. */
  keepAlive: ((load: Promise<unknown>) => void) | undefined;
}

export interface LoadCounts {
  loads: number;
  loadFailures: number;
  loadsShared: number;
}

/** The values of a load's keys, scope included. */
export type Values = ReadonlyMap<string, unknown>;

/** A load under way. */
export interface Flight {
  readonly load: Load;
  promise: Promise<Values>;
  /** While the loader is being called: whoever asks for one of its keys then is the loader itself. */
  starting: boolean;
  /** Keys that were written meanwhile: what is loaded is given to the callers and not stored. */
  readonly outdated: Set<string>;
  readonly abort: AbortController;
  waiting: number;
  /** When the owner was last heard, by the system's clock, and how often. */
  heard: number;
  beats: number;
}

export class Flights {
  readonly #flights = new Map<string, Flight>();
  readonly #counts: LoadCounts;

  constructor(counts: LoadCounts) {
    this.#counts = counts;
  }

  /** The load that a key is part of, if its owner lives. */
  running(whole: string): Flight | undefined {
    const flight = this.#flights.get(whole);
    if (flight === undefined || Date.now() - flight.heard <= SILENCE_MS) return flight;
    this.#forget(flight);
    return undefined;
  }

  /** Loads keys that nobody loads. Rejects as the load does, with LOAD_TIMEOUT, and with the signal's reason. */
  async start(load: Load, signal: AbortSignal | undefined): Promise<Values> {
    signal?.throwIfAborted();
    return (await this.#wait(this.#start(load), load, signal, true)) as Values;
  }

  /** Waits for a load of another caller's, as `load` says; undefined: its owner is gone. Rejects as `start`. */
  async join(flight: Flight, load: Load, signal: AbortSignal | undefined): Promise<Values | undefined> {
    signal?.throwIfAborted();
    this.#counts.loadsShared += load.wholes.length;
    const values = await this.#wait(flight, load, signal, false);
    if (values === undefined) this.#forget(flight);
    return values;
  }

  /** A key was written or deleted: a load that started before must not undo that. */
  outdate(whole: string): void {
    // To look a key up that was just put together costs its hash.
    if (this.#flights.size > 0) this.#flights.get(whole)?.outdated.add(whole);
  }

  /** Any key may have been deleted. */
  outdateAll(): void {
    for (const [whole, flight] of this.#flights) flight.outdated.add(whole);
  }

  #start(load: Load): Flight {
    this.#counts.loads += load.wholes.length;
    const controller = new AbortController();
    const { signal } = controller;
    const flight: Flight = {
      load,
      promise: Promise.resolve(new Map()), // replaced before anybody waits
      starting: true,
      outdated: new Set(),
      abort: controller,
      waiting: 0,
      heard: Date.now(),
      beats: 0,
    };
    const heart = background(() => {
      flight.heard = Date.now();
      flight.beats++;
    }, BEAT_MS);
    for (const whole of load.wholes) this.#flights.set(whole, flight);
    const cancelled = new Promise<never>((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
    flight.promise = Promise.race([this.#run(flight), cancelled]).finally(() => {
      clearInterval(heart);
      this.#forget(flight);
    });
    flight.starting = false;
    const settled = flight.promise.catch(() => {}); // every waiter may have left
    load.keepAlive?.(settled);
    return flight;
  }

  async #run(flight: Flight): Promise<Values> {
    const { load } = flight;
    try {
      const values = await load.run(flight.abort.signal);
      // A load that timed out or was taken over no longer speaks for its keys.
      const speaks = (whole: string) => this.#flights.get(whole) === flight && !flight.outdated.has(whole);
      load.store(load.wholes.map((whole, i) => (speaks(whole) ? values[i] : undefined)));
      return new Map(load.wholes.map((whole, i) => [whole, values[i]]));
    } catch (error) {
      if (!flight.abort.signal.aborted) this.#counts.loadFailures += load.wholes.length;
      throw error;
    }
  }

  /** Waits as long as this caller may, and as the owner lives. */
  async #wait(
    flight: Flight,
    load: Load,
    signal: AbortSignal | undefined,
    isOwner: boolean,
  ): Promise<Values | undefined> {
    const ends = new Ends();
    flight.waiting++;
    try {
      return await Promise.race(ends.of(flight, load, signal, isOwner));
    } catch (error) {
      const ownerTimedOut = isOwner && ends.timeout !== undefined && error === ends.timeout;
      if (ownerTimedOut) this.#counts.loadFailures += load.wholes.length;
      if (ownerTimedOut || flight.waiting === 1) this.#cancel(flight, error);
      throw error;
    } finally {
      flight.waiting--;
      ends.clear();
    }
  }

  #cancel(flight: Flight, reason: unknown): void {
    this.#forget(flight);
    abort(flight.abort, reason);
  }

  #forget(flight: Flight): void {
    for (const whole of flight.load.wholes) {
      if (this.#flights.get(whole) === flight) this.#flights.delete(whole);
    }
  }
}

/** What can end a wait before the load does, and the timers and listeners to be cleared after it. */
class Ends {
  readonly #clearings: (() => void)[] = [];
  /** What this wait ended with, if it lasted too long. */
  timeout: CacheError | undefined;

  of(flight: Flight, load: Load, signal: AbortSignal | undefined, isOwner: boolean): Promise<Values | undefined>[] {
    const ends: Promise<Values | undefined>[] = [flight.promise];
    const { timeoutMs } = load;
    if (timeoutMs !== undefined && timeoutMs <= MAX_TIMER_MS) ends.push(this.#afterTimeout(load, timeoutMs));
    if (signal !== undefined) ends.push(this.#onAbort(signal));
    if (!isOwner) ends.push(this.#onSilence(flight));
    return ends;
  }

  /** LOAD_TIMEOUT. */
  #afterTimeout({ key }: Load, timeoutMs: number): Promise<never> {
    return new Promise((_, reject) => {
      const timer = setTimeout(() => {
        this.timeout = new CacheError("LOAD_TIMEOUT", `the load took longer than ${timeoutMs} ms`, { key });
        reject(this.timeout);
      }, timeoutMs);
      this.#clearings.push(() => clearTimeout(timer));
    });
  }

  /** The signal's reason. */
  #onAbort(signal: AbortSignal): Promise<never> {
    return new Promise((_, reject) => {
      const abort = () => reject(signal.reason);
      signal.addEventListener("abort", abort);
      this.#clearings.push(() => signal.removeEventListener("abort", abort));
    });
  }

  /** undefined, when the owner's timer no longer beats. */
  #onSilence(flight: Flight): Promise<undefined> {
    return new Promise((resolve) => {
      let heard = flight.beats;
      const timer = background(() => {
        if (flight.beats === heard) resolve(undefined);
        heard = flight.beats;
      }, SILENCE_MS);
      this.#clearings.push(() => clearInterval(timer));
    });
  }

  clear(): void {
    for (const clear of this.#clearings) clear();
  }
}
