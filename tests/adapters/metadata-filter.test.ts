/* Do filters of Mastra say the same as a `where` on fields and by looking at documents, whatever is asked? */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { readFilter } from "../../src/adapters/metadata-filter.ts";
import { matches, split } from "../../src/adapters/metadata-matches.ts";
import { type FieldType, open } from "../../src/index.ts";

const FIELDS = new Map<string, FieldType>([
  ["word", "keyword"],
  ["count", "number"],
  ["flag", "boolean"],
  ["at.day", "date"],
]);
const DAYS = ["2026-01-01T00:00:00.000Z", "2026-01-02T00:00:00Z", "2026-01-02T02:00:00+02:00"];

const word = fc.constantFrom("", "a", "b", "ab", "\u{1f600}", "\uffff");
const count = fc.constantFrom(-1, 0, 1, 2.5);
const flag = fc.boolean();
const day = fc.constantFrom(...DAYS);
const some = <T>(value: fc.Arbitrary<T>) => fc.oneof(value, fc.constant(null), fc.array(value, { maxLength: 2 }));
const document = fc.record(
  { word: some(word), count: some(count), flag: some(flag), at: fc.record({ day: some(day) }, { requiredKeys: [] }) },
  { requiredKeys: [] },
);

/** What can be asked of a property whose values are such; of others at times, too. */
function asked(value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  const any = fc.oneof({ weight: 4, arbitrary: value }, word, count, fc.constant(null));
  const list = fc.array(any, { maxLength: 3 });
  const order = fc.constantFrom("$gt", "$gte", "$lt", "$lte");
  const bound = fc.oneof(value, word, count).filter((one) => typeof one !== "boolean");
  const operators = fc.oneof(
    fc.tuple(fc.constantFrom("$eq", "$ne"), any),
    fc.tuple(fc.constantFrom("$in", "$nin", "$all"), list),
    fc.tuple(order, bound),
    fc.tuple(fc.constant("$exists"), fc.boolean()),
    fc.tuple(fc.constant("$size"), fc.constantFrom(0, 1, 2)),
    fc.tuple(fc.constant("$regex"), fc.constantFrom("a", "^$", "b$")),
  );
  const object = fc.array(operators, { minLength: 1, maxLength: 2 }).map(Object.fromEntries);
  return fc.oneof(
    any,
    list,
    object,
    object.map(($not) => ({ $not })),
  );
}

const property = fc.oneof(
  asked(word).map((word) => ({ word })),
  asked(count).map((count) => ({ count })),
  asked(flag).map((flag) => ({ flag })),
  asked(day).map((day) => ({ "at.day": day })),
);
const { filter } = fc.letrec<{ filter: object }>((tie) => ({
  filter: fc.oneof(
    { depthSize: "small" },
    property,
    fc.array(property, { maxLength: 3 }).map((all) => Object.assign({}, ...all) as object),
    fc
      .tuple(fc.constantFrom("$and", "$or", "$nor"), fc.array(tie("filter"), { maxLength: 3 }))
      .map((pair) => Object.fromEntries([pair])),
    tie("filter")
      .filter((one) => Object.keys(one).length > 0)
      .map(($not) => ({ $not })),
  ),
}));

test("a `where` and a look at the rest find what a look at all of it finds", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(document, { minLength: 1, maxLength: 8 }),
      fc.array(filter, { minLength: 1, maxLength: 20 }),
      async (documents, filters) => {
        await using index = await open({
          dimensions: 1,
          workers: 0,
          partitions: 1,
          fields: Object.fromEntries(FIELDS),
        });
        const space = index.space<number>("s");
        await space.addMany(
          documents.map((_, i) => i),
          null,
          documents,
        );
        for (const one of filters) {
          const condition = readFilter(one);
          const { where, rest } = split(condition, FIELDS);
          const found: number[] = [];
          for await (const { key, metadata } of space.entries({ where, include: ["metadata"] })) {
            if (rest === null || matches(rest, metadata, FIELDS)) found.push(key);
          }
          const expected = documents.flatMap((each, i) => (matches(condition, each, FIELDS) ? [i] : []));
          expect(found.sort(), JSON.stringify(one)).toEqual(expected);
        }
      },
    ),
    { numRuns: 40 },
  );
});
