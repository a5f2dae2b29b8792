/*
 * What lies in an index's folder, and where?
 *
 *   journal.sqlite   groups of ops (log/group-log.ts), which snapshots there are (snapshots/catalog.ts), and what the
 *                    index was created with (meta.ts); -wal and -shm beside it are SQLite's
 *   journal.mark     up to which op each partition was durable, at least (log/mark.ts)
 *   snapshots/       files of snapshots (snapshots/file.ts)
 *   lock             held while the folder is open (lock.ts)
 *   damaged-…/       what a salvage has put aside (recovery/salvage.ts)
 */
import { join } from "node:path";

export interface FolderPaths {
  folder: string;
  journal: string;
  /** A journal that a salvage has made and not yet put in the old one's place. */
  fresh: string;
  mark: string;
  snapshots: string;
  lock: string;
}

export function pathsOf(folder: string): FolderPaths {
  return {
    folder,
    journal: join(folder, "journal.sqlite"),
    fresh: join(folder, "journal.salvaged.sqlite"),
    mark: join(folder, "journal.mark"),
    snapshots: join(folder, "snapshots"),
    lock: join(folder, "lock"),
  };
}
