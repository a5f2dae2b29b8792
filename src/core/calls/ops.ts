/* How are vectors checked, added, deleted and read? */
import { NOT_FOUND, OK } from "../../../assembly/layout.ts";
import type { KeyHeader } from "../../values/keys.ts";
import type { Seat } from "../seat.ts";
import type { Refusal } from "./refusals.ts";
import type { SpaceAt } from "./spaces.ts";

/** The first vector of the intake that no space takes, and why. */
export interface BadVector {
  index: number;
  status: Refusal;
}

/** Whether memory was set aside. */
export interface Reservation {
  /** OK, E_MEMORY or another refusal. */
  status: number;
  /** Bytes that it takes: promised, after OK. */
  needed: number;
  /** Bytes that are free. */
  available: number;
}

/** Looks at the first `count` vectors of the intake. */
export function checkVectors(seat: Seat, count: number): BadVector | null {
  const status = seat.core.checkVectors(count);
  return status === OK ? null : { status, index: seat.infoAt(1) };
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

/** Sets memory aside for `count` more vectors with `keyBytes` of encoded keys. */
export function reserve(seat: Seat, space: SpaceAt, count: number, keyBytes: number): Reservation {
  const status = seat.core.reserve(space.address, space.incarnation, count, keyBytes);
  return { status, needed: seat.infoAt(0), available: seat.infoAt(1) };
}

/** Gives bytes of a reservation back. OK or E_BUSY. */
export function unreserve(seat: Seat, bytes: number): number {
  return seat.core.unreserve(bytes);
}
