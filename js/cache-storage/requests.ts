/** What is asked for, and whether something stored is that. */

export type Field = readonly [name: string, value: string];

/** What is known of a stored request, and of what its response says of it. */
export interface Slot {
  /** Where its response is, and how old it is: `unique.ts`. */
  at: string;
  /** As it was asked for, fragment included. */
  url: string;
  headers: Field[];
  /** The names that the response's Vary has, in lower case. */
  vary: string[];
}

/** What `match` and its like are asked. */
export interface Query {
  request: Request;
  /** The URL without its fragment and, where that is ignored, without its search. */
  url: string;
  ignoreSearch: boolean;
  ignoreVary: boolean;
}

/** A Request, or what the constructor takes. TypeError. */
export function readRequest(input: unknown): Request {
  if (isRequest(input)) return input;
  return new Request(new URL(`${input}`, globalThis.location?.href));
}

/** undefined: nothing that is stored can match, as of another method than GET. TypeError. */
export function readQuery(input: unknown, options: CacheQueryOptions | null | undefined): Query | undefined {
  const given: unknown = options ?? {};
  if (typeof given !== "object" && typeof given !== "function") throw new TypeError("the options are no object");
  const { ignoreSearch = false, ignoreMethod = false, ignoreVary = false } = given as CacheQueryOptions;
  const request = readRequest(input);
  if (request.method !== "GET" && !ignoreMethod) return undefined;
  return {
    request,
    url: ignoreSearch ? withoutSearch(request.url) : withoutFragment(request.url),
    ignoreSearch: !!ignoreSearch,
    ignoreVary: !!ignoreVary,
  };
}

/** The request of a `put`, which must be one that can be stored: TypeError. */
export function readStorable(input: unknown): Request {
  const request = readRequest(input);
  if (!/^https?:/.test(request.url)) throw new TypeError(`the scheme of ${request.url} is neither http nor https`);
  if (request.method !== "GET") throw new TypeError(`the method is ${request.method}, and not GET`);
  return request;
}

/** Whether a request with these fields selects a stored response of its URL. */
export function selects(headers: Headers, { vary, headers: stored }: Omit<Slot, "at">): boolean {
  const before = new Map(stored);
  return vary.every((name) => name !== "*" && (headers.get(name) ?? undefined) === before.get(name));
}

export function withoutFragment(url: string): string {
  return url.split("#", 1)[0] as string;
}

export function withoutSearch(url: string): string {
  return url.split(/[?#]/, 1)[0] as string;
}

/** The names in Vary. */
export function namesOf(vary: string | null): string[] {
  const names = (vary ?? "").split(",").map((name) => name.trim().toLowerCase());
  return names.filter((name) => name !== "");
}

/** Some libraries bring a class of their own. */
function isRequest(input: unknown): input is Request {
  if (typeof input !== "object" || input === null) return false;
  const { url, method, headers } = input as Request;
  return typeof url === "string" && typeof method === "string" && typeof headers?.get === "function";
}
