/*
 * Are the field values of a row those of its document? Filters go by the values, and readers get the document: a row of an
 * export or a folder may come from anyone, and is taken only if both say the same. Every row that is loaded passes here, so
 * nothing is made that is not needed.
 */
import { type FieldTable, type FieldValue, type Scalar, valueIfFits } from "./fields.ts";
import type { Json } from "./json.ts";
import {
  decodeText,
  documentAt,
  FORM_ARRAY,
  FORM_NULL,
  FORM_SCALAR,
  KNOWN,
  padded,
  ROW_HEADER,
  VALUE_HEADER,
  VALUES,
} from "./row.ts";

/**
 * Whether a row, of any bytes, holds what its document has in the fields that the row knows, and a document that is JSON. Without
 * fields, whether it holds no values: then documents are only read once they are asked for.
 */
export function agrees(row: Uint8Array, { list, byNumber }: Pick<FieldTable, "list" | "byNumber">): boolean {
  try {
    const words = new DataView(row.buffer, row.byteOffset, row.byteLength);
    const known = words.getUint32(KNOWN, true);
    if (known > list.length) return false;
    if (list.length === 0) return words.getUint32(VALUES, true) === 0;
    const bytes = documentAt(row, words);
    const document = bytes === null ? undefined : (JSON.parse(decodeText(bytes)) as Json);
    let left = words.getUint32(VALUES, true);
    let at = ROW_HEADER;
    for (const place of byNumber) {
      if (place >= known) continue;
      const field = list[place]!;
      const wanted = document === undefined ? undefined : valueIfFits(field, document).value;
      const isThere = left > 0 && words.getUint16(at, true) === field.number;
      if (isThere !== (wanted !== undefined)) return false;
      if (wanted === undefined) continue;
      if (!isValue(row, words, at, wanted)) return false;
      at += VALUE_HEADER + padded(words.getUint32(at + 4, true));
      left--;
    }
    return left === 0;
  } catch {
    return false; // it ends too early, or its document is no JSON
  }
}

/** `at`: where the value's header is. */
function isValue(row: Uint8Array, words: DataView, at: number, wanted: FieldValue): boolean {
  const form = words.getUint8(at + 3);
  const bytes = words.getUint32(at + 4, true);
  const payload = at + VALUE_HEADER;
  if (wanted === null) return form === FORM_NULL;
  if (Array.isArray(wanted)) return form === FORM_ARRAY && isList(row, words, payload, bytes, wanted);
  return form === FORM_SCALAR && isScalar(row, words, payload, bytes, wanted);
}

function isScalar(row: Uint8Array, words: DataView, at: number, bytes: number, wanted: Scalar): boolean {
  if (typeof wanted === "string") return isText(row, at, bytes, wanted);
  return (typeof wanted === "number" ? words.getFloat64(at, true) : words.getUint8(at) === 1) === wanted;
}

function isList(row: Uint8Array, words: DataView, at: number, bytes: number, wanted: readonly Scalar[]): boolean {
  const end = at + bytes;
  if (typeof wanted[0] === "boolean") return isSameChoice(row.subarray(at, end), wanted);
  for (const one of wanted) {
    if (at >= end) return false;
    const size = typeof one === "string" ? words.getUint32(at, true) : 8;
    if (typeof one === "string") at += 4;
    if (!isScalar(row, words, at, size, one)) return false;
    at += size;
  }
  return at === end;
}

/** Of a list of booleans, a column keeps which there are. */
function isSameChoice(found: Uint8Array, wanted: readonly Scalar[]): boolean {
  return [0, 1].every((one) => found.includes(one) === wanted.includes(one === 1));
}

/** Whether those bytes are that text in UTF-8. */
function isText(row: Uint8Array, at: number, bytes: number, wanted: string): boolean {
  for (let i = 0; i < bytes; i++) {
    const byte = row[at + i]!;
    if (byte >= 0x80) return decodeText(row.subarray(at, at + bytes)) === wanted;
    if (byte !== wanted.charCodeAt(i)) return false;
  }
  return bytes === wanted.length;
}
