/* Which slots does the search that runs see as gone, because their rows have expired? */
import { G_EXPIRING } from "../layout";
import { hasExpired } from "./columns";

let now: f64 = -1;

/** Milliseconds since 1970: rows that expire then or before are not seen from here on; below 0: all are. Per instance. */
export function setNow(at: f64): void {
  now = at;
}

/** Whether some slot of a generation may have. */
export function mayBeGone(generation: usize): bool {
  return now >= 0 && load<u32>(generation + G_EXPIRING) != 0;
}

/** Whether a slot has expired for the search that runs. */
// @ts-ignore: decorator
@inline
export function isGone(generation: usize, slot: u32): bool {
  return now >= 0 && hasExpired(generation, slot, now);
}
