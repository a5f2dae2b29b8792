/* What does a caller hear of a call that failed? */
import { expect, test } from "bun:test";
import { repaired } from "../../../src/engine/host.ts";
import { HnswError } from "../../../src/errors.ts";

test("a trap becomes INTERNAL, with the trap as its cause; everything else stays what it is", () => {
  const trap = new WebAssembly.RuntimeError("unreachable");
  const error = repaired(trap, []) as HnswError;
  expect(error).toBeInstanceOf(HnswError);
  expect([error.code, error.cause]).toEqual(["INTERNAL", trap]);
  const refusal = new HnswError("BAD_KEY", "empty");
  expect(repaired(refusal, [])).toBe(refusal);
});
