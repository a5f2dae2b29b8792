/* Do integers of 64 bits survive parsing and printing, and everything else as JSON has it? */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { parse, print, printInSlices, type Value } from "../../../../src/server/wire/json.ts";

const big = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n });
const values: fc.Arbitrary<Value> = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.oneof(fc.string(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean(), fc.constant(null), big),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(fc.string(), tie("value"), { maxKeys: 4 }),
  ),
})).value;

test("what is printed, in one piece or in slices, is read as it was", async () => {
  await fc.assert(
    fc.asyncProperty(values, async (value) => {
      const text = print(value);
      expect(await printInSlices({ value })).toBe(`{"value":${text}}`);
      expect(print(parse(`[${text}]`))).toBe(`[${text}]`);
    }),
  );
});

test.each([
  ["18446744073709551615", 18446744073709551615n],
  ["[ -9223372036854775808 ]", [-9223372036854775808n]],
  ["9007199254740991", 9007199254740991],
  ['{"a":9007199254740993}', { a: 9007199254740993n }],
  ['["12345678901234567890", 1.2345678901234567]', ["12345678901234567890", 1.2345678901234567]],
  ["[123456789012345678901234567890]", [1.2345678901234568e29]],
] as [string, Value][])("%s", (text, value) => {
  expect(parse(`[${text}]`)).toEqual([value]);
});
