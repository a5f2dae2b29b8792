/*
 * Which columns are nearest to each row of a group? All rows that probe a leaf are compared with all of its columns, by
 * their 7-bit codes: four rows and eight columns at a time, from memory that is in the cache.
 *
 *   rows      signed codes, one after another; a row that is none fills the fours up
 *   columns   packed in blocks of 8: per 4 dimensions 4 bytes each of columns 0 … 3, then of 4 … 7
 *
 * The distances are those of vectors/codes.ts, to the bit.
 */
import { CODE_BIAS, CODE_HEADER, CODE_SCALE, CODE_SUM, NO_SLOT } from "../layout";
import { codeStride, dimensions, dot } from "../memory/settings";
import { addPairs } from "../vectors/kernels";
import { codeAddress } from "../vectors/codes";
import { FAR, forgetRow, keep, wantNearest } from "./buffers";
import {
  bucketCounts, bucketRows, bucketStarts, columnBiases, columnCodes, columnIds, COLUMNS, columnScales, directory, groupBound,
  groupBy, groupCodes, groupFrom, groupProbes, groupRows, groupSlot, groupSum, leafCounts, leafStarts, members, NO_LEAF,
  rowBytes, touched,
} from "./portion";

export const COMPARED: u32 = 400000; // distances in one call, about a millisecond at 100 dimensions
const PACKING: u32 = 30; // distances in the time of packing a column

export let inGroup: u32 = 0; // rows

/** Begins a group whose rows want the `most` nearest. */
export function beginGroup(most: u32): void {
  inGroup = 0;
  wantNearest(most);
  const none = groupRows; // the row that is none
  for (let i: u32 = 0; i < rowBytes; i += 8) store<u64>(groupCodes + none * rowBytes + i, 0);
  store<f32>(groupBound + none * 4, -FAR);
  store<f32>(groupFrom + none * 4, 0);
  store<f32>(groupBy + none * 4, 0);
  store<u32>(groupSum + none * 4, 0);
}

/** Adds a row with a code record; `slot`: the one among the columns that it is not compared with, or NO_SLOT. */
export function addRow(record: usize, slot: u32): void {
  const r = inGroup++;
  const scale = load<f32>(record + CODE_SCALE);
  store<f32>(groupBy + r * 4, dot ? scale : 2 * scale);
  store<f32>(groupFrom + r * 4, load<f32>(record + CODE_BIAS));
  store<i32>(groupSum + r * 4, load<i32>(record + CODE_SUM));
  store<u32>(groupSlot + r * 4, slot);
  forgetRow(r);
  const code = record + CODE_HEADER;
  const out = groupCodes + r * rowBytes;
  const middle = i8x16.splat(64);
  let i: u32 = 0;
  for (; i + 16 <= dimensions; i += 16) v128.store(out + i, i8x16.sub(v128.load(code + i), middle));
  for (; i < dimensions; i++) store<u8>(out + i, load<u8>(code + i) - 64);
  for (; i < rowBytes; i++) store<u8>(out + i, 0);
}

/** Adds a row that is compared with all columns. */
export function addPlainRow(record: usize): void {
  addRow(record, NO_SLOT);
}

let sink: u32 = 0; // uses what the touches load

/** All rows against columns `first` … of a list of codes one after another; their ids are their numbers. */
export function compareWithCodes(codes: usize, first: u32, count: u32): void {
  for (let done: u32 = 0; done < count; done += COLUMNS) {
    const n = min<u32>(COLUMNS, count - done);
    for (let i: u32 = 0; i < n; i++) store<u32>(columnIds + i * 4, first + done + i);
    pack(n, codes);
    for (let r: u32 = 0; r < inGroup; r += 4) tile(r, orNone(r + 1), orNone(r + 2), orNone(r + 3), n);
  }
}

function orNone(r: u32): u32 {
  return r < inGroup ? r : groupRows;
}

/** Each row against the leaders of the supers that its `count` probes name (u16, at `groupProbes`). */
export function compareWithLeaders(count: u32, codes: usize, starts: usize): void {
  const leavesTouched = sortRows(count);
  for (let i: u32 = 0; i < leavesTouched; i++) {
    const leaf = load<u32>(touched + i * 4);
    const first = load<u32>(starts + leaf * 4);
    compareWithLeaf(leaf, codes, first, load<u32>(starts + leaf * 4, 4) - first);
  }
}

/** Goes on with comparing each row with the slots in leaves, for about `most` distances; `next` of `leavesTouched` leaves first. */
export function compareSome(next: u32, leavesTouched: u32, most: u32): u32 {
  for (let done: u32 = 0; next < leavesTouched && done < most; next++) {
    const leaf = load<u32>(touched + next * 4);
    const size = load<u32>(leafCounts + leaf * 4);
    done += size * (load<u32>(bucketCounts + leaf * 4) + PACKING);
    compareWithLeaf(leaf, 0, load<u32>(leafStarts + leaf * 4), size);
  }
  return next;
}

