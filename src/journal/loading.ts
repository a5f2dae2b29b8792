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
import { HnswError } from "../errors.ts";
import { census } from "../flushing.ts";
import type { Handle } from "../handle.ts";
import { homeOf, partitionOf } from "../scheduler/assignment.ts";
import { nextTurn } from "../yielding.ts";
import { leftOutIn, readSpaceFrame, type SpaceFrame } from "./frames.ts";
import type { KnownSpace, RecoveredPartition } from "./recovered.ts";
import { readSection } from "./snapshot-file.ts";
import { Damage } from "./store.ts";

const SLICE_MS = 2;
const METRIC_NAMES = new Map<number, string>([
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

export class SpaceLoader {
  /** Spaces loaded. */
  loaded = 0;
  private readonly handle: Handle;
  /** Spaces that were linked into while their snapshot was written: some ways through their graphs are missing. */
  private readonly thin: { partition: RecoveredPartition; space: KnownSpace }[] = [];

  constructor(handle: Handle) {
    this.handle = handle;
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
    const { path, offset, bytes, sequence } = section;
    let space: KnownSpace | null = null;
    let leftOut = 0;
    try {
      let turn = performance.now() + SLICE_MS;
      for (const body of readSection(path, offset, bytes)) {
        const first = space === null;
        space ??= this.begin(partition, section, readSpaceFrame(body));
        leftOut = leftOutIn(body);
        seat.intakeBytes.set(body);
        if (first) seat.setIntakeWord(FS_ID, asSpace);
        const { home } = space;
        const answer = await this.handle.whenFree(() => seat.core.loadFrame(home, first ? 1 : 0));
        if (answer === E_FOREIGN) throw this.foreign(partition, section);
        space.address = seat.infoAt(0);
        space.incarnation = seat.infoAt(1);
        if (answer === E_MEMORY) throw this.handle.refusal(E_MEMORY, seat);
        if (answer !== OK) throw new Damage(`${path}: the snapshot at byte ${offset} does not fit together`);
        if (performance.now() < turn) continue;
        await nextTurn();
        turn = performance.now() + SLICE_MS;
      }
    } catch (error) {
      if (space !== null && space.address !== 0) await this.drop(partition, space);
      throw error;
    }
    partition.spaces.set(asSpace, space!);
    partition.sawSpace(asSpace);
    partition.sawOp(sequence);
    if (leftOut > 0) this.thin.push({ partition, space: space! });
    this.loaded++;
    this.handle.wake(space!.home);
  }

  private begin(partition: RecoveredPartition, section: WantedSection, frame: SpaceFrame | null): KnownSpace {
    const { path, offset, space, sequence } = section;
    const home = frame === null ? null : this.homeIn(partition, frame.nameHeader, frame.name);
    if (frame !== null && home !== null && frame.id === space && frame.sequence === sequence) {
      return { address: 0, incarnation: 0, home, sequence };
    }
    throw new Damage(`${path}: at byte ${offset} lies another snapshot than was registered`);
  }

  private foreign({ seat }: RecoveredPartition, { path, offset }: WantedSection): HnswError {
    const word = seat.infoAt(0);
    const value = seat.intakeWord(word);
    const found = word === FS_METRIC ? (METRIC_NAMES.get(value) ?? value) : value;
    const message = `${path}: the snapshot at byte ${offset} was made with \`${WORDS.get(word)}\` ${found}`;
    return new HnswError("PATH_MISMATCH", `${message}: give \`open\` the options that the index was made with.`);
  }

  private async drop({ seat }: RecoveredPartition, { address, incarnation }: KnownSpace): Promise<void> {
    await this.handle.whenFree(() => seat.core.dropSpace(address, incarnation));
  }

  /** Links what the graphs of thin snapshots do not reach. */
  async mend(): Promise<void> {
    for (const { partition, space } of this.thin) await census(this.handle, partition.seat, space, true);
  }
}
