/* How do many ops get in at once? In slices of time, each an attempt in the line of its space: later ops stay behind. */
import { E_BUSY, E_MEMORY, E_STALE, E_ZERO, OK, OK_WAKE } from "../../assembly/layout.ts";
import * as calls from "../core/calls.ts";
import { UNFIT } from "../core/refusals.ts";
import type { Seat } from "../core/seat.ts";
import { HnswError } from "../errors.ts";
import { show } from "../options/checks.ts";
import type { AddOptions } from "../options/entries.ts";
import { nextTurn, Slice } from "../runtime/event-loop.ts";
import { portionOf } from "../scheduler/portions.ts";
import { type Key, keyBytes } from "../values/keys.ts";
import { changed, VectorList, type Vectors } from "../values/vectors.ts";
import type { Handle } from "./handle.ts";
import { addRow, outcomeOf, readAddOptions, tryRemove } from "./ops.ts";
import { RowList } from "./row-list.ts";
import { withoutVector } from "./rows.ts";
import { endsWithin } from "./uses.ts";
import { BUSY, DONE, MORE, type Outcome } from "./waiting-line.ts";

const MOST_KEYS_AT_ONCE = 0xffffff;

/**
 * Adds many entries: all are checked, and memory for all is set aside, before the first is accepted. `vectors`: null for
 * entries without any.
 */
export async function addMany(
  handle: Handle,
  space: string,
  keys: readonly Key[],
  vectors: Vectors | null,
  metadata?: readonly unknown[],
  options?: AddOptions,
): Promise<void> {
  const adding = bulkAdd(handle, space, keys, vectors, metadata, options);
  if (adding === null) return;
  try {
    await handle.accept(space, { attempt: () => adding.step() });
  } finally {
    await adding.giveBack();
  }
}

/** What adds many entries, step by step; null where there are none. Throws what refuses the lists. */
export function bulkAdd(
  handle: Handle,
  space: string,
  keys: readonly Key[],
  vectors: Vectors | null,
  metadata?: readonly unknown[],
  options?: AddOptions,
): BulkAdd | null {
  handle.assertOpen();
  const hasNone = vectors === null && metadata !== undefined;
  const list = hasNone ? null : new VectorList(vectors!, handle.settings.dimensions);
  const own = copyOf(keys);
  if (list !== null && own.length !== list.count) {
    throw new HnswError("BAD_VECTOR", `There are ${own.length} keys and ${list.count} vectors.`);
  }
  if (metadata !== undefined && (!Array.isArray(metadata) || metadata.length !== own.length)) {
    const found = Array.isArray(metadata) ? `${metadata.length}` : show(metadata);
    throw new HnswError(
      "BAD_METADATA",
      `Metadata must be an array of ${own.length} documents, as many as keys, not ${found}.`,
    );
  }
  const expiresAt = options === undefined ? null : readAddOptions(options);
  if (own.length === 0) return null;
  const rows = new RowList(handle, metadata, { hasVector: list !== null, expiresAt });
  return new BulkAdd(handle, space, own, list, rows);
}

interface Reservation {
  ref: calls.SpaceRef;
  bytes: number;
  /** Number of the offer to link its vectors together, or 0. */
  offer: number;
}

class BulkAdd {
  /** Keys that were checked, with their vectors, and the bytes of those keys. */
  private readonly checked = new Set<Key>();
  private keyBytes = 0;
  private reservation: Reservation | null = null;
  private accepted = 0;

  constructor(
    private readonly handle: Handle,
    private readonly space: string,
    private readonly keys: readonly Key[],
    private readonly vectors: VectorList | null,
    private readonly rows: RowList,
  ) {}

  /** One slice: of checking first, then of adding. */
  step(): Outcome {
    try {
      return this.slice();
    } catch (error) {
      if (!(error instanceof HnswError && error.code === "INPUT_CHANGED")) throw error;
      throw new HnswError(error.code, `${error.message} ${this.accepted} were accepted.`, { cause: error.cause });
    }
  }

  private slice(): Outcome {
    if (this.checked.size < this.keys.length) {
      this.check();
      if (this.checked.size < this.keys.length) return MORE;
    }
    this.reservation ??= this.tryReserve();
    return this.reservation === null ? BUSY : this.add(this.reservation);
  }

  private check(): void {
    const { handle, keys, vectors, checked, rows } = this;
    const seat = handle.seats[0]!;
    const slice = new Slice();
    do {
      const first = checked.size;
      const count = Math.min(seat.intake, keys.length - first);
      for (let i = first; i < first + count; i++) {
        this.keyBytes += keyBytes(putKeyAt(seat, keys[i]!, i));
        checked.add(keys[i]!);
        if (checked.size !== i + 1) throw duplicate(keys[i]!);
        rows.read(i);
      }
      if (vectors !== null) this.checkVectors(vectors, first, count);
    } while (checked.size < keys.length && !slice.isOver);
  }

  private checkVectors(vectors: VectorList, first: number, count: number): void {
    const { handle } = this;
    const seat = handle.seats[0]!;
    const keepsZero = handle.settings.zeroVectors === "keep";
    for (let next = first; next < first + count; ) {
      vectors.copyTo(seat, next, first + count - next);
      const bad = calls.checkVectors(seat, first + count - next);
      if (bad === null) return;
      const at = next + bad.index;
      if (bad.refusal !== E_ZERO || !keepsZero) throw handle.refusal(bad.refusal, seat, `Vector ${at}`);
      next = at + 1;
    }
  }

