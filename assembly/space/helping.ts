/*
 * Which thread helps with another one's portion? Any that has nothing of its own to do and nothing to steal (bulk/board.ts says
 * how they share it).
 *
 *   join ──► under the partition lock: memory for itself, SEAT_HELPS, and a claim of its own (CLAIM_HELP)
 *   leave ─► under the partition lock: SEAT_HELPS, then the memory; with a unit in hand it closes the board first
 */
import {
  B_CLAIM, B_SHARED, CLAIM_BYTES, CLAIM_HELP, C_BULK, FAULT_BULK_JOINED, FAULT_BULK_LEFT, MAX_SEATS, SEAT_BULK, SEAT_BULK_STALE,
  SEAT_CLAIMS, SEAT_CLAIM_COUNT, SEAT_CLAIM_NEXT, SEAT_HELP, SEAT_HELPS,
} from "../layout";
import { close, hasUnit, isClosed, phaseOf, PUBLISH, wakeOwner } from "../bulk/board";
import { beginHelp } from "../bulk/bulk";
import { blockOf, helpBytes } from "../bulk/portion";
import { allocate, freeAt } from "../memory/arena";
import { faultPoint } from "../memory/faults";
import { lockPartition, owner, seat, seatAddress, unlockPartition } from "../memory/locks";
import { copyBytes } from "../memory/words";
import { distrustQueues, isAwaited, mend } from "./queues";

/** Whether there is a bulk to help with, as far as can be seen without a lock. */
export function canHelp(): bool {
  return seatToHelp() != 0;
}

/** A seat whose bulk can be helped with, or 0. Threads look at the seats behind their own first, so they spread. */
function seatToHelp(): usize {
  for (let i: u32 = 0; i < MAX_SEATS; i++) {
    const that = seatAddress((owner + i) % MAX_SEATS);
    if (that == seat || load<u32>(that + SEAT_BULK) == 0 || load<u32>(that + SEAT_BULK_STALE) != 0) continue;
    const block = blockOf(that);
    if (!isClosed(block) && phaseOf(block) < PUBLISH) return that;
  }
  return 0;
}

/** Joins a bulk that this seat, which has no claims, can help with: `link` goes on. False if there is none, or no memory. */
export function joinBulk(): bool {
  if (load<u32>(seat + SEAT_CLAIM_NEXT) < load<u32>(seat + SEAT_CLAIM_COUNT)) return false;
  if ((load<u32>(seat + SEAT_BULK) | load<u32>(seat + SEAT_HELP)) != 0 || !lockPartition()) return false;
  const that = seatToHelp();
  const hasJoined = that != 0 && join(blockOf(that));
  unlockPartition();
  return hasJoined;
}

function join(block: usize): bool {
  const claim: usize = load<u32>(block + B_CLAIM);
  const memory = claim == 0 ? 0 : allocate(helpBytes(block), 0);
  if (memory == 0) return false;
  store<u32>(seat + SEAT_HELP, <u32>memory);
  atomic.store<u32>(seat + SEAT_HELPS, <u32>block);
  faultPoint(FAULT_BULK_JOINED); // after a trap here, the bulk is given up
  beginHelp();
  const own: usize = load<u32>(seat + SEAT_CLAIMS);
  copyBytes(own, claim, CLAIM_BYTES);
  store<u32>(own + C_BULK, CLAIM_HELP);
  store<u32>(seat + SEAT_CLAIM_NEXT, 0);
  store<u32>(seat + SEAT_CLAIM_COUNT, 1);
  atomic.store<u32>(block + B_SHARED, 1);
  return true;
}

/** Leaves the bulk that this seat helps with, after `helpSome`. False while the partition is busy. */
export function leaveBulk(): bool {
  if (!lockPartition()) return false;
  const block: usize = load<u32>(seat + SEAT_HELPS);
  if (hasUnit()) close(block);
  const mayBeAwaited = isClosed(block);
  atomic.store<u32>(seat + SEAT_HELPS, 0);
  wakeOwner(block);
  faultPoint(FAULT_BULK_LEFT); // after a trap here, `mend` frees the memory
  freeAt(seat + SEAT_HELP);
  unlockPartition();
  if (mayBeAwaited) freeAwaited();
  return true;
}

/** Bulks that were given up are freed once all have left: where the owner has ended, no other thread comes back for that. */
function freeAwaited(): void {
  for (let i: u32 = 0; i < MAX_SEATS; i++) {
    const that = seatAddress(i);
    if (load<u32>(that + SEAT_BULK_STALE) == 0 || isAwaited(that)) continue;
    distrustQueues();
    mend();
    return;
  }
}
