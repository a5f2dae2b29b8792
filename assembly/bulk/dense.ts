/*
 * Which columns are nearest to each row of a group? All rows that probe a leaf are compared with all of its columns, by
 * their 7-bit codes: four rows and eight columns at a time, from memory that is in the cache.
 *
 *   rows      signed codes, one after another; a row that is none fills the fours up
 *   columns   packed in blocks of 8: per 4 dimensions 4 bytes each of columns 0 … 3, then of 4 … 7
 *   buffer    of each row what was nearer than its bound, CANDIDATES at most; a full one is cut to the nearest few,
 *             the farthest of which is the bound from then on
 *
 * The distances are those of vectors/codes.ts, to the bit.
 */
import { CODE_BIAS, CODE_HEADER, CODE_SCALE, CODE_SUM } from "../layout";
import { candidateDistances, candidateSlots } from "../memory/scratch";
import { codeStride, dimensions, dot } from "../memory/settings";
import { addPairs } from "../vectors/kernels";
import { codeAddress } from "../vectors/codes";
import { truncate } from "../graph/candidates";
import {
  bucketCounts, bucketRows, bucketStarts, bufferDistances, bufferIds, CANDIDATES, columnBiases, columnCodes, columnIds, COLUMNS,
  columnScales, directory, found, groupBound, groupBy, groupCodes, groupCount, groupFrom, groupProbes, groupRows, groupSlot, groupSum, leafCounts,
  leafStarts, members, NO_LEAF, rowBytes, touched,
} from "./portion";

const NONE: f32 = Infinity;
export const COMPARED: u32 = 400000; // distances in one call, about a millisecond at 100 dimensions
const PACKING: u32 = 30; // distances in the time of packing a column
const SLACK: u32 = 8; // entries that a cut may leave too many
const NOBODY: u32 = ~0;

export let inGroup: u32 = 0; // rows
let nearest: u32 = 0; // how many a row wants; of one alone a row keeps no other, and no row is among its own columns then
let fullAt: u32 = 0; // entries above which a buffer is cut

function want(most: u32): void {
  nearest = most;
  fullAt = min<u32>(CANDIDATES - 8, 2 * most + 24);
}

/** Begins a group whose rows want the `most` nearest. */
export function beginGroup(most: u32): void {
  inGroup = 0;
  want(most);
  const none = groupRows; // the row that is none
  for (let i: u32 = 0; i < rowBytes; i += 8) store<u64>(groupCodes + none * rowBytes + i, 0);
  store<f32>(groupBound + none * 4, -NONE);
  store<f32>(groupFrom + none * 4, 0);
  store<f32>(groupBy + none * 4, 0);
  store<u32>(groupSum + none * 4, 0);
}

/** Adds a row with a code record; `slot`: the one among the columns that it is not compared with, or NOBODY. */
export function addRow(record: usize, slot: u32): void {
  const r = inGroup++;
  const scale = load<f32>(record + CODE_SCALE);
  store<f32>(groupBy + r * 4, dot ? scale : 2 * scale);
  store<f32>(groupFrom + r * 4, load<f32>(record + CODE_BIAS));
  store<i32>(groupSum + r * 4, load<i32>(record + CODE_SUM));
  store<u32>(groupSlot + r * 4, slot);
  forget(r);
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
  addRow(record, NOBODY);
}

function forget(r: u32): void {
  store<f32>(groupBound + r * 4, NONE);
  store<u32>(groupCount + r * 4, 0);
}

/** Empties the rows' buffers; from now on they want the `most` nearest. */
export function forgetAll(most: u32): void {
  want(most);
  for (let r: u32 = 0; r < inGroup; r++) forget(r);
}

// ── columns ─────────────────────────────────────────────────────────────────────────────────────────────────────────
let sink: u32 = 0; // uses what the touches load

