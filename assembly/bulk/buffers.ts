/*
 * What is nearest to each row of a group, of all that it was compared with? What was nearer than its bound, CANDIDATES at
 * most; a full buffer is cut to the nearest few, the farthest of which is the bound from then on.
 */
import { NO_SLOT } from "../layout";
import { candidateDistances, candidateSlots } from "../memory/scratch";
import { truncate } from "../graph/candidates";
import {
  bufferDistances, bufferIds, CANDIDATES, columnIds, found, groupBound, groupCount, groupSlot, NO_LEAF,
} from "./portion";

export const FAR: f32 = Infinity;
const SLACK: u32 = 8; // entries that a cut may leave too many

let nearest: u32 = 0; // how many a row wants; of one alone a row keeps no other, and no row is among its own columns then
let fullAt: u32 = 0; // entries above which a buffer is cut

/** From now on a row wants the `most` nearest. */
export function wantNearest(most: u32): void {
  nearest = most;
  fullAt = min<u32>(CANDIDATES - 8, 2 * most + 24);
}

/** Empties a row's buffer. */
export function forgetRow(r: u32): void {
  store<f32>(groupBound + r * 4, FAR);
  store<u32>(groupCount + r * 4, 0);
}

/** Empties the buffers of `count` rows; from now on they want the `most` nearest. */
export function forgetRows(count: u32, most: u32): void {
  wantNearest(most);
  for (let r: u32 = 0; r < count; r++) forgetRow(r);
}

/** Puts those of eight columns whose bit is set into a row's buffer. */
export function keep(r: u32, at: u32, d0: v128, d1: v128, near: u32): void {
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
  for (let i = count; i < count4; i++) store<f32>(distances + i * 4, FAR);
  let low: f32 = FAR, high: f32 = -FAR;
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
  for (let i = count; i < count4; i++) store<f32>(distances + i * 4, FAR);
  for (let i: u32 = 0; i < count; i++) store<u32>(candidateSlots + i * 4, NO_SLOT);
  for (let i: u32 = 0; i < count; i++) {
    const d = load<f32>(distances + i * 4);
    let id = load<u32>(ids + i * 4);
    const by = f32x4.splat(d);
    let counts = i32x4.splat(0);
    for (let j: u32 = 0; j < count4; j += 4) counts = i32x4.sub(counts, f32x4.lt(v128.load(distances + j * 4), by));
    let rank: u32 = i32x4.extract_lane(counts, 0) + i32x4.extract_lane(counts, 1);
    rank += i32x4.extract_lane(counts, 2) + i32x4.extract_lane(counts, 3);
    for (let known = load<u32>(candidateSlots + rank * 4); known != NO_SLOT; known = load<u32>(candidateSlots + rank * 4)) {
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
