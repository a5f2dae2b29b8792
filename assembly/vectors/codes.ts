/*
 * How does a vector become a 7-bit code, and how far is a query from a code?
 *
 *   y = vector / norm (cosine) − centroid        scale = max|y| / 63        code = round(y / scale), −63 … 63
 *   record  [scale f32][bias f32][64 × Σ code i32][code + 64, u8 × dimensions]
 *
 * l2 and cosine use |q − x|² = |q|² + |x|² − 2 q·x on centred vectors (for unit vectors that is 2 (1 − cos), the same
 * order); dot uses 1 − (q·x + q·c + x·c + c·c). Both are  offset + bias(q) + bias(x) − factor × scales × Σ q·x, so one
 * kernel serves all metrics.
 */
import {
  BEAM_CODES, CODE_BIAS, CODE_HEADER, CODE_SCALE, CODE_SUM, G_BEAM, G_CENTROID, G_GRAPH, G_OFFSET, SLOT_VECTOR,
} from "../layout";
import { dotCode, dotCodes4, dotF32, squaredF32, squaredScaledF32 } from "./kernels";
import { codeMask, fresh, freshAddresses, freshDistances, query, queryCode } from "../memory/scratch";
import { codeBlocks, codeStride, cosine, dimensions, dot, paddedFloats } from "../memory/settings";
import { inverseOf, slotAddress } from "./slots";

const NEAR: f32 = 0.01; // above it, rounding is less than 1e-5 of a cosine distance

/** The query of this instance, set by `queryFrom…`: either as a code or as an f32 vector and its inverse norm. */
let asCode: bool = false;
let factor: f32 = 0;
let offset: f32 = 0;
let sum64: i32 = 0;
let vector: usize = 0;
let inverse: f32 = 1;
let generation: usize = 0;
let directory: usize = 0;

// @ts-ignore: decorator
@inline
export function codeAddress(graphDirectory: usize, slot: u32): usize {
  return <usize>load<u32>(graphDirectory + (slot >>> 10) * 4) + (slot & 1023) * codeStride;
}

/**
 * Codes `source` (f32, padded) × `scaleBy` − centroid. Writes signed values to `queryCode`, and returns through the
 * globals below what belongs in a record.
 */
let codedScale: f32 = 0;
let codedBias: f32 = 0;
let codedSum: i32 = 0;

function code(source: usize, scaleBy: f32, centroid: usize): void {
  const by = f32x4.splat(scaleBy);
  let largest = f32x4.splat(0);
  let squares = f32x4.splat(0);
  let along = f32x4.splat(0);
  for (let i: usize = 0; i < paddedFloats << 2; i += 16) {
    const c = v128.load(centroid + i);
    const y = f32x4.sub(f32x4.mul(v128.load(source + i), by), c);
    largest = f32x4.pmax(largest, f32x4.abs(y)); // `max` is several instructions: it looks for NaN
    squares = f32x4.add(squares, f32x4.mul(y, y));
    along = f32x4.add(along, f32x4.mul(y, c));
  }
  const most = max<f32>(
    max<f32>(f32x4.extract_lane(largest, 0), f32x4.extract_lane(largest, 1)),
    max<f32>(f32x4.extract_lane(largest, 2), f32x4.extract_lane(largest, 3)),
  );
  codedScale = most / 63;
  const summed = dot ? along : squares;
  const total: f32 =
    f32x4.extract_lane(summed, 0) +
    f32x4.extract_lane(summed, 1) +
    (f32x4.extract_lane(summed, 2) + f32x4.extract_lane(summed, 3));
  codedBias = dot ? -total : total;

  const up = f32x4.splat(most > 1e-30 ? 63 / most : 0);
  let sums = i32x4.splat(0);
  const floats: usize = paddedFloats << 2;
  for (let block: u32 = 0; block < codeBlocks; block++) {
    const at: usize = block << 6;
    const r0 = rounded(source, centroid, by, up, at, floats);
    const r1 = rounded(source, centroid, by, up, at + 16, floats);
    const r2 = rounded(source, centroid, by, up, at + 32, floats);
    const r3 = rounded(source, centroid, by, up, at + 48, floats);
    sums = i32x4.add(sums, i32x4.add(i32x4.add(r0, r1), i32x4.add(r2, r3)));
    v128.store(
      queryCode + (block << 4),
      i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(r0, r1), i16x8.narrow_i32x4_s(r2, r3)),
    );
  }
  codedSum =
    (i32x4.extract_lane(sums, 0) +
      i32x4.extract_lane(sums, 1) +
      i32x4.extract_lane(sums, 2) +
      i32x4.extract_lane(sums, 3)) <<
    6;
}

