/**
 * A number for a text, for tables of keys that strangers choose: keys may be long, and a table that is
 * bounded by their number alone would not be bounded. Where two share a number, nothing worse happens
 * than that a request does not wait for another, or that a response is not stored.
 */

/** FNV-1a over UTF-16, 32 bits. O(length). */
export function fingerprint(text: string): number {
  let hash = 0x811c_9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x0100_0193);
  return hash >>> 0;
}
