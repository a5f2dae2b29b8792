/*
 * Is the folder at an index's path still the one that was opened? It may be moved, deleted or replaced while the index
 * goes on. Then files that are open lead to the old folder, where no later `open` looks, and paths lead to what belongs
 * to another index. Both must not be written.
 *
 * So a folder is known by its lock, its journal and its folder of snapshots, and these by their inodes, which the system
 * does not give to other files while they are open. Who writes looks first:
 *
 *   a group of ops     within its transaction. Where only the lock was deleted, another process may open the folder: it
 *                      reads the journal after its own first write to it, so a transaction that began before is in
 *   anything by path   before each file that is opened, created, renamed or deleted
 *   a backup           before its first file, and again when all are copied
 *
 * A folder that is replaced between a look and the call that follows is not noticed: the window is that of two system
 * calls.
 */
import { lstatSync } from "node:fs";
import { dirname } from "node:path";
import { HnswError } from "../../errors.ts";

/** Throws PATH_LOST when a folder is not the one that was opened; or what the system says when that can't be seen. */
export type Look = () => void;

/** Files by which a folder is known. */
export class Identity {
  /** Device and inode of each file, by its path. Can be posted to another thread. */
  constructor(readonly files: ReadonlyMap<string, string>) {}

  /** Of files that are there now. */
  static of(...paths: string[]): Identity {
    return new Identity(new Map(paths.map((path) => [path, inodeOf(path) ?? lost(path)])));
  }

  /** Of these files and others, in a folder that is still the same. Throws like a Look. */
  with(...paths: string[]): Identity {
    const both = new Map([...this.files, ...Identity.of(...paths).files]);
    this.look();
    return new Identity(both);
  }

  readonly look: Look = () => {
    for (const [path, inode] of this.files) if (inodeOf(path) !== inode) lost(path);
  };
}

/** Undefined when there is no such file. Links to it are not followed, links above it are. */
function inodeOf(path: string): string | undefined {
  try {
    const { dev, ino } = lstatSync(path, { bigint: true });
    return `${dev} ${ino}`;
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes((error as { code?: string }).code!)) return undefined;
    throw error;
  }
}

function lost(path: string): never {
  const what = `${path} is missing, or is not the one that was opened`;
  const why = `the folder ${dirname(path)} was moved, deleted or replaced while its index was open`;
  const cure = "put it back, or close the index and open what is there now";
  throw new HnswError("PATH_LOST", `${what}: ${why}. Nothing is written: ${cure}.`);
}
