/* How is the content of a folder read as an index? The folder is locked, and an index in memory is loaded from it. */
import { warnOf } from "../../api/incidents.ts";
import { startIndex } from "../../api/start.ts";
import type { VectorIndex } from "../../api/vector-index.ts";
import { buildMissing } from "../../engine/add-field.ts";
import type { TableOf } from "../../engine/handle.ts";
import { completeSettings, type OpenOptions, readOptions } from "../../options/open.ts";
import { canStartThreads } from "../../runtime/platform.ts";
import { type LockedFolder, shapeIn } from "../../storage/disk/folder.ts";
import { Recovery } from "../../storage/recovery/recovery.ts";
import type { RecoveryReport } from "../../values/reports.ts";

export interface CopyOptions extends Pick<OpenOptions, "workers" | "flatBelow"> {
  /** Skips what is damaged and lists it in `recovery.problems`. */
  salvaging?: boolean;
  /** Called with the bytes read since the last call: the newest snapshots, then the journal. */
  onRead?: (bytes: number) => void;
  /** Of an index that collections share. */
  tableOf?: TableOf;
}

/** An index with the content of a folder. What is added to it is in memory only. */
export interface IndexCopy extends AsyncDisposable {
  index: VectorIndex;
  recovery: RecoveryReport;
}

/** Takes over a locked folder, and unlocks it in the end. Rejects with PATH_DAMAGED, OUT_OF_MEMORY or TIMEOUT. */
export async function openCopy(folder: LockedFolder, options: CopyOptions): Promise<IndexCopy> {
  const { paths, lock } = folder;
  const { salvaging = false, onRead, tableOf, ...others } = options;
  try {
    const shape = shapeIn(folder);
    let recovery: RecoveryReport | null = null;
    const settings = completeSettings(readOptions({ ...others, ...shape }), canStartThreads, { fields: folder.fields });
    const { index } = await startIndex(settings, warnOf, tableOf ? { tableOf } : {}, async (handle) => {
      recovery = await new Recovery(handle, paths, salvaging, onRead).load(shape, null, "read");
      await buildMissing(handle);
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
