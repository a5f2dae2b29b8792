/*
 * How do snapshot frames travel? As bytes in a file or a stream: each frame's body as assembly/snapshot.ts writes it,
 * then its checksum.
 *
 *   [bytes of the body u32][kind u32] … [xxHash64 of the body u64]
 */
import {
  F_BYTES,
  F_HEADER,
  F_KIND,
  FRAME_SPACE,
  FS_HEADER,
  FS_ID,
  FS_LIVE,
  FS_NAME,
  FS_SEQUENCE,
  FS_SLOTS,
} from "../../assembly/layout.ts";

export const CHECKSUM_BYTES = 8;
/** The largest body: an intake. */
export const LARGEST_BODY = 65536;

/** Bytes that are not frames, or not those that were written. */
export class BadFrame extends Error {}

/** Appends body and checksum at `at` of a buffer that has room for them; answers where they end. */
export function putFrame(body: Uint8Array, buffer: Uint8Array, at: number): number {
  buffer.set(body, at);
  const end = at + body.length;
  const hash = Bun.hash.xxHash64(buffer.subarray(at, end));
  new DataView(buffer.buffer, buffer.byteOffset).setBigUint64(end, hash, true);
  return end + CHECKSUM_BYTES;
}

/** Cuts chunks of bytes into frames. */
export class FrameSplitter {
  private rest: Uint8Array = new Uint8Array(0);

  /** The bodies of all frames that are complete with this chunk; they are views that the next chunk may change. */
  *push(chunk: Uint8Array): Generator<Uint8Array> {
    let bytes = chunk;
    if (this.rest.length > 0) {
      bytes = new Uint8Array(this.rest.length + chunk.length);
      bytes.set(this.rest);
      bytes.set(chunk, this.rest.length);
    }
    const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let at = 0;
    while (at + F_HEADER <= bytes.length) {
      const length = words.getUint32(at + F_BYTES, true);
      if (length < F_HEADER || length > LARGEST_BODY || length % 8 !== 0)
        throw new BadFrame("a frame's length makes no sense");
      const end = at + length;
      if (end + CHECKSUM_BYTES > bytes.length) break;
      const body = bytes.subarray(at, end);
      if (Bun.hash.xxHash64(body) !== words.getBigUint64(end, true)) throw new BadFrame("a frame's checksum is wrong");
      yield body;
      at = end + CHECKSUM_BYTES;
    }
    this.rest = bytes.slice(at);
  }
}

export interface SpaceFrame {
  /** Id of the space in its partition. */
  id: number;
  /** Number of the last op in the snapshot. */
  sequence: number;
  /** Slots in the snapshot, and those of them that hold the newest version of a key. */
  slots: number;
  live: number;
  /** tag << 24 | bytes of the name, which lie at `name`. */
  nameHeader: number;
  name: Uint8Array;
}

/** What the first frame of a space says, or null when this is another one. */
export function readSpaceFrame(body: Uint8Array): SpaceFrame | null {
  const words = new DataView(body.buffer, body.byteOffset, body.byteLength);
  if (words.getUint32(F_KIND, true) !== FRAME_SPACE) return null;
  const nameHeader = words.getUint32(FS_NAME, true);
  return {
    id: words.getUint32(FS_ID, true),
    sequence: words.getUint32(FS_SEQUENCE, true) + words.getUint32(FS_SEQUENCE + 4, true) * 2 ** 32,
    slots: words.getUint32(FS_SLOTS, true),
    live: words.getUint32(FS_LIVE, true),
    nameHeader,
    name: body.subarray(FS_HEADER, FS_HEADER + (nameHeader & 0xffffff)),
  };
}
