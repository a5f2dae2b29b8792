/*
 * When does a flat generation become a graph, and can its codes tell its vectors apart?
 *
 * Codes resolve 1/63 of a vector's largest deviation from the centroid. Where one feature dwarfs the others, or
 * clusters are tight and far apart, that is too coarse: near and far get the same code distance. So before the first
 * slot is linked, a sample of queries is compared in f32 and in codes. If too many true neighbours are not among those
 * that a search would look at, the beam uses f32. Data may also move later: sight.ts.
 *
 * What is sampled follows from the order of ops and not from the clock, so that one linking thread makes the same graph
 * of the same ops: the slots that were there when the generation outgrew the flat scan.
 */
import {
  BEAM_CODES, BEAM_F32, CHUNK_SLOTS, FAULT_PROMOTE, FLAT, GRAPH, G_BEAM, G_CENTROID, G_ELIGIBLE, G_ENTRY_LOCK, G_FORCE_F32,
  G_GRAPH, G_OFFSET, G_STATE, PAIR_BYTES, SEAT_HELD_ENTRY, SEAT_HELD_GENERATION, SLOT_VECTOR,
} from "../layout";
import { faultPoint } from "../memory/faults";
import { acquire, release, seat } from "../memory/locks";
import { candidateDistances, candidateSlots } from "../memory/scratch";
import { dimensions, dot, neverCodes, paddedFloats } from "../memory/settings";
import { clearBytes } from "../memory/words";
import { distanceTo, queryFromSlot } from "../vectors/beam";
import { codeAddress, encodeSlot } from "../vectors/codes";
import { exactBetween } from "../vectors/metric";
import { dotF32 } from "../vectors/kernels";
import { inverseOf, slotAddress } from "../vectors/slots";
import { insertPair, pairDistance, pairSlot } from "./pairs";

const CENTROID_SAMPLE: u32 = 4096;
const SAMPLE: u32 = 1000; // slots that a query is compared with
const NEIGHBOURS: u32 = 10;
const RESCORED: u32 = 20; // a third of what a search with k = 10 looks at in f32
const NEEDED: f32 = 0.98; // share of true neighbours that must be among them

/** Makes a flat generation a graph; every linker calls this first, and waits while another does it. */
export function promote(generation: usize): void {
  store<u32>(seat + SEAT_HELD_GENERATION, <u32>generation);
  acquire(generation + G_ENTRY_LOCK, SEAT_HELD_ENTRY);
  if (load<u32>(generation + G_STATE) == FLAT) {
    faultPoint(FAULT_PROMOTE);
    const count = load<u32>(generation + G_ELIGIBLE);
    centre(generation, count);
    setOffset(generation);
    store<u32>(generation + G_BEAM, BEAM_CODES);
    const blind = neverCodes || load<u32>(generation + G_FORCE_F32) != 0 || firstCheck(generation, count);
    store<u32>(generation + G_BEAM, blind ? BEAM_F32 : BEAM_CODES);
    atomic.store<u32>(generation + G_STATE, GRAPH);
  }
  release(generation + G_ENTRY_LOCK, SEAT_HELD_ENTRY);
}

/** Sets the centroid of the first `count` slots. */
function centre(generation: usize, count: u32): void {
  const centroid: usize = load<u32>(generation + G_CENTROID);
  clearBytes(centroid, paddedFloats * 4);
  const n = min<u32>(count, CENTROID_SAMPLE);
  for (let i: u32 = 0; i < n; i++) {
    const at = slotAddress(generation, <u32>((<u64>i * count) / n));
    const by = f32x4.splat(inverseOf(at) / <f32>n);
    for (let j: usize = 0; j < paddedFloats << 2; j += 16) {
      const sum = f32x4.add(v128.load(centroid + j), f32x4.mul(v128.load(at + SLOT_VECTOR + j), by));
      v128.store(centroid + j, sum);
    }
  }
}

/** Notes what follows from the centroid. */
export function setOffset(generation: usize): void {
  const centroid: usize = load<u32>(generation + G_CENTROID);
  store<f32>(generation + G_OFFSET, dot ? dotF32(centroid, centroid, paddedFloats) : 0);
}

/* In the place of a search's candidates: the slots compared with, and two lists of pairs. */
const CODE_LIST: usize = 32 * PAIR_BYTES; // behind the list of true neighbours

/** Puts a slot among the `most` nearest, of which there are `count`; returns how many there are then. */
function keepNearest(pairs: usize, count: u32, most: u32, distance: f32, slot: u32): u32 {
  // The visited table forgets, so a slot can come twice.
  for (let i: u32 = 0; i < count; i++) if (pairSlot(pairs, i) == slot) return count;
  if (count == most && distance >= pairDistance(pairs, most - 1)) return count;
  insertPair(pairs, min<u32>(count, most - 1), distance, slot);
  return min<u32>(count + 1, most);
}

/** How many of a slot's NEIGHBOURS nearest, among the first `count` of the sample, are its RESCORED nearest by code. */
function agreement(generation: usize, slot: u32, count: u32): u32 {
  const at = slotAddress(generation, slot);
  const trueList = candidateDistances;
  const codeList = candidateDistances + CODE_LIST;
  let trues: u32 = 0, codes: u32 = 0;
  queryFromSlot(generation, slot);
  for (let i: u32 = 0; i < count; i++) {
    const other = load<u32>(candidateSlots + (i << 2));
    if (other == slot) continue;
    trues = keepNearest(trueList, trues, NEIGHBOURS, exactBetween(at, slotAddress(generation, other)), other);
    codes = keepNearest(codeList, codes, RESCORED, distanceTo(other), other);
  }
  let found: u32 = 0;
  const worst = pairDistance(trueList, trues - 1);
  for (let i: u32 = 0; i < codes; i++) {
    // By distance, not by slot: any of several equally near ones will do.
    if (exactBetween(at, slotAddress(generation, pairSlot(codeList, i))) <= worst) found++;
  }
  return min<u32>(found, trues);
}

function queries(): u32 {
  return max<u32>(8, min<u32>(24, 8192 / dimensions)); // keeps a check within about 5 ms
}

/** Before anything is linked: each query against a sample of the first `count` slots. True when codes are blind. */
function firstCheck(generation: usize, count: u32): bool {
  const n = min<u32>(count, SAMPLE);
  const within = min<u32>(count, CHUNK_SLOTS); // the graph's first chunk is there
  const directory: usize = load<u32>(generation + G_GRAPH);
  for (let i: u32 = 0; i < n; i++) {
    const slot = <u32>((<u64>i * within) / n);
    store<u32>(candidateSlots + (i << 2), slot);
    encodeSlot(generation, slotAddress(generation, slot), codeAddress(directory, slot));
  }
  if (n <= RESCORED) return false;
  const q = queries();
  let found: u32 = 0;
  for (let i: u32 = 0; i < q; i++) {
    found += agreement(generation, load<u32>(candidateSlots + (((i * n) / q) << 2)), n);
  }
  return <f32>found < NEEDED * <f32>(q * NEIGHBOURS);
}
