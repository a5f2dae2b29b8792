/*
 * How far apart are two vectors in f32? By what ranks: cosine 1 − cos, l2 squared, dot −a·b. A distance under dot is 1
 * more, which is added when a search ends: products that are small beside 1 would all be the same number before.
 */
import { SLOT_VECTOR } from "../layout";
import { query } from "../memory/scratch";
import { cosine, dot, paddedFloats } from "../memory/settings";
import { dotF32, squaredF32, squaredScaledF32 } from "./kernels";
import { inverseOf } from "./slots";

const NEAR: f32 = 0.01; // above it, rounding is less than 1e-5 of a cosine distance

/**
 * Inverse norms count under cosine only. Near 0, 1 − a·b is nothing but rounding (6e-8), so there cosine is computed as
 * |a − b|² / 2 of the unit vectors.
 */
// @ts-ignore: decorator
@inline
export function exact(a: usize, inverseA: f32, b: usize, inverseB: f32): f32 {
  if (cosine) {
    const distance: f32 = 1 - dotF32(a, b, paddedFloats) * (inverseA * inverseB);
    // Rounding makes opposite vectors more than 2 apart.
    if (distance > NEAR) return min<f32>(distance, 2);
    return 0.5 * squaredScaledF32(a, inverseA, b, inverseB, paddedFloats);
  }
  if (dot) return -dotF32(a, b, paddedFloats);
  return squaredF32(a, b, paddedFloats);
}

/** Between two slots, by their addresses. */
export function exactBetween(a: usize, b: usize): f32 {
  return exact(a + SLOT_VECTOR, inverseOf(a), b + SLOT_VECTOR, inverseOf(b));
}

/**
 * Whether two slots hold the same vector; under cosine parallel vectors of different lengths count as equal, since all
 * that f32 sees between them is rounding.
 */
export function sameVector(a: usize, b: usize): bool {
  return cosine ? exactBetween(a, b) <= 1e-13 : memory.compare(a + SLOT_VECTOR, b + SLOT_VECTOR, paddedFloats * 4) == 0;
}

/** Between the f32 query at `query` and a slot. */
// @ts-ignore: decorator
@inline
export function exactToQuery(slotAt: usize): f32 {
  return exact(query, 1, slotAt + SLOT_VECTOR, inverseOf(slotAt));
}
