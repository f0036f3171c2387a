// The shipped declarations say what the contract, tests/api-contract.d.ts, says: member by member, and as users write. More is
// fine, less or different is not. One run of the compiler reads all: the checks of the contract as it is, those of contracts in
// which something was changed, each of which must be found, and what users write.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { declarationsOf, filesOf } from "../types/checks.mjs";
import { MISSING, MISSING_ENTRIES } from "../types/missing.mjs";
import { root } from "./helpers.mjs";

const types = new URL("../types/", import.meta.url);
const contract = readFileSync(new URL("../api-contract.d.ts", import.meta.url), "utf8");
const users = readdirSync(new URL("users/", types));

/** Changes to the contract, and the check that must find each: what, from (where it stands first), to. Each stands for the opposite change to ours. */
const CHANGES = [
  ["Cache_members", "  has(key: string): Promise<boolean>;", "  hasNot(key: string): Promise<boolean>;"],
  ["Cache_members", "  delete(key: string): Promise<boolean>;", "  delete(key: string): Promise<number>;"],
  ["Cache_members", "peek<T = any>(key: string): Promise", "peek<T = any>(key: string | number): Promise"],
  ["Cache_members", "purgeExpired(limit?: number): Promise", "purgeExpired(limit?: number, more?: number): Promise"],
  ["Cache_members", "by?: number, options?: { ttl?: Ttl; initial", "by?: number, options?: { step?: number; ttl?: Ttl; initial"],
  ["Cache_members", "  persist(key: string): Promise<boolean>;", "  persist<T>(key: string): Promise<T>;"],
  ["Cache_members", "options?: { as?: As<T> }): Promise<Map", "options?: { as?: As<T> | RegExp }): Promise<Map"],
  ["Cache_members", "  readonly closed: boolean;\n  [Symbol.asyncD", "  readonly closed: true;\n  [Symbol.asyncD"],
  ["Cache_members", "[Symbol.asyncDispose](): Promise<void>", "[Symbol.asyncDispose](): Promise<number>"],
  ["Cache_constructor", "export class Cache implements AsyncDisposable {\n  constructor(options?: CacheOptions)", "export class Cache implements AsyncDisposable {\n  constructor(options?: CacheOptions | string)"],
  ["SyncCache_members", "  has(key: string): boolean;", "  has(key: string): Promise<boolean>;"],
  ["SyncCache_members", "  withScope(scope: string): SyncCache;", "  withScope(scope: string): SyncCache & { more: 1 };"],
  ["SyncCache_constructor", 'constructor(options?: Omit<CacheOptions, "store">)', "constructor(options?: number)"],
  ["CacheError_members", "  readonly code: ErrorCode;", '  readonly code: "CLOSED";'],
  ["CacheOptions_options", "  maxEntries?: number;\n  /** A larger", "  maxEntries?: number | string;\n  /** A larger"],
  ["CacheOptions_options", "  store?: Store;", "  store?: Store;\n  more?: string;"],
  ["SetOptions_options", "  tags?: Iterable<string>;", "  tags?: Iterable<string | number>;"],
  ["LoadOptions_options", "  force?: boolean;", "  forced?: boolean;"],
  ["LoadOptions_options", "LoadOptions<T = any> extends SetOptions {", "LoadOptions<T = any> extends SetOptions {\n  more: T;"],
  ["LoadContext_results", "  setTtl(ttl: Ttl): void;", "  setTtl(ttl: Ttl | boolean): void;"],
  ["CacheItem_results", "  readonly ttl: number | null;", "  readonly ttl: number;"],
  ["CacheStats_results", "  hits: number; misses", "  hits: number; more: number; misses"],
  ["Acquired_results", "  extend(lease: Duration): Promise<boolean>;", "  extend(lease: Duration | null): Promise<boolean>;"],
  ["ErrorCode_whole", '"ENGINE_FAILED";', '"ENGINE_FAILED" | "MORE";'],
  ["ErrorCode_whole", '  | "NOT_A_NUMBER" | "OUT_OF_RANGE"', '  | "NOT_A_NUMBER"'],
  ["Ttl_whole", "export type Ttl = Duration | null", "export type Ttl = Duration | bigint | null"],
  ["As_whole", "((value: any) => Awaitable<T>)", "((value: any) => Awaitable<T> | void) | RegExp"],
  ["Entries_whole", "export type Entries<T = unknown> = Map<string, T> |", "export type Entries<T = unknown> = Map<number, T> |"],
  ["Codec_options", "decode(bytes: Uint8Array): unknown }", "decode(bytes: Uint8Array): unknown; more: 1 }"],
  ["Codec_results", "encode(value: unknown): Uint8Array", "encode(value: unknown): Uint16Array"],
  ["Store_whole", "readonly kind: string }", "readonly kind: number }"],
  ["msgpack_constant", "export const msgpack: Codec;", "export const msgpack: Codec & { more: 1 };"],
  ["escapePattern_function", "escapePattern(text: string)", "escapePattern(text: string | number)"],
  ["initSync_function", "export function initSync", "export function initAsync", "initAsync_function"],
  ["HttpCacheOptions_options", "  targets?: readonly string[];", "  targets?: readonly string[] | string;"],
  ["HttpCacheOptions_options", "  cache?: Cache;\n", "  cache?: SyncCache;\n"],
  ["HttpCache_members", "  fetch(request: Request | string | URL, init", "  fetch(request: Request | string | URL | number, init"],
  ["withHttpCache_function", "options?: HttpCacheOptions): H;", "options?: HttpCacheOptions): string;"],
  ["CacheConfigInit_options", "redisSsl?: boolean;", "redisSsl?: boolean | string;"],
  ["CacheConfig_members", "  redisUrl(): string;", "  redisUrl(): URL;"],
  ["CacheConfig_members", "readonly maxBytes: Size | undefined", "readonly maxBytes: Size"],
  ["CacheConfig_members", "  open(): Promise<Cache>;", "  open(): Promise<SyncCache>;"],
  ["CacheConfig_statics", "  static fromEnv(env", "  static fromEnvironment(env"],
  ["CacheConfig_statics", "prefix?: string): CacheConfig", "prefix?: string | null): CacheConfig"],
  ["CacheConfig_constructor", "constructor(init?: CacheConfigInit)", "constructor(init?: CacheConfigInit | string)"],
  ["CacheRegistry_members", "Record<string, CacheConfigInit | CacheConfig>): void", "Record<string, CacheConfigInit | CacheConfig | string>): void"],
  ["CacheRegistry_members", "applyConfig(config: { maxEntries?: number;", "applyConfig(config: { maxEntries?: number; more?: number;"],
  ["CacheRegistry_members", "  get(alias?: string): Promise<Cache>;", "  get(alias?: string | number): Promise<Cache>;"],
]; // prettier-ignore