  private tryReserve(): Reservation | null {
    const { handle, keys, space } = this;
    const ref = handle.make(space);
    if (ref === calls.AGAIN) return null;
    const { batching, maxPending } = handle.settings;
    const held = calls.liveIn(ref.seat, ref) ?? 0;
    const portion = this.vectors === null ? 0 : portionOf(keys.length, held, batching.bulk, maxPending);
    const reserve = () => calls.reserve(ref.seat, ref, keys.length, this.keyBytes, this.rows.bytes, portion);
    const { status, needed, available, offer } = handle.guarded(reserve);
    if (status === OK) return { ref, bytes: needed, offer };
    if (status === E_STALE) handle.forget(space);
    if (status === E_STALE || status === E_BUSY) return null;
    const need = `${keys.length} vectors need ${needed} bytes, ${available} are free`;
    throw new HnswError("OUT_OF_MEMORY", `${need}. ${handle.refusal(E_MEMORY, ref.seat).message}`);
  }

  private add({ ref, bytes }: Reservation): Outcome {
    const { handle, keys, vectors, rows } = this;
    const { seat } = ref;
    const slice = new Slice();
    while (this.accepted < keys.length) {
      const first = this.accepted;
      const count = Math.min(seat.intake, keys.length - first);
      vectors?.copyTo(seat, first, count);
      for (let i = 0; i < count; i++) {
        const key = keys[first + i]!;
        const row = rows.at(first + i);
        let status = handle.guarded(() => addRow(handle, ref, key, i, bytes, row));
        if (status === E_ZERO && handle.settings.zeroVectors === "keep") {
          status = handle.guarded(() => addRow(handle, ref, key, i, bytes, withoutVector(row)));
        }
        if (status === E_STALE) throw dropped(this.space, this.accepted);
        if (UNFIT.has(status)) throw changed(`Vector ${first + i}`, handle.refusal(status, seat));
        const outcome = outcomeOf(status, handle, this.space, ref);
        if (outcome !== DONE) return outcome;
        this.accepted++;
      }
      if (this.accepted < keys.length && slice.isOver) return MORE;
    }
    return DONE;
  }

  /** Even when this handle was closed in the meantime: the others go on with the partition's memory. */
  async giveBack(): Promise<void> {
    const { handle } = this;
    if (this.hasGivenBack()) return;
    // The caller waits as long as for anything else; the bytes are given back however long it takes.
    const given = handle.uses.start(async () => {
      while (!this.hasGivenBack()) await nextTurn();
    });
    await endsWithin(given, handle.settings.timeoutMs);
  }

  /** Tries to give back what was set aside. False while the partition is busy. */
  hasGivenBack(): boolean {
    const { handle, reservation } = this;
    if (reservation === null) return true;
    const { ref, bytes, offer } = reservation;
    const status = handle.guarded(() => calls.unreserve(ref.seat, bytes, ref, offer));
    if (status === OK_WAKE) handle.wake(ref.home);
    return status !== E_BUSY || handle.control.closed;
  }
}

/** Deletes many: all keys are checked before the first is deleted. */
export async function removeMany(handle: Handle, space: string, keys: readonly Key[]): Promise<number> {
  const removing = bulkRemoval(handle, space, keys);
  await handle.accept(space, { attempt: removing.step });
  return removing.found();
}

/** What deletes many keys, step by step, and how many of them were there so far. */
export function bulkRemoval(handle: Handle, space: string, keys: readonly Key[]) {
  handle.assertOpen();
  const own = copyOf(keys);
  const seen = new Set<Key>();
  const now = Date.now();
  let [checked, next, found] = [0, 0, 0];
  const step = (): Outcome => {
    const slice = new Slice();
    for (; checked < own.length; checked++) {
      if ((checked & 63) === 63 && slice.isOver) return MORE;
      const key = own[checked]!;
      handle.seats[0]!.checkKey(key);
      if (seen.has(key)) throw duplicate(key);
      seen.add(key);
    }
    for (; next < own.length; next++) {
      if ((next & 63) === 63 && slice.isOver) return MORE;
      const removed = tryRemove(handle, space, own[next]!, now);
      if (removed === calls.AGAIN) return BUSY;
      if (removed) found++;
    }
    return DONE;
  };
  return { step, found: () => found };
}

/** Keys as they are now, each looked at once: the caller may go on with its array. Throws BAD_KEY. */
function copyOf(keys: readonly Key[]): Key[] {
  if (!Array.isArray(keys)) throw new HnswError("BAD_KEY", "`keys` must be an array.");
  const { length } = keys;
  if (length > MOST_KEYS_AT_ONCE) throw new HnswError("BAD_KEY", `At most ${MOST_KEYS_AT_ONCE} keys at once.`);
  const own: Key[] = [];
  for (let i = 0; i < length; i++) own.push(keys[i]);
  return own;
}

function putKeyAt(seat: Seat, key: Key, i: number): number {
  try {
    return seat.putKey(key);
  } catch (error) {
    throw new HnswError("BAD_KEY", `Key ${i}: ${(error as Error).message}`, { cause: error });
  }
}

function duplicate(key: Key): HnswError {
  const shown = typeof key === "bigint" ? `${key}n` : JSON.stringify(key);
  return new HnswError("DUPLICATE_KEY", `The key ${shown} appears twice.`);
}

function dropped(name: string, accepted: number): HnswError {
  return new HnswError("SPACE_DROPPED", `Space "${name}" was dropped after ${accepted} vectors had been accepted.`);
}
