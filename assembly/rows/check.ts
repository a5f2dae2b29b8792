/*
 * Is this a row that the face of the package can have written? Rows come from exports and folders, too: nothing in one is
 * believed. Values come in the order of their fields, each once; every part is padded with whatever to 8 bytes. How many fields
 * of its space's table a row knows is JavaScript's to compare: spaces of one partition may have tables of their own.
 *
 *   row    [bytes u32][flags u32][expires f64][document bytes u32][values u32][known u32][0 u32], values, document
 *   value  [field u16][type u8][form u8][bytes u32], payload
 *   payload  number, date: f64; boolean: u8; keyword: UTF-8; an array: those one after the other, keywords as
 *            [bytes u32][UTF-8]
 */
import {
  FIELD_BOOLEAN, FIELD_KEYWORD, FORM_ARRAY, FORM_NULL, FORM_SCALAR, MAX_ROW_BYTES, P_FIELDS, ROW_ALL_FLAGS, ROW_BYTES,
  ROW_DOCUMENT, ROW_EXPIRES, ROW_FLAGS, ROW_HAS_DOCUMENT, ROW_HEADER, ROW_IS_EXPIRING, ROW_KNOWN, ROW_VALUES, VALUE_BYTES,
  VALUE_FIELD, VALUE_FORM, VALUE_HEADER, VALUE_TYPE,
} from "../layout";
import { isUtf8 } from "../memory/utf8";
import { typeOf } from "./columns";

export const SOUND: u32 = ~0;

/** Up to whole words of 8 bytes. */
export function padded8(bytes: u32): u32 {
  return (bytes + 7) & ~7;
}

/** Where the row at `row`, of `bytes`, makes no sense: an offset in it, or SOUND. */
export function faultIn(row: usize, bytes: u32): u32 {
  if (bytes < ROW_HEADER || bytes > MAX_ROW_BYTES || load<u32>(row + ROW_BYTES) != bytes || (bytes & 7) != 0) return ROW_BYTES;
  const flags = load<u32>(row + ROW_FLAGS);
  if ((flags & ~ROW_ALL_FLAGS) != 0) return ROW_FLAGS;
  if ((flags & ROW_IS_EXPIRING) != 0 && !isFinite(load<f64>(row + ROW_EXPIRES))) return ROW_EXPIRES;
  const fields = load<u32>(P_FIELDS);
  if (load<u32>(row + ROW_KNOWN) > fields) return ROW_KNOWN;
  const end = row + bytes;
  let at = row + ROW_HEADER;
  let next: u32 = 0; // the lowest field that may come
  for (let left = load<u32>(row + ROW_VALUES); left > 0; left--) {
    if (at + VALUE_HEADER > end) return ROW_VALUES;
    const field: u32 = load<u16>(at + VALUE_FIELD);
    if (field < next || field >= fields) return <u32>(at - row);
    next = field + 1;
    const size = load<u32>(at + VALUE_BYTES);
    const payload = at + VALUE_HEADER;
    if (size > bytes || payload + padded8(size) > end) return <u32>(at - row);
    if (!isValue(field, load<u8>(at + VALUE_TYPE), load<u8>(at + VALUE_FORM), payload, size)) return <u32>(at - row);
    at = payload + padded8(size);
  }
  const document = load<u32>(row + ROW_DOCUMENT);
  if (document > bytes || at + padded8(document) != end) return ROW_DOCUMENT;
  if ((flags & ROW_HAS_DOCUMENT) == 0) return document == 0 ? SOUND : ROW_DOCUMENT;
  return document != 0 && isUtf8(at, at + document) ? SOUND : ROW_DOCUMENT;
}

/** Whether what lies at `at`, of `bytes`, are values with their headers, in the order of their fields. */
export function areValues(at: usize, bytes: u32): bool {
  const end = at + bytes;
  let next: u32 = 0;
  while (at < end) {
    if (at + VALUE_HEADER > end) return false;
    const field: u32 = load<u16>(at + VALUE_FIELD);
    const size = load<u32>(at + VALUE_BYTES);
    if (field < next || field >= load<u32>(P_FIELDS) || size > bytes) return false;
    next = field + 1;
    const payload = at + VALUE_HEADER;
    if (payload + padded8(size) > end) return false;
    if (!isValue(field, load<u8>(at + VALUE_TYPE), load<u8>(at + VALUE_FORM), payload, size)) return false;
    at = payload + padded8(size);
  }
  return true;
}

function isValue(field: u32, type: u32, form: u32, payload: usize, bytes: u32): bool {
  if (type != typeOf(field)) return false;
  if (form == FORM_NULL) return bytes == 0;
  if (form == FORM_SCALAR) return isScalar(type, payload, bytes);
  return form == FORM_ARRAY && isArray(type, payload, bytes);
}

/** Whether that is one value of a type: an element of an array without what stands before a keyword. */
export function isScalar(type: u32, payload: usize, bytes: u32): bool {
  if (type == FIELD_KEYWORD) return isUtf8(payload, payload + bytes);
  if (type == FIELD_BOOLEAN) return bytes == 1 && load<u8>(payload) <= 1;
  return bytes == 8 && isFinite(load<f64>(payload));
}

function isArray(type: u32, payload: usize, bytes: u32): bool {
  const end = payload + bytes;
  if (type != FIELD_KEYWORD) {
    const size: u32 = type == FIELD_BOOLEAN ? 1 : 8;
    if (bytes % size != 0) return false;
    for (let at = payload; at < end; at += size) if (!isScalar(type, at, size)) return false;
    return true;
  }
  let at = payload;
  while (at < end) {
    if (at + 4 > end) return false;
    const size = load<u32>(at);
    if (size > bytes || at + 4 + size > end || !isUtf8(at + 4, at + 4 + size)) return false;
    at += 4 + size;
  }
  return true;
}
