/** What the standard's interfaces say of their arguments, whichever method it is. */

/** TypeError where one is left out. */
export function assertArguments(given: number, needed: number): void {
  if (given < needed) throw new TypeError(`${needed} argument${needed > 1 ? "s" : ""} required, but ${given} present`);
}