/** The rows that probe a leaf against its `size` columns, the first of which is number `first`. */
function compareWithLeaf(leaf: u32, codes: usize, first: u32, size: u32): void {
  const none = groupRows;
  const probing = load<u32>(bucketCounts + leaf * 4);
  store<u32>(bucketCounts + leaf * 4, 0);
  const list = bucketRows + load<u32>(bucketStarts + leaf * 4) * 2;
  for (let done: u32 = 0; done < size; done += COLUMNS) {
    const n = min<u32>(COLUMNS, size - done);
    for (let c: u32 = 0; c < n; c++) {
      const at = first + done + c;
      store<u32>(columnIds + c * 4, codes == 0 ? load<u32>(members + at * 4) : at);
    }
    pack(n, codes);
    for (let j: u32 = 0; j < probing; j += 4) {
      const at = list + j * 2;
      const b = j + 1 < probing ? <u32>load<u16>(at, 2) : none;
      const c = j + 2 < probing ? <u32>load<u16>(at, 4) : none;
      const d = j + 3 < probing ? <u32>load<u16>(at, 6) : none;
      tile(load<u16>(at), b, c, d, n);
    }
  }
}

/** Sorts rows by the leaves that their `count` probes (u16, at `groupProbes`) name, into buckets; returns how many leaves those are. */
export function sortRows(count: u32): u32 {
  let leavesTouched: u32 = 0;
  const probesAt = groupProbes;
  const end = probesAt + inGroup * count * 2;
  for (let at = probesAt; at < end; at += 2) {
    const leaf: u32 = load<u16>(at);
    if (leaf == NO_LEAF) continue;
    const known = load<u32>(bucketCounts + leaf * 4);
    if (known == 0) store<u32>(touched + leavesTouched++ * 4, leaf);
    store<u32>(bucketCounts + leaf * 4, known + 1);
  }
  let next: u32 = 0;
  for (let i: u32 = 0; i < leavesTouched; i++) {
    const leaf = load<u32>(touched + i * 4);
    store<u32>(bucketStarts + leaf * 4, next);
    next += load<u32>(bucketCounts + leaf * 4);
    store<u32>(bucketCounts + leaf * 4, 0);
  }
  let row: u32 = 0, left = count;
  for (let at = probesAt; at < end; at += 2) {
    const leaf: u32 = load<u16>(at);
    if (leaf != NO_LEAF) {
      const taken = load<u32>(bucketCounts + leaf * 4);
      store<u16>(bucketRows + (load<u32>(bucketStarts + leaf * 4) + taken) * 2, <u16>row);
      store<u32>(bucketCounts + leaf * 4, taken + 1);
    }
    if (--left == 0) {
      left = count;
      row++;
    }
  }
  return leavesTouched;
}

// @ts-ignore: decorator
@inline
function recordOf(i: u32, codes: usize): usize {
  const id = load<u32>(columnIds + i * 4);
  return codes == 0 ? codeAddress(directory, id) : codes + id * codeStride;
}

/** Packs the columns of `columnIds`; what fills the last block up is infinitely far. */
function pack(count: u32, codes: usize): void {
  // First all of their lines, so that many cache misses are under way at once.
  for (let i: u32 = 0; i < count; i++) {
    const record = recordOf(i, codes);
    for (let j: u32 = 0; j < codeStride; j += 64) sink += load<u8>(record + j);
  }
  const bytes = rowBytes;
  const low = i8x16.splat(127); // what lies behind a code meets zeros in the rows, but must be 7 bits
  for (let i: u32 = 0; i < count; i += 4) {
    const last = count - 1;
    let a = recordOf(i, codes), b = recordOf(min(i + 1, last), codes);
    let c = recordOf(min(i + 2, last), codes), d = recordOf(min(i + 3, last), codes);
    note(i, a, true);
    note(i + 1, b, i + 1 < count);
    note(i + 2, c, i + 2 < count);
    note(i + 3, d, i + 3 < count);
    a += CODE_HEADER;
    b += CODE_HEADER;
    c += CODE_HEADER;
    d += CODE_HEADER;
    let out: usize = columnCodes + (i >>> 3) * (bytes << 3) + ((i & 4) << 2);
    for (let j: u32 = 0; j < bytes; j += 16, out += 128) {
      const x = v128.load(a + j), y = v128.load(b + j), z = v128.load(c + j), w = v128.load(d + j);
      const xy0 = v128.shuffle<i32>(x, y, 0, 4, 1, 5), xy1 = v128.shuffle<i32>(x, y, 2, 6, 3, 7);
      const zw0 = v128.shuffle<i32>(z, w, 0, 4, 1, 5), zw1 = v128.shuffle<i32>(z, w, 2, 6, 3, 7);
      v128.store(out, v128.and(low, v128.shuffle<i64>(xy0, zw0, 0, 2)));
      v128.store(out + 32, v128.and(low, v128.shuffle<i64>(xy0, zw0, 1, 3)));
      if (j + 8 >= bytes) continue;
      v128.store(out + 64, v128.and(low, v128.shuffle<i64>(xy1, zw1, 0, 2)));
      v128.store(out + 96, v128.and(low, v128.shuffle<i64>(xy1, zw1, 1, 3)));
    }
  }
  // The second half of the last block, if there is none.
  for (let i = (count + 3) & ~3; i & 4; i += 4) for (let j: u32 = 0; j < 4; j++) note(i + j, 0, false);
}

