/*
 * How does a vector become a 7-bit code, and how far is a query from a code?
 *
 *   y = vector / norm (cosine) − centroid        scale = max|y| / 63        code = round(y / scale), −63 … 63
 *   record  [scale f32][bias f32][64 × Σ code i32][code + 64, u8 × dimensions]
 *
 * With x̂ = scale × code, l2 and cosine use |q − x|² = b(q) + b(x) − 2 q̂·x̂ of centred vectors, where b(x) is 2 x·x̂ − |x|²
 * (for unit vectors that is 2 (1 − cos), the same order): |q̂ − x̂|², less what rounding adds on average. Its error grows
 * with |q − x|. With |x|² for b(x) it would grow with the distance from the centroid, and vectors that moved away from it
 * would look alike. dot uses −(q·x + q·c + x·c), a constant more than −q·x of the vectors as given. Both are
 * bias(q) + bias(x) − factor × scales × Σ q·x, so one kernel serves all metrics. Which queries use codes is decided in
 * beam.ts.
 */
import {
  CHUNK_BITS, CHUNK_SLOTS, CODE_BIAS, CODE_HEADER, CODE_SCALE, CODE_SUM, G_CENTROID, G_GRAPH, SLOT_VECTOR,
} from "../layout";
import { codeMask, fresh, freshAddresses, freshDistances, queryCode } from "../memory/scratch";
import { codeBlocks, codeStride, dimensions, dot, paddedFloats } from "../memory/settings";
import { addIntegerLanes, addLanes, dotCode, dotCodes4 } from "./kernels";
import { inverseOf } from "./slots";

/** The query of this instance, beside its code at `queryCode`. */
let directory: usize = 0; // of graph chunks
let factor: f32 = 0, offset: f32 = 0, sum64: i32 = 0;
let queryError: f32 = 0; // |q − q̂| of a query that is no slot

/** What `code` found, as it belongs into a record. */
let codedScale: f32 = 0, codedBias: f32 = 0, codedSum: i32 = 0;

export function codeAddress(graphDirectory: usize, slot: u32): usize {
  return <usize>load<u32>(graphDirectory + (slot >>> CHUNK_BITS) * 4) + (slot & (CHUNK_SLOTS - 1)) * codeStride;
}

/** Codes `source` (f32, padded) × `scaleBy` − centroid: signed values at `queryCode`, the rest in `coded…`. */
function code(source: usize, scaleBy: f32, centroid: usize): void {
  const by = f32x4.splat(scaleBy);
  const end: usize = paddedFloats << 2;
  let largest = f32x4.splat(0);
  let squares = f32x4.splat(0);
  let along = f32x4.splat(0);
  for (let i: usize = 0; i < end; i += 16) {
    const y = centred(source, centroid, by, i, end);
    largest = f32x4.pmax(largest, f32x4.abs(y)); // `max` is several instructions: it looks for NaN
    squares = f32x4.add(squares, f32x4.mul(y, y));
    along = f32x4.add(along, f32x4.mul(y, v128.load(centroid + i)));
  }
  const most = max<f32>(
    max<f32>(f32x4.extract_lane(largest, 0), f32x4.extract_lane(largest, 1)),
    max<f32>(f32x4.extract_lane(largest, 2), f32x4.extract_lane(largest, 3)),
  );
  const up = f32x4.splat(most > 1e-30 ? 63 / most : 0);
  let sums = i32x4.splat(0);
  let products = f32x4.splat(0); // of values and codes
  for (let block: u32 = 0; block < codeBlocks; block++) {
    const at: usize = block << 6;
    const y0 = centred(source, centroid, by, at, end), r0 = rounded(y0, up);
    const y1 = centred(source, centroid, by, at + 16, end), r1 = rounded(y1, up);
    const y2 = centred(source, centroid, by, at + 32, end), r2 = rounded(y2, up);
    const y3 = centred(source, centroid, by, at + 48, end), r3 = rounded(y3, up);
    sums = i32x4.add(sums, i32x4.add(i32x4.add(r0, r1), i32x4.add(r2, r3)));
    products = f32x4.add(products, f32x4.add(timesCode(y0, r0), timesCode(y1, r1)));
    products = f32x4.add(products, f32x4.add(timesCode(y2, r2), timesCode(y3, r3)));
    v128.store(
      queryCode + (block << 4),
      i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(r0, r1), i16x8.narrow_i32x4_s(r2, r3)),
    );
  }
  codedScale = most / 63;
  codedSum = addIntegerLanes(sums) << 6;
  codedBias = dot ? -addLanes(along) : 2 * codedScale * addLanes(products) - addLanes(squares);
}

/** Four floats less those of the centroid; 0 from the `end` of the vector on. */
// @ts-ignore: decorator
@inline
function centred(source: usize, centroid: usize, by: v128, at: usize, end: usize): v128 {
  if (at >= end) return f32x4.splat(0);
  return f32x4.sub(f32x4.mul(v128.load(source + at), by), v128.load(centroid + at));
}

/** To the nearest: 1.5 × 2^23 more, and a small number's lowest bits are the integer. Cheaper than `trunc_sat`. */
// @ts-ignore: decorator
@inline
function rounded(y: v128, up: v128): v128 {
  return i32x4.sub(f32x4.add(f32x4.mul(y, up), f32x4.splat(12582912)), i32x4.splat(0x4b400000));
}

// @ts-ignore: decorator
@inline
function timesCode(y: v128, r: v128): v128 {
  return f32x4.mul(y, f32x4.convert_i32x4_s(r));
}

/** Writes the code record of a slot, before anything leads to it. */
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

