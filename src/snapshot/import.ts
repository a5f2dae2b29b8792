/* How does an index start from bytes that another one has exported? Frame by frame, as they come. */
import * as layout from "../../assembly/layout.ts";
import type { Host } from "../engine/host.ts";
import { HnswError } from "../errors.ts";
import { mergedFields } from "../options/documents.ts";
import type { Known, OpenRequest, Settings } from "../options/open.ts";
import { mismatch, type Shape } from "../options/shape.ts";
import { Slice } from "../runtime/event-loop.ts";
import { isEncodedKey } from "../values/keys.ts";
import { metricOf } from "../values/metric.ts";
import {
  BadFrame,
  checkFrame,
  type Frame,
  type FrameHash,
  frameHash,
  isForNewer,
  kindOf,
  NewerFrame,
  ownHash,
  readFieldsFrame,
  readSpaceFrame,
  type SpaceFrame,
  viewOn,
} from "./frames.ts";
import { PartitionState, partitionOfName } from "./partition-state.ts";
import { framesOf } from "./source.ts";
import { ForeignSpace, IndexLoader, type SpaceLoader } from "./space-loader.ts";

/** Reads an export, whose beginning says what index it needs. */
export class ExportReader {
  private constructor(
    private readonly opening: Frame[],
    private readonly rest: AsyncGenerator<Frame>,
    /** What its first space was created with; null when there is none. */
    readonly first: SpaceFrame | null,
    readonly fields: Settings["fields"],
  ) {}

  /** `hash`: the runtime's own, or null. Rejects with BAD_OPTION, EXPORT_FOREIGN or EXPORT_DAMAGED. */
  static async open(source: unknown, hash: FrameHash | null = ownHash): Promise<ExportReader> {
    const frames = framesOf(source);
    try {
      const opening: Frame[] = [];
      let fields: Settings["fields"] = {};
      for (;;) {
        const { value } = await frames.next();
        if (value === undefined) throw new BadFrame("it was cut off");
        // A copy: the next chunk may change what it is a view on.
        const frame = { body: value.body.slice(), checksum: value.checksum };
        if (hash !== null) checkFrame(frame, hash);
        opening.push(frame);
        const kind = kindOf(frame.body);
        if (kind === layout.FRAME_FIELDS) fields = readFieldsFrame(frame.body);
        else if (!isForNewer(kind)) return new ExportReader(opening, frames, beginningOf(frame), fields);
      }
    } catch (error) {
      await frames.return(undefined);
      throw importError(error);
    }
  }

  /** Its frames, once. Throws like `framesOf`. */
  async *frames(): AsyncGenerator<Frame> {
    yield* this.opening;
    yield* this.rest;
  }

  /** Releases the source, whether or not there is more. */
  async close(): Promise<void> {
    await this.rest.return(undefined);
  }
}

/**
 * The contents of the first frame, null when there is no space. An index is created from it. Where its checksum can't be
 * computed before there is one, what it says must at least be possible.
 */
export function beginningOf({ body }: Frame): SpaceFrame | null {
  if (kindOf(body) === layout.FRAME_FINISH && body.length === layout.F_HEADER) return null;
  const first = readSpaceFrame(body);
  if (first === null || !isPossible(first)) throw new BadFrame("its first frame makes no sense");
  return first;
}

function isPossible({ dimensions, metric, M }: SpaceFrame): boolean {
  if (metricOf(metric) === undefined || M < layout.MIN_M || M > layout.MAX_M) return false;
  return dimensions >= 1 && dimensions <= layout.MAX_DIMENSIONS;
}

/** What an export's index was created with, if it has a space, and its fields with new ones. Throws EXPORT_FOREIGN. */
export function knownOfExport(
  { first, fields }: Pick<ExportReader, "first" | "fields">,
  { shape: asked, settled }: OpenRequest,
): Known {
  const merged = mergedFields(fields, settled.fields);
  if (typeof merged === "string") {
    const message = `The field "${merged}" of \`from\` is of type "${fields[merged]}"`;
    throw new HnswError("EXPORT_FOREIGN", `${message}, \`open\` was given "${settled.fields[merged]}".`);
  }
  if (first === null) return { fields: merged };
  const { dimensions, M, seed } = first;
  const made: Partial<Shape> = { dimensions, metric: metricOf(first.metric)!, M, seed };
  const name = mismatch(asked, made);
  if (name === undefined) return { ...made, fields: merged };
  const message = `\`from\` was created with \`${name}\` ${made[name]}, \`open\` was given ${asked[name]}.`;
  throw new HnswError("EXPORT_FOREIGN", message);
}

