/*
 * How does an index leave a process, to be searched elsewhere? As one stream of bytes that any build on any runtime can
 * start from.
 *
 *   [magic, 16 bytes][frames of one space after the other …][FRAME_FINISH]
 *
 * Frames and checksums are those of the files of snapshots. A stream can't take back what it has sent: FRAME_GONE says
 * that a space whose frames were sent was dropped and does not count. Without FRAME_FINISH the stream was cut off.
 */
import {
  F_BYTES,
  F_COUNT,
  F_HEADER,
  F_KIND,
  FRAME_BYTES,
  FRAME_FINISH,
  FRAME_GONE,
  OK,
} from "../../assembly/layout.ts";
import * as calls from "../core/calls.ts";
import { Seat } from "../core/seat.ts";
import type { Handle } from "../engine/handle.ts";
import { HnswError } from "../errors.ts";
import { afterPatience, inSlices, Slice } from "../runtime/event-loop.ts";
import { partitionOf } from "../scheduler/assignment.ts";
import type { SharedIndex } from "../workers/protocol.ts";
import { takeFreeSeat } from "../workers/seats.ts";
import { Cut, type WhenFree } from "./cut.ts";
import {
  CHECKSUM_BYTES,
  type FrameHash,
  fieldsFrame,
  frameHash,
  kindOf,
  LARGEST_BODY,
  MAGIC,
  putFrame,
} from "./frames.ts";
import { OwnFrames } from "./own-frames.ts";

const CHUNK_BYTES = 1 << 18;

/** Frames on their way out. */
export class Chunks {
  private buffer = new Uint8Array(CHUNK_BYTES);
  private filled = 0;

  constructor(private readonly hash: FrameHash) {
    this.buffer.set(MAGIC);
    this.filled = MAGIC.length;
  }

  get isFull(): boolean {
    return this.filled + LARGEST_BODY + CHECKSUM_BYTES > CHUNK_BYTES;
  }

  /** But for what a space takes in memory: the same ops make the same export. */
  put(body: Uint8Array): void {
    if (kindOf(body) === FRAME_BYTES) return;
    putFrame(body, this.hash, this.buffer, this.filled);
    this.filled += body.length + CHECKSUM_BYTES;
  }

  /** A frame about the stream itself. */
  note(kind: number, count: number): void {
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
 * An export as a stream that begins with its first read. It fails with TIMEOUT once it was not read on for `timeoutMs`:
 * what it holds is given back then.
 */
export function exportStream(
  shared: SharedIndex,
  handle: Handle,
  names: ReadonlySet<string> | null,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const chunks = exportChunks(shared, handle, names);
  const { timeoutMs } = shared.settings;
  let callOff = () => {};
  return new ReadableStream(
    {
      async pull(controller) {
        callOff();
        await undefined; // not on the stack of the reader, which may be nearly used up
        const { value, done } = await chunks.next();
        if (done) return controller.close();
        controller.enqueue(value);
        callOff = afterPatience(
          timeoutMs,
          () => {
            const what = `The export was not read on for ${timeoutMs} ms`;
            controller.error(new HnswError("TIMEOUT", `${what}: read it faster, or raise \`timeoutMs\`.`));
            void chunks.return(undefined);
          },
          false,
        );
      },
      async cancel() {
        callOff();
        await undefined;
        await chunks.return(undefined);
      },
    },
    { highWaterMark: 0 },
  );
}

/** A stream's bytes, put together in slices of time. */
export async function bytesOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  const reader = stream.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) chunks.push(next.value);
  return await inSlices(joined(chunks));
}

/** Chunks in one piece; yields after each. */
export function* joined(chunks: readonly Uint8Array[]): Generator<void, Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
    yield;
  }
  return bytes;
}

/**
 * The chunks of an export, of all spaces that exist when it begins, or of those named. Takes a seat of its own until it
 * has the last one, so that everything else goes on. Throws TOO_MANY_HANDLES, OUT_OF_MEMORY, TIMEOUT, CLOSED or INTERNAL.
 */
async function* exportChunks(
  { module, memories, settings }: SharedIndex,
  handle: Handle,
  names: ReadonlySet<string> | null,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  handle.assertOpen();
  const number = takeFreeSeat(handle.control, settings);
  const slice = new Slice();
  let last: Uint8Array<ArrayBuffer>;
  try {
    const seats: Seat[] = [];
    const whenFree: WhenFree = (call) => handle.whenFree(call, seats);
    for (const memory of memories) seats.push(await Seat.joinWhenFree(module, memory, number, whenFree));
    // A closed handle releases what was taken as well, as long as the index is open.
    const release = (call: () => number) =>
      calls.eventually(() => {
        const status = handle.guarded(call, seats);
        return status === calls.AGAIN && handle.control.closed ? OK : status;
      }, settings.timeoutMs);
    const chunks = new Chunks(frameHash(seats[0]!));
    if (handle.fields.table.size > 0) chunks.put(fieldsFrame(handle.fields.table.types));
    let count = 0;
    for (const name of names ?? (await namesIn(handle))) {
      const stored = handle.storedName(name);
      const seat = seatOf(stored, seats);
      const space = await whenFree(() => calls.findSpace(seat, seat.putName(stored)));
      if (space === null) continue;
      const cut = new Cut(seat, space, whenFree, release);
      const own = stored === name ? null : new OwnFrames(name, handle.fields.table);
      if (yield* sendSpace(cut, own, chunks, slice)) count++;
    }
    chunks.note(FRAME_FINISH, count);
    last = chunks.take();
  } finally {
    handle.control.leaveSeat(number);
  }
  yield last;
}

/**
 * The names of all spaces. Not their places, since an export takes its time: in the meantime the header of a dropped space
 * may serve another, of a name that was exported before or is still to come at another header.
 */
async function namesIn(handle: Handle): Promise<Set<string>> {
  return new Set(await handle.names()); // another thread may move a name to a header later in the walk
}

/** The seat in the partition of spaces of that name. */
function seatOf(name: string, seats: Seat[]): Seat {
  const first = seats[0]!;
  return seats[partitionOf(calls.hashName(first, first.putName(name)), seats.length)]!;
}

/** Returns whether the space counts: not if it was dropped before its last frame. */
async function* sendSpace(
  cut: Cut,
  own: OwnFrames | null,
  chunks: Chunks,
  slice: Slice,
): AsyncGenerator<Uint8Array<ArrayBuffer>, boolean> {
  let hasBegun = false;
  for await (const body of cut.frames()) {
    hasBegun = true;
    for (const frame of own?.of(body) ?? [body]) {
      chunks.put(frame);
      if (chunks.isFull) yield chunks.take();
    }
    if (slice.isOver) await slice.next();
  }
  if (!cut.isWhole && hasBegun) chunks.note(FRAME_GONE, 0);
  if (chunks.isFull) yield chunks.take();
  return cut.isWhole;
}
