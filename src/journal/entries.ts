/* Which ops does a group hold? Its payload is one entry after the other, as assembly/journal/ring.ts writes them. */
import {
  J_BYTES,
  J_HEADER,
  J_KEY,
  J_KIND,
  J_SPACE,
  JOURNAL_ADD,
  JOURNAL_CREATE,
  JOURNAL_DELETE,
  JOURNAL_DROP,
  MAX_KEY_BYTES,
} from "../../assembly/layout.ts";

export interface Entry {
  /** JOURNAL_ADD, JOURNAL_DELETE, JOURNAL_CREATE or JOURNAL_DROP. */
  kind: number;
  /** Id of the space in its partition. */
  space: number;
  /** tag << 24 | bytes, of the key or of the name; 0 for a drop. */
  header: number;
  /** Of an add: the vector's bytes. */
  vector: Uint8Array;
  /** The key's or name's bytes. */
  key: Uint8Array;
}

/** Reads a payload's entries. Throws an Error that says which entry is cut off or makes no sense. */
export function* entriesOf(payload: Uint8Array, dimensions: number): Generator<Entry> {
  const words = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  for (let at = 0; at < payload.length; ) {
    if (at + J_HEADER > payload.length) throw new Error(`an entry is cut off at byte ${at}`);
    const bytes = words.getUint32(at + J_BYTES, true);
    const kind = words.getUint32(at + J_KIND, true);
    const header = words.getUint32(at + J_KEY, true);
    const keyBytes = header & 0xffffff;
    const vectorBytes = kind === JOURNAL_ADD ? dimensions * 4 : 0;
    const known = [JOURNAL_ADD, JOURNAL_DELETE, JOURNAL_CREATE, JOURNAL_DROP].includes(kind);
    const expected = J_HEADER + vectorBytes + ((keyBytes + 3) & ~3);
    if (!known || keyBytes > MAX_KEY_BYTES || bytes !== expected || at + bytes > payload.length) {
      throw new Error(`the entry at byte ${at} makes no sense`);
    }
    const vector = payload.subarray(at + J_HEADER, at + J_HEADER + vectorBytes);
    const key = payload.subarray(at + J_HEADER + vectorBytes, at + J_HEADER + vectorBytes + keyBytes);
    yield { kind, space: words.getUint32(at + J_SPACE, true), header, vector, key };
    at += bytes;
  }
}
