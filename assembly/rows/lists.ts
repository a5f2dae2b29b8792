/*
 * Where do arrays of a field lie, and does one of their elements match? In a heap of each column, since filters go through
 * it in the order of slots: among documents, each list would be a line of memory that nothing else needs.
 *
 *   list   [elements u32], then codes of keywords u32 or numbers f64 each; cells refer to it
 *
 * A list is written under the partition lock before the cell that refers to it, and never changes. Readers take no lock.
 * They load BLOCK bytes of elements at a time, also behind the last one, where another thread may write the next list: those
 * bits are masked off. Each chunk of the heap ends with SLACK bytes that no list takes, so that all of it can be loaded.
 */
import { COLUMN_LISTS, WORD_CODES, WORD_LIST } from "../layout";
import { hasBit } from "../memory/words";
import { takeRecord } from "../vectors/heap";

const ELEMENTS: usize = 4; // where they begin
const BLOCK: u32 = 32; // 8 codes, or 4 numbers
const SLACK: u32 = BLOCK;

/** Room for a list with `bytes` of elements in a column's heap; 0 when there is no memory. Partition lock held. */
export function takeList(generation: usize, column: usize, bytes: u32, mine: u32): usize {
  const heap = column + COLUMN_LISTS;
  const list = takeRecord(generation, heap, <u32>ELEMENTS + bytes + SLACK, mine);
  if (list != 0) store<u32>(heap, load<u32>(heap, 4) - SLACK, 4);
  return list;
}

/** The list that a cell of keywords refers to. */
export function wordList(cell: u32): usize {
  return (<usize>cell & ~<usize>WORD_LIST) << 2;
}

/** Whether a list has one of the keywords whose cells lie from `first` up to `end`. */
export function hasOneOf(list: usize, first: usize, end: usize): bool {
  const bias = i32x4.splat(WORD_CODES);
  const last = list + ELEMENTS + (<usize>load<u32>(list) << 2);
  let at = list + ELEMENTS;
  do {
    const a = i32x4.add(v128.load(at), bias), b = i32x4.add(v128.load(at, 16), bias);
    let low = i32x4.splat(0), high = i32x4.splat(0);
    for (let one = first; one < end; one += 4) {
      const member = v128.load32_splat(one);
      low = v128.or(low, i32x4.eq(a, member));
      high = v128.or(high, i32x4.eq(b, member));
    }
    const equal = i32x4.bitmask(low) | (i32x4.bitmask(high) << 4);
    if ((equal & below(<u32>(last - at) >>> 2)) != 0) return true;
    at += BLOCK;
  } while (at < last);
  return false;
}

/** Whether a list has a keyword whose cell's bit is set. */
export function hasBitOf(list: usize, bits: usize): bool {
  const last = list + ELEMENTS + (<usize>load<u32>(list) << 2);
  let has: u32 = 0;
  for (let at = list + ELEMENTS; at < last; at += 4) has |= <u32>hasBit(bits, load<u32>(at) + WORD_CODES);
  return has != 0;
}

/** Whether a list has a number from `low` up to `high`, both included. */
export function hasInRange(list: usize, low: v128, high: v128): bool {
  const last = list + ELEMENTS + (<usize>load<u32>(list) << 3);
  let at = list + ELEMENTS;
  do {
    const a = v128.load(at), b = v128.load(at, 16);
    const within = i64x2.bitmask(v128.and(f64x2.ge(a, low), f64x2.le(a, high))) |
      (i64x2.bitmask(v128.and(f64x2.ge(b, low), f64x2.le(b, high))) << 2);
    if ((within & below(<u32>(last - at) >>> 3)) != 0) return true;
    at += BLOCK;
  } while (at < last);
  return false;
}

/** A mask of the first `count` bits, at most 8. */
// @ts-ignore: decorator
@inline
function below(count: u32): i32 {
  return ~(-1 << min<u32>(count, 8));
}
