// The libraries' own suites are written for Vitest and Japa: what they use of these, over node:test.
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { expect } from "expect";

/** The cases of a suite for Vitest, each as a name and a function that rejects when it fails. */
export function vitestCases(register) {
  const [cases, befores, afters] = [[], [], []];
  const vitest = {
    it: (name, body) => cases.push({ name, body }),
    beforeEach: (hook) => befores.push(hook),
    afterEach: (hook) => afters.push(hook),
  };
  register(vitest);
  const run = async (body) => {
    expect.extractExpectedAssertionsErrors(); // forgets what an earlier case expected
    for (const hook of befores) await hook();
    await body({ expect });
    for (const { error } of expect.extractExpectedAssertionsErrors()) throw error;
    for (const hook of afters) await hook();
  };
  return cases.map(({ name, body }) => ({ name, run: () => run(body) }));
}

/** The names of the cases that fail. */
export async function failing(cases) {
  const names = [];
  for (const { name, run } of cases) await run().catch(() => names.push(name));
  return names;
}

/** Japa's `assert` is chai's; these are the parts that bentocache's suite uses. */
const JAPA_ASSERT = {
  deepEqual: assert.deepStrictEqual,
  notEqual: assert.notStrictEqual,
  isTrue: (value) => assert.strictEqual(value, true),
  isFalse: (value) => assert.strictEqual(value, false),
  isUndefined: (value) => assert.strictEqual(value, undefined),
};

/** Registers a suite for Japa in the describe block that is open: what `register` needs of a group and of tests. */
export function japaSuite(register) {
  const group = {
    setup: (hook) =>
      before(async () => {
        const teardown = await hook();
        after(teardown);
      }),
    each: { teardown: (hook) => afterEach(hook) },
    tap: () => {}, // changes time limits
  };
  const japaTest = (name, body) =>
    test(name, async (t) => {
      await body({ assert: JAPA_ASSERT, cleanup: (hook) => t.after(hook) });
    });
  register({ test: japaTest, group });
}
