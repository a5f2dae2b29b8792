/*
 * When is the memory of a generation freed? Once every thread that could still read it has parked (memory/epochs.ts).
 */
import { G_RETIRED_AT, G_RETIRED_NEXT, P_RETIRED } from "../layout";
import { free } from "../memory/arena";
import { nextEpoch, oldestEpoch } from "../memory/epochs";
import { lockPartition, unlockPartition } from "../memory/locks";
import { emptyGeneration } from "./generations";

/** Hands a generation that is unlinked to `collect`. */
export function retire(generation: usize): void {
  store<u32>(generation + G_RETIRED_AT, nextEpoch());
  store<u32>(generation + G_RETIRED_NEXT, load<u32>(P_RETIRED));
  store<u32>(P_RETIRED, <u32>generation);
}

/** Frees every retired generation that no thread can read any more. */
export function collect(): void {
  const oldest = oldestEpoch();
  let cell: usize = P_RETIRED;
  while (true) {
    const generation: usize = load<u32>(cell);
    if (generation == 0) break;
    if (load<u32>(generation + G_RETIRED_AT) <= oldest) {
      emptyGeneration(generation); // stays in the list until it is empty, in case of a trap
      store<u32>(cell, load<u32>(generation + G_RETIRED_NEXT));
      free(generation);
    } else {
      cell = generation + G_RETIRED_NEXT;
    }
  }
}

/** `collect` under the lock; true when some generation still waits, for a reader or for the lock. */
export function collectSome(): bool {
  if (load<u32>(P_RETIRED) == 0) return false;
  if (!lockPartition()) return true;
  collect();
  const waits = load<u32>(P_RETIRED) != 0;
  unlockPartition();
  return waits;
}
