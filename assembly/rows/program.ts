/*
 * What does a filter ask? A program in postfix order, which JavaScript compiles from a `where` (src/documents/program.ts).
 *
 *   program  [bytes u32][ops u32], then the ops
 *   op       [op u16][field u16][bytes of the payload u32], payload padded to 8
 *   operand  [type u8][form u8][0 u16][bytes u32], payload padded to 8: one scalar
 *
 *   EXISTS, NULL, HAS_DOCUMENT, BEHIND, ALL, NONE   push a bitmap; no payload. BEHIND has a number of fields in place of a field
 *   EQUAL operand; IN [count u32][0 u32] operands, numbers in ascending order; RANGE [flags u32][0 u32], low, high: f64, or
 *   [bytes u32][UTF-8] padded to 8; KEYS [count u32][0 u32], then [header u32][key, padded to 4] each   push one
 *   AND, OR [2 u32][0 u32]   take two, push one; NOT takes one, pushes one
 *
 * Before it runs on a generation, each op is made ready: keywords become codes, lists of them become a bit per cell value.
 *
 *   ready op   [op u32][column u32][payload u32][set u32]: the cell of an equal keyword, or the address of a set
 *   set        of cells of keywords: [cells there may be u32][members u32][the first FEW of them u32], a bit per cell; of
 *              slots (KEYS): bits only; of numbers (IN): a bit per hash, which others may share
 */
import {
  COLUMN_FIELDS, FIELD_BOOLEAN, FIELD_DATE, FIELD_KEYWORD, FIELD_NUMBER, FORM_SCALAR, KEY_LENGTH, MAX_DEPTH, MAX_OPS,
  OP_ALL, OP_AND, OP_BYTES, OP_CODE, OP_EQUAL, OP_EXISTS, OP_FIELD, OP_HAS_DOCUMENT, OP_HEADER, OP_IN, OP_KEYS, OP_BEHIND, OP_NONE, OP_NOT, OP_NULL, OP_OR,
  OP_RANGE, PROGRAM_BYTES, PROGRAM_HEADER, PROGRAM_OPS, P_FIELDS, RANGE_HIGH, RANGE_HIGH_INCLUSIVE, RANGE_LOW,
  RANGE_LOW_INCLUSIVE, WORD_CODES,
} from "../layout";
import { clearBytes, hasBit, padded, setBit } from "../memory/words";
import { isScalar, padded8, SOUND } from "./check";
import { columnAt, columnsOf, typeOf } from "./columns";
import { codeOf, keywordAt, keywordCount, NO_CODE } from "./dictionary";

export const READY_BYTES: u32 = 16;
export const READY_OP: usize = 0, READY_COLUMN: usize = 4, READY_PAYLOAD: usize = 8, READY_SET: usize = 12;
const OPERAND_TYPE: usize = 0, OPERAND_FORM: usize = 1, OPERAND_BYTES: usize = 4;
export const OPERAND_HEADER: u32 = 8;
export const FEW: u32 = 8; // members that are compared one by one
export const SET_CELLS: usize = 0, SET_MEMBERS: usize = 4, SET_FEW: usize = 8, SET_BITS: u32 = 8 + FEW * 4;
export const LIST_START: u32 = 8; // of IN, RANGE and KEYS, behind their count or flags

/** Where the program at `program`, of `bytes`, makes no sense: an offset in it, or SOUND. */
export function faultInProgram(program: usize, bytes: u32): u32 {
  if (bytes < PROGRAM_HEADER || load<u32>(program + PROGRAM_BYTES) != bytes) return PROGRAM_BYTES;
  const ops = load<u32>(program + PROGRAM_OPS);
  if (ops == 0 || ops > MAX_OPS) return PROGRAM_OPS;
  const end = program + bytes;
  let at = program + PROGRAM_HEADER;
  let depth: u32 = 0;
  for (let left = ops; left > 0; left--) {
    const offset = <u32>(at - program);
    if (at + OP_HEADER > end) return offset;
    const size = load<u32>(at + OP_BYTES);
    const payload = at + OP_HEADER;
    if (size > bytes || payload + padded8(size) > end) return offset;
    const op: u32 = load<u16>(at + OP_CODE);
    if (op == OP_AND || op == OP_OR) {
      if (size != 8 || load<u32>(payload) != 2 || depth < 2) return offset;
      depth--;
    } else if (op == OP_NOT) {
      if (depth == 0) return offset;
    } else {
      if (!isTest(op, load<u16>(at + OP_FIELD), payload, size) || ++depth > MAX_DEPTH) return offset;
    }
    at = payload + padded8(size);
  }
  return depth == 1 && at == end ? SOUND : PROGRAM_OPS;
}

