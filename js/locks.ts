/**
 * Locks by key: one holder at a time, the others in the order in which they came.
 *
 * A holder has its lock for a lease, in real time. In an edge worker the request that holds a lock can be
 * cancelled, and its timers with it: so all who wait look at the clock themselves, from time to time, and
 * so does whoever comes.
 */

import { CacheError, closedError } from "./errors.js";
import { MAX_TIMER_MS } from "./flights.js";

/** How often who waits looks whether the holder's lease has run out, should the holder's timer be gone. */
const WATCH_MS = 1_000;

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
  readonly #abort = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #until = 0;
  #over = false;

  /** `ended` is called once. */
  constructor(key: string, ended: () => void) {
    this.#key = key;
    this.#ended = ended;
  }

  /** Aborted when the lease ran out. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Whether the lock is this holder's: a lease that is found to have run out ends here. */
  get valid(): boolean {
    if (!this.#over && Date.now() >= this.#until) this.lose(lockLost(this.#key));
    return !this.#over;
  }

  /** The lease runs from now. */
  grant(leaseMs: number): void {
    this.#until = Date.now() + leaseMs;
  }

  /** Called by the holder itself, because in a worker a timer ends with the request that started it. */
  arm(): void {
    clearTimeout(this.#timer);
    const left = this.#until - Date.now();
    if (this.#over || left > MAX_TIMER_MS) return;
    this.#timer = setTimeout(() => this.lose(lockLost(this.#key)), left);
    (this.#timer as { unref?: () => void }).unref?.(); // whoever waits keeps the process alive
  }

  /** false: it is no longer held. */
  extend(leaseMs: number): boolean {
    if (!this.valid) return false;
    this.grant(leaseMs);
    this.arm();
    return true;
  }

  /** Else LOCK_LOST. */
  assertValid(): void {
    if (!this.valid) throw lockLost(this.#key);
  }

  lose(error: CacheError): void {
    if (this.#over) return;
    this.release();
    this.#abort.abort(error);
  }

  release(): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#timer);
    this.#ended();
  }
}

function lockLost(key: string): CacheError {
  return new CacheError("LOCK_LOST", "the lock was given back, or its lease ran out", { key });
}

interface Waiter {
  grant(): Hold;
  fail(error: CacheError): void;
}

/** A key that somebody holds. */
interface Lock {
  holder: Hold;
  readonly waiters: Set<Waiter>;
}

export class Locks {
  readonly #locks = new Map<string, Lock>();

  /** null: it was not to be had in time. Rejects with the signal's reason, and with CLOSED. `key` is for errors. */
  async acquire(whole: string, key: string, asked: Asked): Promise<Hold | null> {
    asked.signal?.throwIfAborted();
    this.#look(whole);
    const lock = this.#locks.get(whole);
    const hold = lock === undefined ? this.#take(whole, key, asked.leaseMs) : await this.#wait(whole, key, lock, asked);
    hold?.arm();
    return hold;
  }

  /** Ends all holds and waits. */
  close(): void {
    for (const { holder, waiters } of this.#locks.values()) {
      for (const waiter of waiters) waiter.fail(closedError());
      waiters.clear();
      holder.lose(closedError());
    }
  }

  #take(whole: string, key: string, leaseMs: number): Hold {
    const holder = this.#newHold(whole, key, leaseMs);
    this.#locks.set(whole, { holder, waiters: new Set() });
    return holder;
  }

  #newHold(whole: string, key: string, leaseMs: number): Hold {
    const hold = new Hold(key, () => this.#pass(whole));
    hold.grant(leaseMs);
    return hold;
  }

  /** A lease that ran out ends. */
  #look(whole: string): void {
    void this.#locks.get(whole)?.holder.valid;
  }

  /** The next one has the lock. */
  #pass(whole: string): void {
    const lock = this.#locks.get(whole);
    const [next] = lock?.waiters ?? [];
    if (lock === undefined || next === undefined) {
      this.#locks.delete(whole);
      return;
    }
    lock.waiters.delete(next);
    lock.holder = next.grant();
  }

  #wait(whole: string, key: string, lock: Lock, { waitMs, leaseMs, signal }: Asked): Promise<Hold | null> {
    if (waitMs === 0) return Promise.resolve(null);
    return new Promise((resolve, reject) => {
      const leave = () => {
        lock.waiters.delete(waiter);
        clearInterval(watch);
        clearTimeout(timer);
        signal?.removeEventListener("abort", abort);
      };
      const end = (run: () => void) => {
        leave();
        run();
      };
      const abort = () => end(() => reject(signal?.reason));
      const waiter: Waiter = {
        grant: () => {
          const hold = this.#newHold(whole, key, leaseMs);
          end(() => resolve(hold));
          return hold;
        },
        fail: (error) => end(() => reject(error)),
      };
      const watch = setInterval(() => this.#look(whole), WATCH_MS);
      const timer = waitMs > MAX_TIMER_MS ? undefined : setTimeout(() => end(() => resolve(null)), waitMs);
      signal?.addEventListener("abort", abort);
      lock.waiters.add(waiter);
    });
  }
}
