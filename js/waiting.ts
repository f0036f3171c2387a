/** What loads and locks need of timers and signals, in runtimes that end a request with all that it started. */

/** Timers cannot wait longer (24.8 days); a longer time is without end. */
export const MAX_TIMER_MS = 2 ** 31 - 1;

/** An interval that keeps no process alive. */
export function background(run: () => void, ms: number): ReturnType<typeof setInterval> {
  const timer = setInterval(run, ms);
  unref(timer);
  return timer;
}

/** Lets the process end before this timer, where there is a process. */
export function unref(timer: unknown): void {
  (timer as { unref?: () => void }).unref?.();
}

/** Aborts, also where that is refused because the controller belongs to another request of an edge worker. */
export function abort(controller: AbortController, reason: unknown): void {
  try {
    controller.abort(reason);
  } catch {
    // Whoever listens ended with that request, or looks at what else says that it is over.
  }
}

/** A caller whose wait others end. `key` is for errors. */
export class Waiter<T> {
  readonly key: string;
  give!: (given: T) => void;
  fail!: (reason: unknown) => void;
  readonly end = new Promise<T>((give, fail) => {
    this.give = give;
    this.fail = fail;
  });

  constructor(key: string) {
    this.key = key;
  }
}
