/*
 * Which fields of payloads are indexed, and what is kept for each? A field of the index below holds the values that fit its
 * type, in a property of the document that payloads can't have; whatever does not fit is kept in the payload alone.
 */
import type { FieldType } from "../../documents/fields.ts";
import { isRecord, type Value } from "../wire/json.ts";
import { notServed } from "../wire/refusals.ts";
import { boolean, byKind, echoed, maybe, object, oneOf, type Read, type Schema } from "../wire/schema.ts";
import { momentOf } from "./dates.ts";
import { type Path, type Payload, readPath, valuesAt } from "./paths.ts";
import { wordsOf } from "./words.ts";

/** The property of a document that holds what is not payload. */
export const HIDDEN = "_hnsw";

export const INDEX_TYPES = ["keyword", "integer", "float", "bool", "datetime", "uuid", "text"] as const;
export type IndexType = (typeof INDEX_TYPES)[number];

/** What a collection's note says of an index. */
export interface IndexNote {
  field: string;
  type: IndexType;
  /** As it was given. */
  schema: Value;
  /** Of the field below; one that was dropped leaves its number to the next one of its kind. */
  name: string;
  ready: boolean;
}

export interface Index extends IndexNote {
  path: Path;
}

const options = { on_disk: maybe(boolean), is_principal: maybe(boolean), enable_hnsw: maybe(boolean) };
const detailed = object({
  type: oneOf(...INDEX_TYPES, "geo"),
  is_tenant: maybe(boolean),
  ...options,
  ...{ lookup: maybe(boolean), range: maybe(boolean) },
  ...{ tokenizer: maybe(echoed), min_token_len: maybe(echoed), max_token_len: maybe(echoed) },
  ...{ lowercase: maybe(echoed), phrase_matching: maybe(echoed), stopwords: maybe(echoed) },
  ...{ stemmer: maybe(echoed), ascii_folding: maybe(echoed) },
});
export const indexSchema = byKind({ string: oneOf(...INDEX_TYPES, "geo"), object: detailed }) as Schema<
  IndexType | "geo" | Read<typeof detailed>
>;

/** Whether the values of the field say in which space a point is. */
export function isTenants({ type, schema }: Pick<IndexNote, "type" | "schema">): boolean {
  return (type === "keyword" || type === "uuid") && isRecord(schema) && schema.is_tenant === true;
}

/** Throws Refusal. */
export function typeOf(schema: Read<typeof indexSchema>): IndexType {
  const type = typeof schema === "string" ? schema : schema.type;
  if (type === "geo") throw notServed("an index of type geo");
  return type;
}

const KINDS: Record<IndexType, [letter: string, type: FieldType]> = {
  keyword: ["k", "keyword"],
  uuid: ["k", "keyword"],
  text: ["k", "keyword"],
  integer: ["n", "number"],
  float: ["n", "number"],
  datetime: ["n", "number"],
  bool: ["b", "boolean"],
};

export function openedIndex(note: IndexNote): Index {
  return { ...note, path: readPath(note.field) };
}

export const fieldOf = (name: string) => `${HIDDEN}.${name}`;

/** A name for a new index that none of `used` has, and the type of its field. */
export function freeName(type: IndexType, used: readonly string[]): [name: string, type: FieldType] {
  const [letter, fieldType] = KINDS[type];
  for (let i = 0; ; i++) if (!used.includes(`${letter}${i}`)) return [`${letter}${i}`, fieldType];
}

/** What is kept of a payload for an index; undefined where nothing fits. */
export function keptFor({ type, path }: Index, payload: Payload): Value | undefined {
  const found = new Set<string | number | boolean>();
  for (const value of valuesAt(payload, path).flat()) for (const one of fitting(type, value)) found.add(one);
  return found.size === 0 ? undefined : found.size === 1 ? [...found][0] : [...found];
}

function fitting(type: IndexType, value: Value): Iterable<string | number | boolean> {
  switch (type) {
    case "keyword":
    case "uuid":
      return typeof value === "string" && value.isWellFormed() ? [value] : [];
    case "text":
      return typeof value === "string" && value.isWellFormed() ? wordsOf(value) : [];
    case "integer":
    case "float":
      return typeof value === "number" || typeof value === "bigint" ? [Number(value)] : [];
    case "bool":
      return typeof value === "boolean" ? [value] : [];
    case "datetime": {
      const ms = momentOf(value);
      return ms === null ? [] : [ms];
    }
  }
}