function changed([, from, to]) {
  assert.ok(contract.includes(from), `the contract has no ${JSON.stringify(from)}`);
  return contract.replace(from, () => to);
}

const AS_IT_IS = { missing: MISSING, missingEntries: MISSING_ENTRIES };

/** Everything but one element. */
const but = (list, one) => list.filter((other) => other !== one);

/** The variants of the contract: its text, and what of it is checked. */
function variants() {
  const all = { contract: [contract, AS_IT_IS] };
  for (const [i, change] of CHANGES.entries()) {
    const [name] = (change[3] ?? change[0]).split("_");
    all[`change-${i}`] = [changed(change), { ...AS_IT_IS, only: (declaration) => declaration.name === name }];
  }
  for (const member of MISSING) {
    const only = ({ name }) => name === member.split(".")[0];
    all[`missing-${member}`] = [contract, { ...AS_IT_IS, missing: but(MISSING, member), only }];
  }
  for (const name of MISSING_ENTRIES) {
    const only = ({ entry }) => entry === name;
    const options = { ...AS_IT_IS, missingEntries: but(MISSING_ENTRIES, name), only };
    all[`missing-${name.replace("/", "-")}`] = [contract, options];
  }
  return all;
}

let folder;
/** Each file with its errors: [line, message]. */
const errors = new Map();
const errorsOf = (file) => errors.get(file) ?? [];

