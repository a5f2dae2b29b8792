/* Which ops does a group hold? Its payload is one entry after the other, as assembly/journal/ring.ts writes them. */
import * as layout from "../../assembly/layout.ts";

export interface Entry {
  /** JOURNAL_ADD, JOURNAL_DELETE, JOURNAL_CREATE or JOURNAL_DROP. */
  kind: number;
  space: number;
  /** tag << 24 | bytes, of the key or of the name; 0 for a drop. */
  header: number;
  /** Of an add: the vector's bytes. */
  vector: Uint8Array;
  key: Uint8Array;
}

/** Reads a payload's entries. Throws an Error that says which entry is cut off or makes no sense. */
export function* entriesOf(payload: Uint8Array, dimensions: number): Generator<Entry> {
  const words = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  for (let at = 0; at < payload.length; ) {
    if (at + layout.J_HEADER > payload.length) throw new Error(`an entry is cut off at byte ${at}`);
    const bytes = words.getUint32(at + layout.J_BYTES, true);
    const kind = words.getUint32(at + layout.J_KIND, true);
    const header = words.getUint32(at + layout.J_KEY, true);
    const keyBytes = header & 0xffffff;
    const vectorBytes = kind === layout.JOURNAL_ADD ? dimensions * 4 : 0;
    const known = [layout.JOURNAL_ADD, layout.JOURNAL_DELETE, layout.JOURNAL_CREATE, layout.JOURNAL_DROP].includes(
      kind,
    );
    const expected = layout.J_HEADER + vectorBytes + ((keyBytes + 3) & ~3);
    if (!known || keyBytes > layout.MAX_KEY_BYTES || bytes !== expected || at + bytes > payload.length) {
      throw new Error(`the entry at byte ${at} makes no sense`);
    }
    const vector = payload.subarray(at + layout.J_HEADER, at + layout.J_HEADER + vectorBytes);
    const key = payload.subarray(at + layout.J_HEADER + vectorBytes, at + layout.J_HEADER + vectorBytes + keyBytes);
    yield { kind, space: words.getUint32(at + layout.J_SPACE, true), header, vector, key };
    at += bytes;
  }
}
