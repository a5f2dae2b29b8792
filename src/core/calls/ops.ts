/* How are vectors checked, added, deleted and read? */
import { NOT_FOUND, OK } from "../../../assembly/layout.ts";
import type { KeyHeader } from "../../values/keys.ts";
import type { Seat } from "../seat.ts";
import type { Refusal } from "./refusals.ts";
import type { SpaceAt } from "./spaces.ts";

/** The first bad one among the first `count` vectors of the intake and the refusal of it, or null. */
export function checkVectors(seat: Seat, count: number) {
  const refusal = seat.core.checkVectors(count);
  return refusal === OK ? null : { refusal, index: seat.infoAt(1) };
}

/**
 * Adds vector `index` of the intake under the key in scratch, or replaces the one there. `promised`: bytes of a
 * reservation that it may use. OK, OK_WAKE when its home's worker has something new to do, or a refusal.
 */
export function add(seat: Seat, space: SpaceAt, key: KeyHeader, index = 0, promised = 0): number {
  return seat.core.add(space.address, space.incarnation, key, index, promised);
}

/** Deletes the key in scratch. OK, OK_WAKE as from `add`, NOT_FOUND or a refusal. */
export function remove(seat: Seat, space: SpaceAt, key: KeyHeader): number {
  return seat.core.remove(space.address, space.incarnation, key);
}

/** The vector under the key in scratch, or undefined. */
export function get(seat: Seat, space: SpaceAt, key: KeyHeader): Float32Array | undefined | Refusal {
  const status = seat.core.get(space.address, space.incarnation, key, 1);
  if (status === OK) return seat.takeVector();
  return status === NOT_FOUND ? undefined : status;
}

/** Whether the key in scratch is there. */
export function has(seat: Seat, space: SpaceAt, key: KeyHeader): boolean | Refusal {
  const status = seat.core.get(space.address, space.incarnation, key, 0);
  return status < 0 ? status : status === OK;
}

/**
 * Sets memory aside for `count` more vectors with `keyBytes` of encoded keys. After OK the bytes `needed` are promised,
 * after E_MEMORY only `available` are free.
 */
export function reserve(seat: Seat, space: SpaceAt, count: number, keyBytes: number) {
  const status = seat.core.reserve(space.address, space.incarnation, count, keyBytes);
  return { status, needed: seat.infoAt(0), available: seat.infoAt(1) };
}

/** Gives bytes of a reservation back. OK or E_BUSY. */
export function unreserve(seat: Seat, bytes: number): number {
  return seat.core.unreserve(bytes);
}
