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
  FE_LEFT_OUT,
  FRAME_END,
  FRAME_SPACE,
  FS_CREATED,
  FS_HEADER,
  FS_ID,
  FS_NAME,
  FS_SEQUENCE,
} from "../../assembly/layout.ts";

export const CHECKSUM_BYTES = 8;
/** The largest body: an intake. */
export const LARGEST_BODY = 65536;

/** Bytes that are not frames, or not those that were written. */
export class BadFrame extends Error {}

/** Puts body and checksum at `at` of a buffer that has room for them. */
export function putFrame(body: Uint8Array, buffer: Uint8Array, at: number): void {
  buffer.set(body, at);
  const end = at + body.length;
  const hash = Bun.hash.xxHash64(buffer.subarray(at, end));
  new DataView(buffer.buffer, buffer.byteOffset).setBigUint64(end, hash, true);
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
  /** Number of the op that made the space. */
  created: number;
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
    sequence: number64(words, FS_SEQUENCE),
    created: number64(words, FS_CREATED),
    nameHeader,
    name: body.subarray(FS_HEADER, FS_HEADER + (nameHeader & 0xffffff)),
  };
}

/** Ids that lists named beyond the snapshot, when this is its last frame; else 0. */
export function leftOutIn(body: Uint8Array): number {
  const words = new DataView(body.buffer, body.byteOffset, body.byteLength);
  return words.getUint32(F_KIND, true) === FRAME_END ? number64(words, FE_LEFT_OUT) : 0;
}

function number64(words: DataView, at: number): number {
  return words.getUint32(at, true) + words.getUint32(at + 4, true) * 2 ** 32;
}
