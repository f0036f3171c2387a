/** A cache that fails must not take the response with it. */

import { CacheError } from "../errors.js";

/** Throws what is no failure of the cache's. */
export function assertCacheError(error: unknown): asserts error is CacheError {
  if (!(error instanceof CacheError)) throw error;
}

/** What `decide` gives; undefined: the cache failed. */
export function attempt<T>(decide: () => T): T | undefined {
  try {
    return decide();
  } catch (error) {
    assertCacheError(error);
    return undefined;
  }
}

/** As `attempt`, for what takes its time. */
export async function attemptAsync<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    assertCacheError(error);
    return undefined;
  }
}
