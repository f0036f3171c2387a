// Measuring several things in one process: in rounds, each thing once in each round, so that what disturbs the machine
// disturbs all of them. What is given is the processor time of the fastest round, garbage collection included: waiting for
// a processor says nothing, and of what other work does to the caches there is the least in that round.

/** Runs each of `{name: run(count)}` in rounds: nanoseconds of processor time for one of `count`, by name. */
export function measure(runs, { count, rounds = 15 }) {
  const times = Object.fromEntries(Object.keys(runs).map((name) => [name, []]));
  for (const run of Object.values(runs)) run(count); // so that it is compiled
  for (let round = 0; round < rounds; round++) {
    for (const [name, run] of Object.entries(runs)) {
      const start = process.cpuUsage();
      run(count);
      const { user, system } = process.cpuUsage(start);
      times[name].push(((user + system) * 1_000) / count);
    }
  }
  return Object.fromEntries(Object.entries(times).map(([name, all]) => [name, Math.min(...all)]));
}

/** The same for runs that give promises. */
export async function measureAwaited(runs, { count, rounds = 15 }) {
  const times = Object.fromEntries(Object.keys(runs).map((name) => [name, []]));
  for (const run of Object.values(runs)) await run(count);
  for (let round = 0; round < rounds; round++) {
    for (const [name, run] of Object.entries(runs)) {
      const start = process.cpuUsage();
      await run(count);
      const { user, system } = process.cpuUsage(start);
      times[name].push(((user + system) * 1_000) / count);
    }
  }
  return Object.fromEntries(Object.entries(times).map(([name, all]) => [name, Math.min(...all)]));
}

/** Numbers in [0, 1) that the seed decides (mulberry32). */
export function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Rows of cells, the first column to the left and the others to the right. */
export function table(rows) {
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => String(row[i]).length)));
  return rows
    .map((row) =>
      row.map((cell, i) => (i === 0 ? String(cell).padEnd(widths[i]) : String(cell).padStart(widths[i]))).join("  "),
    )
    .join("\n");
}
