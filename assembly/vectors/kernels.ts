/*
 * How are sums over two vectors, or over a query and four codes, computed? SIMD kernels on addresses; no graph, no
 * state. They add in a fixed order and never fuse, so that every engine gives the same bits.
 */

/** Dot product of two f32 vectors of `floats` (a multiple of 4) at 4-byte addresses. */
export function dotF32(a: usize, b: usize, floats: u32): f32 {
  let sum0 = f32x4.splat(0);
  let sum1 = f32x4.splat(0);
  const end = a + floats * 4;
  for (; a + 32 <= end; a += 32, b += 32) {
    sum0 = f32x4.add(sum0, f32x4.mul(v128.load(a), v128.load(b)));
    sum1 = f32x4.add(sum1, f32x4.mul(v128.load(a, 16), v128.load(b, 16)));
  }
  if (a < end) sum0 = f32x4.add(sum0, f32x4.mul(v128.load(a), v128.load(b)));
  return addLanes(f32x4.add(sum0, sum1));
}

/** Squared Euclidean distance of two f32 vectors of `floats` (a multiple of 4). */
export function squaredF32(a: usize, b: usize, floats: u32): f32 {
  let sum0 = f32x4.splat(0);
  let sum1 = f32x4.splat(0);
  const end = a + floats * 4;
  for (; a + 32 <= end; a += 32, b += 32) {
    const d0 = f32x4.sub(v128.load(a), v128.load(b));
    const d1 = f32x4.sub(v128.load(a, 16), v128.load(b, 16));
    sum0 = f32x4.add(sum0, f32x4.mul(d0, d0));
    sum1 = f32x4.add(sum1, f32x4.mul(d1, d1));
  }
  if (a < end) {
    const d0 = f32x4.sub(v128.load(a), v128.load(b));
    sum0 = f32x4.add(sum0, f32x4.mul(d0, d0));
  }
  return addLanes(f32x4.add(sum0, sum1));
}

/** Squared Euclidean distance of a × byA and b × byB. */
export function squaredScaledF32(a: usize, byA: f32, b: usize, byB: f32, floats: u32): f32 {
  const scaleA = f32x4.splat(byA);
  const scaleB = f32x4.splat(byB);
  let sum0 = f32x4.splat(0);
  let sum1 = f32x4.splat(0);
  const end = a + floats * 4;
  for (; a + 32 <= end; a += 32, b += 32) {
    const d0 = f32x4.sub(f32x4.mul(v128.load(a), scaleA), f32x4.mul(v128.load(b), scaleB));
    const d1 = f32x4.sub(f32x4.mul(v128.load(a, 16), scaleA), f32x4.mul(v128.load(b, 16), scaleB));
    sum0 = f32x4.add(sum0, f32x4.mul(d0, d0));
    sum1 = f32x4.add(sum1, f32x4.mul(d1, d1));
  }
  if (a < end) {
    const d0 = f32x4.sub(f32x4.mul(v128.load(a), scaleA), f32x4.mul(v128.load(b), scaleB));
    sum0 = f32x4.add(sum0, f32x4.mul(d0, d0));
  }
  return addLanes(f32x4.add(sum0, sum1));
}

// @ts-ignore: decorator
@inline
export function addLanes(v: v128): f32 {
  return f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1) + (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3));
}

// @ts-ignore: decorator
@inline
export function addIntegerLanes(v: v128): i32 {
  return i32x4.extract_lane(v, 0) + i32x4.extract_lane(v, 1) + (i32x4.extract_lane(v, 2) + i32x4.extract_lane(v, 3));
}

/**
 * `sum` + four lanes of Σ query·code over two blocks of 16. Exact on every engine: |query| ≤ 63 and code ≤ 127, so two
 * pairs of products stay below 2^15.
 */
// @ts-ignore: decorator
@inline
function addTwoBlocks(q0: v128, q1: v128, c0: v128, c1: v128, sum: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) {
    const pairs = i16x8.add(i16x8.relaxed_dot_i8x16_i7x16_s(q0, c0), i16x8.relaxed_dot_i8x16_i7x16_s(q1, c1));
    return i32x4.add(sum, i32x4.extadd_pairwise_i16x8_s(pairs));
  }
  return addBlock(q1, c1, addBlock(q0, c0, sum));
}

