/* Which values does a document have in its fields, and what is refused by the names of field and value? */
import { describe, expect, test } from "bun:test";
import { FieldTable, type FieldType, problemOfField, valueIfFits } from "../../../src/documents/fields.ts";
import type { Json } from "../../../src/documents/json.ts";

const FIELDS = new FieldTable([
  ["tags", "keyword"],
  ["user.id", "keyword"],
  ["size", "number"],
  ["done", "boolean"],
  ["at", "date"],
]);

test("a value is scalar, a list, null or missing; a path leads through objects", () => {
  const document = { tags: ["a", "b"], user: { id: "u1" }, size: null, at: "2026-11-28" };
  expect(FIELDS.valuesOf(document)).toEqual([["a", "b"], "u1", null, undefined, Date.UTC(2026, 10, 28)]);
  expect(FIELDS.valuesOf({ user: null, tags: [] })).toEqual([[], undefined, undefined, undefined, undefined]);
});

test("only own properties of objects count, and a document that is none has no fields", () => {
  const table = new FieldTable([
    ["constructor.name", "keyword"],
    ["length", "number"],
  ]);
  for (const document of [{}, [1, 2], "text", 5, null, { constructor: [] }] as Json[]) {
    expect(table.valuesOf(document)).toEqual([undefined, undefined]);
  }
});

describe.each<[type: FieldType, good: Json[], bad: Json[]]>([
  ["keyword", ["", "a", "\ufeffx"], [5, true, {}, "\ud800", ["a", 1], ["a", null], [["a"]]]],
  ["number", [0, -1.5, 1e300], ["5", true, {}, [1, "2"]]],
  ["boolean", [true, false], [0, "true", {}]],
  [
    "date",
    [0, -5, "2026-11-28", "2026-11-28T10:00Z", "2026-11-28T10:00:00.123+02:00", "+012026-01-01"],
    ["2026-11-28T10:00", "yesterday", "2026-02-30", "2026-13-01", "11/28/2026", 9e15, "2026", true],
  ],
])("a field of type %s", (type, good, bad) => {
  const table = new FieldTable([["f", type]]);

  test.each(good.map((value) => [value]))("takes %p", (value) => {
    expect(table.valuesOf({ f: value })[0]).not.toBeUndefined();
    expect(table.valuesOf({ f: [value, value] })[0]).toHaveLength(2);
  });

  test.each(bad.map((value) => [value]))("refuses %p", (value) => {
    expect(() => table.valuesOf({ f: value })).toThrow(/^The field "f" takes .*, not /);
    expect(valueIfFits(table.list[0]!, { f: value })).toEqual({ value: undefined, mismatch: true });
  });
});

test("an unknown field is refused with those that there are", () => {
  expect(() => FIELDS.named("tag", "BAD_WHERE")).toThrow('"tag" is no field; there are tags, user.id, size, done, at.');
  expect(() => new FieldTable().named("tag", "BAD_WHERE")).toThrow(/this index has none: open it with `fields`/);
});

test("names and types of fields are checked", () => {
  expect(problemOfField("a.b", "number")).toBeNull();
  expect(problemOfField("a", "text")).toMatch(/must be one of "keyword", "number", "boolean", "date", not "text"/);
  for (const name of ["", ".", "a.", ".a", "a..b"]) expect(problemOfField(name, "number")).toMatch(/a name is empty/);
  expect(problemOfField("$or", "number")).toMatch(/must not start with "\$"/);
  expect(problemOfField("x".repeat(257), "number")).toMatch(/at most 256 characters/);
});
