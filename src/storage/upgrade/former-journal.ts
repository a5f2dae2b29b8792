/*
 * Which ops does a group of the release before hold?
 *
 *   entry   [bytes u32][kind u32][space id u32][key header u32][vector f32 …][key bytes, padded to 4]
 */
import { MAX_KEY_BYTES } from "../../../assembly/layout.ts";
import { decodeKey, isEncodedKey, type Key } from "../../values/keys.ts";
import { Damage } from "../disk/damage.ts";
import { floatsAt } from "./former-frames.ts";

const HEADER = 16;
const KINDS = ["add", "delete", "create", "drop"] as const; // 1, 2, …

export type FormerOp =
  | { kind: "add"; space: number; key: Key; vector: Float32Array }
  | { kind: "delete"; space: number; key: Key }
  | { kind: "create"; space: number; name: string }
  | { kind: "drop"; space: number };

/** Throws Damage when an entry is cut off or makes no sense. */
export function* formerOps(payload: Uint8Array, dimensions: number): Generator<FormerOp> {
  const words = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  for (let at = 0; at < payload.length; ) {
    if (at + HEADER > payload.length) throw new Damage(`an entry is cut off at byte ${at}`);
    const bytes = words.getUint32(at, true);
    const kind = KINDS[words.getUint32(at + 4, true) - 1];
    const space = words.getUint32(at + 8, true);
    const header = words.getUint32(at + 12, true);
    const keyAt = at + HEADER + (kind === "add" ? dimensions * 4 : 0);
    const keyBytes = header & 0xffffff;
    const isWhole = bytes === keyAt - at + ((keyBytes + 3) & ~3) && at + bytes <= payload.length;
    if (kind === undefined || keyBytes > MAX_KEY_BYTES || !isWhole)
      throw new Damage(`the entry at byte ${at} makes no sense`);
    if (kind === "drop") yield { kind, space };
    else {
      const encoded = payload.subarray(keyAt, keyAt + keyBytes);
      if (!isEncodedKey(header, encoded)) throw new Damage(`the entry at byte ${at} has a key that makes no sense`);
      const key = decodeKey(header, payload, keyAt);
      if (kind === "create") yield { kind, space, name: String(key) };
      else if (kind === "delete") yield { kind, space, key };
      else yield { kind, space, key, vector: floatsAt(payload, at + HEADER, dimensions) };
    }
    at += bytes;
  }
}
