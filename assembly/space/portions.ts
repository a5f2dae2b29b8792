/*
 * Which waiting slots are linked together, as a portion (bulk/bulk.ts)? Those of a large `addMany`, cut into portions of
 * equal size, and what becomes work at once: a space that outgrows the flat scan, is loaded, or compacted. So where one
 * begins and ends follows from the calls and from slot numbers, never from how fast slots are linked.
 *
 *   offer ──► the generation notes the seat and the range: [G_OFFER_FROM … G_OFFER_END)
 *   accept ─► G_READY stays at the beginning of a portion until its last slot is in; then the portion's size is noted in its
 *             first slot (SLOT_TWIN), and it may be claimed, as a whole or not at all
 *   claim ──► the size is removed: what is given back is no portion any more, and may hold slots that are linked already
 *   end ────► what is left of a range becomes work as it is: also when its seat's thread has ended (`endVoidOffer`)
 *
 * Others' ops in between take slots of the range: nothing depends on whose they are. A slot that is linked, or about to be, has
 * the chain of its twins in SLOT_TWIN: it begins no portion. All under the partition lock.
 */
import {
  BODILESS, G_BULK, G_CLAIMED, G_COUNT, G_ELIGIBLE, G_LAST_PORTION, G_OFFER_END, G_OFFER_FROM, G_OFFER_NUMBER, G_OFFER_SEAT,
  G_OFFER_SLOTS, G_READY, PENDING, P_BULK_FROM, P_BULK_MOST, SEAT_OFFERS, SEAT_OFFERS_VOID, SKIPPED, SLOT_STATE,
  SLOT_TWIN, S_GENERATIONS,
} from "../layout";
import { owner, seat, seatAddress } from "../memory/locks";
import { slotAddress } from "../vectors/slots";
import { currentOf } from "./generations";

/**
 * From now on the next `count` slots of a space are portions of `slots` each, unless another seat offers some. Returns the
 * number of the offer, or 0. What this seat offered before it is over: a thread's ops of a space come one after another.
 */
export function offer(space: usize, count: u32, slots: u32): u32 {
  const generation = currentOf(load<u64>(space + S_GENERATIONS));
  if (load<u32>(generation + G_OFFER_END) != 0 && load<u32>(generation + G_OFFER_SEAT) != owner) return 0;
  const number = load<u32>(seat + SEAT_OFFERS) + 1;
  store<u32>(seat + SEAT_OFFERS, number);
  const next = load<u32>(generation + G_COUNT);
  // What a flat space holds becomes work with them.
  const isFlat = load<u32>(generation + G_ELIGIBLE) == 0 && load<u32>(generation + G_CLAIMED) == 0;
  store<u32>(generation + G_OFFER_FROM, isFlat ? 0 : next);
  store<u32>(generation + G_OFFER_SLOTS, slots);
  store<u32>(generation + G_OFFER_SEAT, owner);
  store<u32>(generation + G_OFFER_NUMBER, number);
  store<u32>(generation + G_OFFER_END, next + count);
  return number;
}

/**
 * Makes portions of the slots from `from` to `end` of a generation, without a seat, if they are enough: of what becomes work
 * at once, or is about to be moved in. An offer that goes on stays.
 */
export function offerRange(generation: usize, from: u32, end: u32): void {
  const fewest = load<u32>(P_BULK_FROM);
  const most = load<u32>(P_BULK_MOST);
  if (fewest == 0 || end < from + fewest || load<u32>(generation + G_OFFER_END) != 0) return;
  const count = end - from;
  const portions = (count + most - 1) / most;
  store<u32>(generation + G_OFFER_FROM, from);
  store<u32>(generation + G_OFFER_SLOTS, (count + portions - 1) / portions);
  store<u32>(generation + G_OFFER_SEAT, 0);
  store<u32>(generation + G_OFFER_END, end);
}

/** Ends an offer without a seat; `makeReady` follows. */
export function endRange(generation: usize): void {
  if (load<u32>(generation + G_OFFER_SEAT) == 0) store<u32>(generation + G_OFFER_END, 0);
}

