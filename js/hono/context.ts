/**
 * What is used of Hono, written down rather than imported: Hono's types are no part of what we publish, any version 4
 * fits, and a program that has no Hono can still read our declarations.
 */

import type { Awaitable } from "../types.js";

/** Of Hono's `Context`. */
export interface HonoContext {
  /** The request; what is put here is what the handlers see. */
  req: { raw: Request };
  /** Reading it makes one; setting undefined takes it away with the fields that were set on it. */
  res: Response | undefined;
  /** Whether there is a response; as long as there is none, Hono takes the one that a handler returns. */
  finalized: boolean;
  /** What a handler threw. */
  error: Error | undefined;
  /** An edge worker's bindings. */
  env: any;
  /** Throws where the runtime gave none. */
  readonly executionCtx: { waitUntil(promise: Promise<unknown>): void };
  /** A response with the fields that were set until now. */
  newResponse(body: null): Response;
  /** Sets a field of the response, whether or not there is one yet; without a value, takes it away. */
  header(name: string, value?: string, options?: { append?: boolean }): void;
}

/** Of `Hono`. */
export interface HonoApp {
  /** Answers a request. */
  fetch(request: Request, env?: any, executionCtx?: any): Awaitable<Response>;
}

export type Next = () => Promise<void>;

/** The execution context of an edge worker; undefined elsewhere. */
export function executionOf(c: HonoContext): HonoContext["executionCtx"] | undefined {
  try {
    return c.executionCtx;
  } catch {
    return undefined;
  }
}
