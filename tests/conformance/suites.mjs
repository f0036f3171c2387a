// What is run: the suite of the project http-tests/cache-tests as npm has it, its tests of an obsolete field by themselves,
// and ours in its format.
import all from "http-cache-tests/tests/index.mjs";
import surrogate from "http-cache-tests/tests/surrogate-control.mjs";
import { ours } from "./targeted.mjs";

export const SUITES = { suite: all, surrogate: [surrogate], ours };

/** The tests that are for caches outside of browsers. */
export const testsOf = (name) =>
  SUITES[name].flatMap(({ tests }) => tests).filter(({ browser_only: browserOnly }) => !browserOnly);

export const KINDS = ["required", "optimal", "check"];

export const kindOf = ({ kind = "required" }) => kind;
