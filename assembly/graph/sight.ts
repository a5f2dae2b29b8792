/*
 * Can a graph's codes still tell its vectors apart? Data may move: where vectors come to lie closer together than codes
 * resolve, near and far get the same code distance, and a beam that walks by codes finds any of them.
 *
 * Every sixteenth slot that is linked is asked, and every eighth while there is doubt: how many of its nearest candidates
 * in f32 are not among twice as many by code? The results fill a bucket that leaks, G_DOUBT. When it is full, the beam
 * turns to f32 (suspects.ts). All follows from the slots and the order in which they are linked, so one linking thread
 * makes the same graph of the same ops.
 */
import { BEAM_CODES, G_BEAM, G_DOUBT, SLOT_VECTOR } from "../layout";
import { prunePairs } from "../memory/scratch";
import { exactBetween } from "../vectors/metric";
import { slotAddress } from "../vectors/slots";
import { candidateCount, candidateSlot } from "./candidates";
import { insertPair, pairDistance, pairSlot } from "./pairs";

/* Slots of which one is asked, without doubt and with: every eighth cost 2 % of linking (synth128, 2026-11-29). */
const CALM: u32 = 16, WARY: u32 = 8;
const FEWEST: u32 = 6, ASKED: u32 = 32; // candidates
const NEAREST: u32 = 10; // of them
/*
 * Per slot that is asked, the bucket takes FILLS for each that codes miss, and loses LEAKS: more than one of twenty fills it. Of 12,000
 * vectors codes missed none (GloVe, the synthetic sets, uniform ones of 2 to 300 dimensions) where recall@10 was
 * that of f32 within .01, 4 to 6 % where it was .9995, 11 to 14 % at .976, and 27 % at .68 (tight clusters; 2026-11-28).
 */
const FILLS: u32 = 2;
const LEAKS: u32 = 1;
export const FULL: u32 = 14; // the bucket

let sink: u32 = 0; // uses what the touches load

export function isAsked(generation: usize, slot: u32): bool {
  if ((slot & (WARY - 1)) != 0) return false;
  return (slot & (CALM - 1)) == 0 || atomic.load<u32>(generation + G_DOUBT) != 0;
}

/** Asks a slot whose level-0 candidates were just found. */
export function ask(generation: usize, slot: u32, at: usize): void {
  if (!isAsked(generation, slot) || candidateCount < FEWEST || load<u32>(generation + G_BEAM) != BEAM_CODES) return;
  const asked = min<u32>(candidateCount, ASKED);
  const nearest = min<u32>(asked / 3, NEAREST);
  for (let i: u32 = 0; i < asked; i++) sink += load<u32>(slotAddress(generation, candidateSlot(i)) + SLOT_VECTOR);
  let kept: u32 = 0;
  for (let i: u32 = 0; i < asked; i++) {
    const distance = exactBetween(at, slotAddress(generation, candidateSlot(i)));
    if (kept == nearest && !(distance < pairDistance(prunePairs, kept - 1))) continue;
    kept = min<u32>(kept, nearest - 1);
    insertPair(prunePairs, kept++, distance, i);
  }
  let missed: u32 = 0;
  for (let i: u32 = 0; i < kept; i++) if (pairSlot(prunePairs, i) >= 2 * nearest) missed++;
  while (true) {
    const before = atomic.load<u32>(generation + G_DOUBT);
    const after = before + missed * FILLS - min<u32>(LEAKS, before);
    if (after == before || atomic.cmpxchg<u32>(generation + G_DOUBT, before, after) == before) return;
  }
}