/** All rows against columns `first` … of a list of codes one after another; their ids are their numbers. */
export function compareWithCodes(codes: usize, first: u32, count: u32): void {
  for (let done: u32 = 0; done < count; done += COLUMNS) {
    const n = min<u32>(COLUMNS, count - done);
    for (let i: u32 = 0; i < n; i++) store<u32>(columnIds + i * 4, first + done + i);
    pack(n, codes);
    for (let r: u32 = 0; r < inGroup; r += 4) tileOf(r, r + 1, r + 2, r + 3, inGroup, n);
  }
}

function tileOf(a: u32, b: u32, c: u32, d: u32, end: u32, columns: u32): void {
  const none = groupRows;
  tile(a, b < end ? b : none, c < end ? c : none, d < end ? d : none, columns);
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
  store<f32>(columnBiases + i * 4, isThere ? load<f32>(record + CODE_BIAS) : NONE);
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

// ── buffers ─────────────────────────────────────────────────────────────────────────────────────────────────────────
/** Puts those of eight columns whose bit is set into a row's buffer. */
function keep(r: u32, at: u32, d0: v128, d1: v128, near: u32): void {
  v128.store(found, d0);
  v128.store(found, d1, 16);
  const distances = bufferDistances + r * CANDIDATES * 4;
  const ids = bufferIds + r * CANDIDATES * 4;
  if (nearest == 1) {
    let least = load<f32>(groupBound + r * 4);
    for (; near != 0; near &= near - 1) {
      const i = ctz(near) << 2;
      if (!(load<f32>(found + i) < least)) continue;
      least = load<f32>(found + i);
      store<u32>(ids, load<u32>(columnIds + at * 4 + i));
    }
    store<f32>(distances, least);
    store<f32>(groupBound + r * 4, least);
    store<u32>(groupCount + r * 4, 1);
    return;
  }
  let count = load<u32>(groupCount + r * 4);
  const own = load<u32>(groupSlot + r * 4);
  for (; near != 0; near &= near - 1) {
    const i = ctz(near) << 2;
    const id = load<u32>(columnIds + at * 4 + i);
    store<f32>(distances + count * 4, load<f32>(found + i));
    store<u32>(ids + count * 4, id);
    count += <u32>(id != own);
  }
  if (count > fullAt) count = cut(r, count, nearest, SLACK);
  store<u32>(groupCount + r * 4, count);
}

// @ts-ignore: decorator
@inline
function notAbove(distances: usize, count4: u32, most: f32): u32 {
  const by = f32x4.splat(most);
  let counts = i32x4.splat(0);
  for (let i: u32 = 0; i < count4; i += 4) counts = i32x4.sub(counts, f32x4.le(v128.load(distances + i * 4), by));
  const low = i32x4.extract_lane(counts, 0) + i32x4.extract_lane(counts, 1);
  return low + i32x4.extract_lane(counts, 2) + i32x4.extract_lane(counts, 3);
}

/** Keeps the `most` nearest of a row's buffer, and up to `over` more; sets its bound. Returns how many. */
function cut(r: u32, count: u32, most: u32, over: u32): u32 {
  const distances = bufferDistances + r * CANDIDATES * 4;
  const ids = bufferIds + r * CANDIDATES * 4;
  const count4 = (count + 3) & ~3;
  for (let i = count; i < count4; i++) store<f32>(distances + i * 4, NONE);
  let low: f32 = NONE, high: f32 = -NONE;
  for (let i: u32 = 0; i < count; i++) {
    const d = load<f32>(distances + i * 4);
    low = min(low, d);
    high = max(high, d);
  }
  let belowLow: f32 = 0, belowHigh: f32 = <f32>count;
  for (let step = 0; step < 12 && high > low; step++) {
    // By interpolation, then by halves.
    const wanted: f32 = (<f32>most + 0.5 * <f32>over - belowLow) / (belowHigh - belowLow);
    const share: f32 = step & 1 ? 0.5 : max<f32>(0.1, min<f32>(0.9, wanted));
    const middle = low + (high - low) * share;
    const n = notAbove(distances, count4, middle);
    if (n < most) {
      low = middle;
      belowLow = <f32>n;
      continue;
    }
    high = middle;
    belowHigh = <f32>n;
    if (n <= most + over) break;
  }
  let kept: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const d = load<f32>(distances + i * 4);
    store<f32>(distances + kept * 4, d);
    store<u32>(ids + kept * 4, load<u32>(ids + i * 4));
    kept += <u32>(d <= high);
  }
  kept = min<u32>(kept, max<u32>(most, CANDIDATES - 16)); // many may be at one distance
  if (high < load<f32>(groupBound + r * 4)) store<f32>(groupBound + r * 4, high);
  return kept;
}

