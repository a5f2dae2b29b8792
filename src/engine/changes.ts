/* How are documents changed? One op per key: its row is read, patched and replaced, unless another op came between. */
import { E_CHANGED, NOT_FOUND } from "../../assembly/layout.ts";
import * as calls from "../core/calls.ts";
import type { FieldTable } from "../documents/fields.ts";
import { patched, type ReadPatch, readPatch } from "../documents/patch.ts";
import { readWhere } from "../documents/where.ts";
import { HnswError } from "../errors.ts";
import { badOption } from "../options/checks.ts";
import { optionsOf, readExpiry, readNow, type UpdateOptions } from "../options/entries.ts";
import { Slice } from "../runtime/event-loop.ts";
import type { Key } from "../values/keys.ts";
import { matchingKeys } from "./entries.ts";
import type { Handle } from "./handle.ts";
import { outcomeOf, tryRemove } from "./ops.ts";
import { contentsOf, documentIn, isUpToDate, renewed, rowOf } from "./rows.ts";
import { BUSY, DONE, MORE, type Outcome } from "./waiting-line.ts";

/** What an update changes. `expiresAt`: undefined where it stays, null where the entry does not expire any more. */
interface Change {
  patch: ReadPatch;
  expiresAt: number | null | undefined;
  now: number;
  /** Which the document must fit, in place of all that there are; in others that do not, it has no value. */
  fields: FieldTable | undefined;
}

const BY_AGE = { field: null, descending: false };

export async function update(
  handle: Handle,
  space: string,
  key: Key,
  patch: unknown,
  options?: UpdateOptions,
  fields?: FieldTable,
) {
  handle.assertOpen();
  const change = readChange(handle, patch, options, fields);
  handle.seats[0]!.checkKey(key);
  let found = false;
  const attempt = () => {
    const [outcome, wasThere] = tryUpdate(handle, space, key, change);
    found = wasThere;
    return outcome;
  };
  await handle.accept(space, { attempt });
  return found;
}

/**
 * Resolves to how many were changed. What it rejects with says how many were before. `refused`: "all", where no other op of the
 * space is under way: all new rows are made first, and if one of them is refused, none is changed.
 */
export async function updateWhere(
  handle: Handle,
  space: string,
  where: unknown,
  patch: unknown,
  options?: UpdateOptions,
  refused: "each" | "all" = "each",
  fields?: FieldTable,
) {
  handle.assertOpen();
  const change = readChange(handle, patch, options, fields);
  const keys = await keysOf(handle, space, where, change);
  if (refused === "all") {
    await throughAll(handle, space, keys, (key) => {
      const found = readPatched(handle, space, key, change);
      return "row" in found ? DONE : found.outcome;
    });
  }
  return await changeEach(handle, space, keys, "updated", (key) => tryUpdate(handle, space, key, change));
}

/** Resolves to how many were deleted. What it rejects with says how many were before. */
export async function deleteWhere(
  handle: Handle,
  space: string,
  where: unknown,
  options?: { now?: number | undefined },
  fields?: FieldTable,
) {
  handle.assertOpen();
  const now = readNow(optionsOf(options, ["now"], "deleteWhere").now);
  return await changeEach(handle, space, await keysOf(handle, space, where, { now, fields }), "deleted", (key) => {
    const removed = tryRemove(handle, space, key, now);
    return removed === calls.AGAIN ? [BUSY, false] : [DONE, removed];
  });
}

function readChange(
  handle: Handle,
  patch: unknown,
  options: UpdateOptions | undefined,
  fields: FieldTable | undefined,
): Change {
  const given = optionsOf(options, ["expiresAt", "now"], "update");
  const expiresAt = given.expiresAt === null ? null : readExpiry(given.expiresAt);
  return { patch: readPatch(patch, handle.settings.maxDocumentBytes), expiresAt, now: readNow(given.now), fields };
}

