/* Which documents and filters do tests use, and what does a filter mean? Random ones, and a naive reading in plain JavaScript. */
import fc from "fast-check";
import type { FieldType } from "../../src/documents/fields.ts";
import type { Json } from "../../src/documents/json.ts";

/** The fields of the random documents; each may be missing, null or a list. */
export const FIELD_TYPES = {
  tag: "keyword",
  size: "number",
  done: "boolean",
  at: "date",
  "user.id": "keyword",
} as const;
type Name = keyof typeof FIELD_TYPES;
const NAMES = Object.keys(FIELD_TYPES) as Name[];

const scalars = {
  keyword: fc.constantFrom("a", "b", "c", "ä", "\ue000", "\u{10000}", "", "long enough to be kept elsewhere"),
  number: fc.constantFrom(0, 1, 2, -1, 0.5, 1e300, -1e-300),
  boolean: fc.boolean(),
  date: fc.constantFrom<string | number>(0, 1000, "1970-01-01T00:00:01Z", "2026-11-28", -5000),
} satisfies Record<FieldType, fc.Arbitrary<unknown>>;

const scalarOf = (name: Name): fc.Arbitrary<Json> => scalars[FIELD_TYPES[name]];
const valueAt = (name: Name): fc.Arbitrary<Json | undefined> =>
  fc.oneof(
    { weight: 6, arbitrary: scalarOf(name) },
    { weight: 2, arbitrary: fc.array(scalarOf(name), { maxLength: 3 }) },
    { weight: 1, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: fc.constant(undefined) },
  );

export type Document = { [name: string]: Json };

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

const operators = (name: Name): fc.Arbitrary<Document> => {
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

const test: fc.Arbitrary<Document> = fc.constantFrom(...NAMES).chain((name) => {
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

/** Whether a document is one that the filter asks for. */
export function meant(where: Document, document: Document): boolean {
  return Object.entries(where).every(([name, asked]) => {
    if (name === "$and") return (asked as Document[]).every((one) => meant(one, document));
    if (name === "$or") return (asked as Document[]).some((one) => meant(one, document));
    if (name === "$not") return !meant(asked as Document, document);
    const found = name
      .split(".")
      .reduce<Json | undefined>((at, part) => (at as Document | undefined)?.[part], document);
    return asks(asked!, found, FIELD_TYPES[name as Name]);
  });
}

function asks(asked: Json, found: Json | undefined, type: FieldType): boolean {
  if (asked === null || typeof asked !== "object") return equals(found, asked, type);
  const operators = asked as Document;
  const bounds = ["$gt", "$gte", "$lt", "$lte"].filter((name) => name in operators);
  const isInRange =
    bounds.length === 0 ||
    listOf(found).some((one) => bounds.every((name) => isBounded(name, one, operators[name]!, type)));
  return (
    isInRange &&
    Object.entries(operators).every(([name, value]) => {
      if (name === "$eq") return equals(found, value, type);
      if (name === "$ne") return !equals(found, value, type);
      if (name === "$in") return (value as Json[]).some((one) => equals(found, one, type));
      if (name === "$nin") return !(value as Json[]).some((one) => equals(found, one, type));
      if (name === "$exists") return (found !== undefined) === value;
      return name !== "$not" || !asks(value, found, type);
    })
  );
}

function equals(found: Json | undefined, wanted: Json, type: FieldType): boolean {
  if (wanted === null) return found === null;
  return listOf(found).some((one) => plain(one, type) === plain(wanted, type));
}

/** What there is to compare: the elements of a list, nothing where there is nothing. */
function listOf(found: Json | undefined): Json[] {
  return found === undefined || found === null ? [] : Array.isArray(found) ? found : [found];
}

function isBounded(operator: string, found: Json, bound: Json, type: FieldType): boolean {
  const [a, b] = [plain(found, type), plain(bound, type)];
  const order =
    typeof a === "string" ? Buffer.compare(Buffer.from(a), Buffer.from(b as string)) : Number(a) - Number(b);
  if (order === 0) return operator.endsWith("e");
  return operator.startsWith("$g") ? order > 0 : order < 0;
}

function plain(value: Json, type: FieldType): Json {
  return type === "date" && typeof value === "string" ? new Date(value).getTime() : value;
}
