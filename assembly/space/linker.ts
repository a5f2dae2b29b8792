/*
 * How does a seat work off its claims? Slot by slot, a bounded number per call, and so that a successor can go on.
 *
 * A claim's C_FROM moves on only after its slot is done. A claim of a dropped space or of a generation that is being
 * emptied is passed over: those slots are found by scan, or wait again in the next generation.
 */
import {
  C_FROM, C_GENERATION, C_INCARNATION, C_SERIAL, C_SPACE, C_TO, CLAIM_BYTES, COMPACT_BLIND, COMPACT_NO, FAILED_ONCE,
  FLAT, G_BLIND, G_QUARANTINE, G_QUARANTINED, G_SERIAL, G_STATE, P_LOCK, PENDING, QUARANTINED, S_GENERATIONS,
  S_SERIAL, S_WANTS_COMPACTION, SEAT_CLAIM_COUNT, SEAT_CLAIM_NEXT, SEAT_CLAIMS, SEAT_HELD_PARTITION, SEAT_LINKING,
  SLOT_STATE, SLOT_TWIN, STATE_MASK,
} from "../layout";
import { compactSome, STEP_LATER, STEP_MORE } from "./compaction";
import { announce, park } from "./retirement";
import { expectDoubles } from "../graph/links";
import { advanceFloor, finishTwin, linkSlot } from "../graph/insert";
import { lookAgain, promote } from "../graph/promotion";
import { enqueue } from "./queues";
import { slotAddress } from "../vectors/slots";
import { isAlive } from "./spaces";
import { release, seat, tryAcquire } from "../memory/locks";

export let linked: u32 = 0; // of the last call
export let steps: u32 = 0;

/** The claim that is next, or 0. */
export function nextClaim(): usize {
  const next = load<u32>(seat + SEAT_CLAIM_NEXT);
  if (next >= load<u32>(seat + SEAT_CLAIM_COUNT)) return 0;
  return <usize>load<u32>(seat + SEAT_CLAIMS) + next * CLAIM_BYTES;
}

function passOn(): void {
  store<u32>(seat + SEAT_CLAIM_NEXT, load<u32>(seat + SEAT_CLAIM_NEXT) + 1);
}

/** Works off up to `most` ops of this seat's claims; true while some are left. */
export function workOff(most: u32): bool {
  linked = 0;
  steps = 0;
  while (linked + steps < most) {
    const claim = nextClaim();
    if (claim == 0) return false;
    if (load<u32>(claim + C_SERIAL) == 0) compactClaimed(claim);
    else linkClaimed(claim, most);
  }
  return nextClaim() != 0;
}

/** A compaction claim stands for one step: the space stays in its queue for the next. */
function compactClaimed(claim: usize): void {
  const answer = compactSome(load<u32>(claim + C_SPACE), load<u32>(claim + C_INCARNATION));
  if (answer != STEP_LATER) steps++;
  if (answer != STEP_MORE || steps > 16) passOn();
}

function linkClaimed(claim: usize, most: u32): void {
  const space: usize = load<u32>(claim + C_SPACE);
  const generation: usize = load<u32>(claim + C_GENERATION);
  announce();
  const current: usize = <u32>atomic.load<u64>(space + S_GENERATIONS);
  const valid =
    isAlive(space, load<u32>(claim + C_INCARNATION)) &&
    current == generation &&
    load<u32>(generation + G_SERIAL) == load<u32>(claim + C_SERIAL);
  if (!valid) {
    park();
    passOn();
    return;
  }
  if (atomic.load<u32>(generation + G_STATE) == FLAT) promote(generation);
  const to = load<u32>(claim + C_TO);
  let slot = load<u32>(claim + C_FROM);
  while (slot < to && linked < most) {
    store<u32>(seat + SEAT_LINKING, slot + 1);
    linkSlot(generation, slot);
    store<u32>(seat + SEAT_LINKING, 0);
    linked++;
    store<u32>(claim + C_FROM, ++slot);
    lookAgain(generation, slot);
  }
  advanceFloor(generation);
  const blind = atomic.load<u32>(generation + G_BLIND) != 0;
  park();
  if (blind) wantF32(claim);
  if (slot == to) passOn();
}

/**
 * Has the claim's generation filled anew, if it is still the one that its space fills. If the lock is busy the next
 * linker asks again; if the space is being compacted, its last step does.
 */
function wantF32(claim: usize): void {
  const space: usize = load<u32>(claim + C_SPACE);
  if (load<u32>(space + S_WANTS_COMPACTION) != COMPACT_NO) return;
  if (!tryAcquire(P_LOCK, SEAT_HELD_PARTITION)) return;
  if (
    isAlive(space, load<u32>(claim + C_INCARNATION)) &&
    load<u64>(space + S_GENERATIONS) == <u64>load<u32>(claim + C_GENERATION) &&
    load<u32>(space + S_SERIAL) == load<u32>(claim + C_SERIAL)
  ) {
    atomic.store<u32>(space + S_WANTS_COMPACTION, COMPACT_BLIND);
    enqueue(space);
  }
  release(P_LOCK, SEAT_HELD_PARTITION);
}

/** After a trap while a seat linked a slot: the first time it may try again, the second time it is quarantined. */
export function blameSlot(that: usize): void {
  const mark = load<u32>(that + SEAT_LINKING);
  store<u32>(that + SEAT_LINKING, 0);
  if (mark == 0 || load<u32>(that + SEAT_CLAIM_NEXT) >= load<u32>(that + SEAT_CLAIM_COUNT)) return;
  const claim: usize = <usize>load<u32>(that + SEAT_CLAIMS) + load<u32>(that + SEAT_CLAIM_NEXT) * CLAIM_BYTES;
  const generation: usize = load<u32>(claim + C_GENERATION);
  const state = slotAddress(generation, mark - 1) + SLOT_STATE;
  if ((load<u32>(state) & STATE_MASK) != PENDING || finishTwin(generation, mark - 1)) return;
  expectDoubles(generation);
  if ((load<u32>(state) & FAILED_ONCE) == 0) {
    atomic.store<u32>(state, PENDING | FAILED_ONCE);
    return;
  }
  const twin = slotAddress(generation, mark - 1) + SLOT_TWIN;
  while (true) {
    const head = atomic.load<u32>(generation + G_QUARANTINE);
    store<u32>(twin, head);
    if (atomic.cmpxchg<u32>(generation + G_QUARANTINE, head, mark) == head) break;
  }
  atomic.add<u32>(generation + G_QUARANTINED, 1);
  atomic.store<u32>(state, QUARANTINED);
}
