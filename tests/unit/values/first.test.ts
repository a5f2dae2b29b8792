/* Is what stays the first of all that was offered, in order, from any place on? */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { First } from "../../../src/values/first.ts";

type Pair = [number, number];
const isBefore = (a: Pair, b: Pair) => (a[0] === b[0] ? a[1] < b[1] : a[0] < b[0]);

test("it keeps what sorting all of it puts first", () => {
  const count = fc.integer({ min: 0, max: 60 });
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 100 }), count, count, (values, most, skip) => {
      const pairs = values.map((value, i): Pair => [value, i]);
      const sorted = pairs.toSorted((a, b) => (isBefore(a, b) ? -1 : 1)).slice(0, most);
      const [first, behind] = [new First<Pair>(most, isBefore), new First<Pair>(most, isBefore)];
      for (const pair of pairs) {
        first.offer(pair);
        behind.offer(pair);
      }
      expect(first.sorted()).toEqual(sorted);
      expect(behind.takeBehind(skip)).toEqual(sorted.slice(skip));
    }),
  );
});
