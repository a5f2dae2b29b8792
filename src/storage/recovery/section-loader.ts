/* How does a space come back from a file of snapshots? Frame by frame, in slices of time. */
import { HnswError } from "../../errors.ts";
import { Slice } from "../../runtime/event-loop.ts";
import { BadFrame, CHECKSUM_BYTES, readSpaceFrame } from "../../snapshot/frames.ts";
import type { PartitionState } from "../../snapshot/partition-state.ts";
import { ForeignSpace, type IndexLoader, type SpaceLoader } from "../../snapshot/space-loader.ts";
import { Damage } from "../disk/damage.ts";
import { readSection, type WantedSection } from "../snapshots/file.ts";

/**
 * Loads a section as the space with id `asSpace`; `onRead` gets the bytes of each frame. Nothing of it stays loaded
 * when it rejects: with Damage, with PATH_MISMATCH when it is of another index, with OUT_OF_MEMORY or TIMEOUT.
 */
export async function loadSection(
  index: IndexLoader,
  partition: PartitionState,
  section: WantedSection,
  onRead: (bytes: number) => void,
  asSpace = section.space,
): Promise<void> {
  const where = `${section.path}: the snapshot at byte ${section.offset}`;
  let loader: SpaceLoader | null = null;
  try {
    const slice = new Slice();
    for (const body of readSection(section)) {
      loader ??= index.begin(partition, readSpaceFrame(body)!, asSpace);
      if (loader === null) throw new Damage(`${where} belongs in another partition`);
      await loader.put(body);
      onRead(body.length + CHECKSUM_BYTES);
      if (slice.isOver) await slice.next();
    }
  } catch (error) {
    await loader?.drop();
    if (error instanceof BadFrame) throw new Damage(`${where} is damaged: ${error.message}`);
    if (!(error instanceof ForeignSpace)) throw error;
    const cure = "give `open` the options that the index was created with";
    throw new HnswError("PATH_MISMATCH", `${where} was created with ${error.message}: ${cure}.`);
  }
  index.complete(loader!);
}
