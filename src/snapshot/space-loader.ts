/* How does a space come back from frames? One frame after the other, into the partition of its name. Knows no files. */
import * as layout from "../../assembly/layout.ts";
import * as calls from "../core/calls.ts";
import { agrees } from "../documents/agreement.ts";
import type { FieldTable } from "../documents/fields.ts";
import { census } from "../engine/census.ts";
import type { Host } from "../engine/host.ts";
import { nextTurn } from "../runtime/event-loop.ts";
import { askForHugePages, provideMemory, SMALL_BYTES } from "../runtime/huge-pages.ts";
import { metricOf } from "../values/metric.ts";
import { BadFrame, kindOf, leftOutIn, type SpaceFrame, viewOn } from "./frames.ts";
import type { PartitionState } from "./partition-state.ts";
import { mostFieldsIn, RowReader } from "./rows.ts";

const LARGE_BYTES = 256 * 2 ** 20;
const SETTINGS = new Map<number, string>([
  [layout.FS_FORMAT, "format"],
  [layout.FS_DIMENSIONS, "dimensions"],
  [layout.FS_METRIC, "metric"],
  [layout.FS_M, "M"],
  [layout.FS_SEED, "seed"],
]);

const PROBLEMS: Record<number, string> = {
  [layout.BROKEN_SPACE]: "what it says of a space can't be, or two spaces have one name",
  [layout.BROKEN_VECTOR]: "a vector is one that `add` refuses",
  [layout.BROKEN_KEY]: "a key is none, or comes twice",
  [layout.BROKEN_CODE]: "the code of a vector is not its own",
  [layout.BROKEN_LIST]: "a list of neighbours names what it must not",
  [layout.BROKEN_ROW]: "the document or field values of an entry make no sense, or do not agree",
  [layout.BROKEN_TWIN]: "equal vectors do not hang together",
};

/** What is wrong with a space's frames, from BROKEN_*. */
function problemOf(what: number, slot: number): string {
  return `${PROBLEMS[what] ?? "its frames do not fit together"} (vector ${slot} of its space)`;
}

/** A space was created with other settings than the index has. The message names one, with its value in the snapshot. */
export class ForeignSpace extends Error {}

/** An entry's row was made when the index had more fields than it knows now. The message says how many. */
export class UnknownFields extends BadFrame {}

export class SpaceLoader {
  /** Where it is; null before its first frame. */
  at: calls.SpaceAt | null = null;
  private isFirst = true;
  private leftOut = 0;
  private readonly rows = new RowReader();

  constructor(
    private readonly host: Host,
    readonly partition: PartitionState,
    readonly id: number,
    readonly home: number,
    readonly sequence: number,
    /** By which rows are judged; null: nothing will read them. */
    readonly fields: FieldTable | null,
  ) {}

  /** Loads the next frame. Rejects with ForeignSpace, BadFrame, OUT_OF_MEMORY or TIMEOUT. */
  async put(body: Uint8Array): Promise<void> {
    const { seat } = this.partition;
    const isFirst = this.place(body);
    const before = seat.memory.buffer.byteLength;
    const load = () => this.host.whenFree(() => calls.loadFrame(seat, this.home, isFirst));
    let answer = await load();
    while (answer.status === layout.E_MORE) {
      await nextTurn();
      answer = await load();
    }
    await expectWrites(seat.memory, before);
    this.took(answer, body);
  }

  /** The same before it returns, where no other thread has the partition. */
  putNow(body: Uint8Array): void {
    const { seat } = this.partition;
    const isFirst = this.place(body);
    const load = () => calls.insist(() => this.host.guarded(() => calls.loadFrame(seat, this.home, isFirst)));
    let answer = load();
    while (answer.status === layout.E_MORE) answer = load();
    this.took(answer, body);
  }

  /** Puts a frame where the core reads it. Returns whether it is the first. */
  private place(body: Uint8Array): boolean {
    const { seat } = this.partition;
    const { isFirst } = this;
    this.isFirst = false;
    seat.intakeBytes.set(body);
    if (isFirst) viewOn(seat.intakeBytes).setUint32(layout.FS_ID, this.id, true);
    return isFirst;
  }

