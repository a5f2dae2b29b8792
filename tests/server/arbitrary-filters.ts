/* Which payloads and filters do the tests draw? Few fields and few values, so that most conditions match some points. */
import fc from "fast-check";

const WORDS = ["red", "green", "Red apple", "a green pear", "", "red-green", "été"];
const DATES = ["2026-11-29T12:00:00Z", "2026-11-29", "2026-11-29T14:30:00+02:00", "2026-11-30 01:00:00"];

const word = fc.constantFrom(...WORDS);
const whole = fc.integer({ min: -3, max: 3 });
const real = fc.constantFrom(-1.5, 0, 0.5, 2.25);
const scalar = fc.oneof(word, whole, real, fc.boolean(), fc.constant(null), fc.constantFrom(...DATES));
const several = <T>(one: fc.Arbitrary<T>) => fc.array(one, { maxLength: 3 });
const mostly = <T>(one: fc.Arbitrary<T>) => fc.oneof({ weight: 5, arbitrary: fc.oneof(one, several(one)) }, scalar);

const item = fc.record({ n: fc.oneof(whole, several(whole)), w: word }, { requiredKeys: [] });
export const payloads = fc.record(
  {
    word: mostly(word),
    n: mostly(whole),
    f: mostly(fc.oneof(real, whole)),
    flag: mostly(fc.boolean()),
    at: mostly(fc.constantFrom(...DATES)),
    text: mostly(word),
    deep: fc.record({ word: mostly(word), n: mostly(whole) }, { requiredKeys: [] }),
    items: fc.oneof(several(item), item),
    loose: mostly(scalar),
  },
  { requiredKeys: [] },
);

/** The type of each indexed field. */
export const INDEXES = {
  ...{ word: "keyword", n: "integer", f: "float", flag: "bool", at: "datetime", text: "text" },
  ...{ "deep.word": "keyword", "deep.n": "integer", "items[].n": "integer", "items[].w": "keyword" },
} as const;

const keys = fc.constantFrom(...Object.keys(INDEXES), "loose", "items", "deep", "missing", "items[0].n");
const bounds = (one: fc.Arbitrary<number | string>) =>
  fc.record({ gt: one, gte: one, lt: one, lte: one }, { requiredKeys: [] });
const test = fc.oneof(
  fc.record({ match: fc.record({ value: fc.oneof(word, whole, fc.boolean()) }) }),
  fc.record({ match: fc.record({ any: fc.oneof(several(word), several(whole)) }) }),
  fc.record({ match: fc.record({ except: fc.oneof(several(word), several(whole)) }) }),
  fc.record({ range: bounds(fc.oneof(whole, real)) }),
  fc.record({ range: bounds(fc.constantFrom(...DATES)).filter((range) => Object.keys(range).length > 0) }),
  fc.record({ values_count: bounds(fc.integer({ min: 0, max: 3 })) }),
);
const condition = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(keys, test).map(([key, asked]) => ({ key, ...asked })) },
  fc.record({ is_empty: fc.record({ key: keys }) }),
  fc.record({ is_null: fc.record({ key: keys }) }),
  fc.record({ has_id: fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 10 }) }),
);

/** Within `nested`, keys are those of the elements. */
const within = fc.record({
  nested: fc.record({
    key: fc.constantFrom("items", "items[]", "deep"),
    filter: fc.record({
      must: fc.array(
        fc.tuple(fc.constantFrom("n", "w", "word"), test).map(([key, asked]) => ({ key, ...asked })),
        { minLength: 1, maxLength: 2 },
      ),
    }),
  }),
});

export const filters: fc.Arbitrary<object> = fc.letrec<{ filter: object }>((tie) => ({
  filter: fc.record(
    {
      must: list(tie("filter")),
      should: list(tie("filter")),
      must_not: list(tie("filter")),
      min_should: fc.record({ conditions: list(tie("filter"), 1), min_count: fc.integer({ min: 0, max: 2 }) }),
    },
    { requiredKeys: [] },
  ),
})).filter;

function list(filter: fc.Arbitrary<object>, minLength = 0): fc.Arbitrary<object[]> {
  const one = fc.oneof(
    { maxDepth: 2, depthIdentifier: "filter" },
    { weight: 6, arbitrary: condition },
    { weight: 1, arbitrary: within },
    { weight: 1, arbitrary: filter },
  );
  return fc.array(one, { minLength, maxLength: 3 });
}
