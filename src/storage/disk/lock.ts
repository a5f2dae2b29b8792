/*
 * Who has a folder open? A lock that the system takes back when its process ends, however it ends: SQLite's own, on a
 * file of its own, so that nothing that is done with the journal's file can drop it.
 */
import type { Database } from "bun:sqlite";
import { HnswError } from "../../errors.ts";

export class FolderLock {
  private readonly db: Database;
  private released = false;

  private constructor(db: Database) {
    this.db = db;
  }

  /** Throws PATH_IN_USE when somebody has it, be it this process, or PATH_FAILED when the file can't be made. */
  static async take(file: string, folder: string): Promise<FolderLock> {
    const { Database } = await import("bun:sqlite");
    let db: Database | null = null;
    try {
      db = new Database(file, { create: true });
      db.run("PRAGMA busy_timeout = 0");
      db.run("BEGIN EXCLUSIVE");
      return new FolderLock(db);
    } catch (cause) {
      db?.close();
      if ((cause as { code?: string }).code === "SQLITE_BUSY") {
        const cure = "close it there first; to look at a copy, make one with `hnsw-workers backup`";
        throw new HnswError(
          "PATH_IN_USE",
          `The folder ${folder} is open already, here or in another process: ${cure}.`,
        );
      }
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new HnswError("PATH_FAILED", `The folder ${folder} can't be written: ${why}.`, { cause });
    }
  }

  /** Lets go; again is allowed. */
  release(): void {
    if (this.released) return;
    this.released = true;
    this.db.run("ROLLBACK");
    this.db.close();
  }
}
