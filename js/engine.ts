/**
 * The WebAssembly engine: the only file that touches generated glue and linear memory.
 *
 * One instance serves all caches of the program. The module of `isocache` comes without request caching, which is a third
 * of it; `isocache/http` brings the whole one, and it serves for both where it is there before the first cache. Where it
 * comes later it gets an instance of its own, beside the caches': it decides by its arguments and keeps nothing. A call writes its key (and value) to the scratch
 * buffer, passes numbers, and reads the answer from the result block or from where it lies. When linear
 * memory grows, the views on it are detached and have length 0, which is how `bytes` and `result` know
 * that they must be renewed (asking `memory.buffer` each time costs more than the rest of the call).
 *
 * If the module traps all the same, its memory can no longer be trusted: the instance is dropped, the
 * next call starts a fresh one, and the caches find themselves empty (`Port` is new, so each of them
 * opens its own again).
 */

import { CacheError } from "./errors.js";
import * as glue from "./generated/glue.js";
import { encodeUtf8 } from "./text.js";

/** What is kept of a buffer for values that are lent: 1 MiB and what stands in front of a body. */
const LENT = (1 << 20) + (16 << 10);

/** From here on a buffer is given back after the call. */
export const LARGE = 64 << 10;

type TextMethod = Extract<keyof glue.Engine, `http_${string}`>;

export type ModuleSource = WebAssembly.Module | BufferSource;

/** What `src/wasm/code.rs` calls the answers of a call. */
export const Code = {
  Miss: -1,
  InvalidPattern: -5,
  NotANumber: -6,
  OutOfRange: -7,
  SnapshotCorrupt: -9,
  /** Events were fetched: the write is to be made again. */
  Unfinished: -10,
} as const;

interface Exports extends WebAssembly.Exports {
  memory: WebAssembly.Memory;
  __wbindgen_start(): void;
}

/** One running instance of the module. */
export class Port {
  readonly module: WebAssembly.Module;
  readonly engine: glue.Engine;
  #lent = new Uint8Array(0);
  readonly #exports: Exports;
  readonly #memory: WebAssembly.Memory;
  readonly #resultAt: number;
  #bytes: Uint8Array;
  #words: Uint32Array;
  #result: Float64Array;
  #input: Uint8Array;
  #scratchAt: number;
  #scratchLength: number;

  constructor(module: WebAssembly.Module) {
    this.module = module;
    const instance = new WebAssembly.Instance(module, { "./isocache_bg.js": { ...glue } as WebAssembly.ModuleImports });
    const exports = instance.exports as Exports;
    this.#exports = exports;
    this.enter();
    exports.__wbindgen_start();
    this.engine = new glue.Engine();
    this.#memory = exports.memory;
    this.#resultAt = this.engine.result();
    this.#scratchAt = this.engine.scratch(0);
    this.#scratchLength = this.engine.scratch_len();
    this.#bytes = new Uint8Array(this.#memory.buffer);
    this.#words = new Uint32Array(this.#memory.buffer);
    this.#result = new Float64Array(this.#memory.buffer, this.#resultAt, 6);
    this.#input = new Uint8Array(this.#memory.buffer, this.#scratchAt, this.#scratchLength);
  }

