/*
 * How does a row become cells, and how is it made of them again? `putRow` and `writeRow` are inverse but for arrays of
 * booleans, of which a cell only knows what is in them.
 *
 * A row belongs to its slot from before the slot counts, and never changes: a new document is a new slot with the same
 * vector. Only the value of a field that came later than the row is put in afterwards (`fillField`).
 */
import {
  COLUMN_EXPIRY, COLUMN_FIELDS, COLUMN_RECORDS, FAULT_ROW_EXPIRY, FAULT_ROW_FILL, FAULT_ROW_LIST, FAULT_ROW_RECORD,
  FAULT_ROW_VALUE, FIELD_BOOLEAN, FIELD_KEYWORD, FLAG_FALSE, FLAG_LIST,
  FLAG_MISSING, FLAG_NULL, FLAG_TRUE, FORM_ARRAY, FORM_NULL, FORM_SCALAR, G_BODILESS, G_COLUMNS, G_EXPIRING, G_ROWS,
  RECORD_BYTES, RECORD_FLAGS, RECORD_HEADER, RECORD_KNOWN, ROW_BYTES,
  ROW_DOCUMENT, ROW_EXPIRES, ROW_FLAGS, ROW_HEADER, ROW_IS_BODILESS, ROW_IS_EXPIRING, ROW_KNOWN, ROW_VALUES,
  VALUE_BYTES, VALUE_FIELD, VALUE_FORM, VALUE_HEADER, VALUE_TYPE, WORD_CODES, WORD_LIST, WORD_MISSING, WORD_NULL,
} from "../layout";
import { faultPoint } from "../memory/faults";
import { copyBytes, padded } from "../memory/words";
import { takeRecord } from "../vectors/heap";
import { padded8 } from "./check";
import { cellOf, clearCells, columnAt, columnsOf, ensureCell, typeOf } from "./columns";
import { takeList, wordList } from "./lists";
import { isNumberList, NUMBER_LIST, NUMBER_MISSING, NUMBER_NULL } from "./numbers";
import { ensureCode, keywordAt, NO_CODE } from "./dictionary";

/** Address of a slot's record, or 0 when it has no row. */
export function recordOf(generation: usize, slot: u32): usize {
  const cell = cellOf(generation, COLUMN_RECORDS, slot);
  return cell == 0 ? 0 : load<u32>(cell);
}

// ── from a row to cells ─────────────────────────────────────────────────────────────────────────────────────────────
/** Gives a slot that does not count yet a checked row, or none (0); false when there is no memory. Partition lock held. */
export function putRow(generation: usize, slot: u32, row: usize, mine: u32): bool {
  if (load<u32>(generation + G_COLUMNS) != 0) clearCells(generation, slot); // of an op that found no memory
  return row == 0 || (putRecord(generation, slot, row, mine) && putValues(generation, slot, row, mine));
}

function putRecord(generation: usize, slot: u32, row: usize, mine: u32): bool {
  const cell = ensureCell(generation, COLUMN_RECORDS, slot, mine);
  if (cell == 0) return false;
  const bytes = load<u32>(row + ROW_DOCUMENT);
  const record = takeRecord(generation, generation + G_ROWS, RECORD_HEADER + padded(bytes), mine);
  if (record == 0) return false;
  const flags = load<u32>(row + ROW_FLAGS);
  store<u32>(record + RECORD_BYTES, bytes);
  store<u32>(record + RECORD_FLAGS, flags);
  store<u32>(record + RECORD_KNOWN, load<u32>(row + ROW_KNOWN));
  copyBytes(record + RECORD_HEADER, row + load<u32>(row + ROW_BYTES) - padded8(bytes), bytes);
  store<u32>(cell, <u32>record);
  faultPoint(FAULT_ROW_RECORD);
  if ((flags & ROW_IS_BODILESS) != 0) store<u32>(generation + G_BODILESS, load<u32>(generation + G_BODILESS) + 1);
  if ((flags & ROW_IS_EXPIRING) == 0) return true;
  const expiry = ensureCell(generation, COLUMN_EXPIRY, slot, mine);
  if (expiry == 0) return false;
  store<f64>(expiry, load<f64>(row + ROW_EXPIRES));
  faultPoint(FAULT_ROW_EXPIRY);
  store<u32>(generation + G_EXPIRING, load<u32>(generation + G_EXPIRING) + 1);
  return true;
}

function putValues(generation: usize, slot: u32, row: usize, mine: u32): bool {
  let at = row + ROW_HEADER;
  for (let left = load<u32>(row + ROW_VALUES); left > 0; left--) {
    if (!putValue(generation, slot, at, mine)) return false;
    faultPoint(FAULT_ROW_VALUE);
    at += VALUE_HEADER + padded8(load<u32>(at + VALUE_BYTES));
  }
  return true;
}

