/*
 * Which slots of a chunk does a program match? Bit by bit, eight slots to a byte: numbers two at a time, keywords four at a
 * time. Cells that refer to lists match when one element does, and are looked at one by one (lists.ts).
 *
 * The bitmaps of a chunk are on a stack of MAX_DEPTH + 1 places of CHUNK_SLOTS / 8 bytes.
 */
import {
  CHUNK_SLOTS, COLUMN_LISTS, COLUMN_RECORDS, FIELD_BOOLEAN, FIELD_KEYWORD, FLAG_FALSE, FLAG_LIST, FLAG_NULL, FLAG_TRUE,
  OP_ALL, OP_AND, OP_EQUAL, OP_EXISTS, OP_HAS_DOCUMENT, OP_IN, OP_KEYS, OP_BEHIND, OP_NONE, OP_NOT,
  OP_NULL, OP_OR, OP_RANGE, COLUMN_FIELDS, RANGE_HIGH, RANGE_HIGH_INCLUSIVE, RANGE_LOW, RANGE_LOW_INCLUSIVE, RECORD_BYTES, RECORD_KNOWN,
  WORD_CODES, WORD_LIST, WORD_MISSING, WORD_NULL,
} from "../layout";
import { copyBytes, hasBit } from "../memory/words";
import { chunkSlots, firstOf } from "../vectors/slots";
import { cellsOf, columnAt, typeOf } from "./columns";
import {
  FEW, hashOfNumber, LIST_START, OPERAND_HEADER, READY_BYTES, READY_COLUMN, READY_OP, READY_PAYLOAD, READY_SET, SET_BITS, SET_CELLS,
  SET_FEW, SET_MEMBERS,
} from "./program";
import { hasBitOf, hasInRange, hasOneOf, wordList } from "./lists";
import { isNumberList, NUMBER_MISSING, NUMBER_NULL } from "./numbers";

export const LEVEL_BYTES: u32 = CHUNK_SLOTS / 8; // of one bitmap on the stack
const OPERAND: usize = OPERAND_HEADER; // where an operand's payload begins
const NUMBER_OPERAND: u32 = OPERAND_HEADER + 8;

let bits: usize = 0; // where the op writes
let slots: u32 = 0; // of the chunk, a multiple of 8

/** Evaluates the `ops` that are ready at `ready` for a chunk; the bits come to lie at the bottom of `stack`. */
export function evaluate(generation: usize, chunk: u32, ready: usize, ops: u32, stack: usize): void {
  slots = chunkSlots(chunk);
  let top = stack;
  for (let i: u32 = 0; i < ops; i++, ready += READY_BYTES) {
    const op = load<u32>(ready + READY_OP);
    if (op == OP_AND || op == OP_OR) {
      top -= LEVEL_BYTES;
      combine(top - LEVEL_BYTES, top, op == OP_AND);
    } else if (op == OP_NOT) {
      invert(top - LEVEL_BYTES);
    } else {
      bits = top;
      test(generation, chunk, op, ready);
      top += LEVEL_BYTES;
    }
  }
}

function bytes(): u32 {
  return slots >>> 3;
}

function combine(to: usize, by: usize, and: bool): void {
  for (let i: u32 = 0; i < LEVEL_BYTES; i += 16) {
    const a = v128.load(to + i);
    const b = v128.load(by + i);
    v128.store(to + i, and ? v128.and(a, b) : v128.or(a, b));
  }
}

function invert(at: usize): void {
  for (let i: u32 = 0; i < LEVEL_BYTES; i += 16) v128.store(at + i, v128.not(v128.load(at + i)));
}

/** Of the whole place: what is behind the chunk's bits does not count. */
function fill(all: bool): void {
  const value = i32x4.splat(all ? -1 : 0);
  for (let i: u32 = 0; i < LEVEL_BYTES; i += 16) v128.store(bits + i, value);
}

