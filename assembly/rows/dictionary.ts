/*
 * Which number stands for a keyword? A dictionary per generation and field: codes in the order of arrival.
 *
 *   dictionary  [keywords u32][entries u32][table u32][bytes of keywords u32], made with the column's first keyword
 *   entries     a directory (D_*) of addresses of keywords, by code; a keyword lies in the heap of rows: [bytes u32][UTF-8]
 *   table       [cells u32][-], then code + 1 each, 0: empty; open addressing, at most half full
 *
 * Written and searched under the partition lock; entries are read without one, below a count that was read before. A trap
 * between any two stores loses at most a block: a keyword counts before its cell leads to it, and no op refers to it yet.
 * It may get a second code then; the first stays without use.
 */
import {
  COLUMN_DICTIONARY, D_ENTRIES, D_HEADER, FAULT_ROW_CODE, FAULT_ROW_KEYWORD, FAULT_ROW_TABLE, G_ROWS,
} from "../layout";
import { allocate, bytesOf, free, freeAt } from "../memory/arena";
import { faultPoint } from "../memory/faults";
import { hashKey } from "../memory/hashes";
import { clearBytes, copyBytes, padded } from "../memory/words";
import { takeRecord } from "../vectors/heap";
import { chainBytes, freeChain, grown } from "./directories";
import { addBytes, countBlock } from "../vectors/slots";

const COUNT: usize = 0, ENTRIES: usize = 4, TABLE: usize = 8, KEYWORD_BYTES: usize = 12, DICTIONARY_BYTES: u32 = 16;
const TABLE_HEADER: u32 = 8;
const FIRST_ENTRIES: u32 = 4, FIRST_CELLS: u32 = 8;
export const NO_CODE: u32 = ~0;

/** How many keywords the dictionary of a column has. */
export function keywordCount(column: usize): u32 {
  const dictionary: usize = load<u32>(column + COLUMN_DICTIONARY);
  return dictionary == 0 ? 0 : atomic.load<u32>(dictionary + COUNT);
}

/** Address of a keyword: [bytes u32][UTF-8]. */
export function keywordAt(column: usize, code: u32): usize {
  const dictionary: usize = load<u32>(column + COLUMN_DICTIONARY);
  return entryOf(dictionary, code);
}

function entryOf(dictionary: usize, code: u32): usize {
  return load<u32>(<usize>load<u32>(dictionary + ENTRIES) + D_HEADER + code * 4);
}

/** The code of a keyword, or NO_CODE. Partition lock held. */
export function codeOf(column: usize, at: usize, bytes: u32): u32 {
  const dictionary: usize = load<u32>(column + COLUMN_DICTIONARY);
  if (dictionary == 0 || load<u32>(dictionary + TABLE) == 0) return NO_CODE;
  const code = load<u32>(cellFor(dictionary, at, bytes));
  return code == 0 ? NO_CODE : code - 1;
}

/** The cell that leads to a keyword, or the empty one where it belongs. */
function cellFor(dictionary: usize, at: usize, bytes: u32): usize {
  return cellIn(load<u32>(dictionary + TABLE), dictionary, at, bytes);
}

function cellIn(table: usize, dictionary: usize, at: usize, bytes: u32): usize {
  const mask = load<u32>(table) - 1;
  let i = hashKey(at, bytes) & mask;
  while (true) {
    const cell = table + TABLE_HEADER + (i << 2);
    const code = load<u32>(cell);
    if (code == 0) return cell;
    const entry = entryOf(dictionary, code - 1);
    if (load<u32>(entry) == bytes && memory.compare(entry + 4, at, bytes) == 0) return cell;
    i = (i + 1) & mask;
  }
}