/** The place of a row's nearest in its buffer. */
function placeOfNearest(r: u32): u32 {
  const count = load<u32>(groupCount + r * 4);
  const distances = bufferDistances + r * CANDIDATES * 4;
  let best: u32 = 0;
  for (let i: u32 = 1; i < count; i++) if (load<f32>(distances + i * 4) < load<f32>(distances + best * 4)) best = i;
  return best;
}

/** The nearest of a row; 0 if there is none, because distances were infinite. */
export function nearestOf(r: u32): u32 {
  if (load<u32>(groupCount + r * 4) == 0) return 0;
  return load<u32>(bufferIds + (r * CANDIDATES + placeOfNearest(r)) * 4);
}

/** Writes the `most` nearest of a row as u16, the nearest first, the others in any order, then NO_LEAF. */
export function writeNearest(r: u32, most: u32, out: usize): void {
  let count = load<u32>(groupCount + r * 4);
  const first = nearestOf(r);
  if (count > most) count = min<u32>(most, cut(r, count, most, 0));
  let n: u32 = 1;
  store<u16>(out, <u16>first);
  for (let i: u32 = 0; i < count && n < most; i++) {
    const id = load<u32>(bufferIds + (r * CANDIDATES + i) * 4);
    if (id != first) store<u16>(out + n++ * 2, <u16>id);
  }
  for (; n < most; n++) store<u16>(out + n * 2, <u16>NO_LEAF);
}

/** Makes the `most` nearest of a row the candidates, the nearest first; at equal distances in the order of their slots. */
export function takeCandidates(r: u32, most: u32): void {
  let count = load<u32>(groupCount + r * 4);
  if (count > most + 3) count = cut(r, count, most, 3);
  const distances = bufferDistances + r * CANDIDATES * 4;
  const ids = bufferIds + r * CANDIDATES * 4;
  const count4 = (count + 3) & ~3;
  for (let i = count; i < count4; i++) store<f32>(distances + i * 4, NONE);
  for (let i: u32 = 0; i < count; i++) store<u32>(candidateSlots + i * 4, NOBODY);
  for (let i: u32 = 0; i < count; i++) {
    const d = load<f32>(distances + i * 4);
    let id = load<u32>(ids + i * 4);
    const by = f32x4.splat(d);
    let counts = i32x4.splat(0);
    for (let j: u32 = 0; j < count4; j += 4) counts = i32x4.sub(counts, f32x4.lt(v128.load(distances + j * 4), by));
    let rank: u32 = i32x4.extract_lane(counts, 0) + i32x4.extract_lane(counts, 1);
    rank += i32x4.extract_lane(counts, 2) + i32x4.extract_lane(counts, 3);
    for (let known = load<u32>(candidateSlots + rank * 4); known != NOBODY; known = load<u32>(candidateSlots + rank * 4)) {
      if (id < known) {
        store<u32>(candidateSlots + rank * 4, id);
        id = known;
      }
      rank++;
    }
    store<u32>(candidateSlots + rank * 4, id);
    store<f32>(candidateDistances + rank * 4, d);
  }
  truncate(min(count, most));
}
