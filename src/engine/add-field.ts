/*
 * How does a filled index get a field? Its column is filled from the documents in the background, one entry at a time, in
 * place: no op is made, and nothing but the column changes. Until it is whole, a `where` looks at documents instead.
 */
import { type E_BUSY, OK } from "../../assembly/layout.ts";
import {
  defineFields,
  eventually,
  fillMatch,
  insist,
  type MissingValues,
  matchAt,
  NEVER,
  NO_FIELD,
} from "../core/calls.ts";
import { type FieldType, MOST_FIELDS, valueIfFits } from "../documents/fields.ts";
import { encodeValues, knownIn } from "../documents/row.ts";
import type { Condition } from "../documents/where.ts";
import { HnswError, type HnswErrorCode } from "../errors.ts";
import { badOption } from "../options/checks.ts";
import { checkField } from "../options/documents.ts";
import type { Settings } from "../options/open.ts";
import { letGo, nextTurn } from "../runtime/event-loop.ts";
import type { FieldStatus } from "../values/reports.ts";
import { type BoardField, typeNumbers } from "./field-board.ts";
import type { Handle } from "./handle.ts";
import type { Host } from "./host.ts";
import { eachMatch, withMatches } from "./matches.ts";
import { documentIn } from "./rows.ts";

/** What may be over by the next try. */
const PASSING: ReadonlySet<HnswErrorCode> = new Set(["INTERNAL", "OUT_OF_MEMORY", "TIMEOUT"]);
const PAUSE_MS = 100; // after which it goes on

/** Entries whose rows say nothing of some fields. */
export function behind({ fields }: Pick<Host, "fields">): Condition {
  return { is: "behind", fields: fields.table.size };
}

/** The fields that the index is opened with, before anything is loaded: all of them whole. */
export function beginFields(handle: Host, fields: Settings["fields"]): void {
  const all = Object.entries(fields).map(([name, type]) => ({ name, type, building: false, mismatches: 0 }));
  if (all.length === 0) return;
  handle.fields.write(all);
  const types = typeNumbers(all);
  for (const seat of handle.seats) {
    const status = insist(() => defineFields(seat, types) as typeof OK | typeof E_BUSY);
    if (status !== OK) throw handle.refusal(status, seat);
  }
}

export function fieldStatus({ fields }: Handle): Record<string, FieldStatus> {
  const status = ({ name, type, building, mismatches }: BoardField): [string, FieldStatus] => {
    return [name, { type, state: building ? "building" : "ready", mismatches }];
  };
  return Object.fromEntries(fields.all.map(status));
}

/** Has every partition know a new field, and resolves to the number of its columns where that is not its place. */
export type Define = (list: readonly BoardField[]) => Promise<number | undefined>;

/** Adds a field, and resolves once it can be used. Rejects with BAD_OPTION, OUT_OF_MEMORY or TIMEOUT, or as `define`. */
export async function addField(handle: Handle, name: string, type: FieldType, define?: Define): Promise<void> {
  handle.assertOpen();
  checkField(name, type);
  await handle.inTurn("field", async () => {
    const all = handle.fields.all;
    const known = all.find((field) => field.name === name);
    if (known !== undefined) throw badOption(`There is a field "${name}" already, of type "${known.type}".`);
    if (all.length === MOST_FIELDS) throw badOption(`An index may have ${MOST_FIELDS} fields.`);
    const field = { name, type, building: true, mismatches: 0 };
    const number = await (define ?? ((list) => defineEverywhere(handle, typeNumbers(list))))([...all, field]);
    // From here on rows say something of it, on every thread.
    handle.fields.write([...all, number === undefined ? field : { ...field, number }]);
  });
  void buildEventually(handle, [name]);
}

/** Once one partition knows a field's number, the others have to follow, however long their locks are taken. */
export async function defineEverywhere(handle: Handle, types: readonly number[]): Promise<undefined> {
  for (const [partition, seat] of handle.seats.entries()) {
    const define = () => {
      handle.assertOpen();
      return handle.guarded(() => defineFields(seat, types) as typeof OK | typeof E_BUSY);
    };
    const patience = partition === 0 ? handle.settings.timeoutMs : Number.POSITIVE_INFINITY;
    const status = await eventually(define, patience);
    if (status !== OK) throw handle.refusal(status, seat);
  }
}

/** Fills the columns of what rows say nothing of: after opening a folder or an export that lacks fields. */
export async function buildMissing(handle: Host): Promise<void> {
  if (handle.isShared || handle.fields.table.size === 0 || !(await hasRowsBehind(handle))) return;
  handle.fields.write(handle.fields.all.map((field) => ({ ...field, building: true })));
  const names = handle.fields.all.map(({ name }) => name);
  void buildEventually(handle, names);
}

async function hasRowsBehind(handle: Host): Promise<boolean> {
  for (const name of await handle.names()) {
    const count = await withMatches(
      handle,
      name,
      behind(handle),
      NEVER,
      () => 0,
      ({ count }) => count,
    );
    if (count > 0) return true;
  }
  return false;
}

/** Goes on after a trap, or without memory or a lock; not once the index is closed: the next `open` goes on then. */
async function buildEventually(handle: Host, names: readonly string[]): Promise<void> {
  const mismatches = new Map<string, number>();
  for (;;) {
    try {
      return await build(handle, names, mismatches);
    } catch (error) {
      if (!(error instanceof HnswError && PASSING.has(error.code))) return;
    }
    await new Promise((resolve) => letGo(setTimeout(resolve, PAUSE_MS)));
  }
}

async function build(handle: Host, names: readonly string[], mismatches: Map<string, number>): Promise<void> {
  for (const space of await handle.names()) {
    // A compaction may have moved entries before they were filled.
    while ((await fillSpace(handle, space, mismatches)) > 0) await nextTurn();
  }
  const finished = (field: BoardField): BoardField => {
    if (!names.includes(field.name)) return field;
    return { ...field, building: false, mismatches: mismatches.get(field.name) ?? 0 };
  };
  handle.fields.write(handle.fields.all.map(finished));
}

/** Gives every entry that is behind what its document has. Resolves to how many there were. */
function fillSpace(handle: Host, space: string, mismatches: Map<string, number>): Promise<number> {
  return withMatches(
    handle,
    space,
    behind(handle),
    NEVER,
    () => 0,
    async ({ seat, count }, slice) => {
      await eachMatch(handle, seat, NO_FIELD, slice, ({ ref }) => {
        const found = matchAt(seat, ref, { row: true, vector: false });
        if (typeof found === "number") return handle.again(found, seat);
        const missing = missingValues(handle, found.row!);
        const status = fillMatch(seat, ref, missing);
        if (status !== OK) return handle.again(status, seat);
        for (const name of missing.misfits) mismatches.set(name, (mismatches.get(name) ?? 0) + 1);
      });
      return count;
    },
  );
}

/**
 * What the document of a row has in the fields that the row says nothing of; `misfits`: where it is of another type. The core
 * may know one more field already: of that one the values say nothing.
 */
export function missingValues(handle: Host, row: Uint8Array): MissingValues & { misfits: string[] } {
  const document = documentIn(row);
  const { list } = handle.fields.table;
  const fields = list.slice(knownIn(row));
  const misfits: string[] = [];
  const values = fields.map((field) => {
    if (document === undefined) return undefined;
    const { value, mismatch } = valueIfFits(field, document);
    if (mismatch) misfits.push(field.name);
    return value;
  });
  return { values: encodeValues(fields, values), known: list.length, misfits };
}
