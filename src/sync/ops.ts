/* How does an op get in before its call returns? By the attempts of `engine`, each followed by linking. */
import * as calls from "../core/calls.ts";
import { bulkAdd, bulkRemoval } from "../engine/bulk.ts";
import { CheckedAdd, outcomeOf, tryRemove } from "../engine/ops.ts";
import { BUSY, DONE, type Outcome } from "../engine/waiting-line.ts";
import type { AddOptions } from "../options/entries.ts";
import type { Key } from "../values/keys.ts";
import type { Vector, Vectors } from "../values/vectors.ts";
import type { SyncHandle } from "./handle.ts";

export function addNow(
  handle: SyncHandle,
  space: string,
  key: Key,
  vector: Vector | null,
  metadata?: unknown,
  options?: AddOptions,
): void {
  const op = new CheckedAdd(handle, space, key, vector, metadata, options);
  handle.do(() => op.attempt());
}

export function addManyNow(
  handle: SyncHandle,
  space: string,
  keys: readonly Key[],
  vectors: Vectors | null,
  metadata?: readonly unknown[],
  options?: AddOptions,
): void {
  const adding = bulkAdd(handle, space, keys, vectors, metadata, options);
  if (adding === null) return;
  try {
    handle.do(() => adding.step(), keys.length);
  } finally {
    adding.hasGivenBack();
  }
}

export function removeNow(handle: SyncHandle, space: string, key: Key): boolean {
  handle.assertOpen();
  handle.seat.checkKey(key);
  const now = Date.now();
  let found = false;
  handle.do((): Outcome => {
    const removed = tryRemove(handle, space, key, now);
    if (removed === calls.AGAIN) return BUSY;
    found = removed;
    return DONE;
  });
  return found;
}

export function removeManyNow(handle: SyncHandle, space: string, keys: readonly Key[]): number {
  const removing = bulkRemoval(handle, space, keys);
  handle.do(removing.step, keys.length);
  return removing.found();
}

export function dropSpaceNow(handle: SyncHandle, space: string): boolean {
  let found = false;
  handle.do((): Outcome => {
    const ref = handle.find(space);
    if (ref === calls.AGAIN) return BUSY;
    if (ref === null) return DONE;
    const outcome = outcomeOf(
      handle.guarded(() => calls.dropSpace(ref.seat, ref)),
      handle,
      space,
      ref,
    );
    found = outcome === DONE;
    if (found) handle.forget(space);
    return outcome;
  });
  return found;
}
