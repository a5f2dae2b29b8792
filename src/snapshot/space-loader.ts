/* How does a space come back from frames? One after the other, into the partition of its name. Knows no files. */
import {
  E_FOREIGN,
  FS_DIMENSIONS,
  FS_FORMAT,
  FS_ID,
  FS_M,
  FS_METRIC,
  FS_SEED,
  MAX_PAGES,
} from "../../assembly/layout.ts";
import type { Seat } from "../core/seat.ts";
import { census } from "../engine/census.ts";
import type { Host } from "../engine/host.ts";
import { nextTurn } from "../runtime/event-loop.ts";
import { askForHugePages, provideMemory, SMALL_BYTES } from "../runtime/huge-pages.ts";
import { homeOf, partitionOf } from "../scheduler/assignment.ts";
import { metricOf } from "../values/metric.ts";
import { leftOutIn } from "./frames.ts";
import type { KnownSpace, RecoveredPartition } from "./partition-state.ts";

const LARGE_BYTES = 256 * 2 ** 20;

const WORDS = new Map<number, string>([
  [FS_FORMAT, "format"],
  [FS_DIMENSIONS, "dimensions"],
  [FS_METRIC, "metric"],
  [FS_M, "M"],
  [FS_SEED, "seed"],
]);

/** One space while it is being loaded. */
export class Filling {
  readonly space: KnownSpace;
  private readonly handle: Host;
  private readonly partition: RecoveredPartition;
  private isFirst = true;
  private leftOut = 0;

  constructor(handle: Host, partition: RecoveredPartition, home: number, sequence: number) {
    this.handle = handle;
    this.partition = partition;
    this.space = { address: 0, incarnation: 0, home, sequence };
  }

  /** Loads the next frame, as part of the space with that id. Answers OK, E_FOREIGN, E_BROKEN or E_MEMORY. */
  async put(body: Uint8Array, id: number): Promise<number> {
    const { seat } = this.partition;
    const first = this.isFirst;
    this.isFirst = false;
    this.leftOut = leftOutIn(body);
    seat.intakeBytes.set(body);
    if (first) seat.setIntakeWord(FS_ID, id);
    const before = seat.memory.buffer.byteLength;
    const answer = await this.handle.whenFree(() => seat.core.loadFrame(this.space.home, first ? 1 : 0));
    if (first) await expectWrites(seat.memory, before);
    if (answer === E_FOREIGN) return answer;
    this.space.address = seat.infoAt(0);
    this.space.incarnation = seat.infoAt(1);
    return answer;
  }

  /** Whether the space was linked into while its snapshot was written: some ways through its graph are missing. */
  get isThin(): boolean {
    return this.leftOut > 0;
  }

  /** Leaves nothing of it. */
  async drop(): Promise<void> {
    const { address, incarnation } = this.space;
    if (address !== 0) await this.handle.whenFree(() => this.partition.seat.core.dropSpace(address, incarnation));
  }
}

/** The memory has grown by what a space takes: all of that is written to soon. */
async function expectWrites(memory: WebAssembly.Memory, before: number): Promise<void> {
  const { byteLength } = memory.buffer;
  if (byteLength - before > LARGE_BYTES) await askForHugePages([memory], 0, MAX_PAGES * 65536);
  else if (byteLength - before > SMALL_BYTES) await provideMemory(memory, before, byteLength, nextTurn);
}

/** Keeps count of the spaces that came back. */
export class SpaceFiller {
  /** Spaces that are whole. */
  loaded = 0;
  protected readonly handle: Host;
  private readonly thin: { partition: RecoveredPartition; space: KnownSpace }[] = [];

  constructor(handle: Host) {
    this.handle = handle;
  }

  /** The home of a space of that name, or null when the name does not belong into the partition. */
  homeIn({ number, seat }: RecoveredPartition, header: number, name: Uint8Array): number | null {
    const { partitions, workers } = this.handle.settings;
    seat.putKeyBytes(name);
    const hash = seat.core.hashName(header) >>> 0;
    return partitionOf(hash, partitions) === number ? homeOf(hash, partitions, workers) : null;
  }

  /** A space has come to its end. */
  take(partition: RecoveredPartition, filling: Filling, id: number): void {
    const { space, isThin } = filling;
    partition.spaces.set(id, space);
    partition.sawSpace(id);
    partition.sawOp(space.sequence);
    if (isThin) this.thin.push({ partition, space });
    this.loaded++;
    this.handle.wake(space.home);
  }

  /** Links what the graphs of thin snapshots do not reach. */
  async mend(): Promise<void> {
    for (const { partition, space } of this.thin) await census(this.handle, partition.seat, space, true);
  }
}

/** After E_FOREIGN: the setting that differs, and its value in the snapshot. */
export function foreignWord(seat: Seat): { name: string; value: string | number } {
  const word = seat.infoAt(0);
  const value = seat.intakeWord(word);
  return { name: WORDS.get(word)!, value: word === FS_METRIC ? (metricOf(value) ?? value) : value };
}