function test(generation: usize, chunk: u32, op: u32, ready: usize): void {
  if (op == OP_ALL || op == OP_NONE) return fill(op == OP_ALL);
  if (op == OP_KEYS) return copyBytes(bits, <usize>load<u32>(ready + READY_SET) + (firstOf(chunk) >>> 3), bytes());
  if (op == OP_HAS_DOCUMENT) return documented(cellsOf(generation, COLUMN_RECORDS, chunk));
  const column = load<u32>(ready + READY_COLUMN);
  if (op == OP_BEHIND) return behind(cellsOf(generation, COLUMN_RECORDS, chunk), column - COLUMN_FIELDS);
  const cells = cellsOf(generation, column, chunk);
  if (cells == 0) return fill(false);
  const payload: usize = load<u32>(ready + READY_PAYLOAD);
  const hasLists = load<u32>(columnAt(generation, column) + COLUMN_LISTS) != 0;
  const type = typeOf(column - COLUMN_FIELDS);
  if (type == FIELD_BOOLEAN) testFlags(cells, op, payload);
  else if (type == FIELD_KEYWORD) testWords(cells, op, ready, hasLists);
  else testNumbers(cells, op, payload, load<u32>(ready + READY_SET), hasLists);
}

/** Rows that know fewer than `fields` fields of their space's table: they were made before the newest of them. */
function behind(records: usize, fields: u32): void {
  fill(false);
  if (records == 0) return;
  for (let i: u32 = 0; i < slots; i++) {
    const record: usize = load<u32>(records + (i << 2));
    if (record != 0 && load<u32>(record + RECORD_KNOWN) < fields) mark(i);
  }
}

/** Rows with a document: some have only an expiry, or say that there is no vector. */
function documented(records: usize): void {
  fill(false);
  if (records == 0) return;
  for (let i: u32 = 0; i < slots; i++) {
    const record: usize = load<u32>(records + (i << 2));
    if (record != 0 && load<u32>(record + RECORD_BYTES) != 0) mark(i);
  }
}

function mark(i: u32): void {
  const byte = bits + (i >>> 3);
  store<u8>(byte, <u8>(<u32>load<u8>(byte) | (1 << (i & 7))));
}

// ── booleans: a byte each ───────────────────────────────────────────────────────────────────────────────────────────
/** Which of the eight values of a cell match: a bit each. */
function flagsThatMatch(op: u32, payload: usize): u32 {
  if (op == OP_EXISTS) return 0xfe;
  if (op == OP_NULL) return 1 << FLAG_NULL;
  if (op == OP_EQUAL) return flagsWith(load<u8>(payload + OPERAND));
  let matching: u32 = 0; // OP_IN
  for (let i: u32 = 0; i < load<u32>(payload); i++) {
    matching |= flagsWith(load<u8>(payload + LIST_START + i * NUMBER_OPERAND + OPERAND));
  }
  return matching;
}

function flagsWith(value: u32): u32 {
  const inList: u32 = 1 << (FLAG_LIST | 3);
  if (value == 0) return (1 << FLAG_FALSE) | (1 << (FLAG_LIST | 1)) | inList;
  return (1 << FLAG_TRUE) | (1 << (FLAG_LIST | 2)) | inList;
}

/** Looks up 8 cells at a time among the eight values: a byte of ones for each that matches. */
function testFlags(cells: usize, op: u32, payload: usize): void {
  const powers = i8x16(1, 2, 4, 8, 16, 32, 64, -128, 0, 0, 0, 0, 0, 0, 0, 0);
  const matching = i8x16.eq(v128.and(i8x16.splat(<i8>flagsThatMatch(op, payload)), powers), powers);
  for (let i: u32 = 0; i < slots; i += 8) {
    store<u8>(bits + (i >>> 3), <u8>i8x16.bitmask(i8x16.swizzle(matching, v128.load64_zero(cells + i))));
  }
}

// ── keywords: a word each ───────────────────────────────────────────────────────────────────────────────────────────
function testWords(cells: usize, op: u32, ready: usize, hasLists: bool): void {
  if (op == OP_EXISTS) return wordsUnlike(cells, WORD_MISSING);
  if (op == OP_NULL) return wordsLike(cells, WORD_NULL);
  const set = load<u32>(ready + READY_SET);
  if (op == OP_EQUAL) wordsLike(cells, set); // no cell is NO_CODE: its list would lie where none does
  else wordsIn(cells, set);
  if (!hasLists) return;
  const isOne = op == OP_EQUAL;
  const members: u32 = isOne ? 1 : load<u32>(<usize>set + SET_MEMBERS);
  const first = isOne ? ready + READY_SET : <usize>set + SET_FEW;
  if (members <= FEW) wordListsWithOne(cells, first, first + (<usize>members << 2));
  else wordListsIn(cells, <usize>set + SET_BITS);
}

