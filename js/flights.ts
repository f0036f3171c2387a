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
import { abort, background, MAX_TIMER_MS, Waiter } from "./waiting.js";

const BEAT_MS = 500;
/** A load whose owner was not heard for so long has none any more. */
const SILENCE_MS = 2_000;
/** A load during which more tags are invalidated is taken to have one of them. */
const MANY_TAGS = 1_000;

/** What is loaded together; most often one key. */
export interface Load {
  /** The keys, scope included. */
  wholes: readonly string[];
  /** The first of them as its caller named it, for errors. */
  key: string;
  /** Their values, in the same order. */
  run(signal: AbortSignal): Awaitable<readonly unknown[]>;
  /**
   * Called once, with undefined in place of what is not to be stored: what is undefined, or was written meanwhile.
   * Nor is what has one of the tags that were invalidated meanwhile.
   */
  store(values: readonly unknown[], invalidated: ReadonlySet<string>): void;
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
  /** While the loader is being called: whoever asks for one of its keys then is the loader itself. */
  starting: boolean;
  /** Keys that were written meanwhile: what is loaded is given to the callers and not stored. */
  readonly outdated: Set<string>;
  /** Tags that were invalidated meanwhile. */
  readonly invalidated: Set<string>;
  readonly abort: AbortController;
  /** Not reactions of one promise: those of callers who left would stay for as long as the load lasts. */
  readonly waiters: Set<Waiter<Values | undefined>>;
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

  /** Any key that begins so may have been written or deleted. */
  outdateAll(prefix: string): void {
    for (const [whole, flight] of this.#flights) if (whole.startsWith(prefix)) flight.outdated.add(whole);
  }

  /** A load that started before must not bring back what these tags are on. */
  invalidate(tags: readonly string[]): void {
    for (const [whole, { invalidated, outdated }] of this.#flights) {
      if (invalidated.size >= MANY_TAGS) outdated.add(whole);
      else for (const tag of tags) invalidated.add(tag);
    }
  }

  #start(load: Load): Flight {
    this.#counts.loads += load.wholes.length;
    const controller = new AbortController();
    const { signal } = controller;
    const flight: Flight = {
      load,
      starting: true,
      outdated: new Set(),
      invalidated: new Set(),
      abort: controller,
      waiters: new Set(),
      heard: Date.now(),
      beats: 0,
    };
    const heart = background(() => {
      flight.heard = Date.now();
      flight.beats++;
    }, BEAT_MS);
    // The load's, not its caller's, who may leave it to others.
    const timer = whenLate(load, (error) => {
      this.#counts.loadFailures += load.wholes.length;
      this.#cancel(flight, error);
    });
    for (const whole of load.wholes) this.#flights.set(whole, flight);
    const cancelled = new Promise<never>((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
    const loaded = Promise.race([this.#run(flight), cancelled]).finally(() => {
      clearInterval(heart);
      clearTimeout(timer);
      this.#forget(flight);
    });
    flight.starting = false;
    const settled = loaded.then(
      (values) => flight.waiters.forEach((waiter) => waiter.give(values)),
      (error: unknown) => flight.waiters.forEach((waiter) => waiter.fail(error)),
    );
    load.keepAlive?.(settled);
    return flight;
  }

  async #run(flight: Flight): Promise<Values> {
    const { load } = flight;
    try {
      const values = await load.run(flight.abort.signal);
      // A load that timed out or was taken over no longer speaks for its keys.
      const speaks = (whole: string) => this.#flights.get(whole) === flight && !flight.outdated.has(whole);
      const kept = load.wholes.map((whole, i) => (speaks(whole) ? values[i] : undefined));
      load.store(kept, flight.invalidated);
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
    const waiter = new Waiter<Values | undefined>(load.key);
    const abort = () => waiter.fail(signal?.reason);
    const timer = isOwner ? undefined : whenLate(load, waiter.fail);
    const watch = isOwner ? undefined : whenSilent(flight, () => waiter.give(undefined));
    flight.waiters.add(waiter);
    signal?.addEventListener("abort", abort);
    if (signal?.aborted) abort(); // by the loader
    try {
      return await waiter.end;
    } catch (error) {
      if (flight.waiters.size === 1) this.#cancel(flight, error);
      throw error;
    } finally {
      flight.waiters.delete(waiter);
      clearTimeout(timer);
      clearInterval(watch);
      signal?.removeEventListener("abort", abort);
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

/** Calls `late` with LOAD_TIMEOUT when a load has lasted for as long as it may. */
function whenLate(
  { key, timeoutMs }: Load,
  late: (error: CacheError) => void,
): ReturnType<typeof setTimeout> | undefined {
  if (timeoutMs === undefined || timeoutMs > MAX_TIMER_MS) return undefined;
  const message = `the load took longer than ${timeoutMs} ms`;
  return setTimeout(() => late(new CacheError("LOAD_TIMEOUT", message, { key })), timeoutMs);
}

/** Calls `silent` when the timer of a load's owner no longer beats. */
function whenSilent(flight: Flight, silent: () => void): ReturnType<typeof setInterval> {
  let heard = flight.beats;
  return background(() => {
    if (flight.beats === heard) silent();
    heard = flight.beats;
  }, SILENCE_MS);
}
