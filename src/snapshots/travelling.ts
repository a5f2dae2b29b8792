/*
 * How does an index travel, from a server to wherever it is to be searched? As one stream of bytes that any build on any
 * runtime can start from.
 *
 *   [magic, 16 bytes][frames of one space after the other …][FRAME_FINISH]
 *
 * Frames and checksums are those of the files of snapshots. A stream can't take back what it has sent: of a space
 * that is dropped in the middle, FRAME_GONE says that it does not count. Without FRAME_FINISH the stream was cut off.
 */
import { F_BYTES, F_COUNT, F_HEADER, F_KIND, FRAME_FINISH, FRAME_GONE, OK } from "../../assembly/layout.ts";
import type { Control } from "../control.ts";
import { Seat } from "../core.ts";
import { HnswError } from "../errors.ts";
import { CHECKSUM_BYTES, type FrameHash, frameHash, LARGEST_BODY, putFrame } from "../journal/frames.ts";
import { MAGIC } from "../journal/magic.ts";
import type { SharedIndex } from "../protocol.ts";
import { firstAttachedSeat } from "../seating.ts";
import { type FoundSpace, spacesOf } from "../walking.ts";
import { nextTurn } from "../yielding.ts";
import { beginSnapshot, endSnapshot } from "./taking.ts";

const CHUNK_BYTES = 1 << 18;

/** Collects frames until a chunk is full. */
class Chunks {
  private readonly hash: FrameHash;
  private buffer = new Uint8Array(CHUNK_BYTES);
  private filled = 0;

  constructor(hash: FrameHash) {
    this.hash = hash;
    this.buffer.set(MAGIC);
    this.filled = MAGIC.length;
  }

  get isFull(): boolean {
    return this.filled + LARGEST_BODY + CHECKSUM_BYTES > CHUNK_BYTES;
  }

  put(body: Uint8Array): void {
    putFrame(body, this.hash, this.buffer, this.filled);
    this.filled += body.length + CHECKSUM_BYTES;
  }

  /** A frame that says something of the stream. */
  say(kind: number, count: number): void {
    const body = new Uint8Array(F_HEADER);
    const words = new DataView(body.buffer);
    words.setUint32(F_BYTES, F_HEADER, true);
    words.setUint32(F_KIND, kind, true);
    words.setUint32(F_COUNT, count, true);
    this.put(body);
  }

  take(): Uint8Array<ArrayBuffer> {
    const chunk = this.buffer.slice(0, this.filled);
    this.filled = 0;
    return chunk;
  }
}

/**
 * The chunks of an export, of all spaces or those named. Takes a seat of its own, so that everything goes on meanwhile.
 * Throws TOO_MANY_HANDLES, OUT_OF_MEMORY or CLOSED.
 */
export async function* exportChunks(
  { module, memories, settings }: SharedIndex,
  control: Control,
  names: ReadonlySet<string> | null,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const number = control.takeSeat(firstAttachedSeat(settings));
  if (number < 0)
    throw new HnswError("TOO_MANY_HANDLES", "Every seat is taken: close handles that are no longer used.");
  try {
    const seats = memories.map((memory) => Seat.join(module, memory, number, settings.dimensions, false));
    const chunks = new Chunks(frameHash(seats[0]!));
    let count = 0;
    for (const seat of seats) {
      for (const space of spacesOf(seat)) {
        if (names !== null && !names.has(space.name)) continue;
        if (yield* exportSpace(seat, space, chunks, control)) count++;
      }
    }
    chunks.say(FRAME_FINISH, count);
    yield chunks.take();
  } finally {
    control.leaveSeat(number);
  }
}

/** Answers whether the space counts: it may have been dropped meanwhile. */
async function* exportSpace(
  seat: Seat,
  space: FoundSpace,
  chunks: Chunks,
  control: Control,
): AsyncGenerator<Uint8Array<ArrayBuffer>, boolean> {
  if ((await beginSnapshot(seat, space)) === null) return false;
  try {
    let answer = seat.core.nextFrame();
    for (; answer > 0; answer = seat.core.nextFrame()) {
      chunks.put(seat.intakeBytes.subarray(0, answer));
      if (!chunks.isFull) continue;
      yield chunks.take();
      await nextTurn();
      if (control.closed) throw new HnswError("CLOSED", "The index was closed in the middle of the export.");
    }
    if (answer !== OK) chunks.say(FRAME_GONE, 0);
    if (chunks.isFull) yield chunks.take();
    return answer === OK;
  } finally {
    await endSnapshot(seat);
  }
}