/** Loads an export into an empty index. Rejects with EXPORT_DAMAGED, EXPORT_FOREIGN, OUT_OF_MEMORY or TIMEOUT. */
export async function loadExport(reader: ExportReader, host: Host): Promise<void> {
  const loader = new ExportLoader(host);
  const slice = new Slice();
  try {
    for await (const frame of reader.frames()) {
      await loader.take(frame);
      if (slice.isOver) await slice.next();
    }
    await loader.finish();
  } catch (error) {
    throw importError(error);
  }
}

/** What is thrown for what went wrong with an export. */
export function importError(error: unknown): unknown {
  if (error instanceof ForeignSpace) {
    return new HnswError("EXPORT_FOREIGN", `\`from\` holds a space that was created with ${error.message}.`);
  }
  if (error instanceof NewerFrame) return new HnswError("EXPORT_FOREIGN", `\`from\` can't be read: ${error.message}.`);
  if (!(error instanceof BadFrame)) return error;
  const { message, cause } = error;
  return new HnswError("EXPORT_DAMAGED", `\`from\` is not what was exported: ${message}.`, { cause });
}

/** Takes the frames of an export, one after the other. */
export class ExportLoader extends IndexLoader {
  private readonly hash: FrameHash;
  private readonly partitions: PartitionState[];
  private current: SpaceLoader | null = null;
  private finished = false;

  constructor(host: Host) {
    super(host);
    this.hash = frameHash(host.seats[0]!);
    this.partitions = PartitionState.ofAll(host);
  }

  async take(frame: Frame): Promise<void> {
    const loader = this.read(frame);
    if (loader === "gone") await this.current?.drop();
    else await loader?.put(frame.body);
    this.took(frame);
  }

  /** The same before it returns, where no other thread has the partitions. */
  takeNow(frame: Frame): void {
    const loader = this.read(frame);
    if (loader === "gone") this.current?.dropNow();
    else loader?.putNow(frame.body);
    this.took(frame);
  }

  /** Checks a frame. Who loads it, null where nothing does; "gone": the space that is being loaded does not count. */
  private read(frame: Frame): SpaceLoader | "gone" | null {
    checkFrame(frame, this.hash);
    const { body } = frame;
    const kind = kindOf(body);
    if (this.finished) throw new BadFrame("something follows its end");
    if (kind === layout.FRAME_FIELDS || isForNewer(kind)) return null; // the fields were read at its beginning
    if (kind === layout.FRAME_GONE) return "gone";
    if (kind === layout.FRAME_FINISH) {
      this.end(viewOn(body).getUint32(layout.F_COUNT, true));
      return null;
    }
    if (kind === layout.FRAME_SPACE) this.current ??= this.loaderOf(readSpaceFrame(body)!);
    if (this.current === null) throw new BadFrame("a frame belongs to no space");
    return this.current;
  }

  private took({ body }: Frame): void {
    const kind = kindOf(body);
    if (kind !== layout.FRAME_END && kind !== layout.FRAME_GONE) return;
    if (kind === layout.FRAME_END) this.complete(this.current!);
    this.current = null;
  }

  private loaderOf(frame: SpaceFrame): SpaceLoader {
    if (!isEncodedKey(frame.nameHeader, frame.name)) throw new BadFrame("the name of its space makes no sense");
    const partition = this.partitions[partitionOfName(this.host, frame.nameHeader, frame.name)]!;
    const id = partition.nextSpace++; // the exporting index may have had another number of partitions
    return this.begin(partition, frame, id)!;
  }

  private end(count: number): void {
    if (this.current !== null || count !== this.loaded) {
      throw new BadFrame(`it ends with ${this.loaded} spaces of ${count}`);
    }
    this.finished = true;
  }

  async finish(): Promise<void> {
    this.expectEnd();
    await this.mend();
  }

  /** After the last frame. The spaces whose graphs a census must mend. */
  finishNow(): readonly SpaceLoader[] {
    this.expectEnd();
    return this.thin;
  }

  private expectEnd(): void {
    if (!this.finished) throw new BadFrame("it was cut off");
  }
}