/** Whether `other`, a code record from elsewhere, is one of the same vector: but for rounding, at most. */
export function resembles(record: usize, other: usize): bool {
  if (!isNear(load<f32>(other + CODE_SCALE), load<f32>(record + CODE_SCALE))) return false;
  if (!isNear(load<f32>(other + CODE_BIAS), load<f32>(record + CODE_BIAS))) return false;
  let i: u32 = CODE_HEADER;
  let apart = i8x16.splat(0);
  for (; i + 16 <= CODE_HEADER + dimensions; i += 16) {
    const a = v128.load(record + i);
    const b = v128.load(other + i);
    apart = i8x16.max_u(apart, v128.or(i8x16.sub_sat_u(a, b), i8x16.sub_sat_u(b, a)));
  }
  if (v128.any_true(i8x16.gt_u(apart, i8x16.splat(1)))) return false;
  for (; i < CODE_HEADER + dimensions; i++) {
    if (abs<i32>(<i32>load<u8>(record + i) - <i32>load<u8>(other + i)) > 1) return false;
  }
  return true;
}

function isNear(a: f32, b: f32): bool {
  return abs<f32>(a - b) <= abs<f32>(b) * 0.01;
}

/** Whether a code's scale is what `encodeSlot` can have written: a finite number ≥ 0. */
export function hasScale(record: usize): bool {
  const scale = load<f32>(record + CODE_SCALE);
  return scale >= 0 && isFinite(scale);
}

/** Makes an f32 vector, of unit length under cosine, the query. */
export function codeQuery(generation: usize, vector: usize): void {
  code(vector, 1, load<u32>(generation + G_CENTROID));
  setQuery(generation, codedScale, codedBias, codedSum);
  queryError = mostError(codedScale);
}

/** How long what rounding took away from a vector can be at most. */
// @ts-ignore: decorator
@inline
function mostError(scale: f32): f32 {
  return 0.5 * scale * sqrt<f32>(<f32>dimensions);
}

/** Of what f32 sums lose: a share of the squared norms that a code distance is made of, and of a cosine's 1. */
const LOST: f32 = 1e-5, LOST_OF_ONE: f32 = 1e-6;

/**
 * The largest code distance of a slot whose vector is no farther than √`squared` from the query of `codeQuery`; not under
 * dot. With e = q̂ − q and f = x̂ − x, a code distance is |q − x|² + 2 (q − x)·(e − f) − 2 e·f.
 */
export function farthestCode(slot: u32, squared: f32): f32 {
  const record = codeAddress(directory, slot);
  const error = mostError(load<f32>(record + CODE_SCALE));
  const most = squared + 2 * (sqrt<f32>(max<f32>(squared, 0)) * (queryError + error) + queryError * error);
  return most + LOST * (abs<f32>(offset) + abs<f32>(load<f32>(record + CODE_BIAS))) + LOST_OF_ONE;
}

/** Makes the code of a slot the query. */
export function codeQueryFromSlot(generation: usize, slot: u32): void {
  const record = codeAddress(load<u32>(generation + G_GRAPH), slot);
  const middle = i8x16.splat(64);
  const last: usize = (codeBlocks - 1) << 4;
  for (let i: usize = 0; i < last; i += 16) {
    v128.store(queryCode + i, i8x16.sub(v128.load(record + CODE_HEADER + i), middle));
  }
  const end = i8x16.sub(v128.load(record + CODE_HEADER + last), middle);
  v128.store(queryCode + last, v128.and(end, v128.load(codeMask)));
  setQuery(generation, load<f32>(record + CODE_SCALE), load<f32>(record + CODE_BIAS), load<i32>(record + CODE_SUM));
}

function setQuery(generation: usize, scale: f32, bias: f32, sum: i32): void {
  directory = load<u32>(generation + G_GRAPH);
  factor = dot ? scale : 2 * scale;
  offset = bias;
  sum64 = sum;
}

/** Distance of the query to one slot's code. */
export function codeDistance(slot: u32): f32 {
  const record = codeAddress(directory, slot);
  const sum = dotCode(queryCode, record + CODE_HEADER, codeBlocks) - sum64;
  return offset + load<f32>(record + CODE_BIAS) - factor * load<f32>(record + CODE_SCALE) * <f32>sum;
}

/** See `touch` in beam.ts. */
export function touchCode(slot: u32, index: u32): u32 {
  const record = codeAddress(directory, slot);
  store<u32>(freshAddresses + (index << 2), <u32>record);
  let seen: u32 = load<u8>(record);
  for (let i: usize = 64; i < codeStride; i += 64) seen += load<u8>(record + i);
  return seen + load<u8>(record + codeStride - 1);
}

export function touchCodes(count: u32): u32 {
  // Locals: engines load a global again after every store.
  const chunks = directory;
  const stride = codeStride;
  const addresses = freshAddresses - fresh;
  const end = fresh + (count << 2);
  let seen: u32 = 0;
  for (let at = fresh; at < end; at += 4) {
    const slot = load<u32>(at);
    const record = <usize>load<u32>(chunks + (slot >>> CHUNK_BITS) * 4) + (slot & (CHUNK_SLOTS - 1)) * stride;
    store<u32>(at + addresses, <u32>record);
    for (let i: usize = 0; i < stride; i += 64) seen += load<u8>(record + i);
    seen += load<u8>(record + stride - 1);
  }
  return seen;
}

/** See `distances` in beam.ts. */
// @ts-ignore: decorator
@inline
export function codeDistances(count: u32): void {
  // A group of four may reach past the end: the first one is computed again there.
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