/** Adds what refers to a list with one of a few members. */
function wordListsWithOne(cells: usize, first: usize, end: usize): void {
  for (let i: u32 = 0; i < slots; i += 8, cells += 32) {
    let byte: u32 = load<u8>(bits + (i >>> 3));
    for (let j: u32 = 0; j < 8; j++) {
      const cell = load<u32>(cells + (j << 2));
      if ((cell & WORD_LIST) != 0) byte |= <u32>hasOneOf(wordList(cell), first, end) << j;
    }
    store<u8>(bits + (i >>> 3), <u8>byte);
  }
}

function wordListsIn(cells: usize, set: usize): void {
  for (let i: u32 = 0; i < slots; i += 8, cells += 32) {
    let byte: u32 = load<u8>(bits + (i >>> 3));
    for (let j: u32 = 0; j < 8; j++) {
      const cell = load<u32>(cells + (j << 2));
      if ((cell & WORD_LIST) != 0) byte |= <u32>hasBitOf(wordList(cell), set) << j;
    }
    store<u8>(bits + (i >>> 3), <u8>byte);
  }
}

function wordsLike(cells: usize, word: u32): void {
  const like = i32x4.splat(word);
  for (let i: u32 = 0; i < slots; i += 8, cells += 32) {
    const low = i32x4.bitmask(i32x4.eq(v128.load(cells), like));
    const high = i32x4.bitmask(i32x4.eq(v128.load(cells, 16), like));
    store<u8>(bits + (i >>> 3), <u8>(low | (high << 4)));
  }
}

function wordsUnlike(cells: usize, word: u32): void {
  wordsLike(cells, word);
  invert(bits);
}

const SMALL_SET: u32 = 128; // cells, a bit each in a v128

function wordsIn(cells: usize, set: usize): void {
  if (load<u32>(set + SET_MEMBERS) <= FEW) return wordsLikeOne(cells, set);
  if (load<u32>(set + SET_CELLS) <= SMALL_SET) return wordsInSmall(cells, set + SET_BITS);
  for (let i: u32 = 0; i < slots; i += 8, cells += 32) {
    const bitsAt = set + SET_BITS;
    const low = bitOf(bitsAt, cells, 0) | bitOf(bitsAt, cells, 1) | bitOf(bitsAt, cells, 2) | bitOf(bitsAt, cells, 3);
    const high = bitOf(bitsAt, cells, 4) | bitOf(bitsAt, cells, 5) | bitOf(bitsAt, cells, 6) | bitOf(bitsAt, cells, 7);
    store<u8>(bits + (i >>> 3), <u8>(low | high));
  }
}

/** Compares each cell with each of a few members. */
function wordsLikeOne(cells: usize, set: usize): void {
  const end = set + SET_FEW + (<usize>load<u32>(set + SET_MEMBERS) << 2);
  for (let i: u32 = 0; i < slots; i += 8, cells += 32) {
    const a = v128.load(cells), b = v128.load(cells, 16);
    let low = i32x4.splat(0), high = i32x4.splat(0);
    for (let at = set + SET_FEW; at < end; at += 4) {
      const member = v128.load32_splat(at);
      low = v128.or(low, i32x4.eq(a, member));
      high = v128.or(high, i32x4.eq(b, member));
    }
    store<u8>(bits + (i >>> 3), <u8>(i32x4.bitmask(low) | (i32x4.bitmask(high) << 4)));
  }
}

/**
 * Looks up 8 cells at a time among the 128 bits of a small set: the byte of each, and the bit in it. Cells that refer to lists
 * are negative and become 0, which is no member.
 */
function wordsInSmall(cells: usize, bitsAt: usize): void {
  const table = v128.load(bitsAt);
  const powers = i8x16(1, 2, 4, 8, 16, 32, 64, -128, 0, 0, 0, 0, 0, 0, 0, 0);
  const zero = i32x4.splat(0);
  for (let i: u32 = 0; i < slots; i += 8, cells += 32) {
    const words = i16x8.narrow_i32x4_u(v128.load(cells), v128.load(cells, 16));
    const small = i8x16.narrow_i16x8_u(words, zero);
    const byte = i8x16.swizzle(table, i8x16.shr_u(small, 3));
    const bit = i8x16.swizzle(powers, v128.and(small, i8x16.splat(7)));
    const absent = i8x16.eq(v128.and(byte, bit), zero);
    store<u8>(bits + (i >>> 3), <u8>~i8x16.bitmask(absent));
  }
}

