/*
 * Which threads may still read what was just unlinked? Those that announced an epoch before it was.
 *
 * A thread announces the epoch with a read-modify-write before it loads a space's generations (an atomic store and a
 * later plain load may be reordered), and parks when it is done. What is retired is unlinked first, then the epoch
 * moves on: so a thread that announces the new epoch can't find it any more (space/retirement.ts).
 */
import { MAX_SEATS, P_EPOCH, SEAT_EPOCH, SEAT_MEASURE_PINNED, SEAT_PINNED } from "../layout";
import { seat, seatAddress } from "./locks";

export function announce(): void {
  atomic.xchg<u32>(seat + SEAT_EPOCH, atomic.load<u32>(P_EPOCH));
}

export function park(): void {
  atomic.store<u32>(seat + SEAT_EPOCH, 0);
}

/** Keeps what this thread announced beyond the call, until `unpin`: calls in between announce and park as ever. */
export function pin(): void {
  atomic.store<u32>(seat + SEAT_PINNED, load<u32>(seat + SEAT_EPOCH));
}

export function unpin(): void {
  atomic.store<u32>(seat + SEAT_PINNED, 0);
}

/** The same for a measurement, which may run beside a scan. */
export function pinMeasure(): void {
  atomic.store<u32>(seat + SEAT_MEASURE_PINNED, load<u32>(seat + SEAT_EPOCH));
}

export function unpinMeasure(): void {
  atomic.store<u32>(seat + SEAT_MEASURE_PINNED, 0);
}

/** Moves the epoch on; returns the new one. */
export function nextEpoch(): u32 {
  return atomic.add<u32>(P_EPOCH, 1) + 1;
}

/**
 * The oldest epoch that a thread announced and has not parked from; the largest number when all are parked. A thread pins
 * before it parks, so the pin is read last.
 */
export function oldestEpoch(): u32 {
  let oldest: u32 = ~0;
  for (let i: u32 = 0; i < MAX_SEATS; i++) {
    const epoch = atomic.load<u32>(seatAddress(i) + SEAT_EPOCH);
    const pinned = atomic.load<u32>(seatAddress(i) + SEAT_PINNED);
    if (epoch != 0 && epoch < oldest) oldest = epoch;
    if (pinned != 0 && pinned < oldest) oldest = pinned;
    const measured = atomic.load<u32>(seatAddress(i) + SEAT_MEASURE_PINNED);
    if (measured != 0 && measured < oldest) oldest = measured;
  }
  return oldest;
}
