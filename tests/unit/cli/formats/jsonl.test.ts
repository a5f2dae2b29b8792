/* Does a line hold a key and a vector to the last bit, in few digits? */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { lineOf, rowOf, shortest } from "../../../../src/cli/formats/jsonl.ts";

test("every 32-bit float is written as a short decimal that reads back as itself", () => {
  fc.assert(
    fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (value) => {
      const [written] = rowOf(lineOf("k", Float32Array.of(value))).vector!;
      expect(Object.is(Math.fround(written!), value)).toBe(true);
      expect(
        shortest(value)
          .replace(/e.*|[-.]/g, "")
          .replace(/^0+|0+$/g, "").length,
      ).toBeLessThanOrEqual(9);
    }),
    { numRuns: 2000 },
  );
  expect([0.1, 3e18, 1e-45, -0, 16777216, 1 / 3].map((value) => shortest(Math.fround(value)))).toEqual([
    ...["0.1", "3000000000000000000", "1e-45", "-0", "16777216", "0.33333334"],
  ]);
});
