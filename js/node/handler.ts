/** A request listener around the cache. */

import type { IncomingMessage, ServerResponse } from "node:http";
import { HttpCache } from "../http/index.js";
import { explained, failed, OriginError, plain, Refused } from "./failures.js";
import { type NodeHandlerOptions, readOptions } from "./options.js";
import { HttpOrigin, type Interim } from "./origin.js";
import { type Message, readMessage, requestOf } from "./request.js";
import { passInterim, sendBody, sendHead } from "./send.js";

/** For `http.createServer` and everything that takes the same. Never throws; answers every request. */
export type NodeListener = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * A caching reverse proxy in front of `origin`, or a cache around `fetch`, as a listener for
 * node:http and node:https servers: `http.createServer(nodeHandler({ origin: "http://127.0.0.1:9000" }))`.
 *
 * Answers 400 for a request without a valid target and Host, 502 when the origin cannot be reached or
 * answers with nonsense, 504 after `originTimeout`, 508 for a request that has been here before. A body
 * that breaks off breaks the client's connection. INVALID_OPTION.
 */
export function nodeHandler(options: NodeHandlerOptions): NodeListener {
  const handler = new Handler(options);
  return (request, response) => {
    handler.handle(request, response).catch(() => response.destroy());
  };
}

type OnInterim = (interim: Interim) => void;

class Handler {
  readonly #http: HttpCache;
  readonly #origin: HttpOrigin | undefined;
  readonly #name: string;
  readonly #onError: (error: unknown, request: IncomingMessage) => void;

  constructor(options: NodeHandlerOptions) {
    const { cache, origin, onError } = readOptions(options);
    this.#http = new HttpCache(cache);
    this.#origin = origin && new HttpOrigin(origin);
    this.#name = cache.name ?? "isocache";
    this.#onError = onError;
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.on("error", () => {}); // "close" follows
    request.on("error", () => {});
    response.once("close", () => response.writableFinished || gone.abort());
    const answer = await this.#answer(request, response, gone.signal);
    if (answer === undefined || response.destroyed) {
      answer?.body?.cancel().catch(() => {});
      return void response.destroy();
    }
    try {
      sendHead(answer, explained(answer.headers, this.#name), response);
      await sendBody(answer, response, request.method === "HEAD");
    } catch (error) {
      if (gone.signal.aborted) return;
      this.#tell(error, request);
      if (response.headersSent) return;
      answer.body?.cancel().catch(() => {});
      await this.#refuse(failed("origin-invalid"), response);
    }
  }

  /** undefined: there is nobody left to answer to. */
  async #answer(request: IncomingMessage, response: ServerResponse, gone: AbortSignal): Promise<Response | undefined> {
    try {
      const message = readMessage(request, gone);
      if (this.#origin?.isLoop(message)) throw new Refused(508, "this proxy is its own origin");
      const asked = requestOf(message);
      const onInterim: OnInterim = (interim) => passInterim(interim, request, response);
      if (asked === undefined) return await this.#past(message, onInterim, request);
      const origin = this.#origin;
      if (origin === undefined) return await this.#http.fetch(asked);
      return await this.#http.fetch(asked, { origin: (forwarded) => this.#ask(forwarded, onInterim, request) });
    } catch (error) {
      if (gone.aborted) return undefined;
      if (error instanceof Refused) return plain(error.status, error.message);
      this.#tell(error, request);
      return failed(error instanceof OriginError ? error.failure : "origin-failed");
    }
  }

  /** Past the cache. */
  async #past(message: Message, onInterim: OnInterim, request: IncomingMessage): Promise<Response> {
    if (this.#origin === undefined) throw new Refused(501, "a function cannot be asked this");
    const response = await this.#ask(message, onInterim, request);
    response.headers.append("cache-status", `${this.#name}; fwd=bypass`);
    return response;
  }

  /** Failures are responses: the cache may have something better to say than a 502. */
  async #ask(message: Message, onInterim: OnInterim, request: IncomingMessage): Promise<Response> {
    try {
      return await (this.#origin as HttpOrigin).ask(message, onInterim);
    } catch (error) {
      if (!(error instanceof OriginError)) throw error;
      this.#tell(error, request);
      return failed(error.failure);
    }
  }

  /** In place of a response that could not be sent. */
  async #refuse(answer: Response, response: ServerResponse): Promise<void> {
    for (const name of response.getHeaderNames()) response.removeHeader(name);
    response.statusMessage = "";
    sendHead(answer, explained(answer.headers, this.#name), response);
    await sendBody(answer, response, false);
  }

  #tell(error: unknown, request: IncomingMessage): void {
    try {
      this.#onError(error, request);
    } catch {
      // it is for information
    }
  }
}