/** To the nearest: 1.5 × 2^23 more, and a small number's lowest bits are the integer. Cheaper than `trunc_sat`. */
// @ts-ignore: decorator
@inline
function rounded(source: usize, centroid: usize, by: v128, up: v128, at: usize, end: usize): v128 {
  if (at >= end) return i32x4.splat(0);
  const y = f32x4.sub(f32x4.mul(v128.load(source + at), by), v128.load(centroid + at));
  return i32x4.sub(f32x4.add(f32x4.mul(y, up), f32x4.splat(12582912)), i32x4.splat(0x4b400000));
}

/** Writes the code record of a slot. The caller publishes the slot afterwards. */
export function encodeSlot(generation: usize, slotAt: usize, record: usize): void {
  code(slotAt + SLOT_VECTOR, inverseOf(slotAt), load<u32>(generation + G_CENTROID));
  store<f32>(record + CODE_SCALE, codedScale);
  store<f32>(record + CODE_BIAS, codedBias);
  store<i32>(record + CODE_SUM, codedSum);
  const to = record + CODE_HEADER;
  let i: u32 = 0;
  const middle = i8x16.splat(64);
  for (; i + 16 <= dimensions; i += 16) v128.store(to + i, i8x16.add(v128.load(queryCode + i), middle));
  for (; i < dimensions; i++) store<u8>(to + i, <u8>(load<i8>(queryCode + i) + 64));
}

/** Makes the f32 vector at `query` (unit length under cosine) this instance's query in that generation. */
export function queryFromVector(target: usize): void {
  generation = target;
  directory = load<u32>(target + G_GRAPH);
  asCode = load<u32>(target + G_BEAM) == BEAM_CODES;
  vector = query;
  inverse = 1;
  if (!asCode) return;
  code(query, 1, load<u32>(target + G_CENTROID));
  setQuery(codedScale, codedBias, codedSum);
}

/** Makes a linked or just encoded slot this instance's query. */
export function queryFromSlot(target: usize, slot: u32): void {
  generation = target;
  directory = load<u32>(target + G_GRAPH);
  asCode = load<u32>(target + G_BEAM) == BEAM_CODES;
  if (!asCode) {
    const at = slotAddress(target, slot);
    vector = at + SLOT_VECTOR;
    inverse = inverseOf(at);
    return;
  }
  const record = codeAddress(directory, slot);
  const middle = i8x16.splat(64);
  const last: usize = (codeBlocks - 1) << 4;
  for (let i: usize = 0; i < last; i += 16) {
    v128.store(queryCode + i, i8x16.sub(v128.load(record + CODE_HEADER + i), middle));
  }
  const end = i8x16.sub(v128.load(record + CODE_HEADER + last), middle);
  v128.store(queryCode + last, v128.and(end, v128.load(codeMask)));
  setQuery(load<f32>(record + CODE_SCALE), load<f32>(record + CODE_BIAS), load<i32>(record + CODE_SUM));
}

function setQuery(scale: f32, bias: f32, sum: i32): void {
  factor = dot ? scale : 2 * scale;
  offset = bias + load<f32>(generation + G_OFFSET);
  sum64 = sum;
}

/** Distance of the query to one slot, on the generation's beam scale. */
export function distanceTo(slot: u32): f32 {
  if (!asCode) {
    const at = slotAddress(generation, slot);
    return exact(vector, inverse, at + SLOT_VECTOR, inverseOf(at));
  }
  const record = codeAddress(directory, slot);
  const sum = dotCode(queryCode, record + CODE_HEADER, codeBlocks) - sum64;
  return offset + load<f32>(record + CODE_BIAS) - factor * load<f32>(record + CODE_SCALE) * <f32>sum;
}

/**
 * The place of a slot's data for `distances`: call it for every slot first, so that the lines are on their way. The
 * returned byte must be used, or the loads vanish.
 */