// @ts-ignore: decorator
@inline
function note(i: u32, record: usize, isThere: bool): void {
  store<f32>(columnScales + i * 4, isThere ? load<f32>(record + CODE_SCALE) : 0);
  store<f32>(columnBiases + i * 4, isThere ? load<f32>(record + CODE_BIAS) : FAR);
}

/** Four rows against the packed columns. */
function tile(a: u32, b: u32, c: u32, d: u32, count: u32): void {
  const bytes = rowBytes;
  const atA = groupCodes + a * bytes, atB = groupCodes + b * bytes, atC = groupCodes + c * bytes, atD = groupCodes + d * bytes;
  let p: usize = columnCodes;
  for (let at: u32 = 0; at < count; at += 8) {
    let a0 = i32x4.splat(0), a1 = a0, b0 = a0, b1 = a0, c0 = a0, c1 = a0, d0 = a0, d1 = a0;
    for (let q: usize = 0; q < bytes; q += 8, p += 64) {
      const k0 = v128.load(p), k1 = v128.load(p, 16), l0 = v128.load(p, 32), l1 = v128.load(p, 48);
      let x = v128.load32_splat(atA + q), y = v128.load32_splat(atA + q, 4);
      a0 = addPairs(x, y, k0, l0, a0);
      a1 = addPairs(x, y, k1, l1, a1);
      x = v128.load32_splat(atB + q);
      y = v128.load32_splat(atB + q, 4);
      b0 = addPairs(x, y, k0, l0, b0);
      b1 = addPairs(x, y, k1, l1, b1);
      x = v128.load32_splat(atC + q);
      y = v128.load32_splat(atC + q, 4);
      c0 = addPairs(x, y, k0, l0, c0);
      c1 = addPairs(x, y, k1, l1, c1);
      x = v128.load32_splat(atD + q);
      y = v128.load32_splat(atD + q, 4);
      d0 = addPairs(x, y, k0, l0, d0);
      d1 = addPairs(x, y, k1, l1, d1);
    }
    const scales0 = v128.load(columnScales + at * 4), scales1 = v128.load(columnScales + at * 4, 16);
    const biases0 = v128.load(columnBiases + at * 4), biases1 = v128.load(columnBiases + at * 4, 16);
    offer(a, at, a0, a1, scales0, scales1, biases0, biases1);
    offer(b, at, b0, b1, scales0, scales1, biases0, biases1);
    offer(c, at, c0, c1, scales0, scales1, biases0, biases1);
    offer(d, at, d0, d1, scales0, scales1, biases0, biases1);
  }
}

// @ts-ignore: decorator
@inline
function offer(r: u32, at: u32, s0: v128, s1: v128, scales0: v128, scales1: v128, biases0: v128, biases1: v128): void {
  const sum = v128.load32_splat(groupSum + r * 4), by = v128.load32_splat(groupBy + r * 4);
  const from = v128.load32_splat(groupFrom + r * 4), bound = v128.load32_splat(groupBound + r * 4);
  const p0 = f32x4.mul(f32x4.mul(by, scales0), f32x4.convert_i32x4_s(i32x4.sub(s0, sum)));
  const p1 = f32x4.mul(f32x4.mul(by, scales1), f32x4.convert_i32x4_s(i32x4.sub(s1, sum)));
  const d0 = f32x4.sub(f32x4.add(from, biases0), p0);
  const d1 = f32x4.sub(f32x4.add(from, biases1), p1);
  const near0 = f32x4.lt(d0, bound), near1 = f32x4.lt(d1, bound);
  if (v128.any_true(v128.or(near0, near1))) keep(r, at, d0, d1, i32x4.bitmask(near0) | (i32x4.bitmask(near1) << 4));
}
