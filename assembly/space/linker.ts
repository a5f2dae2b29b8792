/*
 * How does a seat work off its claims? Slot by slot, a bounded number per call, so that a successor can go on.
 *
 * A claim's C_FROM moves on only after its slot is done. A claim of a dropped space or of a generation that is being
 * emptied is passed over: those slots are found by scan, or wait again in the next generation.
 */
import {
  CLAIM_ABANDONED, CLAIM_BULK, CLAIM_BYTES, CLAIM_HELP, CLAIM_SINGLE, C_BULK, C_FROM, C_GENERATION, C_INCARNATION, C_SERIAL, C_SPACE,
  C_TO, FAILED_ONCE, FLAT, G_LINKED, G_QUARANTINE, G_QUARANTINED, G_SERIAL, G_STATE, LINKED, OP_UNITS, PENDING, QUARANTINED,
  SEAT_CLAIMS, SEAT_CLAIM_COUNT, SEAT_CLAIM_NEXT, SEAT_HELPS, SEAT_LINKING, SLOT_STATE, SLOT_TWIN, S_GENERATIONS,
} from "../layout";
import { closeAndWait } from "../bulk/board";
import {
  BULK_BLIND, BULK_BROKEN, BULK_DONE, BULK_MORE, bulkSome, firstInBulk, helpSome, isAhead, linkedAhead, spent,
} from "../bulk/bulk";
import { blockOf } from "../bulk/portion";
import { finish, FIRST_ALONE, finishTwin } from "../graph/insert";
import { expectDoubles } from "../graph/links";
import { firstTwin } from "../graph/lists";
import { promote } from "../graph/promotion";
import { advanceFloor, linkOne, settle } from "../graph/single";
import { goesByCodes, linkSuspects, suspectsOf } from "../graph/suspects";
import { announce, park } from "../memory/epochs";
import { seat } from "../memory/locks";
import { info } from "../memory/scratch";
import { push } from "../memory/words";
import { slotAddress, stateOf } from "../vectors/slots";
import { compactSome, STEP_LATER, STEP_MORE } from "./compaction";
import { currentOf } from "./generations";
import { leaveBulk } from "./helping";
import { endBulk, giveUpBulk, isAwaited, mend } from "./queues";
import { isAlive } from "./spaces";

/* In this call: slots, compaction steps, what both and bulks took (OP_UNITS), and whether a lock was busy. */
let linked: u32 = 0, steps: u32 = 0, units: u32 = 0, waits: bool = false;

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
 * Works off up to `most` ops of this seat's claims. X_INFO: ops linked, compaction steps, and what all of it took, also of a
 * portion of which no slot is linked yet, in sixteenths of an ordinary insert. True while some are left.
 */
export function link(most: u32): bool {
  linked = steps = units = 0;
  waits = false;
  let claim = nextClaim(seat);
  for (; claim != 0 && linked + steps < most && units < most * OP_UNITS && !waits; claim = nextClaim(seat)) {
    if (load<u32>(claim + C_SERIAL) == 0) compactClaimed(claim, most);
    else linkClaimed(claim, most);
  }
  info(0, linked);
  info(1, steps);
  info(2, units);
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
  if (load<u32>(claim + C_BULK) == CLAIM_HELP) {
    help(generation, valid, most);
    return;
  }
  if (isAwaited(seat)) { // its bulk was given up, and the others may be writing to its rows
    park();
    waits = true;
    return;
  }
  if (!valid) {
    park();
    if (load<u32>(claim + C_BULK) != CLAIM_BULK || endBulk(claim, false)) passOn();
    else waits = true;
    return;
  }
  if (atomic.load<u32>(generation + G_STATE) == FLAT) promote(generation);
  linked += linkSuspects(generation, most - linked);
  if (!prepareClaim(claim, generation, most)) return;
  const isPortion = load<u32>(claim + C_BULK) == CLAIM_BULK;
  const to = load<u32>(claim + C_TO);
  let slot = load<u32>(claim + C_FROM);
  while (slot < to && linked < most) {
    if (isPortion && goesInBulk(generation)) break;
    const byCodes = goesByCodes(generation);
    if (linkOne(generation, slot)) units += OP_UNITS;
    linked++;
    store<u32>(claim + C_FROM, slot + 1);
    if (byCodes) settle(generation, slot);
    slot++;
    linked += linkSuspects(generation, most - min<u32>(linked, most));
  }
  advanceFloor(generation);
  const isOver = slot == to && suspectsOf(generation) == 0;
  park();
  if (!isOver) return;
  if (isPortion && !endBulk(claim, false)) waits = true;
  else passOn();
}

/**
 * Before the slots of a claim are linked one by one: links a portion as a whole, as far as it comes in this call. False,
 * parked, when that goes on.
 */
function prepareClaim(claim: usize, generation: usize, most: u32): bool {
  const kind = load<u32>(claim + C_BULK);
  if (kind == CLAIM_SINGLE) return true;
  const from = load<u32>(claim + C_FROM), to = load<u32>(claim + C_TO);
  if (kind == CLAIM_ABANDONED) {
    // Others may know its slots, and so find them before they are linked.
    expectDoubles(generation);
    for (let slot = from; slot < to; slot++) {
      const at = slotAddress(generation, slot);
      if (load<u32>(at + SLOT_STATE) == PENDING) atomic.store<u32>(at + SLOT_STATE, PENDING | FAILED_ONCE);
    }
    store<u32>(claim + C_BULK, CLAIM_SINGLE);
    return true;
  }
  if (!goesInBulk(generation)) return true;
  let status = BULK_BLIND;
  if (goesByCodes(generation)) {
    status = bulkSome(generation, most);
    units += spent;
    linked += linkedAhead;
    if (!isAhead()) store<u32>(claim + C_FROM, max<u32>(from, firstInBulk())); // those ahead are linked
  }
  park();
  if (status == BULK_MORE) return false;
  if (!closeAndWait(blockOf(seat))) {
    waits = true;
  } else if (status == BULK_BROKEN) {
    giveUpBulk(seat);
    mend();
  } else if (!endBulk(claim, status == BULK_DONE)) {
    waits = true;
  }
  return false;
}

/** Whether a portion is linked in bulk from here on. The first slots of a graph are linked one by one. */
function goesInBulk(generation: usize): bool {
  return load<u32>(generation + G_LINKED) >= FIRST_ALONE;
}

/** Goes on with helping the owner of a portion, or leaves it. */
function help(generation: usize, valid: bool, most: u32): void {
  if (load<u32>(seat + SEAT_HELPS) == 0) { // a thread that had this seat before, and has ended
    park();
    passOn();
    return;
  }
  const goesOn = valid && helpSome(generation, most);
  if (valid) {
    units += spent;
    linked += linkedAhead;
  }
  park();
  if (goesOn) return;
  if (leaveBulk()) passOn();
  else waits = true;
}

/**
 * After a trap while a seat linked a slot: the first time it is tried again, the second time it is quarantined. One with twins is
 * linked instead: they found it, so its lists have been complete since the first time, and they hang on it alone.
 */
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
  if (firstTwin(generation, mark - 1) != 0) {
    finish(generation, at, LINKED);
    return;
  }
  push(generation + G_QUARANTINE, mark, at + SLOT_TWIN);
  atomic.add<u32>(generation + G_QUARANTINED, 1);
  atomic.store<u32>(at + SLOT_STATE, QUARANTINED);
}