/** Ends an offer of this seat, if it goes on; `makeReady` follows. */
export function endOffer(space: usize, number: u32): void {
  const generation = currentOf(load<u64>(space + S_GENERATIONS));
  const isIts = load<u32>(generation + G_OFFER_SEAT) == owner && load<u32>(generation + G_OFFER_NUMBER) == number;
  if (isIts) store<u32>(generation + G_OFFER_END, 0);
}

/** After the end of a seat's thread, or a trap: what it offered is void. Returns whether it ever offered anything since. */
export function voidOffers(that: usize): bool {
  const last = load<u32>(that + SEAT_OFFERS);
  if (load<u32>(that + SEAT_OFFERS_VOID) == last) return false;
  store<u32>(that + SEAT_OFFERS_VOID, last);
  return true;
}

/** Ends an offer that is void. */
export function endVoidOffer(generation: usize): void {
  if (load<u32>(generation + G_OFFER_END) == 0 || load<u32>(generation + G_OFFER_SEAT) == 0) return;
  const that = seatAddress(load<u32>(generation + G_OFFER_SEAT) - 1);
  if (load<u32>(generation + G_OFFER_NUMBER) <= load<u32>(that + SEAT_OFFERS_VOID)) store<u32>(generation + G_OFFER_END, 0);
}

/** Raises G_READY to what may be claimed by now, and marks portions that are full. Returns by how much. */
export function raiseReady(generation: usize): u32 {
  if (load<u32>(generation + G_ELIGIBLE) == 0) return 0;
  const before = load<u32>(generation + G_READY);
  let ready = load<u32>(generation + G_COUNT);
  const end = load<u32>(generation + G_OFFER_END);
  if (end != 0) {
    let from = load<u32>(generation + G_OFFER_FROM);
    while (from < end) {
      const slots = load<u32>(generation + G_OFFER_SLOTS);
      const to = end - from < slots + (slots >>> 1) ? end : from + slots;
      if (ready < to) break;
      const first = slotAddress(generation, from);
      if (mayBegin(first)) store<u32>(first + SLOT_TWIN, to - from); // a file may have brought it linked
      store<u32>(generation + G_LAST_PORTION, from + 1);
      store<u32>(generation + G_OFFER_FROM, to);
      from = to;
    }
    if (from < end) ready = from;
    else store<u32>(generation + G_OFFER_END, 0);
  }
  if (ready <= before) return 0;
  atomic.xchg<u32>(generation + G_READY, ready);
  return ready - before;
}

/** Slots that may be claimed. None while a portion is being linked. */
export function unclaimedIn(generation: usize): u32 {
  if (generation == 0 || atomic.load<u32>(generation + G_BULK) != 0) return 0;
  return atomic.load<u32>(generation + G_READY) - load<u32>(generation + G_CLAIMED);
}

/** Whether SLOT_TWIN of a slot can be the size of a portion. */
function mayBegin(at: usize): bool {
  const state = load<u32>(at + SLOT_STATE);
  return state == PENDING || state == SKIPPED || state == BODILESS;
}

/** Of the slots from `from` on how many, at most `most`, come before the next portion; 0: one begins there. */
export function beforePortion(generation: usize, from: u32, most: u32): u32 {
  if (load<u32>(generation + G_LAST_PORTION) <= from) return most;
  for (let i: u32 = 0; i < most; i++) if (portionAt(generation, from + i) != 0) return i;
  return most;
}

/** Slots of the portion that begins at `from`, or 0. */
export function portionAt(generation: usize, from: u32): u32 {
  const first = slotAddress(generation, from);
  return mayBegin(first) ? load<u32>(first + SLOT_TWIN) : 0;
}

/** The slots of the portion that begins at `from` are like any others from now on. */
export function dissolve(generation: usize, from: u32): void {
  store<u32>(slotAddress(generation, from) + SLOT_TWIN, 0);
}