/** `sum` + four lanes of Σ query·code over one block. */
// @ts-ignore: decorator
@inline
function addBlock(query: v128, code: v128, sum: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return i32x4.relaxed_dot_i8x16_i7x16_add_s(query, code, sum);
  return i32x4.add(
    sum,
    i32x4.add(
      i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_s(query), i16x8.extend_low_i8x16_s(code)),
      i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_s(query), i16x8.extend_high_i8x16_s(code)),
    ),
  );
}

/** Four lanes of Σ query·code: one signed query against four codes of `blocks` × 16 unsigned 7-bit values. */
// @ts-ignore: decorator
@inline
export function dotCodes4(query: usize, a: usize, b: usize, c: usize, d: usize, blocks: u32): v128 {
  let sumA = i32x4.splat(0);
  let sumB = i32x4.splat(0);
  let sumC = i32x4.splat(0);
  let sumD = i32x4.splat(0);
  const bytes: usize = blocks << 4;
  let i: usize = 0;
  for (; i + 32 <= bytes; i += 32) {
    const q0 = v128.load(query + i);
    const q1 = v128.load(query + i, 16);
    sumA = addTwoBlocks(q0, q1, v128.load(a + i), v128.load(a + i, 16), sumA);
    sumB = addTwoBlocks(q0, q1, v128.load(b + i), v128.load(b + i, 16), sumB);
    sumC = addTwoBlocks(q0, q1, v128.load(c + i), v128.load(c + i, 16), sumC);
    sumD = addTwoBlocks(q0, q1, v128.load(d + i), v128.load(d + i, 16), sumD);
  }
  if (i < bytes) {
    const q = v128.load(query + i);
    sumA = addBlock(q, v128.load(a + i), sumA);
    sumB = addBlock(q, v128.load(b + i), sumB);
    sumC = addBlock(q, v128.load(c + i), sumC);
    sumD = addBlock(q, v128.load(d + i), sumD);
  }
  // Transpose and add: lane i of the result is the sum of the lanes of the i-th accumulator.
  const ab0 = v128.shuffle<i32>(sumA, sumB, 0, 4, 1, 5);
  const ab1 = v128.shuffle<i32>(sumA, sumB, 2, 6, 3, 7);
  const cd0 = v128.shuffle<i32>(sumC, sumD, 0, 4, 1, 5);
  const cd1 = v128.shuffle<i32>(sumC, sumD, 2, 6, 3, 7);
  const ab = i32x4.add(ab0, ab1); // a02, b02, a13, b13
  const cd = i32x4.add(cd0, cd1);
  return i32x4.add(v128.shuffle<i32>(ab, cd, 0, 1, 4, 5), v128.shuffle<i32>(ab, cd, 2, 3, 6, 7));
}

/**
 * `sum` + four lanes, each of 4 bytes of a packed code in `c0` times those in `q0`, and in `c1` times those in `q1`: a signed
 * code against four of unsigned 7-bit values.
 */
// @ts-ignore: decorator
@inline
export function addPairs(q0: v128, q1: v128, c0: v128, c1: v128, sum: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) {
    const pairs = i16x8.add(i16x8.relaxed_dot_i8x16_i7x16_s(q0, c0), i16x8.relaxed_dot_i8x16_i7x16_s(q1, c1));
    return i32x4.add(sum, i32x4.extadd_pairwise_i16x8_s(pairs));
  }
  return i32x4.add(sum, i32x4.add(fours(q0, c0), fours(q1, c1)));
}

/** Four lanes of the sum of 4 products of signed bytes. */
// @ts-ignore: decorator
@inline
function fours(a: v128, b: v128): v128 {
  const low = i32x4.extadd_pairwise_i16x8_s(i16x8.extmul_low_i8x16_s(a, b));
  const high = i32x4.extadd_pairwise_i16x8_s(i16x8.extmul_high_i8x16_s(a, b));
  return i32x4.add(v128.shuffle<i32>(low, high, 0, 2, 4, 6), v128.shuffle<i32>(low, high, 1, 3, 5, 7));
}

/** Σ query·code for one code. */
export function dotCode(query: usize, code: usize, blocks: u32): i32 {
  let sum = i32x4.splat(0);
  const bytes: usize = blocks << 4;
  for (let i: usize = 0; i < bytes; i += 16) sum = addBlock(v128.load(query + i), v128.load(code + i), sum);
  return addIntegerLanes(sum);
}
