/* How does a space come back from a file of snapshots? Frame by frame, by slices, into the partition of its name. */
import {
  E_FOREIGN,
  E_MEMORY,
  FS_DIMENSIONS,
  FS_FORMAT,
  FS_ID,
  FS_M,
  FS_METRIC,
  FS_SEED,
  METRIC_COSINE,
  METRIC_DOT,
  METRIC_L2,
  OK,
} from "../../assembly/layout.ts";
import type { Seat } from "../core.ts";
import { HnswError } from "../errors.ts";
import { census } from "../flushing.ts";
import type { Handle } from "../handle.ts";
import type { Metric } from "../options.ts";
import { homeOf, partitionOf } from "../scheduler/assignment.ts";
import { nextTurn } from "../yielding.ts";
import { CHECKSUM_BYTES, leftOutIn, readSpaceFrame, type SpaceFrame } from "./frames.ts";
import type { KnownSpace, RecoveredPartition } from "./recovered.ts";
import { readSection } from "./snapshot-file.ts";
import { Damage } from "./store.ts";

const SLICE_MS = 2;
export const METRIC_NAMES = new Map<number, Metric>([
  [METRIC_COSINE, "cosine"],
  [METRIC_L2, "l2"],
  [METRIC_DOT, "dot"],
]);
const WORDS = new Map<number, string>([
  [FS_FORMAT, "format"],
  [FS_DIMENSIONS, "dimensions"],
  [FS_METRIC, "metric"],
  [FS_M, "M"],
  [FS_SEED, "seed"],
]);

/** A section of a file, and what it should be. */
export interface WantedSection {
  path: string;
  offset: number;
  bytes: number;
  /** Id of the space, and number of the last op in the snapshot. */
  space: number;
  sequence: number;
}

/** One space while it is being loaded. */
export class Filling {
  readonly space: KnownSpace;
  private readonly handle: Handle;
  private readonly partition: RecoveredPartition;
  private isFirst = true;
  private leftOut = 0;

  constructor(handle: Handle, partition: RecoveredPartition, home: number, sequence: number) {
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
    const answer = await this.handle.whenFree(() => seat.core.loadFrame(this.space.home, first ? 1 : 0));
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

export class SpaceLoader {
  /** Spaces loaded. */
  loaded = 0;
  private readonly handle: Handle;
  private readonly onRead: (bytes: number) => void;
  private readonly thin: { partition: RecoveredPartition; space: KnownSpace }[] = [];

  /** `onRead` is told of every frame's bytes. */
  constructor(handle: Handle, onRead: (bytes: number) => void = () => {}) {
    this.handle = handle;
    this.onRead = onRead;
  }

  /** The home of a space of that name, or null when the name does not belong into the partition. */
  homeIn({ number, seat }: RecoveredPartition, header: number, name: Uint8Array): number | null {
    const { partitions, workers } = this.handle.settings;
    seat.putKeyBytes(name);
    const hash = seat.core.hashName(header) >>> 0;
    return partitionOf(hash, partitions) === number ? homeOf(hash, partitions, workers) : null;
  }

  /**
   * Loads a section as the space with id `asSpace`. Rejects with Damage when it is not what was written there; then
   * nothing is left of it. Rejects with OUT_OF_MEMORY, TIMEOUT, or PATH_MISMATCH for a snapshot of another index.
   */
  async load(partition: RecoveredPartition, section: WantedSection, asSpace = section.space): Promise<void> {
    const { seat } = partition;
    const { path, offset, bytes } = section;
    let filling: Filling | null = null;
    try {
      let turn = performance.now() + SLICE_MS;
      for (const body of readSection(path, offset, bytes)) {
        filling ??= this.begin(partition, section, readSpaceFrame(body));
        const answer = await filling.put(body, asSpace);
        if (answer === E_FOREIGN) throw this.foreign(partition, section);
        if (answer === E_MEMORY) throw this.handle.refusal(E_MEMORY, seat);
        if (answer !== OK) throw new Damage(`${path}: the snapshot at byte ${offset} does not fit together`);
        this.onRead(body.length + CHECKSUM_BYTES);
        if (performance.now() < turn) continue;
        await nextTurn();
        turn = performance.now() + SLICE_MS;
      }
    } catch (error) {
      await filling?.drop();
      throw error;
    }
    this.take(partition, filling!, asSpace);
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

  private begin(partition: RecoveredPartition, section: WantedSection, frame: SpaceFrame | null): Filling {
    const { path, offset, space, sequence } = section;
    const home = frame === null ? null : this.homeIn(partition, frame.nameHeader, frame.name);
    if (frame !== null && home !== null && frame.id === space && frame.sequence === sequence) {
      return new Filling(this.handle, partition, home, sequence);
    }
    throw new Damage(`${path}: at byte ${offset} lies another snapshot than was registered`);
  }

  private foreign({ seat }: RecoveredPartition, { path, offset }: WantedSection): HnswError {
    const { name, value } = foreignWord(seat);
    const message = `${path}: the snapshot at byte ${offset} was made with \`${name}\` ${value}`;
    return new HnswError("PATH_MISMATCH", `${message}: give \`open\` the options that the index was made with.`);
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
  return { name: WORDS.get(word)!, value: word === FS_METRIC ? (METRIC_NAMES.get(value) ?? value) : value };
}
