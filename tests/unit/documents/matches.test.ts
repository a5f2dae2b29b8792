/* Does the plain evaluation say what a `where` means, by a second, naive reading of it? */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { FieldTable } from "../../../src/documents/fields.ts";
import { fieldsIn, matches } from "../../../src/documents/matches.ts";
import { readWhere } from "../../../src/documents/where.ts";
import { documents, wheres } from "../../support/arbitrary-documents.ts";
import { FIELD_TYPES, meant } from "../../support/documents.ts";

const FIELDS = new FieldTable(Object.entries(FIELD_TYPES));

test("10,000 random documents and filters", () => {
  fc.assert(
    fc.property(documents, wheres, (document, where) => {
      const condition = readWhere(where, FIELDS);
      const values = FIELDS.valuesOf(document);
      const entry = { in: ({ number }: { number: number }) => values[number], isOneOf: () => false };
      expect(matches(condition, entry)).toBe(meant(where, document));
    }),
    { numRuns: 10_000 },
  );
});

test("the fields that a condition looks at are known", () => {
  const condition = readWhere({ $or: [{ size: 1 }, { $not: { tag: "a" } }], done: true }, FIELDS);
  expect([...fieldsIn(condition)].map(({ name }) => name).sort()).toEqual(["done", "size", "tag"]);
});
