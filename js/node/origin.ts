/**
 * Asks an origin over node:http. Not over fetch, which decodes bodies, hides interim responses, and
 * knows neither all methods nor more than one transfer coding.
 */

import { randomUUID } from "node:crypto";
import { Agent, type ClientRequest, type IncomingMessage, request as httpRequest } from "node:http";
import { Agent as SecureAgent, request as httpsRequest } from "node:https";
import { pipeline, type Readable, type Transform } from "node:stream";
import { createGunzip, createInflate } from "node:zlib";
import { OriginError, withoutFailure } from "./failures.js";
import { endToEnd, isBodiless } from "./fields.js";
import { Patience } from "./patience.js";
import type { Message } from "./request.js";
import { drained, streamOf } from "./streams.js";

/** An interim response, as ClientRequest's event "information" gives it. */
export interface Interim {
  statusCode: number;
  rawHeaders: readonly string[];
}

export interface OriginOptions {
  url: URL;
  timeoutMs: number;
  agent: Agent | undefined;
}

/** May be sent twice (RFC 9110, 9.2.2), here only where there is no body. */
const IDEMPOTENT = ["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"];

/** An origin that was started anew has closed all kept connections; more than so many are no coincidence. */
const MAX_RETRIES = 8;

export class HttpOrigin {
  readonly #url: URL;
  readonly #timeoutMs: number;
  readonly #agent: Agent;
  readonly #request: typeof httpRequest;
  /** Names this handler among the proxies that a request came through, so that one that comes back is known (RFC 8586). */
  readonly #id = `isocache-${randomUUID().slice(0, 8)}`;

  constructor({ url, timeoutMs, agent }: OriginOptions) {
    const secure = url.protocol === "https:";
    this.#url = url;
    this.#timeoutMs = timeoutMs;
    this.#agent = agent ?? new (secure ? SecureAgent : Agent)({ keepAlive: true });
    this.#request = secure ? httpsRequest : httpRequest;
  }

  /** Whether a request has been here before. To be asked before the cache is: it would wait there for itself. */
  isLoop({ headers }: Message): boolean {
    return headers.get("cdn-loop")?.includes(this.#id) ?? false;
  }

  /** Rejects with OriginError, and with the reason of an aborted signal. */
  async ask(message: Message, onInterim: (interim: Interim) => void): Promise<Response> {
    for (let retries = MAX_RETRIES; ; retries--) {
      try {
        return await this.#ask(message, onInterim, retries > 0);
      } catch (error) {
        if (!(error instanceof StaleConnection)) throw error;
      }
    }
  }

  /** With `mayRetry` it rejects with StaleConnection where another connection may do. */
  #ask(message: Message, onInterim: (interim: Interim) => void, mayRetry: boolean): Promise<Response> {
    return new Promise((resolve, reject) => {
      const outgoing = this.#send(message);
      const patience = new Patience(this.#timeoutMs, () => outgoing.destroy());
      patience.begin();
      outgoing.on("information", (interim: Interim) => {
        patience.begin();
        onInterim(interim);
      });
      outgoing.once("response", (incoming: IncomingMessage) => {
        patience.end();
        try {
          resolve(received(incoming, message.method, patience));
        } catch (cause) {
          outgoing.destroy();
          reject(new OriginError("origin-invalid", { cause }));
        }
      });
      outgoing.on("error", (error: Error) => {
        patience.end();
        if (message.signal.aborted) reject(message.signal.reason);
        else if (mayRetry && !patience.isOver && isStale(outgoing, message, error)) reject(new StaleConnection());
        else
          reject(isNonsense(error) ? new OriginError("origin-invalid", { cause: error }) : patience.unanswered(error));
      });
      // After an error or a response this says nothing new.
      outgoing.once("close", () => reject(patience.unanswered(undefined)));
      upload(message.body, outgoing, patience).catch((error) => outgoing.destroy(error));
    });
  }

  #send({ method, url, headers, body, signal }: Message): ClientRequest {
    const { host, protocol, pathname, search } = new URL(url);
    const fields: Record<string, string> = Object.fromEntries(headers);
    const loop = fields["cdn-loop"];
    fields["host"] = this.#url.host;
    fields["cdn-loop"] = loop === undefined ? this.#id : `${loop}, ${this.#id}`;
    fields["x-forwarded-host"] = host;
    fields["x-forwarded-proto"] = protocol.slice(0, -1);
    // node:http would leave it away for methods that have no body as a rule, and the body would be taken for a request.
    if (body !== null && fields["content-length"] === undefined) fields["transfer-encoding"] = "chunked";
    const { protocol: scheme, hostname, port } = this.#url;
    const address = { protocol: scheme, hostname: hostname.replace(/^\[|\]$/g, ""), port };
    return this.#request({ ...address, path: pathname + search, method, headers: fields, agent: this.#agent, signal });
  }
}

/** The origin closed a kept connection while the request was on its way. */
class StaleConnection extends Error {}

function isStale(outgoing: ClientRequest, { method, body }: Message, error: Error): boolean {
  const { code } = error as { code?: unknown };
  return outgoing.reusedSocket && code === "ECONNRESET" && body === null && IDEMPOTENT.includes(method);
}

/** node:http could not read the answer, or has no room for its fields. */
function isNonsense(error: Error): boolean {
  return String((error as { code?: unknown }).code).startsWith("HPE_");
}

async function upload(
  body: ReadableStream<Uint8Array> | null,
  outgoing: ClientRequest,
  patience: Patience,
): Promise<void> {
  if (body === null) return void outgoing.end();
  const reader = body.getReader();
  try {
    for (;;) {
      patience.end();
      const { done, value } = await reader.read();
      patience.begin();
      if (done) return void outgoing.end();
      if (!outgoing.write(value)) await drained(outgoing);
    }
  } catch (error) {
    reader.cancel(error).catch(() => {});
    throw error;
  }
}

/** Throws for what cannot be a Response. */
function received(incoming: IncomingMessage, method: string, patience: Patience): Response {
  const status = incoming.statusCode ?? 0;
  const headers = withoutFailure(endToEnd(incoming.rawHeaders));
  const init = { status, statusText: incoming.statusMessage ?? "", headers };
  if (method === "HEAD" || isBodiless(status)) {
    const response = new Response(null, init);
    incoming.resume();
    return response;
  }
  return new Response(streamOf(uncoded(incoming), patience), init);
}

/**
 * A body without its transfer codings, which belong to the origin's connection; node:http has undone "chunked". A name that
 * is no coding of HTTP's says nothing about the body.
 */
function uncoded(incoming: IncomingMessage): Readable {
  const codings = incoming.headers["transfer-encoding"]?.toLowerCase().split(",") ?? [];
  const decoders = codings.reverse().flatMap((coding) => DECODERS.get(coding.trim())?.() ?? []);
  // The last of them fails with whichever fails.
  return decoders.reduce<Readable>((from, decoder) => pipeline(from, decoder, () => {}), incoming);
}

const DECODERS = new Map<string, () => Transform>([
  ["gzip", createGunzip],
  ["x-gzip", createGunzip],
  ["deflate", createInflate],
]);
