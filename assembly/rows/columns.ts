/*
 * Where are the values of a row? In columns: a cell per slot, in chunks with the boundaries of those of vectors. Only a
 * generation that has rows has columns, and only a chunk in which some row has a value has cells.
 *
 *   G_COLUMNS   [older u32][columns u32][-][-], then COLUMN_BYTES each: [directory u32][dictionary u32][heap of lists, 8 bytes]
 *   directory   [older u32][chunks u32][-][-], then addresses of chunks, 0 where all cells are missing
 *   chunk       cells of 8 bytes (numbers, dates, expiry), 4 (keywords, records) or 1 (booleans)
 *
 * Column 0 leads to records (documents), column 1 says when rows expire, the others are the fields' in their order.
 *
 * Cells are written under the partition lock before their slot counts, and never change afterwards, but for the cells of
 * a field that is new (rows/row.ts). Readers take no lock: what is replaced by something larger stays until the generation
 * is freed, and a reader that has read G_COUNT first finds every cell of those slots.
 */
import {
  COLUMN_BYTES, COLUMN_CELLS, COLUMN_DICTIONARY, COLUMN_EXPIRY, COLUMN_FIELDS, COLUMN_LISTS, COLUMN_RECORDS, D_ENTRIES, D_HEADER,
  FAULT_ROW_FREE, FIELD_BOOLEAN, FIELD_KEYWORD, G_COLUMNS, G_COUNT, G_EXPIRING, G_ROWS, P_FIELDS, P_FIELD_TYPES,
} from "../layout";
import { allocate, free } from "../memory/arena";
import { faultPoint } from "../memory/faults";
import { published } from "../memory/order";
import { clearBytes } from "../memory/words";
import { freeHeap, nextChunk } from "../vectors/heap";
import { chunkOf, chunkSlots, countBlock, firstOf } from "../vectors/slots";
import { NUMBER_MISSING } from "./numbers";
import { freeDictionary } from "./dictionary";
import { freeChain, grown } from "./directories";

/** FIELD_* of a field. */
export function typeOf(field: u32): u32 {
  return load<u8>(P_FIELD_TYPES + field);
}

/** Bytes of a cell. */
export function widthOf(column: u32): u32 {
  if (column == COLUMN_RECORDS) return 4;
  if (column == COLUMN_EXPIRY) return 8;
  const type = typeOf(column - COLUMN_FIELDS);
  return type == FIELD_KEYWORD ? 4 : type == FIELD_BOOLEAN ? 1 : 8;
}

/** How many columns a generation has room for. */
export function columnsOf(generation: usize): u32 {
  const columns: usize = atomic.load<u32>(generation + G_COLUMNS);
  return columns == 0 ? 0 : load<u32>(columns + D_ENTRIES);
}

/** Address of a column below `columnsOf`. */
export function columnAt(generation: usize, column: u32): usize {
  return <usize>published(generation + G_COLUMNS) + D_HEADER + column * COLUMN_BYTES;
}

/** Address of the cells of a chunk, or 0 when all are missing. */
export function cellsOf(generation: usize, column: u32, chunk: u32): usize {
  if (column >= columnsOf(generation)) return 0;
  const directory: usize = published(columnAt(generation, column) + COLUMN_CELLS);
  if (directory == 0 || chunk >= load<u32>(directory + D_ENTRIES)) return 0;
  return atomic.load<u32>(directory + D_HEADER + chunk * 4);
}

/** Address of a slot's cell, or 0 when it is missing. */
export function cellOf(generation: usize, column: u32, slot: u32): usize {
  const chunk = chunkOf(slot);
  const cells = cellsOf(generation, column, chunk);
  return cells == 0 ? 0 : cells + (slot - firstOf(chunk)) * widthOf(column);
}

