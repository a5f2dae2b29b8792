/*
 * How is a folder looked into as an index that nobody keeps? It is locked, and an index in memory is filled from it; in
 * the folder nothing changes but the lock.
 */

import { warnOf } from "../api/incidents.ts";
import { startIndex } from "../api/start.ts";
import type { VectorIndex } from "../api/vector-index.ts";
import { completeSettings, type OpenOptions, readOptions } from "../options/open.ts";
import { canStartThreads } from "../runtime/platform.ts";
import { type LockedFolder, shapeIn } from "../storage/disk/folder.ts";
import { Recovery, type RecoveryReport } from "../storage/recovery/recovery.ts";

export interface CopyOptions extends Pick<OpenOptions, "workers" | "flatBelow"> {
  /** Passes over what is damaged; `recovery.problems` tells of it then. */
  salvaging?: boolean;
  /** Told of the bytes that were read since it was told last: newest snapshots, then the journal. */
  onRead?: (bytes: number) => void;
}

/** An index that holds what a folder holds. What is added to it is nowhere but in memory. */
export interface IndexCopy extends AsyncDisposable {
  index: VectorIndex;
  recovery: RecoveryReport;
}

/**
 * Takes over a locked folder (`lockToRead`), and leaves it when the copy is disposed of or could not be made. Rejects
 * with PATH_DAMAGED, OUT_OF_MEMORY or TIMEOUT.
 */
export async function openCopy(folder: LockedFolder, options: CopyOptions): Promise<IndexCopy> {
  const { paths, lock } = folder;
  const { salvaging = false, onRead, ...others } = options;
  try {
    const shape = shapeIn(folder);
    let recovery: RecoveryReport | null = null;
    const settings = completeSettings(readOptions({ ...others, ...shape }), canStartThreads);
    const { index } = await startIndex(settings, warnOf, {}, async (handle) => {
      recovery = await new Recovery(handle, paths, salvaging, onRead).load(shape, null, "read");
      return null;
    });
    const dispose = async () => {
      await index.close();
      lock.release();
    };
    return { index, recovery: recovery!, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    lock.release();
    throw error;
  }
}
