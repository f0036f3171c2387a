/** The one error class of the package. */

/** What went wrong; docs/errors.md says more of each. */
export type ErrorCode =
  | "INVALID_KEY"
  | "INVALID_TTL"
  | "INVALID_OPTION"
  | "INVALID_PATTERN"
  | "INVALID_SCOPE"
  | "NOT_SERIALIZABLE"
  | "NOT_A_NUMBER"
  | "OUT_OF_RANGE"
  | "VALIDATION"
  | "LOAD_TIMEOUT"
  | "LOCK_LOST"
  | "STORE_UNAVAILABLE"
  | "SNAPSHOT_CORRUPT"
  | "CLOSED"
  | "ENGINE_FAILED";

/** What an error is about. */
export interface CacheErrorDetails {
  /** The key of the call that was refused. */
  key?: string | undefined;
  /** What was refused, where that is not the key. */
  value?: unknown;
  /** What was thrown, where that is why. */
  cause?: unknown;
}

/** Why a call was refused. `code` is stable; the message is for people. */
export class CacheError extends Error {
  /** Stable: programs may depend on it. */
  readonly code: ErrorCode;
  /** The key of the call that was refused, where there is one. */
  readonly key?: string;
  /** What was refused, where that is not the key. */
  readonly value?: unknown;
  /** What was thrown by a codec, a schema, a runtime, where that is why. */
  override readonly cause?: unknown;

  constructor(code: ErrorCode, message: string, details: CacheErrorDetails = {}) {
    super(message);
    this.code = code;
    if (details.key !== undefined) this.key = details.key;
    if ("value" in details) this.value = details.value;
    if ("cause" in details) this.cause = details.cause;
  }
}
Object.defineProperty(CacheError.prototype, "name", { value: "CacheError", configurable: true, writable: true });

export function closedError(): CacheError {
  return new CacheError("CLOSED", "the cache is closed");
}

/** NOT_SERIALIZABLE, for the one value that nothing can hold. */
export function undefinedValue(key?: string): CacheError {
  return new CacheError("NOT_SERIALIZABLE", "undefined is what a miss gives and cannot be stored", { key });
}