/** The checks of a variant that found something, without the entry, and what they say. */
function found(variant) {
  const lines = readFileSync(`${folder}/${variant}/checks.ts`, "utf8").split("\n");
  return errorsOf(`${variant}/checks.ts`).map(([line, message]) => {
    const check = /^export (?:type|const) (\w+?_\w+?)_isocache/.exec(lines[line - 1])?.[1];
    return { check, message };
  });
}

before(() => {
  mkdirSync(`${root}target`, { recursive: true });
  folder = mkdtempSync(`${root}target/contract-`);
  for (const [variant, [text, options]] of Object.entries(variants())) {
    mkdirSync(`${folder}/${variant}`);
    for (const [name, source] of Object.entries(filesOf(text, options))) {
      writeFileSync(`${folder}/${variant}/${name}`, source);
    }
  }
  for (const name of ["compare.ts", "compare.examples.ts"]) {
    writeFileSync(`${folder}/${name}`, readFileSync(new URL(name, types)));
  }
  mkdirSync(`${folder}/users`);
  for (const name of users) writeFileSync(`${folder}/users/${name}`, readFileSync(new URL(`users/${name}`, types)));
  writeFileSync(`${folder}/tsconfig.json`, JSON.stringify({ extends: fileURLToPath(new URL("tsconfig.json", types)), include: ["."] })); // prettier-ignore
  compile();
});
after(() => rmSync(folder, { recursive: true, force: true }));

function compile() {
  const { stdout, stderr, error } = spawnSync(`${root}node_modules/.bin/tsc`, ["-p", ".", "--pretty", "false"], {
    cwd: folder,
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  assert.equal(error, undefined);
  assert.equal(stderr, "");
  for (const line of stdout.split("\n")) {
    const match = /^(.+?)\((\d+),\d+\): error (.*)$/.exec(line);
    if (match === null) {
      assert.match(line, /^( |$)/, "what follows an error is indented");
      continue;
    }
    const [, file, at, message] = match;
    errors.set(file, [...errorsOf(file), [Number(at), message]]);
  }
}

test("the comparison sees what it must", () => {
  assert.deepEqual(errorsOf("compare.examples.ts"), []);
  assert.deepEqual(errorsOf("compare.ts"), []);
});

test("the declarations are those of the contract", () => {
  assert.deepEqual(found("contract"), []);
  const others = [...errors.keys()].filter((file) => file.startsWith("contract/") || file.startsWith(".."));
  assert.deepEqual(others, [], "neither ours nor the contract's copies have errors");
});

test("all of the contract is compared", () => {
  const checks = readFileSync(`${folder}/contract/checks.ts`, "utf8");
  const declared = declarationsOf(contract);
  assert.equal(declared.length, contract.match(/^export /gm).length);
  for (const { entry, name } of declared) {
    const there = !MISSING_ENTRIES.includes(entry) && !MISSING.includes(name);
    assert.equal(new RegExp(`^export (type|const) ${name}_`, "m").test(checks), there, name);
  }
});

test("a type that is new in the contract must be given a direction", () => {
  assert.throws(() => filesOf(`${contract}\nexport interface More { more: 1 }\n`, AS_IT_IS), /More/);
});

for (const [i, [check, from, to, other = check]] of CHANGES.entries()) {
  test(`a change is found: ${to.trim().split("\n").at(-1)}`, () => {
    assert.ok(from !== to);
    const checks = found(`change-${i}`).map(({ check }) => check);
    assert.ok(checks.includes(other), `${other} is not among ${checks}`);
  });
}

for (const name of [...MISSING, ...MISSING_ENTRIES]) {
  test(`${name} is not there yet; if this fails, strike it off tests/types/missing.mjs`, () => {
    assert.ok(found(`missing-${name.replace("/", "-")}`).length > 0);
  });
}

for (const name of users) {
  const about = name.replace(/\.ts$/, "");
  test(`what users write: ${about}`, { skip: MISSING.includes(about) && "not there yet" }, () => {
    assert.deepEqual(errorsOf(`users/${name}`), []);
  });
}