// @ts-ignore: decorator
@inline
export function touch(slot: u32, index: u32): u32 {
  if (!asCode) {
    const at = slotAddress(generation, slot);
    store<u32>(freshAddresses + (index << 2), <u32>at);
    let seen: u32 = 0;
    for (let i: usize = 0; i < paddedFloats << 2; i += 64) seen += load<u8>(at + i);
    return seen;
  }
  const record = codeAddress(directory, slot);
  store<u32>(freshAddresses + (index << 2), <u32>record);
  let seen: u32 = load<u8>(record);
  for (let i: usize = 64; i < codeStride; i += 64) seen += load<u8>(record + i);
  return seen + load<u8>(record + codeStride - 1);
}

/** `touch` for the first `count` slots of `fresh`. */
export function touchAll(count: u32): u32 {
  let seen: u32 = 0;
  if (!asCode) {
    for (let i: u32 = 0; i < count; i++) seen += touch(load<u32>(fresh + (i << 2)), i);
    return seen;
  }
  // Locals: engines load a global again after every store.
  const chunks = directory;
  const stride = codeStride;
  const addresses = freshAddresses - fresh;
  const end = fresh + (count << 2);
  for (let at = fresh; at < end; at += 4) {
    const slot = load<u32>(at);
    const record = <usize>load<u32>(chunks + (slot >>> 10) * 4) + (slot & 1023) * stride;
    store<u32>(at + addresses, <u32>record);
    for (let i: usize = 0; i < stride; i += 64) seen += load<u8>(record + i);
    seen += load<u8>(record + stride - 1);
  }
  return seen;
}

/** Distances of the `count` touched slots into `freshDistances`; up to 3 more are written behind them. */
export function distances(count: u32): void {
  if (!asCode) {
    for (let i: u32 = 0; i < count; i++) {
      const at: usize = load<u32>(freshAddresses + (i << 2));
      store<f32>(freshDistances + (i << 2), exact(vector, inverse, at + SLOT_VECTOR, inverseOf(at)));
    }
    return;
  }
  // A group of four may reach past the end: let it look at the first again.
  for (let i = count; i & 3; i++) store<u32>(freshAddresses + (i << 2), load<u32>(freshAddresses));
  const minus = i32x4.splat(sum64);
  const by = f32x4.splat(factor);
  const from = f32x4.splat(offset);
  for (let i: usize = 0; i < count << 2; i += 16) {
    const a: usize = load<u32>(freshAddresses + i);
    const b: usize = load<u32>(freshAddresses + i, 4);
    const c: usize = load<u32>(freshAddresses + i, 8);
    const d: usize = load<u32>(freshAddresses + i, 12);
    const sums = dotCodes4(
      queryCode, a + CODE_HEADER, b + CODE_HEADER, c + CODE_HEADER, d + CODE_HEADER, codeBlocks,
    );
    // Scale and bias of the four, transposed: [sA bA][sB bB] → sA sB sC sD, bA bB bC bD.
    const ab = v128.load_lane<u64>(b, v128.load64_zero(a), 1);
    const cd = v128.load_lane<u64>(d, v128.load64_zero(c), 1);
    const scales = v128.shuffle<i32>(ab, cd, 0, 2, 4, 6);
    const biases = v128.shuffle<i32>(ab, cd, 1, 3, 5, 7);
    const products = f32x4.mul(f32x4.mul(by, scales), f32x4.convert_i32x4_s(i32x4.sub(sums, minus)));
    v128.store(freshDistances + i, f32x4.sub(f32x4.add(from, biases), products));
  }
}

/**
 * The metric itself, in f32: cosine 1 − cos, l2 squared, dot 1 − a·b. Inverse norms count under cosine only. Near
 * 0, 1 − a·b is nothing but rounding (6e-8), so there cosine is made as |a − b|² / 2 of the unit vectors.
 */
// @ts-ignore: decorator
@inline
export function exact(a: usize, inverseA: f32, b: usize, inverseB: f32): f32 {
  if (cosine) {
    const distance: f32 = 1 - dotF32(a, b, paddedFloats) * (inverseA * inverseB);
    return distance > NEAR ? distance : 0.5 * squaredScaledF32(a, inverseA, b, inverseB, paddedFloats);
  }
  if (dot) return 1 - dotF32(a, b, paddedFloats);
  return squaredF32(a, b, paddedFloats);
}

/** Exact distance of the f32 query at `query` to a slot. */
// @ts-ignore: decorator
@inline
export function exactToQuery(slotAt: usize): f32 {
  return exact(query, 1, slotAt + SLOT_VECTOR, inverseOf(slotAt));
}
