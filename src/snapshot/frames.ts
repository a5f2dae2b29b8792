/*
 * How do snapshot frames travel? As bytes in a file or a stream: first the magic, then each frame's body as
 * assembly/snapshot/write.ts writes it, followed by its checksum.
 *
 *   [magic, 16 bytes]   [bytes of the body u32][kind u32] … [xxHash64 of the body u64]   …
 */
import * as layout from "../../assembly/layout.ts";
import * as calls from "../core/calls.ts";
import type { Seat } from "../core/seat.ts";
import { checkedFields } from "../options/documents.ts";
import type { Settings } from "../options/open.ts";
import { xxHash64 } from "../runtime/platform.ts";
import { decodeKey, isEncodedName } from "../values/keys.ts";

/** The last byte of the release before. */
export const FORMER_VERSION = 1;

/** What files and streams begin with; the last byte is the version of what follows. */
export const MAGIC = new TextEncoder().encode("hnsw-snapshots\0\x03");
export const CHECKSUM_BYTES = 8;
/** The largest body fills an intake. */
export const LARGEST_BODY = 65536;

/** These bytes are not frames, or not the ones that were written. */
export class BadFrame extends Error {}

/** xxHash64 of a frame's body. */
export type FrameHash = (body: Uint8Array) => bigint;

/** The runtime's own, or null. */
export const ownHash: FrameHash | null = xxHash64;

/** The runtime's own, or else the core's; then the body passes through the seat's intake. */
export function frameHash(seat: Seat): FrameHash {
  if (ownHash !== null) return ownHash;
  return (body) => {
    seat.intakeBytes.set(body);
    return calls.hashIntake(seat, body.length);
  };
}

/** Puts body and checksum at `at` in a buffer that has room for them. */
export function putFrame(body: Uint8Array, hash: FrameHash, buffer: Uint8Array, at: number): void {
  buffer.set(body, at);
  const end = at + body.length;
  new DataView(buffer.buffer, buffer.byteOffset).setBigUint64(end, hash(buffer.subarray(at, end)), true);
}

export interface Frame {
  body: Uint8Array;
  checksum: bigint;
}

/** Throws BadFrame when a frame is not what was written. */
export function checkFrame({ body, checksum }: Frame, hash: FrameHash): void {
  if (hash(body) !== checksum) throw new BadFrame("a frame's checksum is wrong");
}

/** Cuts chunks of bytes into frames. Most lie whole in a chunk and are views on it; the others are put together. */
export class FrameSplitter {
  /** The beginning of a frame; there is room for it once a chunk ends within one. */
  private begun = new Uint8Array(0);
  private filled = 0;

  /** The frames that this chunk completes, not checked yet. A body is valid until the next one is requested. */
  *push(chunk: Uint8Array): Generator<Frame> {
    let at = 0;
    while (this.filled > 0) {
      const wanted = this.filled < layout.F_HEADER ? layout.F_HEADER : bytesOfFrame(viewOn(this.begun), 0);
      const piece = chunk.subarray(at, at + wanted - this.filled);
      this.begun.set(piece, this.filled);
      this.filled += piece.length;
      at += piece.length;
      if (this.filled < wanted) return;
      if (wanted === layout.F_HEADER) continue;
      yield frameAt(this.begun, viewOn(this.begun), 0, wanted);
      this.filled = 0;
    }
    const words = viewOn(chunk);
    while (at + layout.F_HEADER <= chunk.length) {
      const bytes = bytesOfFrame(words, at);
      if (at + bytes > chunk.length) break;
      yield frameAt(chunk, words, at, bytes);
      at += bytes;
    }
    this.filled = chunk.length - at;
    if (this.filled > 0 && this.begun.length === 0) this.begun = new Uint8Array(LARGEST_BODY + CHECKSUM_BYTES);
    this.begun.set(chunk.subarray(at));
  }

  /** Whether no bytes of an unfinished frame are left. */
  get isBetweenFrames(): boolean {
    return this.filled === 0;
  }
}

