/* How does an index start from bytes that another one has exported? Frame by frame, as they come. */
import {
  E_FOREIGN,
  E_MEMORY,
  F_COUNT,
  F_HEADER,
  FRAME_END,
  FRAME_FINISH,
  FRAME_GONE,
  FRAME_SPACE,
  FS_HEADER,
  MAX_DIMENSIONS,
  MAX_M,
  MIN_M,
  OK,
} from "../../assembly/layout.ts";
import type { Host } from "../engine/host.ts";
import { HnswError } from "../errors.ts";
import { mismatch, type Shape } from "../options/shape.ts";
import { Slice } from "../runtime/event-loop.ts";
import { partitionOf } from "../scheduler/assignment.ts";
import { metricOf } from "../values/metric.ts";
import {
  BadFrame,
  checkFrame,
  type Frame,
  type FrameHash,
  FrameSplitter,
  frameHash,
  kindOf,
  ownHash,
  readSpaceFrame,
  type SpaceFrame,
} from "./frames.ts";
import { MAGIC } from "./magic.ts";
import { RecoveredPartition } from "./partition-state.ts";
import { Filling, foreignWord, SpaceFiller } from "./space-loader.ts";

/** An export that is being read; its beginning says what it needs. */
export class Arriving {
  /** What its first space was made with; null when there is none. */
  readonly first: SpaceFrame | null;
  private readonly frames: AsyncIterator<Frame>;
  private pending: Frame | null;

  private constructor(frames: AsyncIterator<Frame>, pending: Frame, first: SpaceFrame | null) {
    this.frames = frames;
    this.pending = pending;
    this.first = first;
  }

  /** `hash`: the runtime's own, if it has one. Rejects with BAD_OPTION, SNAPSHOT_FOREIGN or SNAPSHOT_DAMAGED. */
  static async open(source: unknown, hash: FrameHash | null = ownHash): Promise<Arriving> {
    const frames = framesOf(chunksOf(source));
    const { value } = await frames.next();
    if (value === undefined) throw cutOff();
    // A copy: the next chunk may change what it is a view on.
    const pending = { body: value.body.slice(), checksum: value.checksum };
    try {
      return new Arriving(frames, pending, beginningOf(pending, hash));
    } catch (error) {
      await frames.return(undefined);
      throw error;
    }
  }

  async next(): Promise<Frame | null> {
    const { pending } = this;
    this.pending = null;
    if (pending !== null) return pending;
    const { value, done } = await this.frames.next();
    return done ? null : value;
  }

  /** Lets go of what it reads from, be there more or not. */
  async close(): Promise<void> {
    await this.frames.return?.();
  }
}

/**
 * What the first frame says, null when there is no space: an index is made by it. Where its checksum can't be computed
 * before there is one, what it says must at least be possible.
 */
function beginningOf(frame: Frame, hash: FrameHash | null): SpaceFrame | null {
  if (hash !== null) verify(frame, hash);
  const { body } = frame;
  if (kindOf(body) === FRAME_FINISH && body.length === F_HEADER) return null;
  const first = body.length < FS_HEADER ? null : readSpaceFrame(body);
  if (first === null || !isPossible(first)) throw damaged("its first frame makes no sense");
  return first;
}

/** Whether `open` could have been given these. */
function isPossible({ dimensions, metric, M }: SpaceFrame): boolean {
  return dimensions >= 1 && dimensions <= MAX_DIMENSIONS && M >= MIN_M && M <= MAX_M && metricOf(metric) !== undefined;
}

function verify(frame: Frame, hash: FrameHash): void {
  try {
    checkFrame(frame, hash);
  } catch (error) {
    throw error instanceof BadFrame ? damaged(error.message) : error;
  }
}

async function* chunksOf(source: unknown): AsyncGenerator<Uint8Array> {
  if (source instanceof Uint8Array) yield source;
  else if (source instanceof ArrayBuffer) yield new Uint8Array(source);
  else if (source instanceof Blob) yield* streamed(source.stream());
  else if (source instanceof ReadableStream) yield* streamed(source);
  else if (source instanceof Response) {
    if (!source.ok) throw new HnswError("SNAPSHOT_FOREIGN", `The response to \`from\` has status ${source.status}.`);
    if (source.bodyUsed) throw badSource("a response that nobody has read yet: `response.clone()` before it is read");
    if (source.body !== null) yield* streamed(source.body);
  } else {
    throw badSource("a Uint8Array, ArrayBuffer, Blob, Response or ReadableStream of what `index.export()` gave");
  }
}

function badSource(wanted: string): HnswError {
  return new HnswError("BAD_OPTION", `\`from\` must be ${wanted}.`);
}

/** However it ends, whoever fills the stream is told, and it is not locked any more. */
async function* streamed(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (stream.locked) throw badSource("a stream or response that nobody else reads");
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read().catch(broken);
      if (done) break;
      if (!(value instanceof Uint8Array)) throw badSource("a stream of Uint8Arrays, like that of `index.export()`");
      yield value;
    }
  } finally {
    reader.cancel().catch(() => {}); // not waited for: its source may take its time
    reader.releaseLock();
  }
}

