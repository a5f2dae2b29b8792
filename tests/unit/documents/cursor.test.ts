/* Does a cursor come back as it was, and only for its own question? */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { cursorOf, placeOf } from "../../../src/documents/cursor.ts";

test("a place comes back, whatever its value", () => {
  const value = fc.oneof(
    fc.string({ unit: "grapheme" }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.constant(undefined),
  );
  fc.assert(
    fc.property(value, fc.maxSafeNat(), (value, age) => {
      const place = { value: typeof value === "number" ? value + 0 : value, age };
      expect(placeOf(cursorOf(place, "q"), "q")).toEqual(place);
    }),
  );
});

test("what is no cursor of the question is refused", () => {
  const cursor = cursorOf({ value: "a", age: 5 }, "q");
  for (const bad of ["", "abc", "%%%", 5, null, {}, `${cursor}x`, cursor.slice(1), cursor.slice(0, -4)]) {
    expect(() => placeOf(bad, "q")).toThrow(/`after` must be the `next` of a page of the same space/);
  }
  expect(() => placeOf(cursor, "another")).toThrow(expect.objectContaining({ code: "BAD_OPTION" }));
});
