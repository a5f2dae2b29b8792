/* How does a document become a row, and a row what a caller reads? */
import type { MatchedEntry, Wanted } from "../core/calls.ts";
import { FieldTable, valueIfFits } from "../documents/fields.ts";
import { type Json, ownCopy, tooLarge } from "../documents/json.ts";
import {
  decodeRow,
  documentBytesIn,
  documentOf,
  encodeRow,
  FLAGS,
  knownIn,
  NO_VECTOR,
  type RowContents,
} from "../documents/row.ts";
import type { Include } from "../documents/types.ts";
import { HnswError } from "../errors.ts";
import type { Settings } from "../options/open.ts";
import type { Key } from "../values/keys.ts";

type Rules = Pick<Settings, "metadata" | "maxDocumentBytes">;

/** A document as it will be kept; undefined: none. Throws BAD_METADATA or DOCUMENT_TOO_LARGE. */
export function readDocument(metadata: unknown, { metadata: rule, maxDocumentBytes }: Rules): Json | undefined {
  if (metadata !== undefined) return ownCopy(metadata, maxDocumentBytes);
  if (rule === "optional") return undefined;
  throw new HnswError("BAD_METADATA", 'Every entry needs metadata: the index was opened with `metadata: "required"`.');
}

/**
 * The row of an entry, valid until the next one is encoded; null where there is nothing but a vector. Throws BAD_FIELD or
 * DOCUMENT_TOO_LARGE.
 */
export function rowOf(
  document: Json | undefined,
  about: Omit<RowContents, "text">,
  fields: FieldTable,
  { maxDocumentBytes }: Rules,
): Uint8Array | null {
  if (document === undefined && about.hasVector && about.expiresAt === null) return null;
  const values = document === undefined ? [] : fields.valuesOf(document);
  const text = document === undefined ? null : JSON.stringify(document);
  const { hasVector, expiresAt } = about;
  const row = encodeRow({ text, hasVector, expiresAt }, fields, values);
  const bytes = documentBytesIn(row);
  if (bytes > maxDocumentBytes) throw tooLarge(maxDocumentBytes, bytes);
  return row;
}

/** A row that also says what its document has in fields that were added since; nothing where that is of another type. */
export function renewed(row: Uint8Array, fields: FieldTable): Uint8Array {
  if (isUpToDate(row, fields)) return row;
  const document = documentIn(row);
  const values = document === undefined ? [] : fields.list.map((field) => valueIfFits(field, document).value);
  return encodeRow(decodeRow(row), fields, values);
}

/** Whether there is no field that a row says nothing of. */
export function isUpToDate(row: Uint8Array | null, fields: FieldTable): boolean {
  return row === null || knownIn(row) >= fields.size;
}

/** The same row for an entry that has no vector. */
export function withoutVector(row: Uint8Array | null): Uint8Array {
  const copy = (row ?? encodeRow({ text: null, hasVector: true, expiresAt: null }, NO_FIELDS, [])).slice();
  copy[FLAGS] = copy[FLAGS]! | NO_VECTOR;
  return copy;
}

const NO_FIELDS = new FieldTable();
const NOTHING: RowContents = { text: null, hasVector: true, expiresAt: null };

export function contentsOf(row: Uint8Array | null): RowContents {
  return row === null ? NOTHING : decodeRow(row);
}

/** The document of a row, or undefined. */
export function documentIn(row: Uint8Array | null): Json | undefined {
  const { text } = contentsOf(row);
  return text === null ? undefined : documentOf(text);
}

/** What must be read for that. */
export function wantedFor(include: ReadonlySet<Include>): Wanted {
  return { row: include.has("metadata") || include.has("expiresAt"), vector: include.has("vector") };
}

export interface PlainEntry {
  key: Key;
  metadata?: Json | undefined;
  vector?: Float32Array | undefined;
  expiresAt?: number | undefined;
}

/** Adds what was asked for to a key or a hit; each is there, if only as undefined. */
export function including<T extends object>(
  found: T,
  { row, vector }: Pick<MatchedEntry, "row" | "vector">,
  include: ReadonlySet<Include>,
): T & Omit<PlainEntry, "key"> {
  const entry: T & Omit<PlainEntry, "key"> = { ...found };
  if (include.has("metadata")) entry.metadata = documentIn(row);
  if (include.has("vector")) entry.vector = vector;
  if (include.has("expiresAt")) entry.expiresAt = contentsOf(row).expiresAt ?? undefined;
  return entry;
}
