/** How long the origin is waited for. */

import type { Around } from "./streams.js";
import { OriginError } from "./failures.js";

/**
 * Calls `over` when the origin has been waited for, without a break, for `ms` milliseconds. While the
 * client is slow to send or to take what is there, no time runs.
 */
export class Patience implements Around {
  readonly #ms: number;
  readonly #over: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isOver = false;

  constructor(ms: number, over: () => void) {
    this.#ms = ms;
    this.#over = over;
  }

  /** Starts, or starts again. */
  begin(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#isOver = true;
      this.#over();
    }, this.#ms);
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  end(): void {
    clearTimeout(this.#timer);
  }

  failed(cause: unknown): OriginError {
    return new OriginError(this.#isOver ? "origin-timeout" : "origin-incomplete", { cause });
  }

  unanswered(cause: unknown): OriginError {
    return new OriginError(this.#isOver ? "origin-timeout" : "origin-unreachable", { cause });
  }
}
