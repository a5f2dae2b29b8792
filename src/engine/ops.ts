/* How does one op get in? An attempt in the line of its space: it is accepted, refused for good, or tried again. */
import {
  E_BUSY,
  E_JOURNAL_FULL,
  E_JOURNAL_STUCK,
  E_PENDING,
  E_STALE,
  E_ZERO,
  NOT_FOUND,
  OK,
  OK_WAKE,
} from "../../assembly/layout.ts";
import * as calls from "../core/calls.ts";
import type { FieldTable } from "../documents/fields.ts";
import { type AddOptions, optionsOf, readExpiry } from "../options/entries.ts";
import type { Key } from "../values/keys.ts";
import type { NumberArray } from "../values/number-arrays.ts";
import { numbersOf, type Vector } from "../values/vectors.ts";
import type { Handle } from "./handle.ts";
import { isUpToDate, readDocument, renewed, rowOf, withoutVector } from "./rows.ts";
import { BUSY, DONE, FULL, type Op, type Outcome } from "./waiting-line.ts";

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
    return handle.accept(space, new CheckedAdd(handle, space, key, vector, metadata, options, fields));
  } catch (error) {
    return Promise.reject(error);
  }
}

/** An add whose arguments were checked. */
export class CheckedAdd implements Op {
  private numbers: NumberArray | null;
  private readonly row: Uint8Array | null;

  /** Throws what refuses the arguments. */
  constructor(
    private readonly handle: Handle,
    private readonly space: string,
    private readonly key: Key,
    vector: Vector | null,
    metadata?: unknown,
    options?: AddOptions,
    fields?: FieldTable,
  ) {
    handle.assertOpen();
    const { settings } = handle;
    const document = readDocument(metadata, settings);
    const expiresAt = options === undefined ? null : readAddOptions(options);
    // With nothing else to keep, null is a vector that is missing by mistake.
    this.numbers = vector === null && document !== undefined ? null : numbersOf(vector!, settings.dimensions);
    handle.seats[0]!.checkKey(key); // before the op waits
    const hasVector = vector !== null;
    const isPlain = document === undefined && hasVector && expiresAt === null;
    const row = isPlain ? null : rowOf(document, { hasVector, expiresAt }, fields ?? handle.fields.table, settings);
    this.row = row?.slice() ?? null; // an attempt that meets a new field encodes another one where this one lay
  }

  attempt(): Outcome {
    const { handle, space, numbers, row } = this;
    const ref = handle.make(space);
    if (ref === calls.AGAIN) return BUSY;
    if (numbers !== null) ref.seat.putVector(numbers);
    let status = this.put(ref, row);
    if (status === E_ZERO && handle.settings.zeroVectors !== "refuse") status = this.put(ref, withoutVector(row));
    return outcomeOf(status, handle, space, ref);
  }

  /** `handle.guarded` without a closure, which would be a twentieth of an add. */
  private put(ref: calls.SpaceRef, row: Uint8Array | null): number {
    const { handle, key } = this;
    handle.mend();
    try {
      return addRow(handle, ref, key, 0, 0, row);
    } catch (error) {
      throw handle.mended(error);
    }
  }

  keep(): void {
    this.numbers &&= new Float32Array(this.numbers);
  }
}

/** When it expires: milliseconds, or null. Throws BAD_OPTION. */
export function readAddOptions(options: AddOptions | undefined): number | null {
  return readExpiry(optionsOf(options, ["expiresAt"], "add").expiresAt) ?? null;
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
  const attempt = () => {
    const removed = tryRemove(handle, space, key, now);
    if (removed === calls.AGAIN) return BUSY;
    found = removed;
    return DONE;
  };
  await handle.accept(space, { attempt });
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
  const attempt = () => {
    const ref = handle.find(space);
    if (ref === calls.AGAIN) return BUSY;
    if (ref === null) return DONE;
    const status = handle.guarded(() => calls.dropSpace(ref.seat, ref));
    const outcome = outcomeOf(status, handle, space, ref);
    found = outcome === DONE;
    if (found) handle.dropped(space);
    return outcome;
  };
  await handle.accept(space, { attempt });
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
      if (status === E_JOURNAL_STUCK && !handle.durability.refuses) return BUSY;
      throw handle.refusal(status, ref.seat);
  }
}
