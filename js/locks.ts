/**
 * Locks by key: one holder at a time, the others in the order in which they came.
 *
 * A holder has its lock for a lease, in real time. In an edge worker the request that holds a lock, or waits
 * for one, can be cancelled, and its timers with it: so all who wait look at the clock themselves, from time
 * to time, and so does whoever comes; and who is given a lock must take it soon.
 */

import { CacheError, closedError } from "./errors.js";
import { abort, MAX_TIMER_MS, unref, Waiter } from "./waiting.js";

/** How often who waits looks whether the holder's lease has run out, should the holder's timer be gone. */
const WATCH_MS = 1_000;
/** How soon who is given a lock must take it; it is a matter of microtasks unless its request is gone. */
const TAKE_MS = 2_000;

export interface Asked {
  /** 0: not at all. Infinity: until the lock is free. */
  waitMs: number;
  leaseMs: number;
  signal: AbortSignal | undefined;
}

/** A caller that holds a lock, or held it. */
export class Hold {
  readonly #key: string;
  readonly #ended: () => void;
  #abort: AbortController | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #until = Date.now() + TAKE_MS;
  #over = false;
  #lost: CacheError | undefined;

  /** `ended` is called once. */
  constructor(key: string, ended: () => void) {
    this.#key = key;
    this.#ended = ended;
  }

  /** Aborted when the lease ran out. */
  get signal(): AbortSignal {
    return (this.#abort as AbortController).signal;
  }

  /** Whether the lock is this holder's: a lease that is found to have run out ends here. */
  get valid(): boolean {
    if (!this.#over && Date.now() >= this.#until) this.lose(this.#lockLost());
    return !this.#over;
  }

  /** Called by the holder itself: in a worker, timers and signals belong to the request that makes them. */
  take(leaseMs: number): boolean {
    this.#abort = new AbortController();
    return this.extend(leaseMs);
  }

  /** A lease from now on. false: the lock is no longer held. */
  extend(leaseMs: number): boolean {
    if (!this.valid) return false;
    clearTimeout(this.#timer);
    this.#until = Date.now() + leaseMs;
    if (leaseMs <= MAX_TIMER_MS) {
      this.#timer = setTimeout(() => this.lose(this.#lockLost()), leaseMs);
      unref(this.#timer); // whoever waits keeps the process alive
    }
    return true;
  }

  /** LOCK_LOST, or CLOSED. */
  assertValid(): void {
    if (!this.valid) throw this.#lost ?? this.#lockLost();
  }

  lose(error: CacheError): void {
    if (this.#over) return;
    this.#lost = error;
    this.release();
    if (this.#abort !== undefined) abort(this.#abort, error);
  }

  release(): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#timer);
    this.#ended();
  }

  #lockLost(): CacheError {
    return new CacheError("LOCK_LOST", "the lock was given back, or its lease ran out", { key: this.#key });
  }
}

/** A key that somebody holds. */
interface Lock {
  holder: Hold;
  readonly waiters: Set<Waiter<Hold | null>>;
}

export class Locks {
  readonly #locks = new Map<string, Lock>();

  /** null: it was not to be had in time. Rejects with the signal's reason, and with CLOSED. `key` is for errors. */
  async acquire(whole: string, key: string, asked: Asked): Promise<Hold | null> {
    for (;;) {
      asked.signal?.throwIfAborted();
      this.#look(whole);
      const lock = this.#locks.get(whole);
      const hold = lock === undefined ? this.#lock(whole, key) : await this.#wait(whole, key, lock, asked);
      if (hold === null || hold.take(asked.leaseMs)) return hold;
    }
  }

  /** Ends all holds and waits. */
  close(): void {
    for (const { holder, waiters } of this.#locks.values()) {
      for (const waiter of waiters) waiter.fail(closedError());
      waiters.clear();
      holder.lose(closedError());
    }
  }

  /** Of a key that nobody holds. */
  #lock(whole: string, key: string): Hold {
    const holder = new Hold(key, () => this.#pass(whole));
    this.#locks.set(whole, { holder, waiters: new Set() });
    return holder;
  }

  /** A lease that ran out ends. */
  #look(whole: string): void {
    void this.#locks.get(whole)?.holder.valid;
  }

  /** The next one has the lock. */
  #pass(whole: string): void {
    const lock = this.#locks.get(whole) as Lock;
    const [next] = lock.waiters;
    if (next === undefined) {
      this.#locks.delete(whole);
      return;
    }
    lock.waiters.delete(next);
    lock.holder = new Hold(next.key, () => this.#pass(whole));
    next.give(lock.holder);
  }

  /** What is started here ends here, after the wait: another request cannot end it. */
  async #wait(whole: string, key: string, lock: Lock, { waitMs, signal }: Asked): Promise<Hold | null> {
    if (waitMs === 0) return null;
    const waiter = new Waiter<Hold | null>(key);
    const giveUp = (end: () => void) => {
      if (lock.waiters.delete(waiter)) end();
    };
    const abort = () => giveUp(() => waiter.fail(signal?.reason));
    const watch = setInterval(() => this.#look(whole), WATCH_MS);
    const timer = waitMs > MAX_TIMER_MS ? undefined : setTimeout(() => giveUp(() => waiter.give(null)), waitMs);
    signal?.addEventListener("abort", abort);
    lock.waiters.add(waiter);
    try {
      return await waiter.end;
    } finally {
      clearInterval(watch);
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    }
  }
}