/** The code of a keyword, which gets one if it has none; NO_CODE when there is no memory. Partition lock held. */
export function ensureCode(generation: usize, column: usize, at: usize, bytes: u32, mine: u32): u32 {
  const dictionary = ensureDictionary(generation, column, mine);
  if (dictionary == 0 || !ensureRoom(generation, dictionary, mine)) return NO_CODE;
  const cell = cellFor(dictionary, at, bytes);
  const known = load<u32>(cell);
  if (known != 0) return known - 1;
  const entry = takeRecord(generation, generation + G_ROWS, 4 + padded(bytes), mine);
  if (entry == 0) return NO_CODE;
  store<u32>(dictionary + KEYWORD_BYTES, load<u32>(dictionary + KEYWORD_BYTES) + 4 + padded(bytes));
  store<u32>(entry, bytes);
  copyBytes(entry + 4, at, bytes);
  faultPoint(FAULT_ROW_KEYWORD);
  const code = load<u32>(dictionary + COUNT);
  store<u32>(<usize>load<u32>(dictionary + ENTRIES) + D_HEADER + code * 4, <u32>entry);
  atomic.store<u32>(dictionary + COUNT, code + 1);
  faultPoint(FAULT_ROW_CODE);
  store<u32>(cell, code + 1);
  return code;
}

function ensureDictionary(generation: usize, column: usize, mine: u32): usize {
  const known: usize = load<u32>(column + COLUMN_DICTIONARY);
  if (known != 0) return known;
  const dictionary = allocate(DICTIONARY_BYTES, mine);
  if (dictionary == 0) return 0;
  clearBytes(dictionary, DICTIONARY_BYTES);
  countBlock(generation, dictionary);
  store<u32>(column + COLUMN_DICTIONARY, <u32>dictionary);
  return dictionary;
}

/** Room for one more keyword. */
function ensureRoom(generation: usize, dictionary: usize, mine: u32): bool {
  const count = load<u32>(dictionary + COUNT);
  const entries: usize = load<u32>(dictionary + ENTRIES);
  const room = entries == 0 ? 0 : load<u32>(entries + D_ENTRIES);
  if (count == room && grown(generation, dictionary + ENTRIES, max<u32>(FIRST_ENTRIES, room * 2), 4, mine) == 0) return false;
  const table: usize = load<u32>(dictionary + TABLE);
  return (table != 0 && (count + 1) * 2 <= load<u32>(table)) || growTable(generation, dictionary, table, mine);
}

function growTable(generation: usize, dictionary: usize, old: usize, mine: u32): bool {
  const cells: u32 = old == 0 ? FIRST_CELLS : load<u32>(old) * 2;
  const larger = allocate(TABLE_HEADER + cells * 4, mine);
  if (larger == 0) return false;
  store<u32>(larger, cells);
  clearBytes(larger + TABLE_HEADER, cells * 4);
  for (let code: u32 = 0; code < load<u32>(dictionary + COUNT); code++) {
    const entry = entryOf(dictionary, code);
    // Of two that are alike, a trap has left the first one without a cell: rows refer to the second.
    store<u32>(cellIn(larger, dictionary, entry + 4, load<u32>(entry)), code + 1);
  }
  countBlock(generation, larger);
  store<u32>(dictionary + TABLE, <u32>larger);
  faultPoint(FAULT_ROW_TABLE);
  if (old != 0) {
    addBytes(generation, -<i32>bytesOf(old));
    free(old);
  }
  return true;
}

/** Bytes of a column's keywords, which lie in the heap of rows. */
export function keywordBytes(column: usize): u32 {
  const dictionary: usize = load<u32>(column + COLUMN_DICTIONARY);
  return dictionary == 0 ? 0 : load<u32>(dictionary + KEYWORD_BYTES);
}

/** Bytes of what leads to them. */
export function dictionaryBytes(holder: usize): u32 {
  const dictionary: usize = load<u32>(holder);
  if (dictionary == 0) return 0;
  const table: usize = load<u32>(dictionary + TABLE);
  return bytesOf(dictionary) + chainBytes(dictionary + ENTRIES) + (table == 0 ? 0 : bytesOf(table));
}

/** Frees the dictionary that `holder` leads to; can be called again after a trap. */
export function freeDictionary(holder: usize): void {
  const dictionary: usize = load<u32>(holder);
  if (dictionary == 0) return;
  freeChain(dictionary + ENTRIES);
  freeAt(dictionary + TABLE);
  freeAt(holder);
}
