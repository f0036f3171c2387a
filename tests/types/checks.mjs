// Turns the contract, one flat file of declarations under headings, into a file of checks that the compiler reads.
//
// Each class of the contract is checked in a copy where all other classes are ours: a class with private members stands for
// nothing but itself, so that ours could never be given where the contract's is wanted.

/** Which way values of a type go. A type that is neither here nor a class has to be put here. */
const DIRECTIONS = {
  given: ["CacheOptions", "SetOptions", "LoadOptions", "As", "Entries", "HttpCacheOptions", "WorkerHandler", "RedisStoreOptions", "CacheConfigInit"],
  got: ["CacheItem", "LoadContext", "Acquired", "CacheStats", "CacheEvents"],
  both: ["Duration", "Size", "Ttl", "Awaitable", "StandardSchemaV1", "ErrorCode", "Codec", "Store"],
}; // prettier-ignore

/** The package makes these; nobody else does. */
const NOT_MADE_BY_CALLERS = ["CacheError"];

/** The contract's declarations: each with its entry, kind, name and type parameters. */
export function declarationsOf(contract) {
  const declarations = [];
  let entry;
  const token = /^\/\/ -+ (isocache[/\w]*)$|^export (class|interface|type|const|function) (\w+)(?:<([^>]*)>)?/gm;
  for (const [text, heading, kind, name, parameters] of contract.matchAll(token)) {
    if (heading !== undefined) entry = heading;
    else if (entry === undefined) throw new Error(`no heading stands before ${text}`);
    else declarations.push({ entry, kind, name, parameters: parameters?.split(",") ?? [] });
  }
  return declarations;
}

/** The contract without a member, "Declaration.member", which must be there and stand on a line of its own. */
export function without(contract, member) {
  const [name, key] = member.split(".");
  if (key === undefined) return contract;
  const declaration = new RegExp(`^export (?:class|interface) ${name}\\b[^]*?^}`, "m");
  const line = new RegExp(`^  (?:readonly |static )?${key}\\??[<(:].*\n`, "m");
  const block = declaration.exec(contract)?.[0];
  if (block === undefined || !line.test(block)) throw new Error(`the contract has no ${member}`);
  return contract.replace(block, () => block.replace(line, ""));
}

/** The copy of the contract in which all classes but one are ours. */
function copyFor(contract, own, classes) {
  const imports = [];
  let copy = contract;
  for (const { name, entry } of classes) {
    if (name === own) continue;
    copy = copy.replace(new RegExp(`^export class ${name} [^]*?^}\n`, "m"), "");
    imports.push(`import type { ${name} } from "${entry}";\n`);
  }
  return imports.join("") + copy;
}

/** Files by name: copies of the contract, and the checks of what is not missing; with `only`, of some declarations alone. */
export function filesOf(contract, { missing, missingEntries, only = () => true }) {
  let kept = contract;
  for (const member of missing) kept = without(kept, member);
  const there = declarationsOf(kept).filter(
    ({ entry, name }) => !missingEntries.includes(entry) && !missing.includes(name),
  );
  const classes = there.filter(({ kind }) => kind === "class");
  const checked = there.filter(only);
  const files = { "contract.d.ts": copyFor(kept, undefined, classes) };
  for (const { name, kind } of checked) {
    if (kind === "class") files[`contract-${name}.d.ts`] = copyFor(kept, name, classes);
  }
  const checks = checked.flatMap(checksOf);
  files["checks.ts"] = [`import type { Fits, Same, Statics, Takes, Wrong, WrongOptions, WrongResults, Yes } from "../compare.js";`, ...checks, ""].join("\n"); // prettier-ignore
  return files;
}

/** `isocache/slim` has everything that `isocache` has. */
function checksOf(declaration) {
  const entries = declaration.entry === "isocache" ? ["isocache", "isocache/slim"] : [declaration.entry];
  return entries.flatMap((entry) => {
    const lines = declaration.kind === "class" ? ofClass(declaration, entry) : ofOther(declaration, entry);
    return Object.entries(lines).map(([what, check]) => {
      const name = `${declaration.name}_${what}_${entry.replace("/", "_")}`;
      return check.startsWith("Yes<") ? `export type ${name} = ${check};` : `export const ${name}: ${check} = {};`;
    });
  });
}

function ofClass({ name }, entry) {
  const [ours, contract] = [`import("${entry}").${name}`, `import("./contract-${name}.js").${name}`];
  const checks = {
    members: `Wrong<WrongResults<${ours}, ${contract}>>`,
    statics: `Wrong<WrongResults<Statics<typeof ${ours}>, Statics<typeof ${contract}>>>`,
    constructor: `Yes<Takes<ConstructorParameters<typeof ${ours}>, ConstructorParameters<typeof ${contract}>>>`,
  };
  if (NOT_MADE_BY_CALLERS.includes(name)) delete checks.constructor;
  return checks;
}

function ofOther({ kind, name, parameters }, entry) {
  const [ours, contract] = [`import("${entry}").${name}`, `import("./contract.js").${name}`];
  if (kind === "function") return { function: `Yes<Fits<typeof ${ours}, typeof ${contract}>>` };
  if (kind === "const") return { constant: `Yes<Fits<typeof ${ours}, typeof ${contract}>>` };
  const direction = Object.keys(DIRECTIONS).find((way) => DIRECTIONS[way].includes(name));
  if (direction === undefined) throw new Error(`which way do values of ${name} go?`);
  const probes = parameters.length === 0 ? "" : `<${parameters.map((_, i) => `{ probe: ${i} }`)}>`;
  const checks = ofType(ours + probes, contract + probes, direction, kind);
  // Parameters with defaults may be left out.
  if (parameters.length > 0 && parameters.every((parameter) => parameter.includes("="))) {
    checks.default = ofType(ours, contract, direction, kind).whole;
  }
  return checks;
}

function ofType(ours, contract, direction, kind) {
  const whole = {
    given: `Fits<${contract}, ${ours}>`,
    got: `Fits<${ours}, ${contract}>`,
    both: `Same<${ours}, ${contract}>`,
  };
  const checks = { whole: `Yes<${whole[direction]}>` };
  if (kind !== "interface") return checks;
  if (direction !== "got") checks.options = `Wrong<WrongOptions<${ours}, ${contract}>>`;
  if (direction !== "given") checks.results = `Wrong<WrongResults<${ours}, ${contract}>>`;
  return checks;
}
