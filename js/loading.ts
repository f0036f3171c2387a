/**
 * One load per key at a time.
 *
 * The caller that starts a load owns it; others wait for its promise. In an edge worker the request
 * that owns a load can be cancelled, and then the promise never settles: so the owner's timer beats
 * while it lives, and a waiter that hears nothing for a while takes the load over.
 */

import { CacheError } from "./errors.js";
import type { Awaitable, LoadContext } from "./types.js";
import { type Ttl, ttlMs } from "./units.js";

const BEAT_MS = 500;
/** A waiter that heard no beat for so long loads itself. */
const SILENCE_MS = 2_000;
/** Timers cannot wait longer (24.8 days); a longer timeout is none. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export type Loader<T> = (context: LoadContext<T>) => Awaitable<T>;

export interface Load {
  key: string;
  /** As units.ts has it; `setTtl` changes it. */
  ttl: number;
  loader: Loader<unknown>;
  /** Called once with what is to be stored. */
  store: (value: unknown, ttl: number) => void;
  timeoutMs: number | undefined;
  signal: AbortSignal | undefined;
}

export interface LoadCounts {
  loads: number;
  loadFailures: number;
  loadsShared: number;
}

interface Flight {
  promise: Promise<unknown>;
  /** While the loader is being called: whoever asks for the key then is the loader itself. */
  starting: boolean;
  /** The key was written meanwhile: what is loaded is given to the callers and not stored. */
  outdated: boolean;
  abort: AbortController;
  waiting: number;
  beats: number;
}

const SILENT = Symbol("the owner is gone");

export class Flights {
  readonly #flights = new Map<string, Flight>();
  readonly #counts: LoadCounts;

  constructor(counts: LoadCounts) {
    this.#counts = counts;
  }

  /** The loaded value, and whether another caller loaded it. `whole` names the flight. */
  async load(whole: string, load: Load): Promise<{ value: unknown; shared: boolean }> {
    for (;;) {
      load.signal?.throwIfAborted();
      const running = this.#flights.get(whole);
      // A loader that loads its own key would wait for itself: it loads apart.
      if (running?.starting) return new Flights(this.#counts).load(whole, load);
      const flight = running ?? this.#start(whole, load);
      if (running !== undefined) this.#counts.loadsShared++;
      const value = await this.#wait(whole, flight, load, running === undefined);
      if (value !== SILENT) return { value, shared: running !== undefined };
      this.#forget(whole, flight);
    }
  }

  #start(whole: string, load: Load): Flight {
    this.#counts.loads++;
    const abort = new AbortController();
    const promise = Promise.resolve(); // replaced before anybody waits
    const flight: Flight = { promise, starting: true, outdated: false, abort, waiting: 0, beats: 0 };
    const heart = background(() => flight.beats++, BEAT_MS);
    this.#flights.set(whole, flight);
    const cancelled = new Promise((_, reject) => {
      abort.signal.addEventListener("abort", () => reject(abort.signal.reason), { once: true });
    });
    flight.promise = Promise.race([this.#run(whole, flight, load), cancelled]).finally(() => {
      clearInterval(heart);
      this.#forget(whole, flight);
    });
    flight.starting = false;
    flight.promise.catch(() => {}); // every waiter may have left
    return flight;
  }

  async #run(whole: string, flight: Flight, load: Load): Promise<unknown> {
    let { ttl } = load;
    let stored = true;
    const context: LoadContext<unknown> = {
      key: load.key,
      signal: flight.abort.signal,
      stale: undefined,
      setTtl: (given: Ttl) => {
        ttl = ttlMs(given);
      },
      skip: () => {
        stored = false;
      },
    };
    try {
      const value = await load.loader(context);
      // A load that timed out or was taken over no longer speaks for the key.
      const speaks = this.#flights.get(whole) === flight && !flight.outdated;
      if (stored && speaks && value !== undefined) load.store(value, ttl);
      return value;
    } catch (error) {
      if (!flight.abort.signal.aborted) this.#counts.loadFailures++;
      throw error;
    }
  }

  /** Waits as long as this caller may, and as the owner lives. */
  async #wait(whole: string, flight: Flight, load: Load, isOwner: boolean): Promise<unknown> {
    const ends = new Ends();
    flight.waiting++;
    try {
      return await Promise.race(ends.of(flight, load, isOwner));
    } catch (error) {
      const ownerTimedOut = isOwner && ends.timeout !== undefined && error === ends.timeout;
      if (ownerTimedOut) this.#counts.loadFailures++;
      if (ownerTimedOut || flight.waiting === 1) this.#cancel(whole, flight, error);
      throw error;
    } finally {
      flight.waiting--;
      ends.clear();
    }
  }

  /** A key was written or deleted: a load that started before must not undo that. */
  outdate(whole: string): void {
    const flight = this.#flights.get(whole);
    if (flight !== undefined) flight.outdated = true;
  }

  /** Any key may have been deleted. */
  outdateAll(): void {
    for (const flight of this.#flights.values()) flight.outdated = true;
  }

  #cancel(whole: string, flight: Flight, reason: unknown): void {
    this.#forget(whole, flight);
    flight.abort.abort(reason);
  }

  #forget(whole: string, flight: Flight): void {
    if (this.#flights.get(whole) === flight) this.#flights.delete(whole);
  }
}

/** What can end a wait before the load does, and the timers and listeners to be cleared after it. */
class Ends {
  readonly #clearings: (() => void)[] = [];
  /** What this wait ended with, if it lasted too long. */
  timeout: CacheError | undefined;

  of(flight: Flight, { key, timeoutMs, signal }: Load, isOwner: boolean): Promise<unknown>[] {
    const ends = [flight.promise];
    if (timeoutMs !== undefined && timeoutMs <= MAX_TIMER_MS) ends.push(this.#afterTimeout(key, timeoutMs));
    if (signal !== undefined) ends.push(this.#onAbort(signal));
    if (!isOwner) ends.push(this.#onSilence(flight));
    return ends;
  }

  /** LOAD_TIMEOUT. */
  #afterTimeout(key: string, timeoutMs: number): Promise<never> {
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

  /** SILENT, when the owner's timer no longer beats. */
  #onSilence(flight: Flight): Promise<typeof SILENT> {
    return new Promise((resolve) => {
      let heard = flight.beats;
      const timer = background(() => {
        if (flight.beats === heard) resolve(SILENT);
        heard = flight.beats;
      }, SILENCE_MS);
      this.#clearings.push(() => clearInterval(timer));
    });
  }

  clear(): void {
    for (const clear of this.#clearings) clear();
  }
}

/** An interval that keeps no process alive. */
function background(run: () => void, ms: number): ReturnType<typeof setInterval> {
  const timer = setInterval(run, ms);
  (timer as { unref?: () => void }).unref?.();
  return timer;
}
