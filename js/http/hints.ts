/**
 * Resources whose responses could not be shared lately: who asks for them does not wait for others.
 * Bounded; the oldest goes first.
 */

const REMEMBERED = 1_024;
const FOR_MS = 60_000;

export class Hints {
  /** Until when, in milliseconds since the epoch. */
  readonly #until = new Map<string, number>();

  add(at: string, now: number): void {
    this.#until.delete(at);
    this.#until.set(at, now + FOR_MS);
    if (this.#until.size > REMEMBERED) this.#until.delete(this.#until.keys().next().value as string);
  }

  remove(at: string): void {
    this.#until.delete(at);
  }

  has(at: string, now: number): boolean {
    return (this.#until.get(at) ?? 0) > now;
  }
}