function keysOf(
  handle: Handle,
  space: string,
  where: unknown,
  { now, fields }: Pick<Change, "now" | "fields">,
): Promise<Key[]> {
  if (where === undefined) throw badOption("Which entries are meant must be said: `{}` stands for all.");
  return matchingKeys(handle, space, readWhere(where, fields ?? handle.fields.table), BY_AGE, now);
}

async function changeEach(
  handle: Handle,
  space: string,
  keys: readonly Key[],
  done: string,
  change: (key: Key) => [Outcome, wasThere: boolean],
): Promise<number> {
  let count = 0;
  try {
    await throughAll(handle, space, keys, (key) => {
      const [outcome, wasThere] = change(key);
      if (outcome === DONE && wasThere) count++;
      return outcome;
    });
  } catch (error) {
    if (!(error instanceof HnswError)) throw error;
    throw new HnswError(error.code, `${error.message} ${count} of ${keys.length} were ${done} before.`, {
      cause: error,
    });
  }
  return count;
}

/** Key by key, in slices, in the line of the space. */
async function throughAll(handle: Handle, space: string, keys: readonly Key[], step: (key: Key) => Outcome) {
  if (keys.length === 0) return;
  let next = 0;
  const attempt = () => {
    const slice = new Slice();
    for (; next < keys.length; next++) {
      if ((next & 15) === 15 && slice.isOver) return MORE;
      const outcome = step(keys[next]!);
      if (outcome !== DONE) return outcome;
    }
    return DONE;
  };
  await handle.accept(space, { attempt });
}

interface Patched {
  ref: calls.SpaceRef;
  row: Uint8Array;
  /** Of the entry as it was read. */
  stamp: Parameters<typeof calls.update>[3];
}

/** The row that an entry gets, valid until the next one is encoded; or what comes of the op without one. */
function readPatched(handle: Handle, space: string, key: Key, change: Change): Patched | { outcome: Outcome } {
  const ref = handle.find(space);
  if (ref === calls.AGAIN) return { outcome: BUSY };
  if (ref === null) return { outcome: DONE };
  const { seat } = ref;
  const found = handle.guarded(() => calls.getRow(seat, ref, seat.putKey(key), change.now, false));
  if (typeof found === "number") return { outcome: outcomeOf(found, handle, space, ref) };
  if (found === undefined) return { outcome: absent(handle, ref.partition) };
  const { hasVector, expiresAt } = contentsOf(found.row);
  const about = { hasVector, expiresAt: change.expiresAt === undefined ? expiresAt : change.expiresAt };
  const { table } = handle.fields;
  const fitting = rowOf(patched(documentIn(found.row), change.patch), about, change.fields ?? table, handle.settings)!;
  const row = renewed(fitting, table);
  return { ref, row, stamp: found.stamp };
}

/** The entry may be gone by now, or expired: then it was not there. */
function tryUpdate(handle: Handle, space: string, key: Key, change: Change): [Outcome, wasThere: boolean] {
  const found = readPatched(handle, space, key, change);
  if (!("row" in found)) return [found.outcome, false];
  const { ref, row, stamp } = found;
  const { seat } = ref;
  const status = handle.guarded(() => {
    const bytes = seat.putRow(row);
    return bytes < 0 ? bytes : calls.update(seat, ref, seat.putKey(key), stamp, bytes);
  });
  if (status === E_CHANGED) return [BUSY, false]; // by another thread: the next try reads it again
  if (status === NOT_FOUND) return [absent(handle, ref.partition), false];
  const outcome = outcomeOf(status, handle, space, ref);
  // A field was added in between, and its column may be whole by now: once more, with what the document has in it.
  return [outcome === DONE && !isUpToDate(row, handle.fields.table) ? BUSY : outcome, true];
}

/** That it is not there may depend on an op that is not durable yet. */
function absent(handle: Handle, partition: number): Outcome {
  handle.accepted(partition);
  return DONE;
}