/** Bit `j` of a byte, if cell `j` of those at `cells` is in a set. What refers to a list is not: nor is what is missing. */
// @ts-ignore: decorator
@inline
function bitOf(set: usize, cells: usize, j: u32): u32 {
  const cell = load<u32>(cells + (j << 2));
  const word: u32 = (cell & WORD_LIST) != 0 ? WORD_MISSING : cell;
  return ((<u32>load<u8>(set + (word >>> 3)) >>> (word & 7)) & 1) << j;
}

// ── numbers and dates: a double each; what is no number is a NaN, which compares with nothing ───────────────────────
function testNumbers(cells: usize, op: u32, payload: usize, hashes: usize, hasLists: bool): void {
  if (op == OP_EXISTS || op == OP_NULL) return sameBits(cells, op == OP_NULL ? NUMBER_NULL : NUMBER_MISSING, op == OP_EXISTS);
  if (op == OP_EQUAL) equalNumbers(cells, load<f64>(payload + OPERAND));
  else if (op == OP_RANGE) numbersInRange(cells, payload);
  else numbersIn(cells, payload, hashes);
  if (!hasLists) return;
  if (op == OP_IN) return numberListsIn(cells, payload, hashes);
  const low = op == OP_EQUAL ? load<f64>(payload + OPERAND) : lowestIn(payload);
  numberListsInRange(cells, low, op == OP_EQUAL ? low : highestIn(payload));
}

function numberListsInRange(cells: usize, low: f64, high: f64): void {
  const lows = f64x2.splat(low), highs = f64x2.splat(high);
  for (let i: u32 = 0; i < slots; i += 8, cells += 64) {
    let byte: u32 = load<u8>(bits + (i >>> 3));
    for (let j: u32 = 0; j < 8; j++) {
      const cell = load<u64>(cells + (j << 3));
      if (isNumberList(cell)) byte |= <u32>hasInRange(<u32>cell, lows, highs) << j;
    }
    store<u8>(bits + (i >>> 3), <u8>byte);
  }
}

function numberListsIn(cells: usize, payload: usize, hashes: usize): void {
  for (let i: u32 = 0; i < slots; i++) {
    const cell = load<u64>(cells + (i << 3));
    if (isNumberList(cell) && hasAmong(<u32>cell, payload, hashes)) mark(i);
  }
}

function hasAmong(list: usize, payload: usize, hashes: usize): bool {
  const end = list + 4 + (<usize>load<u32>(list) << 3);
  for (let at = list + 4; at < end; at += 8) {
    const value = load<f64>(at);
    if (hasBit(hashes, hashOfNumber(value)) && isAmong(value, payload)) return true;
  }
  return false;
}

/** Whether a number is one of a list in ascending order. */
function isAmong(value: f64, payload: usize): bool {
  let low: u32 = 0;
  let high = load<u32>(payload);
  while (low < high) {
    const middle = (low + high) >>> 1;
    const other = load<f64>(payload + LIST_START + middle * NUMBER_OPERAND + OPERAND);
    if (other == value) return true;
    if (other < value) low = middle + 1;
    else high = middle;
  }
  return false;
}

/** Most cells have a hash that no number of a list has; the others are looked up. */
function numbersIn(cells: usize, payload: usize, hashes: usize): void {
  if (load<u32>(payload) <= FEW) return numbersLikeOne(cells, payload);
  for (let i: u32 = 0; i < slots; i += 8, cells += 64) {
    let byte: u32 = 0;
    for (let j: u32 = 0; j < 8; j++) byte |= <u32>hasBit(hashes, hashOfNumber(load<f64>(cells + (j << 3)))) << j;
    for (let left = byte; left != 0; left &= left - 1) {
      if (!isAmong(load<f64>(cells + (ctz(left) << 3)), payload)) byte &= ~(1 << ctz(left));
    }
    store<u8>(bits + (i >>> 3), <u8>byte);
  }
}