/** Whether a slot's row expires at or before `now`, milliseconds since 1970; below 0 none has expired. */
export function hasExpired(generation: usize, slot: u32, now: f64): bool {
  if (now < 0 || load<u32>(generation + G_EXPIRING) == 0) return false;
  const cell = cellOf(generation, COLUMN_EXPIRY, slot);
  return cell != 0 && load<f64>(cell) <= now; // a NaN that is missing is not
}

/** Makes room for a cell; returns its address, or 0 when there is no memory. Partition lock held. */
export function ensureCell(generation: usize, column: u32, slot: u32, mine: u32): usize {
  if (column >= columnsOf(generation)) {
    const columns = grown(generation, generation + G_COLUMNS, max<u32>(column + 1, COLUMN_FIELDS), COLUMN_BYTES, mine);
    if (columns == 0) return 0;
  }
  const cells = columnAt(generation, column) + COLUMN_CELLS;
  const chunk = chunkOf(slot);
  let directory: usize = load<u32>(cells);
  if (directory == 0 || chunk >= load<u32>(directory + D_ENTRIES)) {
    directory = grown(generation, cells, max<u32>(chunk + 1, directory == 0 ? 4 : load<u32>(directory + D_ENTRIES) * 2), 4, mine);
    if (directory == 0) return 0;
  }
  const place = directory + D_HEADER + chunk * 4;
  const width = widthOf(column);
  if (load<u32>(place) == 0) {
    const block = allocate(chunkSlots(chunk) * width, mine);
    if (block == 0) return 0;
    empty(block, chunkSlots(chunk), width);
    countBlock(generation, block);
    atomic.store<u32>(place, <u32>block);
  }
  return <usize>load<u32>(place) + (slot - firstOf(chunk)) * width;
}

/** Makes all cells missing. */
function empty(cells: usize, count: u32, width: u32): void {
  if (width != 8) return clearBytes(cells, count * width);
  for (let i: u32 = 0; i < count; i++) store<u64>(cells + (i << 3), NUMBER_MISSING);
}

/** An upper bound of what `count` more rows of `rowBytes` in all allocate: records, lists, keywords and their tables, cells. */
export function roomForRows(generation: usize, count: u32, rowBytes: u32): u64 {
  const columns = COLUMN_FIELDS + load<u32>(P_FIELDS);
  const slots: u64 = <u64>load<u32>(generation + G_COUNT) + count;
  let chunks: u32 = 0; // of lists, one in each column
  for (let column = columnsOf(generation); column > 0; column--) chunks += nextChunk(columnAt(generation, column - 1) + COLUMN_LISTS);
  // The last chunk of each column, its directory doubled; keywords with their entries and tables, doubled, and chunks of heap.
  return <u64>rowBytes * 4 + <u64>count * 8 * columns + <u64>columns * (8192 + 512 + (slots >> 7)) + chunks + 131072;
}

/** Makes a slot's cells missing in every column. Partition lock held. */
export function clearCells(generation: usize, slot: u32): void {
  const columns = columnsOf(generation);
  for (let column: u32 = 0; column < columns; column++) {
    const cell = cellOf(generation, column, slot);
    if (cell != 0) empty(cell, 1, widthOf(column));
  }
}

/** Frees all of a generation's rows; can be called again after a trap. */
export function freeRows(generation: usize): void {
  const columns = columnsOf(generation);
  for (let column: u32 = 0; column < columns; column++) {
    const at = columnAt(generation, column);
    freeCells(at + COLUMN_CELLS);
    freeDictionary(at + COLUMN_DICTIONARY);
    freeHeap(at + COLUMN_LISTS);
    faultPoint(FAULT_ROW_FREE);
  }
  freeChain(generation + G_COLUMNS);
  freeHeap(generation + G_ROWS);
}

function freeCells(holder: usize): void {
  const directory: usize = load<u32>(holder);
  if (directory == 0) return;
  for (let i: u32 = 0; i < load<u32>(directory + D_ENTRIES); i++) {
    const place = directory + D_HEADER + i * 4;
    const cells: usize = load<u32>(place);
    store<u32>(place, 0);
    free(cells);
  }
  freeChain(holder);
}
