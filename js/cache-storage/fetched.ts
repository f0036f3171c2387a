/** What `add` and `addAll` fetch. */

import { type Pair, isSame } from "./pairs.js";
import { assertStorable } from "./responses.js";

/** Fetches all at once; when one fails, the others are aborted. Errors as `StoredCache.addAll`. */
export async function fetchAll(
  requests: readonly Request[],
  read: (request: Request, response: Response) => Promise<Pair>,
): Promise<Pair[]> {
  const failed = new AbortController();
  try {
    const fetching = requests.map(async (request) => {
      const response = await fetch(request, { signal: either(request.signal, failed) });
      assertSuccess(response);
      return read(request, response);
    });
    const pairs = await Promise.all(fetching);
    assertDifferent(pairs);
    return pairs;
  } catch (error) {
    failed.abort(error);
    throw error;
  }
}

function assertSuccess(response: Response): void {
  if (!response.ok) throw new TypeError(`${response.url} answered with status ${response.status}`);
  assertStorable(response);
}

function assertDifferent(pairs: readonly Pair[]): void {
  pairs.forEach(({ slot }, i) => {
    if (!pairs.slice(0, i).some((earlier) => isSame(slot, earlier.slot))) return;
    throw new DOMException(`${slot.url} was given twice`, "InvalidStateError");
  });
}

/** Aborted when the request is, or the others failed. */
function either(own: AbortSignal | undefined, failed: AbortController): AbortSignal {
  if (own?.aborted) return own;
  own?.addEventListener("abort", () => failed.abort(own.reason), { once: true, signal: failed.signal });
  return failed.signal;
}
