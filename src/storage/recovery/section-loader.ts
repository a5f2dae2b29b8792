/* How does a space come back from a file of snapshots? Frame by frame, in slices of time. */
import type { Handle } from "../../engine/handle.ts";
import { HnswError } from "../../errors.ts";
import { Slice } from "../../runtime/event-loop.ts";
import { BadFrame, CHECKSUM_BYTES, readSpaceFrame } from "../../snapshot/frames.ts";
import type { PartitionState } from "../../snapshot/partition-state.ts";
import { ForeignSpace, IndexLoader, type SpaceLoader } from "../../snapshot/space-loader.ts";
import { Damage } from "../disk/damage.ts";
import { readSection, type WantedSection } from "../snapshots/file.ts";

export class SectionLoader extends IndexLoader {
  private readonly onRead: (bytes: number) => void;

  /** `onRead` gets the bytes of each frame. */
  constructor(handle: Handle, onRead: (bytes: number) => void = () => {}) {
    super(handle);
    this.onRead = onRead;
  }

  /**
   * Loads a section as the space with id `asSpace`. Rejects with Damage when it is not what was written, with
   * PATH_MISMATCH when it is of another index, with OUT_OF_MEMORY or TIMEOUT; then nothing of it stays loaded.
   */
  async load(partition: PartitionState, section: WantedSection, asSpace = section.space): Promise<void> {
    const where = `${section.path}: the snapshot at byte ${section.offset}`;
    let loader: SpaceLoader | null = null;
    try {
      const slice = new Slice();
      for (const body of readSection(section)) {
        loader ??= this.begin(partition, readSpaceFrame(body)!, asSpace);
        if (loader === null) throw new Damage(`${where} belongs in another partition`);
        await loader.put(body);
        this.onRead(body.length + CHECKSUM_BYTES);
        if (slice.isOver) await slice.next();
      }
    } catch (error) {
      await loader?.drop();
      if (error instanceof BadFrame) throw new Damage(`${where} is damaged: ${error.message}`);
      if (!(error instanceof ForeignSpace)) throw error;
      const cure = "give `open` the options that the index was made with";
      throw new HnswError("PATH_MISMATCH", `${where} was made with ${error.message}: ${cure}.`);
    }
    this.complete(loader!);
  }
}
