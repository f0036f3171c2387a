/**
 * Who is told what a cache does, and when.
 *
 * What happens during a call is noted and told when the call's change is whole, in the order in which it
 * happened: so a listener may do to the cache what it likes. What its own calls cause is told after
 * that, never in the middle of it.
 */

import { describe, invalidOption } from "./keys.js";
import type { CacheEvents } from "./types.js";

export type EventName = keyof CacheEvents;
/** An event and what is told of it. */
export type Told = { [E in EventName]: readonly [E, CacheEvents[E]] }[EventName];

/** What listeners cause, that causes, and so on so many times is not told any more: else some would have no end. */
const LONGEST_CHAIN = 1_000;
/** Nor so many calls of listeners at all, that one call has caused: two calls a round have no end either. */
const MOST_CAUSED = 1 << 20;

interface Subscription {
  readonly listener: (told: never) => unknown;
  /** Whether it was not ended yet. */
  open: boolean;
}

const NONE: readonly Subscription[] = [];

/** What is to be told, and how long the chain of listeners is that caused it. */
interface Pending {
  readonly told: Iterable<Told>;
  readonly chain: number;
}

export class Events {
  /** Arrays that are replaced, never changed: an event goes to those who listened when it was told. */
  readonly #subscriptions: Record<EventName, readonly Subscription[]> = {
    hit: NONE,
    miss: NONE,
    set: NONE,
    remove: NONE,
    invalidate: NONE,
    error: NONE,
  };
  readonly #changed: () => void;
  #queue: Pending[] = [];
  /** How many calls are under way, one in another. */
  #calls = 0;
  /** How long the chain is that causes what is happening. */
  #chain = 0;
  #telling = false;
  /** How many calls of listeners what is being told has caused. */
  #caused = 0;
  /** The outermost call that is under way, by the name of its method. */
  operation: string | undefined;

  /** `changed` is called when what is listened to may have changed. */
  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** Whether anybody listens to it. */
  has(name: EventName): boolean {
    return this.#subscriptions[name].length > 0;
  }

  get any(): boolean {
    return Object.values(this.#subscriptions).some((all) => all.length > 0);
  }

  /** Gives what ends the subscription. INVALID_OPTION. */
  on(name: unknown, listener: unknown): () => void {
    const names = Object.keys(this.#subscriptions);
    if (!names.includes(name as string)) throw invalidOption("event", `must be one of ${names.join(", ")}`, name);
    if (typeof listener !== "function")
      throw invalidOption("listener", `is no function but ${describe(listener)}`, listener);
    const subscription: Subscription = { listener: listener as Subscription["listener"], open: true };
    this.#replace(name as EventName, (all) => [...all, subscription]);
    return () => {
      if (!subscription.open) return;
      subscription.open = false;
      this.#replace(name as EventName, (all) => all.filter((other) => other !== subscription));
    };
  }

  /** Tells an event, after the call that is under way. */
  emit<E extends EventName>(name: E, event: CacheEvents[E]): void {
    if (this.has(name)) this.tell([[name, event] as unknown as Told]);
  }

  /** Tells events, after the call that is under way. */
  tell(told: Iterable<Told>): void {
    const caused = this.#chain > 0 && ++this.#caused > MOST_CAUSED;
    if (!caused && this.#chain < LONGEST_CHAIN) this.#queue.push({ told, chain: this.#chain });
    this.#tellAll();
  }

  /** A call begins; `end` must follow, also where it fails. */
  begin(operation: string): void {
    if (this.#calls++ === 0) this.operation = operation;
  }

  /** Tells what happened, if no other call is under way. */
  end(): void {
    if (--this.#calls > 0) return;
    this.operation = undefined;
    if (this.#queue.length > 0) this.#tellAll();
  }

  /** Ends all subscriptions; what was not told yet will not be. */
  close(): void {
    this.#queue = [];
    for (const [name, all] of Object.entries(this.#subscriptions)) {
      for (const subscription of all) subscription.open = false;
      this.#subscriptions[name as EventName] = NONE;
    }
    this.#changed();
  }

  #replace(name: EventName, change: (all: readonly Subscription[]) => readonly Subscription[]): void {
    this.#subscriptions[name] = change(this.#subscriptions[name]);
    this.#changed();
  }

  #tellAll(): void {
    if (this.#calls > 0 || this.#telling || this.#queue.length === 0) return;
    this.#telling = true;
    this.#caused = 0;
    while (this.#queue.length > 0) {
      const queue = this.#queue;
      this.#queue = [];
      for (const { told, chain } of queue) {
        this.#chain = chain + 1;
        for (const [name, event] of told) this.#tellOne(name, event);
      }
    }
    this.#chain = 0;
    this.#telling = false;
  }

  #tellOne(name: EventName, event: CacheEvents[EventName]): void {
    for (const subscription of this.#subscriptions[name]) {
      if (!subscription.open) continue;
      try {
        const result = subscription.listener(event as never);
        // An async listener that fails would end the process of some runtimes.
        if (result instanceof Promise) result.catch(() => {});
      } catch {
        // whose listener it is has to look after it: neither the caller nor the others can
      }
    }
  }
}