function isTest(op: u32, field: u32, payload: usize, bytes: u32): bool {
  if (op == OP_ALL || op == OP_NONE || op == OP_HAS_DOCUMENT) return true;
  if (op == OP_BEHIND) return field <= load<u32>(P_FIELDS);
  if (op == OP_KEYS) return isKeys(payload, bytes);
  if (field >= load<u32>(P_FIELDS)) return false;
  if (op == OP_EXISTS || op == OP_NULL) return true;
  const type = typeOf(field);
  if (op == OP_EQUAL) return operandBytes(type, payload, bytes) == bytes;
  if (op == OP_RANGE) return type != FIELD_BOOLEAN && isRange(type, payload, bytes);
  return op == OP_IN && isList(type, payload, bytes);
}

/** Bytes of an operand of that type, without padding behind it; 0 when it makes no sense. */
function operandBytes(type: u32, at: usize, room: u32): u32 {
  if (room < OPERAND_HEADER || load<u8>(at + OPERAND_TYPE) != type || load<u8>(at + OPERAND_FORM) != FORM_SCALAR) return 0;
  const bytes = load<u32>(at + OPERAND_BYTES);
  if (bytes > room - OPERAND_HEADER || !isScalar(type, at + OPERAND_HEADER, bytes)) return 0;
  return OPERAND_HEADER + padded8(bytes);
}

function isList(type: u32, payload: usize, bytes: u32): bool {
  if (bytes < LIST_START) return false;
  let at: u32 = LIST_START;
  for (let left = load<u32>(payload); left > 0; left--) {
    const size = operandBytes(type, payload + at, bytes - min<u32>(at, bytes));
    if (size == 0 || at + size > bytes) return false;
    at += size;
  }
  return at == bytes;
}

function isRange(type: u32, payload: usize, bytes: u32): bool {
  if (bytes < LIST_START) return false;
  const flags = load<u32>(payload);
  if ((flags & (RANGE_LOW | RANGE_HIGH)) == 0 || flags > 15) return false;
  if (type != FIELD_KEYWORD) {
    return bytes == LIST_START + 16 && isFinite(load<f64>(payload, 8)) && isFinite(load<f64>(payload, 16));
  }
  let at: u32 = LIST_START;
  for (let i = 0; i < 2; i++) {
    if (at + 4 > bytes) return false;
    const size = load<u32>(payload + at);
    if (size > bytes || at + padded8(4 + size) > bytes || !isScalar(FIELD_KEYWORD, payload + at + 4, size)) return false;
    at += padded8(4 + size);
  }
  return at == bytes;
}

function isKeys(payload: usize, bytes: u32): bool {
  if (bytes < LIST_START) return false;
  let at: u32 = LIST_START;
  for (let left = load<u32>(payload); left > 0; left--) {
    if (at + 4 > bytes) return false;
    at += keyBytes(payload + at);
    if (at > bytes) return false;
  }
  return at == bytes || padded8(at) == bytes;
}

/** Bytes of a key in the list of a KEYS, its header and padding included. */
export function keyBytes(at: usize): u32 {
  return 4 + padded(load<u32>(at) & KEY_LENGTH);
}

// ── making it ready ─────────────────────────────────────────────────────────────────────────────────────────────────

/** Bytes that the ready ops of a program take for a generation with that many slots. */
export function readyBytes(program: usize, generation: usize, slots: u32): u32 {
  let at = program + PROGRAM_HEADER;
  let bytes: u32 = 0;
  for (let left = load<u32>(program + PROGRAM_OPS); left > 0; left--) {
    bytes += READY_BYTES + setBytes(generation, slots, load<u16>(at + OP_CODE), load<u16>(at + OP_FIELD));
    at += OP_HEADER + padded8(load<u32>(at + OP_BYTES));
  }
  return bytes;
}

/** Bytes of the set that an op needs. */
function setBytes(generation: usize, slots: u32, op: u32, field: u32): u32 {
  if (op == OP_KEYS) return padded8((slots + 7) >>> 3);
  if (op != OP_IN && op != OP_RANGE) return 0;
  if (hasHashes(op, field)) return 1 << (HASH_BITS - 3);
  if (typeOf(field) != FIELD_KEYWORD) return 0;
  return SET_BITS + setBitBytes(keywordsOf(generation, field));
}

/** At least 16, which are looked up at once. */
function setBitBytes(keywords: u32): u32 {
  return max<u32>(16, padded8((keywords + WORD_CODES + 7) >>> 3));
}

function keywordsOf(generation: usize, field: u32): u32 {
  const column = COLUMN_FIELDS + field;
  return column < columnsOf(generation) ? keywordCount(columnAt(generation, column)) : 0;
}

