/* Is something else asked for than a folder or an export was made with? */
import { expect, test } from "bun:test";
import { mismatch } from "../../../src/options/shape.ts";

test("only what is asked for and known can differ", () => {
  const asked = { dimensions: 3, metric: "l2" } as const;
  expect(mismatch(asked, { dimensions: 3, metric: "l2", M: 8 })).toBeUndefined();
  expect(mismatch(asked, { M: 8 })).toBeUndefined();
  expect(mismatch(asked, { dimensions: 3, metric: "dot" })).toBe("metric");
});
