/* Which sequences of ops on documents does fast-check make: changes, looks, fields that come late, a clock that goes on? */
import fc from "fast-check";
import { documents, wheres } from "./arbitrary-documents.ts";
import { type Document, FIELD_NAMES, type FieldName } from "./documents.ts";

export const SPACES = ["a", "b"];
/** Vectors are rows of a set of that many. */
export const VECTOR_COUNT = 400;
/** The fields that an index has from the start. */
export const AT_FIRST = ["tag", "size"] as const;
/** Of the clock that all calls are given: the real one does not come so far. */
export const BEGINNING = 4e12;
const KEYS = Array.from({ length: 70 }, (_, i) => `key ${i}`);
const LATE = FIELD_NAMES.filter((name) => !(AT_FIRST as readonly string[]).includes(name));

export interface Kept {
  vector: number | null;
  document: Document | undefined;
  expiresAt: number | undefined;
}

export type Op =
  | { kind: "add"; space: string; key: string; kept: Kept }
  | {
      kind: "addMany";
      space: string;
      keys: string[];
      vector: number;
      documents: Document[];
      expiresAt: number | undefined;
    }
  | { kind: "update"; space: string; key: string; patch: Document }
  | { kind: "updateWhere"; space: string; where: Document; patch: Document }
  | { kind: "deleteWhere"; space: string; where: Document }
  | { kind: "delete"; space: string; key: string }
  | { kind: "look"; space: string; where: Document; vector: number; orderBy: FieldName; descending: boolean }
  | { kind: "addField"; name: FieldName }
  | { kind: "wait"; ms: number }
  | { kind: "dropSpace"; space: string }
  | { kind: "flush" };

const space = fc.constantFrom(...SPACES);
const key = fc.constantFrom(...KEYS);
const keys = fc.uniqueArray(key, { maxLength: 40 });
const vector = fc.nat(VECTOR_COUNT - 1);
const expiresAt = fc.option(fc.integer({ min: BEGINNING - 5, max: BEGINNING + 300 }), { nil: undefined, freq: 2 });
const withDocument = fc.record({ vector: fc.option(vector), document: documents, expiresAt });
const bare = fc.record({ vector, document: fc.constant(undefined), expiresAt });
const kept: fc.Arbitrary<Kept> = fc.oneof({ weight: 5, arbitrary: withDocument }, { weight: 1, arbitrary: bare });
const patch = documents.map(({ text: _, ...rest }) => rest);
const name = fc.constantFrom(...FIELD_NAMES);
const kind = <T extends string>(one: T) => fc.constant(one);
const manyDocuments = fc.array(documents, { minLength: 1, maxLength: 4 });
const look = { kind: kind("look"), space, where: wheres, vector, orderBy: name, descending: fc.boolean() };
const someOp: fc.Arbitrary<Op> = fc.oneof(
  { weight: 10, arbitrary: fc.record({ kind: kind("add"), space, key, kept }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: kind("addMany"), space, keys, vector, documents: manyDocuments, expiresAt }),
  },
  { weight: 6, arbitrary: fc.record({ kind: kind("update"), space, key, patch }) },
  { weight: 2, arbitrary: fc.record({ kind: kind("updateWhere"), space, where: wheres, patch }) },
  { weight: 1, arbitrary: fc.record({ kind: kind("deleteWhere"), space, where: wheres }) },
  { weight: 2, arbitrary: fc.record({ kind: kind("delete"), space, key }) },
  { weight: 8, arbitrary: fc.record(look) },
  { weight: 1, arbitrary: fc.record({ kind: kind("addField"), name: fc.constantFrom(...LATE) }) },
  { weight: 2, arbitrary: fc.record({ kind: kind("wait"), ms: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ kind: kind("dropSpace"), space }) },
  { weight: 1, arbitrary: fc.record({ kind: kind("flush") }) },
);
export const documentOps = fc.array(someOp, { minLength: 50, maxLength: 120, size: "max" });