/** Makes the ops of a sound program ready at `to`. Partition lock held: nothing is added to dictionaries. */
export function makeReady(program: usize, generation: usize, slots: u32, to: usize): void {
  const ops = load<u32>(program + PROGRAM_OPS);
  let sets = to + ops * READY_BYTES;
  let at = program + PROGRAM_HEADER;
  for (let i: u32 = 0; i < ops; i++) {
    const op: u32 = load<u16>(at + OP_CODE);
    const field: u32 = load<u16>(at + OP_FIELD);
    const payload = at + OP_HEADER;
    const ready = to + i * READY_BYTES;
    store<u32>(ready + READY_OP, op);
    store<u32>(ready + READY_COLUMN, COLUMN_FIELDS + field);
    store<u32>(ready + READY_PAYLOAD, <u32>payload);
    store<u32>(ready + READY_SET, <u32>sets);
    const bytes = setBytes(generation, slots, op, field);
    clearBytes(sets, bytes);
    if (hasHashes(op, field)) {
      fillHashes(payload, sets);
    } else if (bytes != 0 && op != OP_KEYS) {
      store<u32>(sets + SET_CELLS, keywordsOf(generation, field) + WORD_CODES);
      fillSet(columnOf(generation, field), op, payload, sets);
    }
    if (op == OP_EQUAL && typeOf(field) == FIELD_KEYWORD) {
      const code = codeIn(columnOf(generation, field), payload);
      store<u32>(ready + READY_SET, code == NO_CODE ? NO_CODE : code + WORD_CODES);
    }
    sets += bytes;
    at = payload + padded8(load<u32>(at + OP_BYTES));
  }
}

/** Address of a field's column, or 0. */
function columnOf(generation: usize, field: u32): usize {
  return COLUMN_FIELDS + field < columnsOf(generation) ? columnAt(generation, COLUMN_FIELDS + field) : 0;
}

function codeIn(column: usize, operand: usize): u32 {
  if (column == 0) return NO_CODE;
  return codeOf(column, operand + OPERAND_HEADER, load<u32>(operand + OPERAND_BYTES));
}

function fillSet(column: usize, op: u32, payload: usize, set: usize): void {
  if (column == 0) return;
  if (op == OP_RANGE) return fillRange(column, payload, set);
  let at = payload + LIST_START;
  for (let left = load<u32>(payload); left > 0; left--) {
    const code = codeIn(column, at);
    if (code != NO_CODE) include(set, code + WORD_CODES);
    at += OPERAND_HEADER + padded8(load<u32>(at + OPERAND_BYTES));
  }
}

/** Whether an op is prepared by a bit for each number of its list. */
function hasHashes(op: u32, field: u32): bool {
  if (op != OP_IN) return false;
  const type = typeOf(field);
  return type == FIELD_NUMBER || type == FIELD_DATE;
}

function fillHashes(payload: usize, set: usize): void {
  let at = payload + LIST_START + OPERAND_HEADER;
  for (let left = load<u32>(payload); left > 0; left--, at += OPERAND_HEADER + 8) setBit(set, hashOfNumber(load<f64>(at)));
}

const HASH_BITS: u32 = 14; // a thousand numbers take a sixteenth of the bits

/** The same for numbers that are equal: 0 is added to make -0 0. */
// @ts-ignore: decorator
@inline
export function hashOfNumber(value: f64): u32 {
  return <u32>((reinterpret<u64>(value + 0) * 0x9e3779b97f4a7c15) >>> (64 - HASH_BITS));
}

/** Keywords are ordered by their bytes in UTF-8, which is the order of their code points. */
function fillRange(column: usize, payload: usize, set: usize): void {
  const flags = load<u32>(payload);
  const low = payload + LIST_START;
  const high = low + padded8(4 + load<u32>(low));
  const count = keywordCount(column);
  for (let code: u32 = 0; code < count; code++) {
    const keyword = keywordAt(column, code);
    if ((flags & RANGE_LOW) != 0) {
      const order = compare(keyword, low);
      if (order < 0 || (order == 0 && (flags & RANGE_LOW_INCLUSIVE) == 0)) continue;
    }
    if ((flags & RANGE_HIGH) != 0) {
      const order = compare(keyword, high);
      if (order > 0 || (order == 0 && (flags & RANGE_HIGH_INCLUSIVE) == 0)) continue;
    }
    include(set, code + WORD_CODES);
  }
}

/** Makes a cell a member of a set. */
function include(set: usize, cell: u32): void {
  if (hasBit(set + SET_BITS, cell)) return;
  setBit(set + SET_BITS, cell);
  const members = load<u32>(set + SET_MEMBERS);
  if (members < FEW) store<u32>(set + SET_FEW + (members << 2), cell);
  store<u32>(set + SET_MEMBERS, members + 1);
}

/** Of two texts, [bytes u32][UTF-8] each. */
function compare(a: usize, b: usize): i32 {
  const bytesA = load<u32>(a);
  const bytesB = load<u32>(b);
  const order = memory.compare(a + 4, b + 4, min<u32>(bytesA, bytesB));
  return order != 0 ? order : bytesA < bytesB ? -1 : bytesA > bytesB ? 1 : 0;
}
