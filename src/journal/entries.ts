/* Which ops does a group hold? Its payload is one entry after the other, as assembly/journal/ring.ts writes them. */
import * as layout from "../../assembly/layout.ts";

export interface Entry {
  /** JOURNAL_ADD, JOURNAL_PUT, JOURNAL_UPDATE, JOURNAL_DELETE, JOURNAL_CREATE or JOURNAL_DROP. */
  kind: number;
  space: number;
  /** tag << 24 | bytes, of the key or of the name; 0 for a drop. */
  header: number;
  /** Of an add, with or without a row: the vector's bytes. */
  vector: Uint8Array;
  /** Of a put or an update; the core looks whether it makes sense. */
  row: Uint8Array;
  key: Uint8Array;
}

const WITH_VECTOR: readonly number[] = [layout.JOURNAL_ADD, layout.JOURNAL_PUT];
const WITH_ROW: readonly number[] = [layout.JOURNAL_PUT, layout.JOURNAL_UPDATE];
const KINDS = new Set([...WITH_VECTOR, ...WITH_ROW, layout.JOURNAL_DELETE, layout.JOURNAL_CREATE, layout.JOURNAL_DROP]);

/** Reads a payload's entries. Throws an Error that says which entry is cut off or makes no sense. */
export function* entriesOf(payload: Uint8Array, dimensions: number): Generator<Entry> {
  const words = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  for (let at = 0; at < payload.length; ) {
    if (at + layout.J_HEADER > payload.length) throw new Error(`an entry is cut off at byte ${at}`);
    const bytes = words.getUint32(at + layout.J_BYTES, true);
    const kind = words.getUint32(at + layout.J_KIND, true);
    const header = words.getUint32(at + layout.J_KEY, true);
    const keyBytes = header & layout.KEY_LENGTH;
    const vectorAt = at + layout.J_HEADER;
    const rowAt = vectorAt + (WITH_VECTOR.includes(kind) ? dimensions * 4 : 0);
    const keyAt = rowAt + (WITH_ROW.includes(kind) ? rowBytesAt(words, rowAt) : 0);
    const end = keyAt + ((keyBytes + 3) & ~3);
    const most = kind === layout.JOURNAL_CREATE ? layout.MAX_NAME_BYTES : layout.MAX_KEY_BYTES;
    if (!KINDS.has(kind) || keyBytes > most || at + bytes !== end || end > payload.length) {
      throw new Error(`the entry at byte ${at} makes no sense`);
    }
    yield {
      ...{ kind, space: words.getUint32(at + layout.J_SPACE, true), header },
      vector: payload.subarray(vectorAt, rowAt),
      row: payload.subarray(rowAt, keyAt),
      key: payload.subarray(keyAt, keyAt + keyBytes),
    };
    at += bytes;
  }
}

/** What the row that begins there says of its length: as much as can be, where there is none. */
function rowBytesAt(words: DataView, at: number): number {
  const end = at + layout.ROW_BYTES + 4;
  return end <= words.byteLength ? words.getUint32(at + layout.ROW_BYTES, true) : words.byteLength;
}
