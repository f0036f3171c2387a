// Each public declaration, and each member of it, says something of itself: what an editor shows beside the name.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { root } from "./helpers.mjs";

const read = (file) => readFileSync(`${root}dist/types/${file}`, "utf8");

/** Where the names are that a list of exports has: pairs of a file and a name. */
function listed(list) {
  const folder = list.includes("/") ? list.slice(0, list.lastIndexOf("/") + 1) : "";
  const lines = read(list).matchAll(/^export (?:type )?\{([^}]*)\} from "\.\/([\w./-]+)\.js";/gm);
  return Array.from(lines).flatMap(([, names, file]) =>
    names
      .split(",")
      .map((name) => name.replace(/\btype\b/, "").trim())
      .filter((name) => name !== "")
      .map((name) => [`${folder}${file}.d.ts`, name]),
  );
}

/** All that a file declares, for entries that are one file. */
function declared(file) {
  const lines = read(file).matchAll(/^(?:export )?(?:declare )?(?:class|interface|type|const|function) (\w+)/gm);
  return Array.from(lines, ([, name]) => [file, name]);
}

const PUBLIC = [
  ...["main.d.ts", "http/index.d.ts", "config/index.d.ts", "hono.d.ts", "node/index.d.ts"].flatMap(listed),
  ...["keyv", "bentocache", "unstorage", "cachified"].flatMap((name) => declared(`adapters/${name}.d.ts`)),
  ["slim.d.ts", "init"],
  ["slim.d.ts", "initSync"],
];

/** What the compiler writes for private members, what has no name, and what a library's own declaration says. */
const SILENT = /^(#private;|constructor\(|\[(key|option): string\]|readonly "~standard")/;

/** Members of a class or interface, one line each, with the line before. */
function undocumented(lines, from) {
  const found = [];
  for (let i = from + 1; lines[i] !== "}" && lines[i] !== undefined; i++) {
    const member = /^ {4}([^\s/*}].*)$/.exec(lines[i])?.[1];
    if (member === undefined || SILENT.test(member) || lines[i - 1].endsWith("*/")) continue;
    found.push(member);
  }
  return found;
}

for (const [file, name] of PUBLIC) {
  test(`${name} of ${file}`, () => {
    const lines = read(file).split("\n");
    const at = lines.findIndex((line) =>
      new RegExp(`^(export )?(declare )?(class|interface|type|const|function) ${name}\\b`).test(line),
    );
    assert.notEqual(at, -1, "it is declared there");
    assert.ok(lines[at - 1].endsWith("*/"), lines[at]);
    if (/ (class|interface) .*\{$/.test(lines[at])) assert.deepEqual(undocumented(lines, at), []);
  });
}

test("there are some", () => assert.ok(PUBLIC.length > 50, String(PUBLIC.length)));
