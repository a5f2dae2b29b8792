/*
 * How does an index travel, from a server to wherever it is to be searched? As one stream of bytes that any build on any
 * runtime can start from.
 *
 *   [magic, 16 bytes][frames of one space after the other …][FRAME_FINISH]
 *
 * Frames and checksums are those of the files of snapshots. A stream can't take back what it has sent: of a space
 * that is dropped in the middle, FRAME_GONE says that it does not count. Without FRAME_FINISH the stream was cut off.
 */
import { F_BYTES, F_COUNT, F_HEADER, F_KIND, FRAME_FINISH, FRAME_GONE, NOT_FOUND, OK } from "../../assembly/layout.ts";
import { nextSpace, type SpaceAt } from "../core/calls/spaces.ts";
import { AGAIN, eventually } from "../core/retry.ts";
import { Seat } from "../core/seat.ts";
import type { Handle } from "../engine/handle.ts";
import { HnswError } from "../errors.ts";
import { nextTurn, Slice } from "../runtime/event-loop.ts";
import { partitionOf } from "../scheduler/assignment.ts";
import type { SharedIndex } from "../workers/protocol.ts";
import { firstAttachedSeat } from "../workers/seats.ts";
import { beginSnapshot, endSnapshot, nextFrame, type WhenFree } from "./cut.ts";
import { CHECKSUM_BYTES, type FrameHash, frameHash, LARGEST_BODY, putFrame } from "./frames.ts";
import { MAGIC } from "./magic.ts";

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
 * The chunks of an export, of all spaces that there are when it begins, or those named. Takes a seat of its own, so that
 * everything goes on meanwhile. Throws TOO_MANY_HANDLES, OUT_OF_MEMORY, TIMEOUT, CLOSED or INTERNAL.
 */
export async function* exportChunks(
  { module, memories, settings }: SharedIndex,
  handle: Handle,
  names: ReadonlySet<string> | null,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  handle.assertOpen();
  const number = handle.control.takeSeat(firstAttachedSeat(settings));
  if (number < 0)
    throw new HnswError("TOO_MANY_HANDLES", "Every seat is taken: close handles that are no longer used.");
  try {
    const seats: Seat[] = [];
    const whenFree: WhenFree = (call) => handle.whenFree(call, seats);
    for (const memory of memories) {
      seats.push(await Seat.joinWhenFree(module, memory, number, settings.dimensions, whenFree));
    }
    // What was taken is given back by a closed handle, too, as long as the index is open.
    const giveBack = (call: () => number) =>
      eventually(() => {
        const answer = handle.guarded(call, seats);
        return answer === AGAIN && handle.control.closed ? OK : answer;
      }, settings.timeoutMs);
    const chunks = new Chunks(frameHash(seats[0]!));
    let count = 0;
    for (const place of names === null ? await placesOfAll(seats, handle) : placesOf(names, seats)) {
      const space = await spaceAt(place, whenFree);
      if (space !== null && (yield* exportSpace(place.seat, space, chunks, whenFree, giveBack))) count++;
    }
    chunks.say(FRAME_FINISH, count);
    yield chunks.take();
  } finally {
    handle.control.leaveSeat(number);
  }
}

/** A name, and the partition that a space of that name is in, if there is one. */
interface Place {
  name: string;
  seat: Seat;
}

/**
 * By name, since an export takes its time: a header that was dropped serves another space meanwhile, of a name that has
 * had its turn or will have it at another header.
 */
async function placesOfAll(seats: Seat[], handle: Handle): Promise<Place[]> {
  const places: Place[] = [];
  const slice = new Slice();
  for (const seat of seats) {
    const names = new Set<string>(); // another thread may move a name to a header that comes later in the walk
    let address = 0;
    for (;;) {
      const space = await handle.eventually(() => handle.guarded(() => nextSpace(seat, address), [seat]));
      if (space === null) break;
      names.add(space.name);
      address = space.address;
      if (slice.isOver) await slice.next();
    }
    for (const name of names) places.push({ name, seat });
  }
  return places;
}

function placesOf(names: ReadonlySet<string>, seats: Seat[]): Place[] {
  const first = seats[0]!;
  return Array.from(names, (name) => {
    const hash = first.core.hashName(first.putKey(name)) >>> 0;
    return { name, seat: seats[partitionOf(hash, seats.length)]! };
  });
}

/** The space of that name, or null when there is none. */
async function spaceAt({ name, seat }: Place, whenFree: WhenFree): Promise<SpaceAt | null> {
  const answer = await whenFree(() => seat.core.openSpace(seat.putKey(name), 0, 0));
  if (answer === NOT_FOUND) return null;
  return { address: seat.infoAt(0), incarnation: seat.infoAt(1) };
}

/** Answers whether the space counts: it may have been dropped meanwhile. */
async function* exportSpace(
  seat: Seat,
  space: SpaceAt,
  chunks: Chunks,
  whenFree: WhenFree,
  giveBack: (call: () => number) => Promise<number>,
): AsyncGenerator<Uint8Array<ArrayBuffer>, boolean> {
  try {
    if ((await beginSnapshot(seat, space, whenFree)) === null) return false;
    let hasBegun = false;
    let answer = await nextFrame(seat, whenFree);
    for (; answer > 0; answer = await nextFrame(seat, whenFree)) {
      chunks.put(seat.intakeBytes.subarray(0, answer));
      hasBegun = true;
      if (!chunks.isFull) continue;
      yield chunks.take();
      await nextTurn();
    }
    if (answer !== OK && hasBegun) chunks.say(FRAME_GONE, 0);
    if (chunks.isFull) yield chunks.take();
    return answer === OK;
  } finally {
    await endSnapshot(seat, giveBack);
  }
}
