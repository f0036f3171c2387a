// `npm run bench -- NAME [arguments]`: runs benches/js/NAME.mjs. Nothing is written; load on the machine shifts
// times, so read the ratios.
import { readdirSync } from "node:fs";

const names = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith(".mjs") && !["run.mjs", "rounds.mjs"].includes(file))
  .map((file) => file.slice(0, -4));
const [, , name] = process.argv;
if (names.includes(name)) await import(`./${name}.mjs`);
else {
  console.error(`usage: npm run bench -- ${names.join(" | ")}`);
  process.exitCode = 2;
}
