/** Listeners of events, as Node's EventEmitter has them, where there is no Node. */

export type Listener = (...values: any[]) => void;
type EventName = string | symbol;

interface Registered {
  readonly listener: Listener;
  readonly once: boolean;
}

/** As in Node, with one difference: an "error" that nobody listens to is dropped and not thrown. */
export class Emitter {
  readonly #registered = new Map<EventName, Registered[]>();

  on(event: EventName, listener: Listener): this {
    return this.#add(event, { listener, once: false }, false);
  }

  once(event: EventName, listener: Listener): this {
    return this.#add(event, { listener, once: true }, false);
  }

  addListener(event: EventName, listener: Listener): this {
    return this.on(event, listener);
  }

  prependListener(event: EventName, listener: Listener): this {
    return this.#add(event, { listener, once: false }, true);
  }

  prependOnceListener(event: EventName, listener: Listener): this {
    return this.#add(event, { listener, once: true }, true);
  }

  /** Ends the latest subscription of this listener. */
  off(event: EventName, listener: Listener): this {
    const all = this.#of(event);
    const at = all.map((registered) => registered.listener).lastIndexOf(listener);
    return this.#put(
      event,
      all.filter((_, i) => i !== at),
    );
  }

  removeListener(event: EventName, listener: Listener): this {
    return this.off(event, listener);
  }

  removeAllListeners(event?: EventName): this {
    if (event === undefined) this.#registered.clear();
    else this.#registered.delete(event);
    return this;
  }

  /** Whether anybody listened. */
  emit(event: EventName, ...values: any[]): boolean {
    const all = this.#of(event);
    for (const { listener, once } of all) {
      if (once) this.off(event, listener);
      listener(...values);
    }
    return all.length > 0;
  }

  listeners(event: EventName): Listener[] {
    return this.#of(event).map(({ listener }) => listener);
  }

  rawListeners(event: EventName): Listener[] {
    return this.listeners(event);
  }

  listenerCount(event: EventName): number {
    return this.#of(event).length;
  }

  eventNames(): EventName[] {
    return [...this.#registered.keys()];
  }

  #of(event: EventName): readonly Registered[] {
    return this.#registered.get(event) ?? [];
  }

  #add(event: EventName, registered: Registered, first: boolean): this {
    const all = this.#of(event);
    return this.#put(event, first ? [registered, ...all] : [...all, registered]);
  }

  /** A list is replaced and never changed: listeners come and go while one is called. */
  #put(event: EventName, all: Registered[]): this {
    if (all.length === 0) this.#registered.delete(event);
    else this.#registered.set(event, all);
    return this;
  }
}
