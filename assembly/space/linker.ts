/*
 * How does a seat work off its claims? Slot by slot, a bounded number per call, so that a successor can go on.
 *
 * A claim's C_FROM moves on only after its slot is done. A claim of a dropped space or of a generation that is being
 * emptied is passed over: those slots are found by scan, or wait again in the next generation.
 */
import {
  CLAIM_BYTES, C_FROM, C_GENERATION, C_INCARNATION, C_SERIAL, C_SPACE, C_TO, FAILED_ONCE, FLAT, G_COUNT, G_FLOOR,
  G_QUARANTINE, G_QUARANTINED, G_SERIAL, G_STATE, PENDING, QUARANTINED, SEAT_CLAIMS, SEAT_CLAIM_COUNT, SEAT_CLAIM_NEXT,
  SEAT_LINKING, SLOT_STATE, SLOT_TWIN, S_GENERATIONS,
} from "../layout";
import { finishTwin, linkSlot } from "../graph/insert";
import { expectDoubles } from "../graph/links";
import { promote } from "../graph/promotion";
import { isAsked } from "../graph/sight";
import { goesByCodes, linkSuspects, suspectsOf, watch } from "../graph/suspects";
import { announce, park } from "../memory/epochs";
import { seat } from "../memory/locks";
import { info } from "../memory/scratch";
import { push } from "../memory/words";
import { slotAddress, stateOf } from "../vectors/slots";
import { compactSome, STEP_LATER, STEP_MORE } from "./compaction";
import { currentOf } from "./generations";
import { isAlive } from "./spaces";

let linked: u32 = 0, steps: u32 = 0; // in this call

/** Whether this seat has claims left, perhaps from a worker that had it before. */
export function hasClaims(): bool {
  return nextClaim(seat) != 0;
}

/** A seat's next claim, or 0. */
function nextClaim(that: usize): usize {
  const next = load<u32>(that + SEAT_CLAIM_NEXT);
  if (next >= load<u32>(that + SEAT_CLAIM_COUNT)) return 0;
  return <usize>load<u32>(that + SEAT_CLAIMS) + next * CLAIM_BYTES;
}

function passOn(): void {
  store<u32>(seat + SEAT_CLAIM_NEXT, load<u32>(seat + SEAT_CLAIM_NEXT) + 1);
}

/**
 * Works off up to `most` ops of this seat's claims. X_INFO: ops linked, compaction steps. True while some are left.
 */
export function link(most: u32): bool {
  linked = steps = 0;
  let claim = nextClaim(seat);
  for (; claim != 0 && linked + steps < most; claim = nextClaim(seat)) {
    if (load<u32>(claim + C_SERIAL) == 0) compactClaimed(claim, most);
    else linkClaimed(claim, most);
  }
  info(0, linked);
  info(1, steps);
  return claim != 0;
}

/** A compaction claim stands for one step: the space stays in its queue for the next. */
function compactClaimed(claim: usize, most: u32): void {
  const outcome = compactSome(load<u32>(claim + C_SPACE), load<u32>(claim + C_INCARNATION));
  if (outcome != STEP_LATER) steps++;
  if (outcome != STEP_MORE || steps > 16 || steps >= most) passOn();
}

function linkClaimed(claim: usize, most: u32): void {
  const space: usize = load<u32>(claim + C_SPACE);
  const generation: usize = load<u32>(claim + C_GENERATION);
  announce();
  const current = currentOf(atomic.load<u64>(space + S_GENERATIONS));
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
  linked += linkSuspects(generation, most - linked);
  const to = load<u32>(claim + C_TO);
  let slot = load<u32>(claim + C_FROM);
  while (slot < to && linked < most) {
    const byCodes = goesByCodes(generation);
    store<u32>(seat + SEAT_LINKING, slot + 1);
    linkSlot(generation, slot);
    store<u32>(seat + SEAT_LINKING, 0);
    linked++;
    store<u32>(claim + C_FROM, slot + 1);
    if (byCodes && isAsked(generation, slot)) advanceFloor(generation);
    if (byCodes) watch(generation, slot);
    slot++;
    linked += linkSuspects(generation, most - min<u32>(linked, most));
  }
  advanceFloor(generation);
  const isOver = slot == to && suspectsOf(generation) == 0;
  park();
  if (isOver) passOn();
}

/** Moves the floor over every slot that no longer waits. */
function advanceFloor(generation: usize): void {
  const count = atomic.load<u32>(generation + G_COUNT);
  while (true) {
    const floor = atomic.load<u32>(generation + G_FLOOR);
    let next = floor;
    while (next < count && stateOf(slotAddress(generation, next)) != PENDING) next++;
    if (next == floor) return;
    if (atomic.cmpxchg<u32>(generation + G_FLOOR, floor, next) == floor) return;
  }
}

/** After a trap while a seat linked a slot: the first time it is tried again, the second time it is quarantined. */
export function blameSlot(that: usize): void {
  const mark = load<u32>(that + SEAT_LINKING);
  store<u32>(that + SEAT_LINKING, 0);
  const claim = nextClaim(that);
  if (mark == 0 || claim == 0) return;
  const generation: usize = load<u32>(claim + C_GENERATION);
  const at = slotAddress(generation, mark - 1);
  if (stateOf(at) != PENDING || finishTwin(that, generation, mark - 1)) return;
  expectDoubles(generation);
  if ((load<u32>(at + SLOT_STATE) & FAILED_ONCE) == 0) {
    atomic.store<u32>(at + SLOT_STATE, PENDING | FAILED_ONCE);
    return;
  }
  push(generation + G_QUARANTINE, mark, at + SLOT_TWIN);
  atomic.add<u32>(generation + G_QUARANTINED, 1);
  atomic.store<u32>(at + SLOT_STATE, QUARANTINED);
}
