/*
 * By what distances do searches and links of a generation go? By its 7-bit codes, or by its f32 vectors where codes
 * can't tell them apart (G_BEAM). Nothing above this file asks which: it sets a query, then reads distances to slots.
 */
import { BEAM_CODES, G_BEAM, SLOT_VECTOR } from "../layout";
import { fresh, freshAddresses, freshDistances, query } from "../memory/scratch";
import { slotStride } from "../memory/settings";
import { codeDistance, codeDistances, codeQuery, codeQueryFromSlot, touchCode, touchCodes } from "./codes";
import { exact, exactToQuery } from "./metric";
import { inverseOf, slotAddress } from "./slots";

let onCodes: bool = false;
/* The query where it is not a code: */
let generation: usize = 0, vector: usize = 0, inverse: f32 = 1;

/** Makes the f32 vector at `query`, of unit length under cosine, the query in a generation. */
export function queryFromVector(target: usize): void {
  generation = target;
  onCodes = load<u32>(target + G_BEAM) == BEAM_CODES;
  vector = query;
  inverse = 1;
  if (onCodes) codeQuery(target, query);
}

/** Makes a slot that is linked or just encoded the query. */
export function queryFromSlot(target: usize, slot: u32): void {
  generation = target;
  onCodes = load<u32>(target + G_BEAM) == BEAM_CODES;
  if (onCodes) {
    codeQueryFromSlot(target, slot);
    return;
  }
  const at = slotAddress(target, slot);
  vector = at + SLOT_VECTOR;
  inverse = inverseOf(at);
}

/** Loads what `exactly` will read of a slot, like `touch`. */
// @ts-ignore: decorator
@inline
export function touchExact(slotAt: usize): u32 {
  return onCodes ? touchSlot(slotAt) : 0;
}

/** The rank in f32 of a slot at that distance of the query from `queryFromVector`. */
// @ts-ignore: decorator
@inline
export function exactly(slotAt: usize, distance: f32): f32 {
  return onCodes ? exactToQuery(slotAt) : distance;
}

/** Distance of the query to one slot. */
export function distanceTo(slot: u32): f32 {
  if (onCodes) return codeDistance(slot);
  const at = slotAddress(generation, slot);
  return exact(vector, inverse, at + SLOT_VECTOR, inverseOf(at));
}

/**
 * Finds the data of a slot for `distances` and loads its lines: call it for every slot first, so that many cache misses
 * are under way at once. The returned sum must be used, or the loads vanish.
 */
// @ts-ignore: decorator
@inline
export function touch(slot: u32, index: u32): u32 {
  if (onCodes) return touchCode(slot, index);
  const at = slotAddress(generation, slot);
  store<u32>(freshAddresses + (index << 2), <u32>at);
  return touchSlot(at);
}

// @ts-ignore: decorator
@inline
function touchSlot(at: usize): u32 {
  let seen: u32 = 0;
  for (let i: usize = 0; i < slotStride; i += 64) seen += load<u8>(at + i);
  return seen;
}

/** `touch` for the first `count` slots of `fresh`. */
export function touchAll(count: u32): u32 {
  if (onCodes) return touchCodes(count);
  let seen: u32 = 0;
  for (let i: u32 = 0; i < count; i++) seen += touch(load<u32>(fresh + (i << 2)), i);
  return seen;
}

/** Distances of the `count` touched slots into `freshDistances`; up to 3 more are written behind them. */
export function distances(count: u32): void {
  if (onCodes) {
    codeDistances(count);
    return;
  }
  for (let i: u32 = 0; i < count; i++) {
    const at: usize = load<u32>(freshAddresses + (i << 2));
    store<f32>(freshDistances + (i << 2), exact(vector, inverse, at + SLOT_VECTOR, inverseOf(at)));
  }
}
