// Drops the constants that nothing reads any more, once the functions that panic are bare traps: texts of
// panics, the places in the source that they name, tables for formatting them. They are a tenth of the
// binary, gzipped, and Binaryen by itself keeps all data.
//
// The linker leaves each constant a segment of its own (--no-merge-data-segments). A segment is reached
// if a number in the code, or a word in a segment that is reached, lies within it; any number counts, so
// what is kept by mistake costs a few bytes. What was reached before the panics went and is not any more
// is dropped. What never was reached is read in some other way, from an address beside it, and stays.

/** The segments of a module, and the numbers in its code that may be addresses. */
export function survey(module) {
  const segments = Array.from({ length: module.getNumDataSegments() }, (_, i) => {
    const { offset, data } = module.getDataSegmentInfo(module.getDataSegmentByIndex(i));
    return { start: offset, data: new Uint8Array(data) };
  });
  return { segments, numbers: numbers(module) };
}

function numbers(module) {
  const code = module.emitText().replaceAll(/^ *\(data .*$/gm, "");
  return [...code.matchAll(/i32\.const (\d+)|offset=(\d+)/g)].map((it) => Number(it[1] ?? it[2]));
}

/** Keeps what is still reached of the segments that an earlier survey found. */
export function prune(module, { segments, numbers: before }) {
  const then = reached(segments, before);
  const now = reached(segments, numbers(module));
  const kept = segments.filter((it) => now.has(it) || !then.has(it));
  const { initial, max } = module.getMemoryInfo();
  const parts = kept.map(({ start, data }) => ({ offset: module.i32.const(start), data, passive: false }));
  module.setMemory(initial, max ?? -1, null, parts);
}

function reached(segments, numbers) {
  const found = new Set();
  const open = [...numbers];
  while (open.length > 0) {
    const address = open.pop();
    for (const it of segments) {
      if (address < it.start || address > it.start + it.data.length || found.has(it)) continue;
      found.add(it);
      const view = new DataView(it.data.buffer);
      for (let at = 0; at + 4 <= it.data.length; at += 4) open.push(view.getUint32(at, true));
    }
  }
  return found;
}
