/* What does a `where` ask, and which are refused by name? */
import { describe, expect, test } from "bun:test";
import { FieldTable } from "../../../src/documents/fields.ts";
import { compare, readWhere } from "../../../src/documents/where.ts";

const FIELDS = new FieldTable([
  ["tags", "keyword"],
  ["size", "number"],
  ["done", "boolean"],
  ["at", "date"],
]);
const read = (where: unknown) => readWhere(where, FIELDS);
const [tags, size, done, at] = FIELDS.list;

test("conditions of one object are all asked, equality needs no operator, bounds of one field are one range", () => {
  expect(read(undefined)).toEqual({ is: "all" });
  expect(read({})).toEqual({ is: "all" });
  expect(read({ tags: "a" })).toEqual({ is: "equal", field: tags!, value: "a" });
  expect(read({ done: true, size: { $gt: 1, $lte: 5, $gte: 1 } })).toEqual({
    is: "and",
    of: [
      { is: "equal", field: done!, value: true },
      { is: "range", field: size!, low: { value: 1, inclusive: false }, high: { value: 5, inclusive: true } },
    ],
  });
  expect(read({ at: "1970-01-01T00:00:05Z" })).toEqual({ is: "equal", field: at!, value: 5000 });
});

test("null is a value, missing is not; lists may be empty and may hold null", () => {
  expect(read({ tags: null })).toEqual({ is: "null", field: tags! });
  expect(read({ tags: { $ne: null } })).toEqual({ is: "not", of: { is: "null", field: tags! } });
  expect(read({ tags: { $exists: false } })).toEqual({ is: "not", of: { is: "exists", field: tags! } });
  expect(read({ tags: { $in: [] } })).toEqual({ is: "none" });
  expect(read({ tags: { $nin: [] } })).toEqual({ is: "all" });
  expect(read({ tags: { $in: [null] } })).toEqual({ is: "null", field: tags! });
  expect(read({ tags: { $in: ["a", "a"] } })).toEqual({ is: "in", field: tags!, values: ["a"] });
});

const nested = (levels: number): unknown => (levels === 0 ? { tags: "a" } : { $not: nested(levels - 1) });

describe.each<[what: string, where: unknown, says: RegExp]>([
  ["no object", "tags", /^`where` must be an object of conditions, not "tags"/],
  ["a list", [{ tags: "a" }], /^`where` must be an object of conditions, not an array/],
  ["null", null, /^`where` must be an object of conditions, not null/],
  ["an instance of a class", new Map(), /not a[n]? Map/],
  ["an unknown field", { colour: "red" }, /^"colour" is no field; there are tags, size, done, at\./],
  ["an inherited name", { toString: "red" }, /^"toString" is no field/],
  [
    "an unknown operator",
    { size: { $regex: "a" } },
    /^"\$regex" is no operator on the field "size"; there are \$eq, \$ne/,
  ],
  [
    "an unknown operator between conditions",
    { $nor: [] },
    /^"\$nor" is no operator between conditions; there are \$and, \$or, \$not/,
  ],
  ["a field's operator outside of one", { $gt: 5 }, /^"\$gt" is no operator between conditions/],
  ["a nested property", { size: { width: 5 } }, /named by its path: "size\.width"/],
  ["undefined", { tags: undefined }, /^The field "tags" is compared with a string .*, not with undefined/],
  ["undefined in an operator", { tags: { $ne: undefined } }, /not with undefined of `\$ne`/],
  ["another type", { size: "5" }, /^The field "size" is compared with a finite number, not with "5"/],
  ["another type in a list", { size: { $in: [1, "2"] } }, /not with "2" of `\$in`/],
  ["NaN", { size: { $lt: Number.NaN } }, /not with NaN of `\$lt`/],
  ["a lone surrogate", { tags: "\ud800" }, /without lone surrogates/],
  ["a date without a zone", { at: { $gt: "2026-11-28T10:00" } }, /ISO 8601 string with its zone, not with "2026/],
  ["a list as a value", { tags: ["a"] }, /^A list is no value of the field "tags": write `\{ \$in: \[…\] \}`/],
  ["no operator", { tags: {} }, /must hold at least one operator/],
  ["an order of booleans", { done: { $gt: false } }, /^`\$gt` does not fit the field "done"/],
  ["no list", { tags: { $in: "a" } }, /^`\$in` takes a list, not "a"/],
  ["no condition to join", { $and: [] }, /^`\$and` must hold at least one condition/],
  ["no list of conditions", { $or: { tags: "a" } }, /^`\$or` takes a list, not an Object/],
  ["$exists of a number", { tags: { $exists: 1 } }, /^`\$exists` takes true or false, not 1/],
  ["$not of a value", { tags: { $not: "a" } }, /^`\$not` of the field "tags" takes operators, not "a": write `\$ne`/],
  ["too many levels", nested(30), /24 levels deep/],
  ["too many conditions", { $or: Array.from({ length: 501 }, () => ({ size: 1 })) }, /may hold 500 conditions/],
  [
    "a long list",
    { size: { $in: Array.from({ length: 10_001 }, (_, i) => i) } },
    /may hold 10000 values, this one holds 10001/,
  ],
])("refused is %s", (_, where, says) => {
  test("with what would be right", () => {
    expect(() => read(where)).toThrow(says);
    expect(() => read(where)).toThrow(expect.objectContaining({ code: "BAD_WHERE" }));
  });
});

test("texts are ordered by code points, as their UTF-8 is", () => {
  const texts = ["", "a", "aa", "b", "ä", "\ue000", "\uffff", "\u{10000}", "\u{10ffff}", "\u{10ffff}a"];
  for (const [i, a] of texts.entries()) {
    for (const [j, b] of texts.entries()) {
      expect(Math.sign(compare(a, b))).toBe(Math.sign(i - j));
      expect(Math.sign(compare(a, b))).toBe(Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b))));
    }
  }
});
