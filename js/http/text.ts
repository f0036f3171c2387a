/**
 * Messages as the engine reads them: every part is ended by a NUL. `src/http/wire.rs` has the list of
 * texts. Neither a URL nor a field can hold a NUL: URL and Headers see to that.
 */

import { encodeUtf8 } from "../text.js";
import { TOKEN, withoutFragment } from "./options.js";

export type Field = readonly [name: string, value: string];

/** What fetch's cache modes ask of a cache, in the words of a request. */
const MODES: Record<string, string> = {
  "no-store": "no-store",
  reload: "no-cache",
  "no-cache": "no-cache",
  "force-cache": "max-stale",
  "only-if-cached": "max-stale, only-if-cached",
};

export function requestText(request: Request): Uint8Array {
  let text = `${request.method}\0${withoutFragment(request.url)}\0${fieldsText(request.headers)}`;
  const mode = MODES[request.cache];
  if (mode !== undefined) text += `cache-control\0${mode}\0`;
  return encodeUtf8(text);
}

/** A request of which only some fields matter. */
export function partOfText({ method, url, headers }: Request, names: readonly string[]): Uint8Array {
  let text = `${method}\0${withoutFragment(url)}\0`;
  for (const name of names) {
    const value = TOKEN.test(name) ? headers.get(name) : null;
    if (value !== null) text += `${name}\0${value}\0`;
  }
  return encodeUtf8(text);
}

export function responseText(status: number, fields: Iterable<Field>): string {
  return `${status}\0${fieldsText(fields)}`;
}

function fieldsText(fields: Iterable<Field>): string {
  let text = "";
  for (const [name, value] of fields) text += `${name}\0${value}\0`;
  return text;
}

/** The parts of a text. */
export function readParts(text: string): string[] {
  return text === "" ? [] : text.slice(0, -1).split("\0");
}

/** The parts from `start` on as fields. */
export function readFields(parts: readonly string[], start = 0): [string, string][] {
  const fields: [string, string][] = [];
  for (let i = start; i + 1 < parts.length; i += 2) fields.push([parts[i] as string, parts[i + 1] as string]);
  return fields;
}
