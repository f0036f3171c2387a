/**
 * Resources whose responses could not be shared lately: who asks for them does not wait for others.
 * Bounded; the oldest goes first.
 */

import { fingerprint } from "./fingerprint.js";

const REMEMBERED = 1_024;
const FOR_MS = 60_000;

export class Hints {
  /** By fingerprint: until when, in milliseconds since the epoch. */
  readonly #until = new Map<number, number>();

  add(at: string, now: number): void {
    const print = fingerprint(at);
    this.#until.delete(print);
    this.#until.set(print, now + FOR_MS);
    if (this.#until.size > REMEMBERED) this.#until.delete(this.#until.keys().next().value as number);
  }

  remove(at: string): void {
    if (this.#until.size > 0) this.#until.delete(fingerprint(at));
  }

  has(at: string, now: number): boolean {
    return this.#until.size > 0 && (this.#until.get(fingerprint(at)) ?? 0) > now;
  }
}
