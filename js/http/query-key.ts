/** Keys that take no notice of parts of a URL's query, for the `key` option. */

import { invalidOption } from "../keys.js";
import { withoutFragment } from "./options.js";

/** What `queryKey` takes. Names are compared as they are when decoded; one that ends with "*" stands for all that start so. */
export interface QueryKeyOptions {
  /** Parameters that make no difference, such as "utm_*". */
  ignore?: readonly string[];
  /** The only parameters that make a difference; then `ignore` is taken from these. */
  only?: readonly string[];
  /** Parameters in another order make no difference; of one name they keep theirs. Default true. */
  sort?: boolean;
}

/**
 * A `key` for HttpCache: the URL without fragment and without the parameters that make no difference.
 * Only for parameters of which the origin takes no notice either: two requests with one key get one
 * response. INVALID_OPTION. O(n log n) in the number of parameters.
 */
export function queryKey(options: QueryKeyOptions = {}): (request: Request) => string {
  if (typeof options !== "object" || options === null) throw invalidOption("options", "must be an object", options);
  const { ignore = [], only, sort = true } = options;
  const isIgnored = matcher("ignore", ignore);
  const counts = only === undefined ? () => true : matcher("only", only);
  if (typeof sort !== "boolean") throw invalidOption("sort", "is no boolean", sort);
  return ({ url }) => {
    const whole = withoutFragment(url);
    const mark = whole.indexOf("?");
    if (mark < 0) return whole;
    const all = whole
      .slice(mark + 1)
      .split("&")
      .map((text) => ({ text, name: nameOf(text) }));
    const kept = all.filter(({ name }) => counts(name) && !isIgnored(name));
    if (sort) kept.sort((a, b) => (a.name < b.name ? -1 : Number(a.name > b.name)));
    const query = kept.map(({ text }) => text).join("&");
    return query === "" && kept.length < all.length ? whole.slice(0, mark) : `${whole.slice(0, mark)}?${query}`;
  };
}

/** Undecodable ones as they stand. */
function nameOf(parameter: string): string {
  const [name = ""] = parameter.split("=", 1);
  try {
    return decodeURIComponent(name.replaceAll("+", " "));
  } catch {
    return name;
  }
}

function matcher(option: string, names: unknown): (name: string) => boolean {
  if (!Array.isArray(names) || !names.every((name) => typeof name === "string" && name !== "")) {
    throw invalidOption(option, "is no array of names", names);
  }
  const exact = new Set(names.filter((name: string) => !name.endsWith("*")));
  const starts = names.filter((name: string) => name.endsWith("*")).map((name: string) => name.slice(0, -1));
  return (name) => exact.has(name) || starts.some((start) => name.startsWith(start));
}