  private took({ status, space, what, slot }: calls.LoadedFrame, body: Uint8Array): void {
    const { seat } = this.partition;
    if (status === layout.E_FOREIGN) throw new ForeignSpace(settingAt(what, viewOn(seat.intakeBytes)));
    this.at = space;
    if (status === layout.E_MEMORY) throw this.host.refusal(layout.E_MEMORY, seat);
    if (status !== layout.OK) throw this.problem(what, slot, body);
    if (kindOf(body) === layout.FRAME_ROWS) this.expectAgreement(body);
    this.leftOut = leftOutIn(body);
  }

  private problem(what: number, slot: number, body: Uint8Array): BadFrame {
    const size = this.fields?.size ?? Number.POSITIVE_INFINITY;
    if (what === layout.BROKEN_ROW && kindOf(body) === layout.FRAME_ROWS) {
      const known = mostFieldsIn(body);
      if (known > size) return new UnknownFields(`it has entries of ${known} fields, and the index knows ${size}`);
    }
    return new BadFrame(problemOf(what, slot));
  }

  /** Columns are made of the rows' values: what they say must be what the documents say. */
  private expectAgreement(body: Uint8Array): void {
    const { fields } = this;
    if (fields === null || this.host.fields.table.size === 0) return;
    for (const { slot, bytes } of this.rows.rowsOf(body)) {
      if (!agrees(bytes, fields)) throw new BadFrame(problemOf(layout.BROKEN_ROW, slot));
    }
  }

  /** Whether the space was linked into while its snapshot was written: some ways through its graph are missing. */
  get isThin(): boolean {
    return this.leftOut > 0;
  }

  async drop(): Promise<void> {
    const { at } = this;
    if (at !== null) await this.host.whenFree(() => calls.dropSpace(this.partition.seat, at));
  }

  dropNow(): void {
    const { at, host } = this;
    if (at !== null) calls.insist(() => host.guarded(() => calls.dropSpace(this.partition.seat, at)));
  }
}

function settingAt(word: number, frame: DataView): string {
  const value = frame.getUint32(word, true);
  return `\`${SETTINGS.get(word)!}\` ${word === layout.FS_METRIC ? (metricOf(value) ?? value) : value}`;
}

/** The memory has grown for a space: most of that is written to soon. */
async function expectWrites(memory: WebAssembly.Memory, before: number): Promise<void> {
  const { byteLength } = memory.buffer;
  if (byteLength - before > LARGE_BYTES) await askForHugePages([memory], 0, layout.MAX_PAGES * 65536);
  else if (byteLength - before > SMALL_BYTES) await provideMemory(memory, before, byteLength, nextTurn);
}

/** Loads the spaces of an index, one at a time. */
export class IndexLoader {
  /** Spaces that are complete. */
  loaded = 0;
  protected readonly thin: SpaceLoader[] = [];

  constructor(protected readonly host: Host) {}

  /** Begins a space, by its first frame; null when its name does not belong in the partition. */
  begin(partition: PartitionState, { nameHeader, name, sequence }: SpaceFrame, id: number): SpaceLoader | null {
    const home = partition.homeOf(nameHeader, name);
    if (home === null) return null;
    return new SpaceLoader(this.host, partition, id, home, sequence, partition.fieldsOf(nameHeader, name));
  }

  /** Completes a space, after its last frame. */
  complete(loader: SpaceLoader): void {
    const { partition, id, at, home, sequence, fields } = loader;
    partition.spaces.set(id, { ...at!, home, sequence, fields });
    partition.sawSpace(id);
    partition.sawOp(sequence);
    if (loader.isThin) this.thin.push(loader);
    this.loaded++;
    if (calls.depthOf(partition.seat, home) > 0) this.host.wake(home);
  }

  /** After the last space: links what the graphs of thin snapshots do not reach. */
  async mend(): Promise<void> {
    for (const { partition, at } of this.thin) await census(this.host, partition.seat, at!, true);
  }
}