/** Compares each cell with each of a few numbers. */
function numbersLikeOne(cells: usize, payload: usize): void {
  const first = payload + LIST_START + OPERAND;
  const end = first + <usize>load<u32>(payload) * NUMBER_OPERAND;
  for (let i: u32 = 0; i < slots; i += 8, cells += 64) {
    const values0 = v128.load(cells), values1 = v128.load(cells, 16), values2 = v128.load(cells, 32), values3 = v128.load(cells, 48);
    let a = i32x4.splat(0), b = i32x4.splat(0), c = i32x4.splat(0), d = i32x4.splat(0);
    for (let at = first; at < end; at += NUMBER_OPERAND) {
      const number = v128.load64_splat(at);
      a = v128.or(a, f64x2.eq(values0, number));
      b = v128.or(b, f64x2.eq(values1, number));
      c = v128.or(c, f64x2.eq(values2, number));
      d = v128.or(d, f64x2.eq(values3, number));
    }
    putByte(i, a, b, c, d);
  }
}

// @ts-ignore: decorator
@inline
function putByte(i: u32, a: v128, b: v128, c: v128, d: v128): void {
  const low = i64x2.bitmask(a) | (i64x2.bitmask(b) << 2);
  const high = i64x2.bitmask(c) | (i64x2.bitmask(d) << 2);
  store<u8>(bits + (i >>> 3), <u8>(low | (high << 4)));
}

function equalNumbers(cells: usize, value: f64): void {
  const like = f64x2.splat(value);
  for (let i: u32 = 0; i < slots; i += 8, cells += 64) {
    putByte(
      i, f64x2.eq(v128.load(cells), like), f64x2.eq(v128.load(cells, 16), like), f64x2.eq(v128.load(cells, 32), like),
      f64x2.eq(v128.load(cells, 48), like),
    );
  }
}

function sameBits(cells: usize, pattern: u64, isNot: bool): void {
  const like = i64x2.splat(pattern);
  const flip = i64x2.splat(isNot ? -1 : 0);
  for (let i: u32 = 0; i < slots; i += 8, cells += 64) {
    putByte(
      i, v128.xor(i64x2.eq(v128.load(cells), like), flip), v128.xor(i64x2.eq(v128.load(cells, 16), like), flip),
      v128.xor(i64x2.eq(v128.load(cells, 32), like), flip), v128.xor(i64x2.eq(v128.load(cells, 48), like), flip),
    );
  }
}

function numbersInRange(cells: usize, payload: usize): void {
  const low = f64x2.splat(lowestIn(payload));
  const high = f64x2.splat(highestIn(payload));
  for (let i: u32 = 0; i < slots; i += 8, cells += 64) {
    const a = v128.load(cells), b = v128.load(cells, 16), c = v128.load(cells, 32), d = v128.load(cells, 48);
    putByte(
      i, v128.and(f64x2.ge(a, low), f64x2.le(a, high)), v128.and(f64x2.ge(b, low), f64x2.le(b, high)),
      v128.and(f64x2.ge(c, low), f64x2.le(c, high)), v128.and(f64x2.ge(d, low), f64x2.le(d, high)),
    );
  }
}

/** The lowest double that is in a range: an exclusive bound is the next one's inclusive bound. */
function lowestIn(payload: usize): f64 {
  const flags = load<u32>(payload);
  if ((flags & RANGE_LOW) == 0) return -Infinity;
  const low = load<f64>(payload, 8);
  return (flags & RANGE_LOW_INCLUSIVE) != 0 ? low : after(low);
}

function highestIn(payload: usize): f64 {
  const flags = load<u32>(payload);
  if ((flags & RANGE_HIGH) == 0) return Infinity;
  const high = load<f64>(payload, 16);
  return (flags & RANGE_HIGH_INCLUSIVE) != 0 ? high : -after(-high);
}

/** The next greater double. */
function after(value: f64): f64 {
  if (value == 0) return f64.MIN_VALUE;
  const bits = reinterpret<i64>(value);
  return reinterpret<f64>(value > 0 ? bits + 1 : bits - 1);
}

/** Takes the bits at `at` of slots that expire at or before `now`; `cells`: the chunk's cells of expiry. */
export function dropExpired(at: usize, chunk: u32, cells: usize, now: f64): void {
  if (cells == 0) return;
  const count = chunkSlots(chunk);
  for (let i: u32 = 0; i < count; i++) {
    if (!(load<f64>(cells + (i << 3)) <= now)) continue;
    const byte = at + (i >>> 3);
    store<u8>(byte, <u8>(<u32>load<u8>(byte) & ~(1 << (i & 7))));
  }
}
