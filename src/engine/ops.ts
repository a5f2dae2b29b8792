/* How does one op get in? An attempt in the line of its space: it is accepted, refused for good, or tried again. */
import { E_BUSY, E_JOURNAL_FULL, E_PENDING, E_STALE, E_ZERO, NOT_FOUND, OK, OK_WAKE } from "../../assembly/layout.ts";
import * as calls from "../core/calls.ts";
import type { FieldTable } from "../documents/fields.ts";
import { type AddOptions, optionsOf, readExpiry } from "../options/entries.ts";
import type { Key } from "../values/keys.ts";
import type { NumberArray } from "../values/number-arrays.ts";
import { numbersOf, type Vector } from "../values/vectors.ts";
import type { Handle } from "./handle.ts";
import { isUpToDate, readDocument, renewed, rowOf, withoutVector } from "./rows.ts";
import { BUSY, DONE, FULL, type Outcome } from "./waiting-line.ts";

/** `vector`: null for an entry without one. `fields`: which the document must fit; in others that do not, it has no value. */
export function add(
  handle: Handle,
  space: string,
  key: Key,
  vector: Vector | null,
  metadata?: unknown,
  options?: AddOptions,
  fields?: FieldTable,
): Promise<void> {
  try {
    const op = checkedAdd(handle, space, key, vector, metadata, options, fields);
    let isIn = false;
    const accepted = handle.accept(space, () => {
      const outcome = op.attempt();
      isIn = outcome === DONE;
      return outcome;
    });
    if (!isIn) op.keep();
    return accepted;
  } catch (error) {
    return Promise.reject(error);
  }
}

/** An op that was checked. */
interface CheckedAdd {
  attempt: () => Outcome;
  /** It waits: the caller may reuse the array from here on. */
  keep: () => void;
}

/** Throws what refuses the arguments. */
export function checkedAdd(
  handle: Handle,
  space: string,
  key: Key,
  vector: Vector | null,
  metadata?: unknown,
  options?: AddOptions,
  fields: FieldTable = handle.fields.table,
): CheckedAdd {
  handle.assertOpen();
  const { settings } = handle;
  const document = readDocument(metadata, settings);
  const expiresAt = options === undefined ? null : readAddOptions(options);
  // With nothing else to keep, null is a vector that is missing by mistake.
  let numbers = vector === null && document !== undefined ? null : numbersOf(vector!, settings.dimensions);
  handle.seats[0]!.checkKey(key); // before the op waits
  let row = rowOf(document, { hasVector: vector !== null, expiresAt }, fields, settings);
  return {
    attempt: () => tryAdd(handle, space, key, numbers, row),
    keep: () => {
      numbers = numbers && new Float32Array(numbers);
      row = row?.slice() ?? null;
    },
  };
}

/** When it expires: milliseconds, or null. Throws BAD_OPTION. */
export function readAddOptions(options: AddOptions | undefined): number | null {
  return readExpiry(optionsOf(options, ["expiresAt"], "add").expiresAt) ?? null;
}

function tryAdd(handle: Handle, space: string, key: Key, vector: NumberArray | null, row: Uint8Array | null): Outcome {
  const ref = handle.make(space);
  if (ref === calls.AGAIN) return BUSY;
  const { seat } = ref;
  if (vector !== null) seat.putVector(vector);
  const status = handle.guarded(() => addRow(handle, ref, key, 0, 0, row));
  if (status !== E_ZERO || handle.settings.zeroVectors === "refuse") return outcomeOf(status, handle, space, ref);
  const without = handle.guarded(() => addRow(handle, ref, key, 0, 0, withoutVector(row)));
  return outcomeOf(without, handle, space, ref);
}

/**
 * Adds vector `index` of the intake with a row. A status. A field may have been added since the row was made, and its column
 * be whole by now: then the row is added once more, with what it has in that field.
 */
export function addRow(
  { fields }: Handle,
  ref: calls.SpaceRef,
  key: Key,
  index: number,
  promised: number,
  row: Uint8Array | null,
): number {
  const { seat } = ref;
  if (row === null) return calls.add(seat, ref, seat.putKey(key), index, promised, 0);
  for (;;) {
    const current = renewed(row, fields.table);
    const bytes = seat.putRow(current);
    const status = bytes < 0 ? bytes : calls.add(seat, ref, seat.putKey(key), index, promised, bytes);
    if ((status !== OK && status !== OK_WAKE) || isUpToDate(current, fields.table)) return status;
  }
}

/** `now`: by which an entry that has expired was not there. */
export async function remove(handle: Handle, space: string, key: Key, now = Date.now()): Promise<boolean> {
  handle.assertOpen();
  handle.seats[0]!.checkKey(key);
  let found = false;
  await handle.accept(space, () => {
    const removed = tryRemove(handle, space, key, now);
    if (removed === calls.AGAIN) return BUSY;
    found = removed;
    return DONE;
  });
  return found;
}

/** Whether the key was there; AGAIN when the partition is busy or its journal full. */
export function tryRemove(handle: Handle, space: string, key: Key, now: number): boolean | typeof calls.AGAIN {
  const ref = handle.find(space);
  if (ref === calls.AGAIN) return calls.AGAIN;
  if (ref === null) return false;
  const { seat } = ref;
  const status = handle.guarded(() => calls.remove(seat, ref, seat.putKey(key), now));
  if (status !== NOT_FOUND) return outcomeOf(status, handle, space, ref) === DONE ? true : calls.AGAIN;
  handle.accepted(ref.partition); // the absence may depend on an op that is not durable yet
  return false;
}

export async function dropSpace(handle: Handle, space: string): Promise<boolean> {
  let found = false;
  await handle.accept(space, () => {
    const ref = handle.find(space);
    if (ref === calls.AGAIN) return BUSY;
    if (ref === null) return DONE;
    const status = handle.guarded(() => calls.dropSpace(ref.seat, ref));
    const outcome = outcomeOf(status, handle, space, ref);
    found = outcome === DONE;
    if (found) handle.forget(space);
    return outcome;
  });
  return found;
}

/** What an op's status means for its place in the line. Throws what refuses it for good. */
export function outcomeOf(status: number, handle: Handle, space: string, ref: calls.SpaceRef): Outcome {
  switch (status) {
    case OK:
    case OK_WAKE:
      handle.accepted(ref.partition);
      if (status === OK_WAKE) handle.wake(ref.home);
      return DONE;
    case E_JOURNAL_FULL:
      handle.durability.hurry();
      return FULL;
    case E_PENDING:
      handle.wake(ref.home);
      return FULL;
    case E_STALE:
      handle.forget(space); // dropped by another thread: the next try makes it again
      return BUSY;
    case E_BUSY:
      return BUSY;
    default:
      throw handle.refusal(status, ref.seat);
  }
}
