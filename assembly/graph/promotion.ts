/*
 * When does a flat generation become a graph, and can its codes tell its vectors apart?
 *
 * Codes resolve 1/63 of a vector's largest deviation from the centroid. Where one feature dwarfs the others, or
 * clusters are tight and far apart, that is too coarse: near and far get the same code distance. So before the first
 * slot is linked, and again whenever the graph has grown fourfold, a sample of queries is compared in f32 and in codes.
 * If too many true neighbours are not among those that a search would re-score, the beam uses f32: at once if nothing
 * is linked yet, else in the next generation (`wantF32` in space/linker.ts).
 *
 * What is sampled follows from the order of ops and not from the clock, so that one linking thread makes the same graph
 * of the same ops: the slots that were there when the generation outgrew the flat scan, and later those linked so far.
 */
import {
  BEAM_CODES, BEAM_F32, CHUNK_SLOTS, FAULT_PROMOTE, FLAT, GRAPH, G_BEAM, G_BLIND, G_CENTROID, G_CHECKED, G_ELIGIBLE,
  G_ENTRY_LOCK, G_FORCE_F32, G_GRAPH, G_LINKED, G_STATE, LINKED, PAIR_BYTES, SEAT_HELD_ENTRY,
  SEAT_HELD_GENERATION, SLOT_VECTOR,
} from "../layout";
import { faultPoint } from "../memory/faults";
import { acquire, release, seat } from "../memory/locks";
import { candidateDistances, candidateSlots } from "../memory/scratch";
import { dimensions, neverCodes, paddedFloats } from "../memory/settings";
import { clearBytes } from "../memory/words";
import { distanceTo, queryFromSlot } from "../vectors/beam";
import { codeAddress, encodeSlot } from "../vectors/codes";
import { exactBetween } from "../vectors/metric";
import { inverseOf, slotAddress, stateOf } from "../vectors/slots";
import { capacityOf, countOf, idAt, listOf } from "./lists";
import { insertPair, pairDistance, pairSlot } from "./pairs";
import { clearVisited, visit } from "./visited";

const CENTROID_SAMPLE: u32 = 4096;
const SAMPLE: u32 = 1000; // slots that a query is compared with
const FEW: u32 = 64;
const NEIGHBOURS: u32 = 10;
const RESCORED: u32 = 20; // half of what a search with k = 10 re-scores (vectors/beam.ts)
const NEEDED: f32 = 0.98; // share of true neighbours that must be among them

/** Makes a flat generation a graph; every linker calls this first, and waits while another does it. */
export function promote(generation: usize): void {
  store<u32>(seat + SEAT_HELD_GENERATION, <u32>generation);
  acquire(generation + G_ENTRY_LOCK, SEAT_HELD_ENTRY);
  if (load<u32>(generation + G_STATE) == FLAT) {
    faultPoint(FAULT_PROMOTE);
    const count = load<u32>(generation + G_ELIGIBLE);
    centre(generation, count);
    store<u32>(generation + G_BEAM, BEAM_CODES);
    const blind = neverCodes || load<u32>(generation + G_FORCE_F32) != 0 || firstCheck(generation, count);
    store<u32>(generation + G_BEAM, blind ? BEAM_F32 : BEAM_CODES);
    store<u32>(generation + G_CHECKED, min<u32>(count, SAMPLE));
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

/**
 * Checks the codes again when fourfold as many slots are linked as at the last check: each query, half of them from the
 * newest quarter of the first `slots`, against its neighbours and theirs, where the fine structure is. Sets G_BLIND
 * when codes went blind. The caller has just linked the last of these slots.
 */
export function checkCodes(generation: usize, slots: u32): void {
  if (load<u32>(generation + G_BEAM) != BEAM_CODES) return;
  const before = atomic.load<u32>(generation + G_CHECKED);
  const linked = load<u32>(generation + G_LINKED);
  if (linked < 4 * before || atomic.cmpxchg<u32>(generation + G_CHECKED, before, linked) != before) return;
  const q = queries();
  let found: u32 = 0, asked: u32 = 0;
  for (let i: u32 = 0; i < q; i++) {
    const from: u32 = i & 1 ? slots - slots / 4 + (i * (slots / 4)) / q : (i * slots) / q;
    const slot = linkedFrom(generation, from, slots);
    const count: u32 = slot == slots ? 0 : surroundings(generation, slot);
    if (count <= RESCORED) continue;
    found += agreement(generation, slot, count);
    asked += NEIGHBOURS;
  }
  if (<f32>found < NEEDED * <f32>asked) atomic.store<u32>(generation + G_BLIND, 1);
  // Ranges are linked out of order: where there was too little to sample, the next check comes soon.
  else if (asked < (q * NEIGHBOURS) >>> 1) atomic.store<u32>(generation + G_CHECKED, linked / 3);
}

/** The first slot from `from` on that is linked, within a few dozen; else `slots`. */
function linkedFrom(generation: usize, from: u32, slots: u32): u32 {
  const end = min<u32>(from + FEW, slots);
  for (let slot = from; slot < end; slot++) if (stateOf(slotAddress(generation, slot)) == LINKED) return slot;
  return slots;
}

/** Makes a linked slot's neighbours and theirs the sample; returns how many they are. */
function surroundings(generation: usize, slot: u32): u32 {
  clearVisited(0);
  let n: u32 = 0;
  const list = listOf(generation, slot, 0);
  const count = min<u32>(countOf(list), capacityOf(0));
  for (let i: u32 = 0; i < count; i++) n = gather(idAt(list, i), n);
  for (let i: u32 = 0; i < count && n < SAMPLE; i++) {
    const next = listOf(generation, idAt(list, i), 0);
    const more = min<u32>(countOf(next), capacityOf(0));
    for (let j: u32 = 0; j < more && n < SAMPLE; j++) n = gather(idAt(next, j), n);
  }
  return n;
}

function gather(slot: u32, n: u32): u32 {
  if (!visit(slot)) return n;
  store<u32>(candidateSlots + (n << 2), slot);
  return n + 1;
}
