/* How does a space come back from a file of snapshots? Frame by frame, by slices. */
import { E_FOREIGN, E_MEMORY, OK } from "../../../assembly/layout.ts";
import type { Handle } from "../../engine/handle.ts";
import { HnswError } from "../../errors.ts";
import { Slice } from "../../runtime/event-loop.ts";
import { CHECKSUM_BYTES, readSpaceFrame, type SpaceFrame } from "../../snapshot/frames.ts";
import type { RecoveredPartition } from "../../snapshot/partition-state.ts";
import { Filling, foreignWord, SpaceFiller } from "../../snapshot/space-loader.ts";
import { Damage } from "../disk/sqlite.ts";
import { readSection } from "../snapshots/file.ts";

/** A section of a file, and what it should be. */
export interface WantedSection {
  path: string;
  offset: number;
  bytes: number;
  /** Id of the space, and number of the last op in the snapshot. */
  space: number;
  sequence: number;
}

export class SpaceLoader extends SpaceFiller {
  private readonly onRead: (bytes: number) => void;

  /** `onRead` is told of every frame's bytes. */
  constructor(handle: Handle, onRead: (bytes: number) => void = () => {}) {
    super(handle);
    this.onRead = onRead;
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
      const slice = new Slice();
      for (const body of readSection(path, offset, bytes)) {
        filling ??= this.begin(partition, section, readSpaceFrame(body));
        const answer = await filling.put(body, asSpace);
        if (answer === E_FOREIGN) throw this.foreign(partition, section);
        if (answer === E_MEMORY) throw this.handle.refusal(E_MEMORY, seat);
        if (answer !== OK) throw new Damage(`${path}: the snapshot at byte ${offset} does not fit together`);
        this.onRead(body.length + CHECKSUM_BYTES);
        if (slice.isOver) await slice.next();
      }
    } catch (error) {
      await filling?.drop();
      throw error;
    }
    this.take(partition, filling!, asSpace);
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
}
