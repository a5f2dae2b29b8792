/* What can a user choose of documents when an index is opened? */
import { type FieldType, MOST_FIELDS, problemOfField } from "../documents/fields.ts";
import type { Fields, MetadataType } from "../documents/types.ts";
import { badOption, integer, isObject, oneOf, show } from "./checks.ts";

/** @internal */
export const MOST_DOCUMENT_BYTES = 2 ** 20;
const DOCUMENT_BYTES = 65536;

/** `M`: what documents look like. */
export interface DocumentChoices<M = unknown> {
  /**
   * The properties that filters know, each with its type: `{ tags: "keyword", "user.id": "keyword" }`; a value may also be
   * an array of them. At most 64. An index in a folder or an export knows its own, and gets those that are new.
   */
  fields?: Fields<M> | undefined;
  /** `"required"`: every `add` needs a document. `type<Memory>()` says what documents look like. Default `"optional"`. */
  metadata?: "optional" | "required" | MetadataType<M> | undefined;
  /** Bytes that one document may take as JSON, 2 to 1,048,576. Default 65,536. */
  maxDocumentBytes?: number | undefined;
  /** Under cosine: `"keep"` adds a zero vector as an entry without a vector, which is never a hit. Default `"refuse"`. */
  zeroVectors?: "refuse" | "keep" | undefined;
}

export interface DocumentSettings {
  /** Those that the index has since it was opened; `index.fields` shows later ones as well. */
  fields: Readonly<Record<string, FieldType>>;
  metadata: "optional" | "required";
  maxDocumentBytes: number;
  zeroVectors: "refuse" | "keep";
}

/** @internal */
export const DOCUMENT_OPTIONS = ["fields", "metadata", "maxDocumentBytes", "zeroVectors"];

/** @internal Throws BAD_OPTION. */
export function readDocumentOptions(given: DocumentChoices): DocumentSettings {
  return {
    fields: readFields(given.fields),
    metadata: readMetadata(given.metadata),
    maxDocumentBytes: integer("maxDocumentBytes", given.maxDocumentBytes, DOCUMENT_BYTES, 2, MOST_DOCUMENT_BYTES),
    zeroVectors: oneOf("zeroVectors", given.zeroVectors, "refuse", ["refuse", "keep"]),
  };
}

function readFields(given: unknown): Readonly<Record<string, FieldType>> {
  if (given === undefined) return Object.freeze({});
  if (!isObject(given) || Array.isArray(given)) {
    throw badOption(`\`fields\` must be an object such as \`{ tags: "keyword" }\`, not ${show(given)}.`);
  }
  const fields: [string, FieldType][] = Object.entries(given);
  for (const [name, type] of fields) checkField(name, type);
  return fieldsOf(fields);
}

/** @internal As an index has them, from a list that was written down. Throws when it is none. */
export function checkedFields(listed: unknown): Readonly<Record<string, FieldType>> {
  if (!Array.isArray(listed)) throw badOption("There is no list of fields.");
  const fields = listed.map(([name, type]: [string, FieldType]) => [name, type] as const);
  for (const [name, type] of fields) checkField(name, type);
  if (new Set(fields.map(([name]) => name)).size !== fields.length) throw badOption("A field is there twice.");
  return fieldsOf(fields);
}

/** @internal Those that an index has and then the new ones that are asked for; or the name of one that has another type. */
export function mergedFields(
  known: Readonly<Record<string, FieldType>>,
  asked: Readonly<Record<string, FieldType>>,
): Readonly<Record<string, FieldType>> | string {
  const other = Object.keys(asked).find((name) => Object.hasOwn(known, name) && known[name] !== asked[name]);
  return other ?? fieldsOf(Object.entries({ ...known, ...asked }));
}

/** @internal Throws BAD_OPTION when it is none that an index may have. */
export function checkField(name: unknown, type: unknown): void {
  if (typeof name !== "string") throw badOption(`The name of a field must be a string, not ${show(name)}.`);
  const problem = problemOfField(name, type);
  if (problem !== null) throw badOption(`In \`fields\`, ${problem}.`);
}

/** @internal As settings hold fields: in the order of their numbers. Throws BAD_OPTION when there are too many. */
export function fieldsOf(fields: Iterable<readonly [string, FieldType]>): Readonly<Record<string, FieldType>> {
  const all = Object.fromEntries(fields);
  const count = Object.keys(all).length;
  if (count > MOST_FIELDS) throw badOption(`An index may have ${MOST_FIELDS} fields, not ${count}.`);
  return Object.freeze(all);
}

function readMetadata(given: unknown): "optional" | "required" {
  if (isObject(given) && typeof Reflect.get(given, "required") === "boolean") {
    return Reflect.get(given, "required") ? "required" : "optional";
  }
  return oneOf("metadata", given, "optional", ["optional", "required"]);
}
