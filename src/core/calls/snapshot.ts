/* How do a space's frames leave a partition, and come back? Through the seat's intake, one at a time. */
import { E_BUSY, E_FOREIGN, OK } from "../../../assembly/layout.ts";
import { AGAIN } from "../retry.ts";
import type { Seat } from "../seat.ts";
import type { Refusal } from "./refusals.ts";
import type { SpaceAt } from "./spaces.ts";

/**
 * Takes the cut of a space. Returns the number of the last op in it. From then until `endSnapshot`, the seat may only
 * read its frames.
 */
export function startSnapshot(seat: Seat, { address, incarnation }: SpaceAt): number | Refusal {
  const status = seat.core.startSnapshot(address, incarnation);
  return status === OK ? seat.wideInfoAt(1) : status;
}

/** Writes the next frame to the intake. Returns its bytes, 0 after the last; E_MORE: there is more to look at before it. */
export function nextFrame(seat: Seat): number | Refusal {
  return seat.core.nextFrame();
}

/** Gives back what `startSnapshot` took. OK or E_BUSY. */
export function endSnapshot(seat: Seat): number {
  return seat.core.endSnapshot();
}

/**
 * Loads the frame in the intake; `first`: a new space begins, with that home. OK, E_BROKEN or E_MEMORY, and where the
 * space is (address 0: nowhere); or E_FOREIGN, and the offset in the frame of the setting that differs.
 */
export function loadFrame(seat: Seat, home: number, first: boolean) {
  const status = seat.core.loadFrame(home, first ? 1 : 0);
  if (status === E_BUSY) return AGAIN;
  if (status === E_FOREIGN) return { status, space: { address: 0, incarnation: 0 }, differsAt: seat.infoAt(0) };
  return { status, space: { address: seat.infoAt(0), incarnation: seat.infoAt(1) }, differsAt: 0 };
}

/** xxHash64 of the first `bytes` of the intake. */
export function hashIntake(seat: Seat, bytes: number): bigint {
  seat.core.hashIntake(bytes);
  return BigInt(seat.infoAt(0)) | (BigInt(seat.infoAt(1)) << 32n);
}
