/* Would every replica take this op? What can be refused is refused here, by the rules of a local index, before it is sent. */
import type { FieldType } from "../documents/fields.ts";
import { readPatch } from "../documents/patch.ts";
import { readWhere } from "../documents/where.ts";
import type { Handle } from "../engine/handle.ts";
import { readAddOptions } from "../engine/ops.ts";
import { refuseBad } from "../engine/query.ts";
import { readDocument, rowOf } from "../engine/rows.ts";
import { HnswError } from "../errors.ts";
import { badOption } from "../options/checks.ts";
import { checkField } from "../options/documents.ts";
import { type AddOptions, optionsOf, readExpiry } from "../options/entries.ts";
import type { Key } from "../values/keys.ts";
import { numbersOf, type Vector } from "../values/vectors.ts";
import type { ExpiryChange, Op } from "./ops/op.ts";
import type { ClusterUpdateOptions } from "./options.ts";

/** Throws what `add` rejects with. The vector is copied. */
export function addOp(
  handle: Handle,
  space: string,
  key: Key,
  vector: Vector | null,
  metadata: unknown,
  options: AddOptions | undefined,
): Op {
  handle.assertOpen();
  const { settings, fields } = handle;
  const document = readDocument(metadata, settings);
  const expiresAt = readAddOptions(options);
  const isWithout = vector === null && document !== undefined;
  const floats = isWithout ? null : Float32Array.from(numbersOf(vector!, settings.dimensions));
  handle.seats[0]!.checkKey(key);
  rowOf(document, { hasVector: floats !== null, expiresAt }, fields.table, settings);
  if (floats !== null) checkVector(handle, floats);
  return {
    kind: "add",
    space,
    key,
    vector: floats,
    document: document === undefined ? null : JSON.stringify(document),
    expiresAt,
  };
}

function checkVector(handle: Handle, vector: Float32Array): void {
  handle.seats[0]!.putVector(vector);
  try {
    refuseBad(handle, 1, () => "The vector");
  } catch (error) {
    const isKept = handle.settings.zeroVectors === "keep" && error instanceof HnswError && error.code === "ZERO_VECTOR";
    if (!isKept) throw error;
  }
}

export function deleteOp(handle: Handle, space: string, key: Key): Op {
  handle.assertOpen();
  handle.seats[0]!.checkKey(key);
  return { kind: "delete", space, key };
}

export function updateOp(
  handle: Handle,
  space: string,
  key: Key,
  patch: unknown,
  options: ClusterUpdateOptions | undefined,
): Op {
  handle.assertOpen();
  handle.seats[0]!.checkKey(key);
  return { kind: "update", space, key, ...readChange(handle, patch, options) };
}

export function updateWhereOp(
  handle: Handle,
  space: string,
  where: unknown,
  patch: unknown,
  options: ClusterUpdateOptions | undefined,
): Op {
  handle.assertOpen();
  return { kind: "updateWhere", space, where: readFilter(handle, where), ...readChange(handle, patch, options) };
}

export function deleteWhereOp(handle: Handle, space: string, where: unknown): Op {
  handle.assertOpen();
  return { kind: "deleteWhere", space, where: readFilter(handle, where) };
}

export function addFieldOp(handle: Handle, name: string, type: FieldType): Op {
  handle.assertOpen();
  checkField(name, type);
  return { kind: "addField", name, type };
}

function readChange({ settings }: Handle, patch: unknown, options: ClusterUpdateOptions | undefined) {
  const given = optionsOf(options, ["expiresAt"], "update");
  const expiresAt: ExpiryChange = given.expiresAt === null ? null : readExpiry(given.expiresAt);
  return { patch: readPatch(patch, settings.maxDocumentBytes), expiresAt };
}

/** As JSON. */
function readFilter({ fields }: Handle, where: unknown): string {
  if (where === undefined) throw badOption("Which entries are meant must be said: `{}` stands for all.");
  readWhere(where, fields.table);
  return JSON.stringify(where);
}
