/*
 * What happens to a graph whose codes went blind (sight.ts)?
 *
 *   codes ──► (the bucket of doubt is full) ──► f32 ──► slots that codes linked in doubt are linked again
 *
 * The beam turns to f32 for good (BEAM_TURNED): every search and every slot that is linked from then on. Its distances
 * stay on the scale of codes (vectors/beam.ts), so one list may hold both, and a slot that is linked right then too.
 *
 * Suspects are the slots from G_SUSPECT up to G_SUSPECT_END that are linked: all that may have been linked in doubt.
 * Searches scan them. Threads with a claim on the generation link them again before they link anything else, and such a
 * claim is kept until none is left. A thread takes a suspect by raising G_SUSPECT. Those that wait in between are linked
 * in f32 in any case.
 */
import {
  BEAM_CODES, BEAM_TURNED, FAULT_RELINK, FAULT_TURN, G_BEAM, G_CLAIMED, G_DOUBT, G_ENTRY, G_ENTRY_LOCK, G_FLOOR, G_SOUND,
  G_SUSPECT, G_SUSPECT_END, LINKED, SEAT_HELD_ENTRY, SEAT_HELD_GENERATION,
} from "../layout";
import { faultPoint } from "../memory/faults";
import { acquire, release, seat } from "../memory/locks";
import { levelOf } from "../memory/settings";
import { slotAddress, stateOf } from "../vectors/slots";
import { findNeighbours, foundDistance, foundSlot } from "./insert";
import { connect, expectDoubles, renewDistances } from "./links";
import { FULL, isAsked } from "./sight";

const BEFORE: u32 = 128; // slots of a cluster that may come before the first that gives doubt

export function goesByCodes(generation: usize): bool {
  return load<u32>(generation + G_BEAM) == BEAM_CODES;
}

/** How many slots are suspects, at most. */
export function suspectsOf(generation: usize): u32 {
  if (load<u32>(generation + G_BEAM) != BEAM_TURNED) return 0; // plain, as almost always: see memory/order.ts
  const end = atomic.load<u32>(generation + G_SUSPECT_END);
  const next = atomic.load<u32>(generation + G_SUSPECT);
  return next < end ? end - next : 0;
}

/** After a slot was linked that codes were to choose the neighbours of, and the floor moved on. */
export function watch(generation: usize, slot: u32): void {
  // Atomic, after LINKED was stored: this thread sees the turn, or the one that links suspects again sees a linked slot.
  if (atomic.load<u32>(generation + G_BEAM) != BEAM_CODES) {
    linkAgain(generation, slot); // another thread has turned the beam since: the slot may be no suspect any more
    return;
  }
  if (!isAsked(generation, slot)) return;
  const doubt = atomic.load<u32>(generation + G_DOUBT);
  if (doubt == 0) atomic.store<u32>(generation + G_SOUND, atomic.load<u32>(generation + G_FLOOR));
  else if (doubt >= FULL) turn(generation);
}

function turn(generation: usize): void {
  store<u32>(seat + SEAT_HELD_GENERATION, <u32>generation);
  acquire(generation + G_ENTRY_LOCK, SEAT_HELD_ENTRY);
  if (goesByCodes(generation)) {
    expectDoubles(generation);
    const sound = load<u32>(generation + G_SOUND);
    atomic.store<u32>(generation + G_SUSPECT, sound - min<u32>(sound, BEFORE));
    atomic.store<u32>(generation + G_SUSPECT_END, atomic.load<u32>(generation + G_CLAIMED));
    faultPoint(FAULT_TURN); // after a trap here, the next that is asked turns it
    atomic.store<u32>(generation + G_BEAM, BEAM_TURNED);
  }
  release(generation + G_ENTRY_LOCK, SEAT_HELD_ENTRY);
}

/** Links up to `most` suspects again; returns how many. */
export function linkSuspects(generation: usize, most: u32): u32 {
  let done: u32 = 0;
  while (done < most && suspectsOf(generation) != 0) {
    const slot = atomic.load<u32>(generation + G_SUSPECT);
    if (atomic.cmpxchg<u32>(generation + G_SUSPECT, slot, slot + 1) != slot) continue;
    if (linkAgain(generation, slot)) done++;
  }
  return done;
}

/**
 * Links a linked slot with what f32 finds nearest, both ways, besides the links that it has. False for any other, and for
 * the entry point, from which a search for it would begin.
 */
function linkAgain(generation: usize, slot: u32): bool {
  const entry = atomic.load<u32>(generation + G_ENTRY);
  if (stateOf(slotAddress(generation, slot)) != LINKED || entry == slot + 1) return false;
  for (let l: u32 = 1; l <= levelOf(slot); l++) renewDistances(generation, slot, l);
  faultPoint(FAULT_RELINK);
  const count = findNeighbours(generation, slot, entry - 1);
  for (let i: u32 = 0; i < count; i++) {
    connect(generation, slot, 0, foundSlot(i), foundDistance(i));
    connect(generation, foundSlot(i), 0, slot, foundDistance(i));
  }
  return true;
}
