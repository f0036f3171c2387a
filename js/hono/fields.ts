/**
 * Fields that middleware in front of the cache has set: `c.header()`, `cors()`, a request's id. They belong to the one
 * request: stored, they would be given to others, one visitor's Access-Control-Allow-Origin to the next. So they are
 * taken away before the handlers run, and put on every response, whether it comes from the store or from them.
 *
 * What says how a response may be cached, or describes its body, stays with the handlers, as a default that they may
 * replace.
 */

import type { HonoContext } from "./context.js";

export type Fields = readonly (readonly [name: string, value: string])[];

const OF_THE_RESPONSE =
  /^(age|cache-.*|cdn-.*|content-(encoding|language|length|location|range|type)|date|etag|expires|last-modified|pragma|surrogate-.*|vary)$/;

/** Takes the fields of this request away, and gives them. */
export function setAside(c: HonoContext): Fields {
  const all = [...c.newResponse(null).headers];
  c.res = undefined;
  c.finalized = false;
  for (const [name, value] of all) c.header(name, OF_THE_RESPONSE.test(name) ? value : undefined);
  return all.filter(([name]) => !OF_THE_RESPONSE.test(name));
}

/** Makes it the response, with the fields that were set aside; those of the response itself go first. */
export function answer(c: HonoContext, response: Response, aside: Fields): void {
  const { headers } = response;
  const missing = aside.filter(([name]) => name === "set-cookie" || !headers.has(name));
  c.res = undefined; // or Hono would put the fields of the one before on this one
  c.res = withFields(response, missing);
}

/** With more fields, in a response of its own where this one cannot be changed. */
export function withFields(response: Response, fields: Fields): Response {
  if (fields.length === 0) return response;
  const changed = isImmutable(response) ? new Response(response.body, response) : response;
  for (const [name, value] of fields) changed.headers.append(name, value);
  return changed;
}

/** Whether it has come from `fetch` or such; there is no asking but by trying. */
function isImmutable({ headers }: Response): boolean {
  try {
    headers.delete("isocache-none");
    return false;
  } catch {
    return true;
  }
}
