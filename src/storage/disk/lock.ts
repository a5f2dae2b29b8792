/*
 * Who has a folder open? A lock that the system releases when its process ends, for any reason: SQLite's own, on a file
 * of its own, so that nothing done with the journal's file can drop it.
 */
import type { Database } from "bun:sqlite";
import { accessSync, constants, existsSync, lstatSync } from "node:fs";
import { HnswError } from "../../errors.ts";
import { pathError } from "./damage.ts";
import { isWritable } from "./files.ts";
import { Identity } from "./identity.ts";

/** Throws PATH_FOREIGN for anything but an empty file: SQLite would read a database, and follow links. */
function expectEmpty(file: string): void {
  const found = lstatSync(file, { throwIfNoEntry: false });
  if (found === undefined || (found.isFile() && found.size === 0)) return;
  throw new HnswError("PATH_FOREIGN", `${file} is not an empty file, so it is not the lock of an index.`);
}

export class FolderLock {
  private released = false;

  private constructor(
    /** Null if there is no file and none can be created: no process can write there. */
    private readonly db: Database | null,
    /** Of its file. */
    readonly identity: Identity,
  ) {}

  /**
   * Where the folder can't be written, a file that is there is locked against writers, and other readers are let in.
   * Rejects with PATH_IN_USE when this or another process has it, PATH_FOREIGN or PATH_FAILED.
   */
  static async take(file: string, folder: string, mode: "write" | "read"): Promise<FolderLock> {
    const { Database } = await import("bun:sqlite");
    let db: Database | null = null;
    try {
      expectEmpty(file);
      if (mode === "write") accessSync(folder, constants.W_OK);
      else if (!existsSync(file) && !isWritable(folder)) return new FolderLock(null, Identity.of());
      db = new Database(file, { create: true });
      db.run("PRAGMA busy_timeout = 0");
      db.run("PRAGMA journal_mode = MEMORY"); // or it would make a file, and delete one of that name by path
      db.run("BEGIN EXCLUSIVE"); // with a file that can't be written, it lets in others that read
      return new FolderLock(db, Identity.of(file));
    } catch (error) {
      db?.close();
      if ((error as { code?: string }).code !== "SQLITE_BUSY") {
        throw pathError(error, `The folder ${folder} can't be written`);
      }
      const cure = "close it there first; to read it while it is open, make a copy with `hnsw-workers backup`";
      throw new HnswError("PATH_IN_USE", `The folder ${folder} is already open, in this process or another: ${cure}.`);
    }
  }

  release(): void {
    if (this.released) return;
    this.released = true;
    this.db?.run("ROLLBACK");
    this.db?.close();
  }
}
