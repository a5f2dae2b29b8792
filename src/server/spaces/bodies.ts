/* What do requests to the spaces of an index hold? What they ask of entries is read by the index itself, which says what is wrong. */
import type { Include } from "../../documents/types.ts";
import type { Key } from "../../values/keys.ts";
import { isRecord, type Value } from "../wire/json.ts";
import { badFormat } from "../wire/refusals.ts";
import { receivedFloats, receivedKey } from "../wire/remote.ts";
import {
  anything,
  boolean,
  byKind,
  expected,
  list,
  mapped,
  maybe,
  number,
  object,
  oneOf,
  type Schema,
  text,
} from "../wire/schema.ts";

const MOST = 100_000; // entries of one request

const key: Schema<Key> = {
  shape: {
    anyOf: [
      { type: "string" },
      { type: "integer" },
      { type: "object", properties: { bigint: { type: "string" } }, required: ["bigint"], additionalProperties: false },
    ],
  },
  read(value, at) {
    const found = receivedKey(value);
    if (found !== null) return found;
    throw expected(at, 'a key: a string, an integer, or {"bigint": "123"}', value);
  },
};

/** Many vectors: one after the other in base64, or an array of arrays. */
export type Vectors = Float32Array | number[][];

const inBase64 = mapped(text(2 ** 30), (value, at) => {
  const floats = receivedFloats(value);
  if (floats === null) throw badFormat(`${at} is not 32-bit floats in base64`);
  return floats;
});
const MOST_NUMBERS = 65_536;
const anyNumbers = list(number, MOST_NUMBERS);
/** A vector is read in one go, and is taken as it is where each of its numbers is one. */
const numbers: Schema<number[]> = {
  shape: anyNumbers.shape,
  read(value, at) {
    const isPlain = Array.isArray(value) && value.length <= MOST_NUMBERS && value.every(Number.isFinite);
    return isPlain ? (value as number[]) : anyNumbers.read(value, at);
  },
};
const vectors = byKind({ string: inBase64, array: list(numbers, MOST) }) as Schema<Vectors>;
const vector = byKind({ string: inBase64, array: numbers }) as Schema<Float32Array | number[]>;

/** Null is kept, as absent. */
const document = { ...anything, read: (value: Value) => (value === null ? undefined : value) };
const where = maybe(
  mapped(anything, (value) => {
    if (!isRecord(value)) throw badFormat("`where` must be an object");
    return value;
  }),
);
const now = maybe(number);
const expiresAt = byKind({ number, string: oneOf("never") }) as Schema<number | "never">;
const include = maybe(list(oneOf("metadata", "vector", "expiresAt"), 3)) as Schema<Include[] | undefined> & {
  optional: true;
};
/** Whether vectors come in base64. */
const binary = maybe(boolean);
const field = text(1024);

export const addBody = object({
  keys: list(key, MOST),
  vectors: maybe(vectors),
  metadata: maybe(list(document, MOST)),
  expiresAt: maybe(number),
});
export const updateBody = object({
  keys: maybe(list(key, MOST)),
  where,
  patch: maybe(mapped(anything, (value) => value)),
  remove: maybe(list(field, 1000)),
  expiresAt: maybe(expiresAt),
  now,
});
export const deleteBody = object({ keys: maybe(list(key, MOST)), where, now });
export const getBody = object({ keys: list(key, MOST), include, now, binary });
export const pageBody = object({
  ...{ where, include, now, binary },
  ...{ orderBy: maybe(field), descending: maybe(boolean), limit: maybe(number), after: maybe(text(4096)) },
});
export const countBody = object({ where, now });
export const facetsBody = object({ field, where, now, limit: maybe(number) });
const recall = byKind({ number, string: oneOf("exact") }) as Schema<number | "exact">;
export const searchBody = object({
  ...{
    query: maybe(vector),
    queries: maybe(vectors),
    spaces: maybe(byKind({ string: oneOf("all"), array: list(field, MOST) })),
  },
  ...{
    k: maybe(number),
    ef: maybe(number),
    recall: maybe(recall),
    where,
    keys: maybe(list(key, MOST)),
    include,
    now,
    binary,
  },
  explain: maybe(boolean),
});
export const fieldsBody = object({ fields: maybe(anything) });
