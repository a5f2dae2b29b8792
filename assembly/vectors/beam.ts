/*
 * By what distances do searches and links of a generation go? By its 7-bit codes, or by its f32 vectors where codes
 * can't tell them apart (G_BEAM). Nothing above this file asks which: it sets a query, then reads distances to slots.
 *
 *   BEAM_CODES    code distances
 *   BEAM_F32      ranks (metric.ts): there never were codes to go by
 *   BEAM_TURNED   ranks on the scale of code distances, so that stored distances of both kinds can be compared
 */
import { BEAM_CODES, BEAM_F32, G_BEAM, G_OFFSET, SLOT_VECTOR } from "../layout";
import { fresh, freshAddresses, freshDistances, query } from "../memory/scratch";
import { cosine, dot, slotStride } from "../memory/settings";
import { codeDistance, codeDistances, codeQuery, codeQueryFromSlot, farthestCode, touchCode, touchCodes } from "./codes";
import { exact, exactToQuery } from "./metric";
import { inverseOf, slotAddress } from "./slots";

let inF32: bool = false; // whether queries from elsewhere go by f32 where codes would do
let onCodes: bool = false;
let isRank: bool = false; // whether distances are ranks
/* The query where it is not a code, and how its ranks become distances: */
let generation: usize = 0, vector: usize = 0, inverse: f32 = 1, scale: f32 = 1, offset: f32 = 0;

/** From here on searches go by f32, or by what their generation goes by. Links never change. */
export function walkInF32(yes: bool): void {
  inF32 = yes;
}

function setBeam(target: usize, noCodes: bool): void {
  const beam = load<u32>(target + G_BEAM);
  generation = target;
  onCodes = beam == BEAM_CODES && !noCodes;
  isRank = beam == BEAM_F32 || (beam == BEAM_CODES && noCodes);
  scale = cosine && !isRank ? 2 : 1;
  offset = dot && !isRank ? load<f32>(target + G_OFFSET) : 0;
}

/** Makes the f32 vector at `query`, of unit length under cosine, the query in a generation. */
export function queryFromVector(target: usize): void {
  setBeam(target, inF32);
  vector = query;
  inverse = 1;
  if (onCodes) codeQuery(target, query);
}

/** Makes a slot that is linked or just encoded the query. */
export function queryFromSlot(target: usize, slot: u32): void {
  setBeam(target, false);
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
  return isRank ? 0 : touchSlot(slotAt);
}

/** The rank in f32 of a slot at that distance of the query from `queryFromVector`. */
// @ts-ignore: decorator
@inline
export function exactly(slotAt: usize, distance: f32): f32 {
  return isRank ? distance : exactToQuery(slotAt);
}

/** Whether a slot at that distance of the query from `queryFromVector` may have a rank in f32 of `rank` or less. */
export function mayRank(slot: u32, distance: f32, rank: f32): bool {
  const most = rank * scale + offset;
  if (!onCodes) return !(distance > most);
  return dot || !(distance > farthestCode(slot, most)); // what is not a number may be anything
}

// @ts-ignore: decorator
@inline
function f32Distance(at: usize): f32 {
  return exact(vector, inverse, at + SLOT_VECTOR, inverseOf(at)) * scale + offset;
}

/** Distance of the query to one slot. */
export function distanceTo(slot: u32): f32 {
  if (onCodes) return codeDistance(slot);
  return f32Distance(slotAddress(generation, slot));
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
    store<f32>(freshDistances + (i << 2), f32Distance(load<u32>(freshAddresses + (i << 2))));
  }
}