export function viewOn({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

/** Bytes of the frame that begins at `at`, its checksum included. */
function bytesOfFrame(words: DataView, at: number): number {
  const length = words.getUint32(at + layout.F_BYTES, true);
  if (length < layout.F_HEADER || length > LARGEST_BODY || length % 8 !== 0) {
    throw new BadFrame("a frame's length makes no sense");
  }
  return length + CHECKSUM_BYTES;
}

function frameAt(chunk: Uint8Array, words: DataView, at: number, bytes: number): Frame {
  const end = at + bytes - CHECKSUM_BYTES;
  return { body: chunk.subarray(at, end), checksum: words.getBigUint64(end, true) };
}

/** FRAME_*. */
export function kindOf(body: Uint8Array): number {
  return viewOn(body).getUint32(layout.F_KIND, true);
}

const KNOWN_KINDS = [
  ...[layout.FRAME_SPACE, layout.FRAME_SLOTS, layout.FRAME_ROWS, layout.FRAME_END],
  ...[layout.FRAME_GONE, layout.FRAME_FINISH, layout.FRAME_FIELDS, layout.FRAME_BYTES],
];

/** A frame of a newer version, which this one must not skip. The message says so. */
export class NewerFrame extends Error {}

/** Whether a frame is one that a newer version wrote for its like only. Throws NewerFrame. */
export function isForNewer(kind: number): boolean {
  if (KNOWN_KINDS.includes(kind)) return false;
  if ((kind & layout.FRAME_OPTIONAL) !== 0) return true;
  throw new NewerFrame(`a newer version wrote it (a section of kind ${kind} is not known here)`);
}

/** A frame that says which fields an index has. */
export function fieldsFrame(fields: Settings["fields"]): Uint8Array {
  const listed = Object.entries(fields);
  const text = new TextEncoder().encode(JSON.stringify(listed));
  const body = new Uint8Array(layout.F_HEADER + ((text.length + 7) & ~7));
  body.set(text, layout.F_HEADER);
  const words = viewOn(body);
  words.setUint32(layout.F_BYTES, body.length, true);
  words.setUint32(layout.F_KIND, layout.FRAME_FIELDS, true);
  words.setUint32(layout.F_FIRST, text.length, true);
  words.setUint32(layout.F_COUNT, listed.length, true);
  return body;
}

/** What such a frame says. Throws BadFrame. */
export function readFieldsFrame(body: Uint8Array): Settings["fields"] {
  try {
    const words = viewOn(body);
    const text = body.slice(layout.F_HEADER, layout.F_HEADER + words.getUint32(layout.F_FIRST, true));
    const fields = checkedFields(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(text)));
    if (Object.keys(fields).length === words.getUint32(layout.F_COUNT, true)) return fields;
  } catch {}
  throw new BadFrame("its fields make no sense");
}

/** What a space took in memory when its snapshot was taken. */
export interface SpaceBytes {
  /** All of it, keys included. */
  all: number;
  vectors: number;
  graph: number;
  documents: number;
  columns: number;
  dictionaries: number;
}

/** The contents of the frame behind a space's first one, or null for any other. */
export function readBytesFrame(body: Uint8Array): SpaceBytes | null {
  if (kindOf(body) !== layout.FRAME_BYTES || body.length < layout.FB_HEADER) return null;
  const words = viewOn(body);
  return {
    all: words.getUint32(layout.FB_ALL, true),
    vectors: words.getUint32(layout.FB_VECTORS, true),
    graph: words.getUint32(layout.FB_GRAPH, true),
    documents: words.getUint32(layout.FB_DOCUMENTS, true),
    columns: words.getUint32(layout.FB_COLUMNS, true),
    dictionaries: words.getUint32(layout.FB_DICTIONARIES, true),
  };
}

export type SpaceFrame = NonNullable<ReturnType<typeof readSpaceFrame>>;

/** The contents of a space's first frame, or null for any other frame. Throws BadFrame when they can't be any. */
export function readSpaceFrame(body: Uint8Array) {
  if (kindOf(body) !== layout.FRAME_SPACE) return null;
  if (body.length < layout.FS_HEADER) throw new BadFrame("the first frame of a space is too short");
  const words = viewOn(body);
  const nameHeader = words.getUint32(layout.FS_NAME, true);
  const name = body.subarray(layout.FS_HEADER, layout.FS_HEADER + (nameHeader & 0xffffff));
  if (!isEncodedName(nameHeader, name) || typeof decodeKey(nameHeader, name, 0) !== "string") {
    throw new BadFrame("the name of its space makes no sense");
  }
  return {
    format: words.getUint32(layout.FS_FORMAT, true),
    dimensions: words.getUint32(layout.FS_DIMENSIONS, true),
    metric: words.getUint32(layout.FS_METRIC, true), // METRIC_*
    M: words.getUint32(layout.FS_M, true),
    seed: words.getUint32(layout.FS_SEED, true),
    id: words.getUint32(layout.FS_ID, true), // of the space in its partition
    sequence: number64(words, layout.FS_SEQUENCE), // of the last op in the snapshot
    created: number64(words, layout.FS_CREATED), // number of the op that created the space
    slots: words.getUint32(layout.FS_SLOTS, true),
    live: words.getUint32(layout.FS_LIVE, true), // slots that hold the newest version of a key
    nameHeader, // tag << 24 | bytes of the name
    name,
  };
}

/** From a space's last frame: how many ids its lists left out, since they lie beyond the snapshot. Otherwise 0. */
export function leftOutIn(body: Uint8Array): number {
  return kindOf(body) === layout.FRAME_END ? number64(viewOn(body), layout.FE_LEFT_OUT) : 0;
}

function number64(words: DataView, at: number): number {
  return words.getUint32(at, true) + words.getUint32(at + 4, true) * 2 ** 32;
}