  /** Makes the glue, which knows one instance, call this one. */
  enter(): void {
    glue.__wbg_set_wasm(this.#exports);
  }

  get memoryBytes(): number {
    return this.#memory.buffer.byteLength;
  }

  /** Linear memory as it is now. */
  get bytes(): Uint8Array {
    if (this.#bytes.length === 0) this.#renew();
    return this.#bytes;
  }

  /** The same, in words of four bytes. */
  get words(): Uint32Array {
    if (this.#words.length === 0) this.#renew();
    return this.#words;
  }

  /** The scratch buffer, which starts with a call's key. */
  get input(): Uint8Array {
    if (this.#input.length === 0) this.#renew();
    return this.#input;
  }

  /** The numbers of the last answer: four are the method's; whether any entry expires; how many references went. */
  get result(): Float64Array {
    if (this.#result.length === 0) this.#renew();
    return this.#result;
  }

  /** The address of a scratch buffer of at least this length; what it held is lost if it must grow. */
  scratch(length: number): number {
    if (length > this.#scratchLength) this.#place(length);
    return this.#scratchAt;
  }

  /** After a call with large buffers: gives their memory back to the entries. */
  trim(): void {
    this.engine.trim();
    this.#place(0);
  }

  /** The bytes that the last call put out; valid until the next call. */
  out(): Uint8Array {
    const at = this.engine.out();
    return this.bytes.subarray(at, at + this.engine.out_len());
  }

  /** A value that lies in several pieces, put together. */
  gather(cache: number, id: number, length: number): Uint8Array<ArrayBuffer> {
    const value = new Uint8Array(length);
    let written = 0;
    for (const piece of this.#pieces(cache, id)) {
      value.set(piece, written);
      written += piece.length;
    }
    return value;
  }

  /** The same in a buffer that the next call of this kind writes to again; at most so long that it may be kept. */
  gatherLent(cache: number, id: number, length: number): Uint8Array {
    if (length > LENT) return this.gather(cache, id, length);
    if (this.#lent.length < length) this.#lent = new Uint8Array(Math.min(LENT, 2 * length));
    let written = 0;
    for (const piece of this.#pieces(cache, id)) {
      this.#lent.set(piece, written);
      written += piece.length;
    }
    return this.#lent.subarray(0, length);
  }

  /** Views of the pieces of a value, which are good until the next call. */
  lendPieces(cache: number, id: number): Uint8Array[] {
    return [...this.#pieces(cache, id)];
  }

  /** Writes a value of which only the length is known yet. */
  scatter(cache: number, id: number, value: Uint8Array): void {
    let written = 0;
    for (const piece of this.#pieces(cache, id)) {
      piece.set(value.subarray(written, written + piece.length));
      written += piece.length;
    }
  }

  /** Where the bytes of an entry's value are. */
  *#pieces(cache: number, id: number): Iterable<Uint8Array> {
    const count = this.engine.pieces(cache, id);
    const { bytes } = this;
    const table = new Float64Array(bytes.buffer, this.engine.table(), 2 * count);
    for (let i = 0; i < table.length; i += 2) {
      const at = table[i] as number;
      yield bytes.subarray(at, at + (table[i + 1] as number));
    }
  }

  /** Forgets the instance without calling into it. */
  abandon(): void {
    // The glue's finalizer would free this engine's address in the next instance.
    (this.engine as unknown as { __destroy_into_raw(): number }).__destroy_into_raw();
    try {
      this.#memory.grow(0); // detaches the views that the glue keeps
    } catch {
      // at worst the text of an error of the next instance is read from this memory
    }
  }

  #place(length: number): void {
    this.#scratchAt = this.engine.scratch(length);
    this.#scratchLength = this.engine.scratch_len();
    this.#renew();
  }

  #renew(): void {
    this.#bytes = new Uint8Array(this.#memory.buffer);
    this.#words = new Uint32Array(this.#memory.buffer);
    this.#result = new Float64Array(this.#memory.buffer, this.#resultAt, 6);
    this.#input = new Uint8Array(this.#memory.buffer, this.#scratchAt, this.#scratchLength);
  }
}

let source: (() => ModuleSource) | undefined;
let engine: WebAssembly.Module | undefined;
let current: Port | undefined;
/** The same for request caching, where `engine` has none. */
let httpSource: (() => ModuleSource) | undefined;
let httpModule: WebAssembly.Module | undefined;
let http: Port | undefined;

/** Says where the module comes from; nothing is compiled yet. */
export function provideModule(from: () => ModuleSource): void {
  source ??= from;
}

/** Says where a module with request caching comes from: for all, if none was needed yet. */
export function provideHttpModule(from: () => ModuleSource): void {
  httpSource = from;
  if (engine === undefined) source = from;
}

/** Takes a module or its bytes, compiled now. */
export function useModule(module: ModuleSource): void {
  engine = compile(module);
}

/** Makes sure there is a module, so that what is wrong with it shows in a constructor. */
export function requireModule(): WebAssembly.Module {
  if (engine === undefined) {
    if (source === undefined) {
      throw new CacheError("ENGINE_FAILED", "there is no engine yet: await init(...) or call initSync(...) first");
    }
    engine = compile(source());
  }
  return engine;
}

/** As `requireModule`, for request caching. */
export function requireHttpModule(): WebAssembly.Module {
  const module = requireModule();
  if (hasHttp(module) || httpSource === undefined) return module;
  httpModule ??= compile(httpSource());
  return httpModule;
}

/** The running instance, started if there is none. */
export function runningPort(): Port {
  current ??= start(requireModule());
  return current;
}

/** The instance that decides on requests. */
function httpPort(): Port {
  // The running one may have been started before `init` brought another module.
  if (hasHttp(current?.module ?? requireModule())) return runningPort();
  http ??= start(requireHttpModule());
  return http;
}

function start(module: WebAssembly.Module): Port {
  try {
    return new Port(module);
  } catch (cause) {
    throw cause instanceof CacheError ? cause : failure("the engine could not start", cause);
  }
}

/** Whether this instance is still the running one. */
export function isCurrent(candidate: Port | undefined): candidate is Port {
  return candidate !== undefined && candidate === current;
}

/** The size of linear memory, of both instances where there are two: 0 before the first call. */
export function memoryBytes(): number {
  return (current?.memoryBytes ?? 0) + (http?.memoryBytes ?? 0);
}

/** Who is told of instances that were dropped. */
export interface Witness {
  fallen(instance: Port, error: CacheError): void;
}

/** Weak, so that a cache that nobody closed can be collected all the same. */
const witnesses = new Set<{ deref(): Witness | undefined }>();

/** Has a witness told of each trap; gives what ends that. */
export function witnessTraps(witness: Witness): () => void {
  const ref = typeof WeakRef === "undefined" ? new Held(witness) : new WeakRef(witness);
  witnesses.add(ref);
  return () => witnesses.delete(ref);
}

/** Where there are no weak references. */
class Held {
  constructor(readonly witness: Witness) {}

  deref(): Witness {
    return this.witness;
  }
}

function tellWitnesses(instance: Port, error: CacheError): void {
  const all = [...witnesses]; // listeners may add more
  for (const ref of all) {
    const witness = ref.deref();
    if (witness === undefined) witnesses.delete(ref);
    else witness.fallen(instance, error);
  }
}

/** Drops a trapped instance and gives the error to throw. */
export function trapped(instance: Port, cause: unknown): CacheError {
  if (cause instanceof CacheError) return cause;
  if (current === instance) current = undefined;
  if (http === instance) http = undefined;
  instance.abandon();
  const error = failure("the engine failed and was started afresh; its caches are empty", cause);
  tellWitnesses(instance, error);
  return error;
}

/** The answer of a call that takes and gives text. */
export interface Exchange {
  code: number;
  /** A copy of what was put out. */
  out: Uint8Array<ArrayBuffer>;
  result: readonly number[];
}

/** Calls one of the engine's methods that take the lengths of texts, which lie one behind the other in the scratch buffer, then numbers. */
export function exchange(method: TextMethod, texts: readonly (string | Uint8Array)[], ...numbers: number[]): Exchange {
  const running = httpPort();
  const parts = texts.map((text) => (typeof text === "string" ? encodeUtf8(text) : text));
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  running.enter();
  try {
    let at = running.scratch(length);
    for (const part of parts) {
      running.bytes.set(part, at);
      at += part.length;
    }
    const call = running.engine[method] as (...args: number[]) => number;
    const code = call.apply(running.engine, [...parts.map((part) => part.length), ...numbers]);
    const out = running.out();
    const answer = { code, out: out.slice() as Uint8Array<ArrayBuffer>, result: [...running.result] };
    if (length > LARGE || out.length > LARGE) running.trim();
    return answer;
  } catch (cause) {
    throw trapped(running, cause);
  } finally {
    current?.enter();
  }
}

/** By module: whether it has request caching. */
const httpModules = new WeakMap<WebAssembly.Module, boolean>();

function hasHttp(module: WebAssembly.Module): boolean {
  return httpModules.get(module) ?? false;
}

function compile(module: ModuleSource): WebAssembly.Module {
  let compiled: WebAssembly.Module;
  let exports: WebAssembly.ModuleExportDescriptor[];
  try {
    compiled = isBytes(module) ? new WebAssembly.Module(module) : module;
    // Not `instanceof WebAssembly.Module`, which is false for a module of another realm: this throws for what is none.
    exports = WebAssembly.Module.exports(compiled);
  } catch (cause) {
    throw failure("the engine could not be compiled", cause);
  }
  const has = (method: string) => exports.some(({ name }) => name === method);
  httpModules.set(compiled, has("engine_http_lookup"));
  if (has("engine_open")) return compiled;
  throw failure("the module is not the engine of isocache", undefined);
}

/** Bytes of any realm. */
export function isBytes(given: unknown): given is BufferSource {
  return ArrayBuffer.isView(given) || Object.prototype.toString.call(given) === "[object ArrayBuffer]";
}

function failure(message: string, cause: unknown): CacheError {
  const why = cause instanceof Error ? `: ${cause.message}` : "";
  return new CacheError("ENGINE_FAILED", message + why, { cause });
}