/** `at`: a value with its header. */
function putValue(generation: usize, slot: u32, at: usize, mine: u32): bool {
  const column: u32 = <u32>load<u16>(at + VALUE_FIELD) + COLUMN_FIELDS;
  const cell = ensureCell(generation, column, slot, mine);
  if (cell == 0) return false;
  const form: u32 = load<u8>(at + VALUE_FORM);
  const type: u32 = load<u8>(at + VALUE_TYPE);
  const payload = at + VALUE_HEADER;
  const bytes = load<u32>(at + VALUE_BYTES);
  if (type == FIELD_BOOLEAN) {
    store<u8>(cell, <u8>flagOf(form, payload, bytes));
    return true;
  }
  if (form == FORM_ARRAY) return putList(generation, columnAt(generation, column), cell, type, payload, bytes, mine);
  if (type != FIELD_KEYWORD) {
    store<u64>(cell, form == FORM_NULL ? NUMBER_NULL : load<u64>(payload));
    return true;
  }
  const code = form == FORM_NULL ? 0 : ensureCode(generation, columnAt(generation, column), payload, bytes, mine);
  if (code == NO_CODE) return false;
  store<u32>(cell, form == FORM_NULL ? WORD_NULL : code + WORD_CODES);
  return true;
}

function flagOf(form: u32, payload: usize, bytes: u32): u32 {
  if (form == FORM_NULL) return FLAG_NULL;
  if (form == FORM_SCALAR) return load<u8>(payload) == 0 ? FLAG_FALSE : FLAG_TRUE;
  let flag = FLAG_LIST;
  for (let i: u32 = 0; i < bytes; i++) flag |= load<u8>(payload + i) == 0 ? 1 : 2;
  return flag;
}

function putList(generation: usize, column: usize, cell: usize, type: u32, payload: usize, bytes: u32, mine: u32): bool {
  const isKeywords = type == FIELD_KEYWORD;
  const count = isKeywords ? keywordsIn(payload, bytes) : bytes >>> 3;
  const list = takeList(generation, column, count * (isKeywords ? 4 : 8), mine);
  if (list == 0) return false;
  store<u32>(list, count);
  faultPoint(FAULT_ROW_LIST);
  if (!isKeywords) {
    copyBytes(list + 4, payload, bytes);
    store<u64>(cell, NUMBER_LIST | <u64>list);
    return true;
  }
  for (let i: u32 = 0; i < count; i++) {
    const size = load<u32>(payload);
    const code = ensureCode(generation, column, payload + 4, size, mine);
    if (code == NO_CODE) return false;
    store<u32>(list + 4 + (i << 2), code);
    payload += 4 + size;
  }
  store<u32>(cell, WORD_LIST | (<u32>list >>> 2));
  return true;
}

function keywordsIn(payload: usize, bytes: u32): u32 {
  let count: u32 = 0;
  for (let at: u32 = 0; at < bytes; count++) at += 4 + load<u32>(payload + at);
  return count;
}

/**
 * Puts the values at `at`, of `bytes`, into the row of a slot that says nothing of their fields yet, because those are newer;
 * from then on it knows `known` fields of its space's table. False when there is no memory. Partition lock held.
 */
export function fillRow(generation: usize, slot: u32, at: usize, bytes: u32, known: u32): bool {
  const record = recordOf(generation, slot);
  if (record == 0 || load<u32>(record + RECORD_KNOWN) >= known) return true;
  for (const end = at + bytes; at < end; at += VALUE_HEADER + padded8(load<u32>(at + VALUE_BYTES))) {
    if (!putValue(generation, slot, at, 0)) return false;
  }
  faultPoint(FAULT_ROW_FILL);
  store<u32>(record + RECORD_KNOWN, known);
  return true;
}

// ── from cells to a row ─────────────────────────────────────────────────────────────────────────────────────────────
let out: usize = 0; // where `writeRow` writes next; nothing is written with `isDry`
let isDry: bool = false;

/** Bytes of a slot's row, 0 when it has none. */
export function rowBytes(generation: usize, slot: u32): u32 {
  isDry = true;
  return produce(generation, slot, 0);
}

/** Writes a slot's row, of `rowBytes`. */
export function writeRow(generation: usize, slot: u32, to: usize): void {
  isDry = false;
  produce(generation, slot, to);
}

function produce(generation: usize, slot: u32, to: usize): u32 {
  const record = recordOf(generation, slot);
  if (record == 0) return 0;
  const expiry = cellOf(generation, COLUMN_EXPIRY, slot);
  out = to + ROW_HEADER;
  let values: u32 = 0;
  const columns = columnsOf(generation);
  for (let column = COLUMN_FIELDS; column < columns; column++) {
    const cell = cellOf(generation, column, slot);
    if (cell != 0 && writeValue(columnAt(generation, column), column - COLUMN_FIELDS, cell)) values++;
  }
  const bytes = load<u32>(record + RECORD_BYTES);
  copy(record + RECORD_HEADER, bytes);
  pad(to);
  const all = <u32>(out - to);
  if (isDry) return all;
  const flags = load<u32>(record + RECORD_FLAGS);
  store<u32>(to + ROW_BYTES, all);
  store<u32>(to + ROW_FLAGS, flags);
  store<f64>(to + ROW_EXPIRES, (flags & ROW_IS_EXPIRING) != 0 ? load<f64>(expiry) : 0);
  store<u32>(to + ROW_DOCUMENT, bytes);
  store<u32>(to + ROW_VALUES, values);
  store<u32>(to + ROW_KNOWN, load<u32>(record + RECORD_KNOWN));
  store<u32>(to + ROW_KNOWN, 0, 4);
  return all;
}

