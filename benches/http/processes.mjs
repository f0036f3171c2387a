// The processor time of processes that this one has started, from Linux's /proc: it says what a request costs also where
// other work takes the processor away.
import { readdirSync, readFileSync } from "node:fs";

const TICK_MS = 10;

/** Milliseconds that all descendants of this name have used; NaN where there is no /proc. */
export function processorMs(name) {
  const all = processes();
  const isOurs = ({ pid, parent }) =>
    parent === process.pid || (all.has(parent) && parent !== pid && isOurs(all.get(parent)));
  const found = [...all.values()].filter((each) => each.name === name && isOurs(each));
  return found.length > 0 ? found.reduce((sum, { ticks }) => sum + ticks * TICK_MS, 0) : Number.NaN;
}

function processes() {
  const all = new Map();
  for (const pid of numbersIn("/proc")) {
    const process = read(pid);
    if (process) all.set(pid, process);
  }
  return all;
}

function numbersIn(directory) {
  try {
    return readdirSync(directory).map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
}

function read(pid) {
  try {
    const [, name, rest] = /\((.*)\) (.*)/s.exec(readFileSync(`/proc/${pid}/stat`, "latin1"));
    const fields = rest.split(" ");
    return { pid, name, parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) };
  } catch {
    return undefined; // it has ended
  }
}
