/* What does an op of a cluster's log say? Each names its space, or the field that it adds, and everything that applying it needs. */
import type { FieldType } from "../../documents/fields.ts";
import type { ReadPatch } from "../../documents/patch.ts";
import type { Key } from "../../values/keys.ts";

/** Numbers of the kinds, for good. */
export const KINDS = {
  add: 1,
  update: 2,
  updateWhere: 3,
  delete: 4,
  deleteWhere: 5,
  dropSpace: 6,
  addField: 7,
} as const;

/** What an update does to the expiry: undefined leaves it, null removes it; otherwise milliseconds since 1970. */
export type ExpiryChange = number | null | undefined;

export type Op =
  | {
      kind: "add";
      space: string;
      key: Key;
      vector: Float32Array | null;
      /** JSON; null: no document. */
      document: string | null;
      /** Milliseconds since 1970; null: never. */
      expiresAt: number | null;
    }
  | { kind: "update"; space: string; key: Key; patch: ReadPatch; expiresAt: ExpiryChange }
  /** `where`: JSON. */
  | { kind: "updateWhere"; space: string; where: string; patch: ReadPatch; expiresAt: ExpiryChange }
  | { kind: "delete"; space: string; key: Key }
  | { kind: "deleteWhere"; space: string; where: string }
  | { kind: "dropSpace"; space: string }
  /** Of all spaces. */
  | { kind: "addField"; name: string; type: FieldType };

/** What says which partition an op belongs to. */
export function placeOf(op: Op): string {
  return op.kind === "addField" ? op.name : op.space;
}