function copy(from: usize, bytes: u32): void {
  if (!isDry) copyBytes(out, from, bytes);
  out += bytes;
}

function word(value: u32): void {
  if (!isDry) store<u32>(out, value);
  out += 4;
}

/** Up to whole words of 8 bytes from `start` on. */
function pad(start: usize): void {
  for (; ((out - start) & 7) != 0; out++) if (!isDry) store<u8>(out, 0);
}

/** False when the cell is missing. */
function writeValue(column: usize, field: u32, cell: usize): bool {
  const type = typeOf(field);
  const form = formOf(type, cell);
  if (form == ~0) return false;
  const start = out;
  out += VALUE_HEADER;
  if (form != FORM_NULL) writePayload(column, type, form, cell);
  const bytes = <u32>(out - start) - VALUE_HEADER;
  pad(start);
  if (isDry) return true;
  store<u16>(start + VALUE_FIELD, <u16>field);
  store<u8>(start + VALUE_TYPE, <u8>type);
  store<u8>(start + VALUE_FORM, <u8>form);
  store<u32>(start + VALUE_BYTES, bytes);
  return true;
}

/** What a slot has in a field: FORM_*, or ~0 when it is missing. */
export function formIn(generation: usize, field: u32, slot: u32): u32 {
  const cell = cellOf(generation, field + COLUMN_FIELDS, slot);
  return cell == 0 ? ~0 : formOf(typeOf(field), cell);
}

/** The scalar that a slot has in a field: a number, a date, 0 or 1, or the code of a keyword. */
export function valueIn(generation: usize, field: u32, slot: u32): f64 {
  const cell = cellOf(generation, field + COLUMN_FIELDS, slot);
  const type = typeOf(field);
  if (type == FIELD_BOOLEAN) return load<u8>(cell) == FLAG_TRUE ? 1 : 0;
  return type == FIELD_KEYWORD ? <f64>(load<u32>(cell) - WORD_CODES) : load<f64>(cell);
}

/** FORM_*, or ~0 when the cell is missing. */
function formOf(type: u32, cell: usize): u32 {
  if (type == FIELD_BOOLEAN) {
    const flag: u32 = load<u8>(cell);
    return flag == FLAG_MISSING ? ~0 : flag == FLAG_NULL ? FORM_NULL : flag < FLAG_LIST ? FORM_SCALAR : FORM_ARRAY;
  }
  if (type == FIELD_KEYWORD) {
    const word = load<u32>(cell);
    if (word == WORD_MISSING) return ~0;
    return word == WORD_NULL ? FORM_NULL : (word & WORD_LIST) != 0 ? FORM_ARRAY : FORM_SCALAR;
  }
  const bits = load<u64>(cell);
  if (bits == NUMBER_MISSING) return ~0;
  return bits == NUMBER_NULL ? FORM_NULL : isNumberList(bits) ? FORM_ARRAY : FORM_SCALAR;
}

function writePayload(column: usize, type: u32, form: u32, cell: usize): void {
  if (type == FIELD_BOOLEAN) writeFlags(load<u8>(cell));
  else if (type == FIELD_KEYWORD) writeKeywords(column, form, load<u32>(cell));
  else if (form == FORM_SCALAR) copy(cell, 8);
  else {
    const list: usize = <u32>load<u64>(cell);
    copy(list + 4, load<u32>(list) << 3);
  }
}

function writeFlags(flag: u32): void {
  if (flag < FLAG_LIST) return flagByte(flag == FLAG_TRUE ? 1 : 0);
  if (flag & 1) flagByte(0);
  if (flag & 2) flagByte(1);
}

function flagByte(value: u32): void {
  if (!isDry) store<u8>(out, <u8>value);
  out++;
}

function writeKeywords(column: usize, form: u32, cell: u32): void {
  if (form == FORM_SCALAR) {
    const keyword = keywordAt(column, cell - WORD_CODES);
    return copy(keyword + 4, load<u32>(keyword));
  }
  const list = wordList(cell);
  for (let i: u32 = 0; i < load<u32>(list); i++) {
    const keyword = keywordAt(column, load<u32>(list + 4 + (i << 2)));
    word(load<u32>(keyword));
    copy(keyword + 4, load<u32>(keyword));
  }
}