async function* framesOf(chunks: AsyncGenerator<Uint8Array>): AsyncGenerator<Frame> {
  const splitter = new FrameSplitter();
  let head = new Uint8Array(0);
  for await (let chunk of chunks) {
    if (head.length < MAGIC.length) {
      const missing = MAGIC.length - head.length;
      head = Uint8Array.of(...head, ...chunk.subarray(0, missing));
      if (head.length < MAGIC.length) continue;
      checkMagic(head);
      chunk = chunk.subarray(missing);
    }
    try {
      yield* splitter.push(chunk);
    } catch (error) {
      throw error instanceof BadFrame ? damaged(error.message) : error;
    }
  }
  if (head.length < MAGIC.length || !splitter.isBetweenFrames) throw cutOff();
}

function checkMagic(head: Uint8Array): void {
  const version = head.length - 1;
  if (MAGIC.subarray(0, version).some((byte, i) => head[i] !== byte)) {
    throw new HnswError("SNAPSHOT_FOREIGN", "`from` does not begin like an export of this package.");
  }
  if (head[version] === MAGIC[version]) return;
  const versions = `version ${head[version]}, this one reads ${MAGIC[version]}`;
  throw new HnswError("SNAPSHOT_FOREIGN", `\`from\` is of a newer or older format: ${versions}.`);
}

/** What an export's index was created with; nothing when no space was exported. Throws SNAPSHOT_FOREIGN. */
export function shapeOfExport({ first }: Arriving, asked: Partial<Shape>): Partial<Shape> {
  if (first === null) return {};
  const { dimensions, M, seed } = first;
  const made: Partial<Shape> = { dimensions, metric: metricOf(first.metric)!, M, seed };
  const name = mismatch(asked, made);
  if (name === undefined) return made;
  const message = `\`from\` was made with \`${name}\` ${made[name]}, \`open\` was given ${asked[name]}.`;
  throw new HnswError("SNAPSHOT_FOREIGN", message);
}

/** Fills an empty index. Rejects with SNAPSHOT_DAMAGED, SNAPSHOT_FOREIGN, OUT_OF_MEMORY or TIMEOUT. */
export async function startFrom(arriving: Arriving, handle: Host): Promise<void> {
  const filler = new Filler(handle);
  const slice = new Slice();
  for (let frame = await arriving.next(); frame !== null; frame = await arriving.next()) {
    await filler.take(frame);
    if (slice.isOver) await slice.next();
  }
  await filler.finish();
}

class Filler {
  private readonly handle: Host;
  private readonly hash: FrameHash;
  private readonly loader: SpaceFiller;
  private readonly partitions: RecoveredPartition[];
  private current: { partition: RecoveredPartition; filling: Filling; id: number } | null = null;
  private finished = false;

  constructor(handle: Host) {
    this.handle = handle;
    this.hash = frameHash(handle.seats[0]!);
    this.loader = new SpaceFiller(handle);
    this.partitions = handle.seats.map((seat, number) => new RecoveredPartition(number, seat));
  }

  async take(frame: Frame): Promise<void> {
    verify(frame, this.hash);
    const { body } = frame;
    const kind = kindOf(body);
    if (this.finished) throw damaged("something follows its end");
    if (kind === FRAME_FINISH) this.end(new DataView(body.buffer, body.byteOffset).getUint32(F_COUNT, true));
    else if (kind === FRAME_GONE) await this.forget();
    else await this.fill(body, kind);
  }

  private async fill(body: Uint8Array, kind: number): Promise<void> {
    if (kind === FRAME_SPACE && this.current === null) this.begin(readSpaceFrame(body)!);
    if (this.current === null) throw damaged("a frame belongs to no space");
    const { partition, filling, id } = this.current;
    const answer = await filling.put(body, id);
    if (answer === E_FOREIGN) {
      const { name, value } = foreignWord(partition.seat);
      throw new HnswError("SNAPSHOT_FOREIGN", `\`from\` holds a space that was made with \`${name}\` ${value}.`);
    }
    if (answer === E_MEMORY) throw this.handle.refusal(answer, partition.seat);
    if (answer !== OK) throw damaged("its frames do not fit together");
    if (kind !== FRAME_END) return;
    this.loader.take(partition, filling, id);
    this.current = null;
  }

  private begin({ name, nameHeader, sequence }: SpaceFrame): void {
    const seat = this.handle.seats[0]!;
    seat.putKeyBytes(name);
    const partition = this.partitions[partitionOf(seat.core.hashName(nameHeader) >>> 0, this.partitions.length)]!;
    const home = this.loader.homeIn(partition, nameHeader, name)!;
    const id = partition.nextSpace++; // the index that it comes from may have counted its partitions otherwise
    this.current = { partition, filling: new Filling(this.handle, partition, home, sequence), id };
  }

  private async forget(): Promise<void> {
    await this.current?.filling.drop();
    this.current = null;
  }

  private end(count: number): void {
    if (this.current !== null || count !== this.loader.loaded) {
      throw damaged(`it ends with ${this.loader.loaded} spaces of ${count}`);
    }
    this.finished = true;
  }

  async finish(): Promise<void> {
    if (!this.finished) throw cutOff();
    for (const { seat } of this.partitions) seat.clearIntake();
    await this.loader.mend();
  }
}

function cutOff(): HnswError {
  return damaged("it ends before its end: it was cut off on its way");
}

function broken(cause: unknown): never {
  const why = cause instanceof Error ? cause.message : String(cause);
  throw damaged(`its stream failed: ${why.replace(/\.$/, "")}`, { cause });
}

function damaged(problem: string, options?: ErrorOptions): HnswError {
  return new HnswError("SNAPSHOT_DAMAGED", `\`from\` is not what was exported: ${problem}.`, options);
}
