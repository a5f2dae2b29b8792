/*
 * When may the memory of a generation be given back? Once every thread that could still hold it has parked.
 *
 * A thread announces the epoch with a read-modify-write before it loads a space's generations (an atomic store and a
 * later plain load may be reordered), and parks when it is done. Whoever retires a generation unlinks it first and
 * then moves the epoch on, so a thread that announces the new epoch cannot find it any more.
 */
import { G_RETIRED_AT, G_RETIRED_NEXT, MAX_SEATS, P_EPOCH, P_RETIRED, SEAT_EPOCH } from "../layout";
import { free } from "../memory/arena";
import { emptyGeneration } from "./generations";
import { seat, seatAddress } from "../memory/locks";

export function announce(): void {
  atomic.xchg<u32>(seat + SEAT_EPOCH, atomic.load<u32>(P_EPOCH));
}

export function park(): void {
  atomic.store<u32>(seat + SEAT_EPOCH, 0);
}

/** Hands an unlinked generation to `collect`. Partition lock held. */
export function retire(generation: usize): void {
  store<u32>(generation + G_RETIRED_AT, atomic.add<u32>(P_EPOCH, 1) + 1);
  store<u32>(generation + G_RETIRED_NEXT, load<u32>(P_RETIRED));
  store<u32>(P_RETIRED, <u32>generation);
}

/** Frees every retired generation that nobody can hold any more. Partition lock held. */
export function collect(): void {
  let oldest: u32 = ~0;
  for (let i: u32 = 0; i < MAX_SEATS; i++) {
    const epoch = atomic.load<u32>(seatAddress(i) + SEAT_EPOCH);
    if (epoch != 0 && epoch < oldest) oldest = epoch;
  }
  let link: usize = P_RETIRED;
  while (true) {
    const generation: usize = load<u32>(link);
    if (generation == 0) break;
    if (load<u32>(generation + G_RETIRED_AT) <= oldest) {
      emptyGeneration(generation); // stays in the list until it is empty, in case of a trap
      store<u32>(link, load<u32>(generation + G_RETIRED_NEXT));
      free(generation);
    } else {
      link = generation + G_RETIRED_NEXT;
    }
  }
}
