/* How are vectors checked, added, deleted and read, and memory promised to those that come? */
import { E_BUSY, E_MEMORY, E_STALE, NOT_FOUND, OK, OK_WAKE, P_RESERVED, S_GENERATIONS, X_VECTORS } from "../layout";
import { availableBytes } from "../memory/arena";
import { lockPartition, unlocked } from "../memory/locks";
import { base, info } from "../memory/scratch";
import { paddedFloats } from "../memory/settings";
import { copyBytes } from "../memory/words";
import { hasBody, vectorOf } from "../vectors/slots";
import { roomForRows } from "../rows/columns";
import { checkVector, findLive } from "../space/accept";
import { bytesFor, currentOf } from "../space/generations";
import { endOffer, offer } from "../space/portions";
import { makeReady } from "../space/queues";
import { isAlive } from "../space/spaces";

export { add, remove } from "../space/accept";
export { nextExpiring, removeExpired } from "../space/expired";

/** Checks vectors 0 … count − 1 of the intake. OK, or the first error, with X_INFO: position, vector. */
export function checkVectors(count: u32): i32 {
  for (let i: u32 = 0; i < count; i++) {
    const status = checkVector(i);
    if (status == OK) continue;
    info(1, i);
    return status;
  }
  return OK;
}

/** Copies the vector of the key at X_KEY, as it was given, to X_VECTORS (if `copy`). X_INFO: whether it has one. OK, NOT_FOUND, E_STALE, E_BUSY. */
export function get(space: usize, incarnation: u32, header: u32, copy: bool, now: f64): i32 {
  if (!lockPartition()) return E_BUSY;
  if (!isAlive(space, incarnation)) return unlocked(E_STALE);
  const at = findLive(space, header, now);
  if (at != 0 && copy) {
    info(0, hasBody(at) ? 1 : 0);
    copyBytes(base + X_VECTORS, vectorOf(at), paddedFloats * 4);
  }
  return unlocked(at == 0 ? NOT_FOUND : OK);
}

/**
 * Promises memory for `count` more vectors with `keyBytes` of encoded keys and `rowBytes` of rows, and offers them to be linked
 * together (space/portions.ts), `portion` at a time; 0: each by itself. OK and X_INFO: the bytes promised, to be given to
 * `add` and back to `unreserve`, [2] the number of the offer or 0; E_MEMORY and X_INFO: bytes needed, bytes available;
 * E_STALE or E_BUSY.
 */
export function reserve(
  space: usize, incarnation: u32, count: u32, keyBytes: u32, rowBytes: u32, portion: u32,
): i32 {
  if (!lockPartition()) return E_BUSY;
  if (!isAlive(space, incarnation)) return unlocked(E_STALE);
  const generation = currentOf(load<u64>(space + S_GENERATIONS));
  const need = bytesFor(generation, count, keyBytes) + (rowBytes == 0 ? 0 : roomForRows(generation, count, rowBytes));
  const available: u64 = availableBytes();
  info(0, <u32>min<u64>(need, 0xffffffff));
  info(1, <u32>available);
  if (need > available) return unlocked(E_MEMORY);
  store<u32>(P_RESERVED, load<u32>(P_RESERVED) + <u32>need);
  info(2, portion == 0 ? 0 : offer(space, count, portion));
  return unlocked(OK);
}

/** Gives bytes of a reservation back, and ends an offer for that space (0: there was none). OK, OK_WAKE or E_BUSY. */
export function unreserve(bytes: u32, space: usize, incarnation: u32, number: u32): i32 {
  if (!lockPartition()) return E_BUSY;
  store<u32>(P_RESERVED, load<u32>(P_RESERVED) - min<u32>(bytes, load<u32>(P_RESERVED)));
  if (number == 0 || !isAlive(space, incarnation)) return unlocked(OK);
  endOffer(space, number);
  return unlocked(makeReady(space) ? OK_WAKE : OK);
}
