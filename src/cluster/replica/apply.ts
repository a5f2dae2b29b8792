/*
 * What does an op do to the entries? The same on every replica: it sees the log's time instead of a clock, and what
 * refuses it is what the op, the settings of the cluster and the entries say.
 */

import { FieldTable } from "../../documents/fields.ts";
import { type Json, setOwn } from "../../documents/json.ts";
import type { ReadPatch } from "../../documents/patch.ts";
import { addField } from "../../engine/add-field.ts";
import { addMany } from "../../engine/bulk.ts";
import { deleteWhere, update, updateWhere } from "../../engine/changes.ts";
import type { Handle } from "../../engine/handle.ts";
import { add, dropSpace, remove } from "../../engine/ops.ts";
import { HnswError, type HnswErrorCode } from "../../errors.ts";
import type { Key } from "../../values/keys.ts";
import type { Result } from "../log/writer.ts";
import { type Op, placeOf } from "../ops/op.ts";

type Add = Op & { kind: "add" };

/** What an op is refused with by all replicas alike. Anything else is trouble of this one alone. */
export const REFUSALS: ReadonlySet<HnswErrorCode> = new Set([
  ...(["BAD_OPTION", "BAD_DIMENSIONS", "BAD_VECTOR", "NOT_FINITE", "NORM_OVERFLOW", "NORM_UNDERFLOW"] as const),
  ...(["ZERO_VECTOR", "BAD_KEY", "BAD_METADATA", "BAD_FIELD", "BAD_WHERE", "DOCUMENT_TOO_LARGE", "BAD_SPACE"] as const),
]);
const NO_FIELDS = new FieldTable();
/** From this many on they go in together. */
const TOGETHER = 16;

/**
 * Rejects where this replica can't do what others can: then it is unknown how many of the ops were done. `fields`: those that there
 * were at the ops' place in the log, where the index knows later ones by now.
 */
export async function applyOps(
  handle: Handle,
  ops: readonly Op[],
  now: number,
  fields?: FieldTable,
): Promise<Result[]> {
  const results: Result[] = [];
  while (results.length < ops.length) {
    const run = runOf(ops, results.length);
    if (run.length >= TOGETHER && (await addTogether(handle, run))) {
      for (const _ of run) results.push({ count: 1 });
    } else results.push(await resultOf(handle, ops[results.length]!, now, fields));
  }
  return results;
}

async function resultOf(handle: Handle, op: Op, now: number, fields?: FieldTable): Promise<Result> {
  try {
    return { count: Number(await applyOp(handle, op, now, fields)) };
  } catch (error) {
    if (error instanceof HnswError && REFUSALS.has(error.code)) return { refusal: error };
    throw error;
  }
}

async function applyOp(handle: Handle, op: Op, now: number, fields?: FieldTable): Promise<number | boolean> {
  switch (op.kind) {
    case "add":
      await applyAdd(handle, op);
      return 1;
    case "update":
      return await update(handle, op.space, op.key, plain(op.patch), { expiresAt: op.expiresAt, now }, fields);
    case "updateWhere": {
      const options = { expiresAt: op.expiresAt, now };
      // Replicas come to entries in different orders: so none is changed where one of them is refused.
      return await updateWhere(handle, op.space, documentOf(op.where), plain(op.patch), options, "all", fields);
    }
    case "delete":
      return await remove(handle, op.space, op.key, now);
    case "deleteWhere":
      return await deleteWhere(handle, op.space, documentOf(op.where), { now }, fields);
    case "dropSpace":
      return await dropSpace(handle, op.space);
    case "addField":
      await addField(handle, op.name, op.type);
      return 1;
  }
}

/** It was acknowledged, and its writer may not have known a field that was added since: what does not fit there counts as missing. */
async function applyAdd(handle: Handle, { space, key, vector, document, expiresAt }: Add): Promise<void> {
  const metadata = document === null ? undefined : documentOf(document);
  const options = expiresAt === null ? undefined : { expiresAt };
  try {
    await add(handle, space, key, vector, metadata, options);
  } catch (error) {
    if (!(error instanceof HnswError && error.code === "BAD_FIELD")) throw error;
    await add(handle, space, key, vector, metadata, options, NO_FIELDS);
  }
}

/** Adds that follow one another, to one space, under keys that differ: without expiry, which would be one for all. */
function runOf(ops: readonly Op[], from: number): Add[] {
  const run: Add[] = [];
  const keys = new Set<Key>();
  for (let i = from; i < ops.length; i++) {
    const op = ops[i]!;
    if (op.kind !== "add" || op.vector === null || op.expiresAt !== null || op.space !== placeOf(ops[from]!)) break;
    if (keys.has(op.key)) break;
    keys.add(op.key);
    run.push(op);
  }
  return run;
}

/** Whether they went in; none did where one of them is refused. */
async function addTogether(handle: Handle, run: readonly Add[]): Promise<boolean> {
  const documents = run.map(({ document }) => (document === null ? undefined : documentOf(document)));
  const given = documents.some((document) => document !== undefined) ? documents : undefined;
  try {
    await addMany(
      handle,
      run[0]!.space,
      run.map(({ key }) => key),
      run.map(({ vector }) => vector!),
      given,
    );
    return true;
  } catch (error) {
    if (error instanceof HnswError && REFUSALS.has(error.code)) return false;
    throw error;
  }
}

function documentOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new HnswError("BAD_METADATA", "A document or filter of the log is no JSON.", { cause });
  }
}

/** As `update` takes it: undefined where a property is removed. */
function plain(patch: ReadPatch): object {
  const given: { [name: string]: Json } = {};
  for (const [name, value] of patch) setOwn(given, name, value as Json);
  return given;
}
