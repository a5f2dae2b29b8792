/* Which documents and filters does fast-check make, which shrinks those that fail? */
import fc from "fast-check";
import type { Json } from "../../src/documents/json.ts";
import { type Document, FIELD_NAMES, FIELD_TYPES, type FieldName, SCALARS } from "./documents.ts";

const scalarOf = (name: FieldName): fc.Arbitrary<Json> => fc.constantFrom<Json>(...SCALARS[FIELD_TYPES[name]]);
const valueAt = (name: FieldName): fc.Arbitrary<Json | undefined> =>
  fc.oneof(
    { weight: 6, arbitrary: scalarOf(name) },
    { weight: 2, arbitrary: fc.array(scalarOf(name), { maxLength: 3 }) },
    { weight: 1, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: fc.constant(undefined) },
  );

/** Random documents with these fields, and a text. */
export const documents: fc.Arbitrary<Document> = fc
  .record({
    text: fc.string(),
    tag: valueAt("tag"),
    size: valueAt("size"),
    done: valueAt("done"),
    at: valueAt("at"),
    id: valueAt("user.id"),
  })
  .map(({ id, ...rest }) => JSON.parse(JSON.stringify({ ...rest, ...(id === undefined ? {} : { user: { id } }) })));

const operators = (name: FieldName): fc.Arbitrary<Document> => {
  const one = scalarOf(name);
  const maybeNull = fc.oneof({ weight: 9, arbitrary: one }, { weight: 1, arbitrary: fc.constant(null) });
  const list = fc.array(maybeNull, { maxLength: 4 });
  const simple = [
    ...["$eq", "$ne"].map((operator) => maybeNull.map((value) => ({ [operator]: value }))),
    ...["$in", "$nin"].map((operator) => list.map((value) => ({ [operator]: value }))),
    fc.boolean().map(($exists) => ({ $exists })),
  ];
  if (FIELD_TYPES[name] === "boolean") return fc.oneof(...simple);
  const bounds = ["$gt", "$gte", "$lt", "$lte"].map((operator) => one.map((value) => ({ [operator]: value })));
  const ranges = fc.tuple(fc.constantFrom("$gt", "$gte"), one, fc.constantFrom("$lt", "$lte"), one);
  return fc.oneof(
    ...simple,
    ...bounds,
    ranges.map(([low, a, high, b]) => ({ [low]: a, [high]: b })),
  );
};

const test: fc.Arbitrary<Document> = fc.constantFrom(...FIELD_NAMES).chain((name) => {
  const asked = fc.oneof(
    { weight: 1, arbitrary: scalarOf(name) },
    { weight: 4, arbitrary: operators(name) },
    { weight: 1, arbitrary: operators(name).map(($not) => ({ $not })) },
  );
  return asked.map((value) => ({ [name]: value }));
});

/** Random filters over these fields, up to three levels deep. */
export const wheres: fc.Arbitrary<Document> = fc.letrec<{ where: Document }>((tie) => ({
  where: fc.oneof(
    { maxDepth: 3, depthSize: "small" },
    { weight: 5, arbitrary: test },
    { weight: 1, arbitrary: fc.tuple(test, test).map(([a, b]) => ({ ...a, ...b })) },
    { weight: 1, arbitrary: fc.array(tie("where"), { minLength: 1, maxLength: 3 }).map(($and) => ({ $and })) },
    { weight: 1, arbitrary: fc.array(tie("where"), { minLength: 1, maxLength: 3 }).map(($or) => ({ $or })) },
    { weight: 1, arbitrary: tie("where").map(($not) => ({ $not })) },
  ),
})).where;
