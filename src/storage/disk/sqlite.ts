/* How is a SQLite file opened, written so that it survives a crash, checked, and copied? */
import type { Database } from "bun:sqlite";
import { existsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { pathToFileURL } from "node:url";
import { Damage } from "./damage.ts";
import { expectRegular, isWritable, syncFile } from "./files.ts";

/** "read" changes nothing in the folder. */
export type Mode = "create" | "write" | "read";

export class SqliteFile {
  private constructor(
    readonly db: Database,
    readonly path: string,
    /** The state of a file that was opened as immutable; null for one that others may write. */
    private readonly immutable: string | null = null,
  ) {}

  /** Throws Damage when the file is missing or no regular file, or SQLite's errors. */
  static async open(path: string, mode: Mode): Promise<SqliteFile> {
    const { Database, constants } = await import("bun:sqlite");
    expectRegular(path); // SQLite itself follows no links to what it keeps beside the file
    if (mode !== "create" && !existsSync(path)) throw new Damage(`${path} is missing`);
    const immutable = mode === "read" ? stateOf(path) : null;
    const isAlone = mode === "read" && hasUnreadableLog(path);
    if (immutable !== null || isAlone) {
      // Otherwise SQLite leaves an empty write-ahead log behind, and can't read in a folder that can't be written.
      const url = `${pathToFileURL(path).href}?${isAlone ? "vfs=unix-none" : "immutable=1"}`;
      const db = new Database(url, constants.SQLITE_OPEN_READONLY | constants.SQLITE_OPEN_URI);
      if (isAlone) db.run("PRAGMA locking_mode = EXCLUSIVE"); // the log's index is in this process's memory
      return new SqliteFile(db, path, immutable);
    }
    const create = mode === "create";
    const db = new Database(path, mode === "read" ? { readonly: true } : { create, readwrite: true });
    try {
      db.run("PRAGMA busy_timeout = 10000");
      if (create) db.run("PRAGMA page_size = 32768");
      if (mode !== "read") {
        db.run("PRAGMA journal_mode = WAL");
        db.run("PRAGMA synchronous = FULL");
        db.run("PRAGMA fullfsync = ON"); // where fsync alone does not reach the disk
        // Moving the log into the file holds up a commit for as long as it takes: better seldom and all at once.
        db.run("PRAGMA wal_autocheckpoint = 4096"); // pages: 128 MiB
        db.run("PRAGMA journal_size_limit = 134217728");
      }
      return new SqliteFile(db, path);
    } catch (error) {
      db.close();
      throw error;
    }
  }

  static async using<T>(path: string, mode: Mode, work: (file: SqliteFile) => T | Promise<T>): Promise<T> {
    const file = await SqliteFile.open(path, mode);
    try {
      return await work(file);
    } finally {
      file.close();
    }
  }

  close(): void {
    this.db.close();
  }

  /** Whether what was read counts: not if someone began to write a file that was not open. Then open it again. */
  get counts(): boolean {
    return this.immutable === null || this.immutable === stateOf(this.path);
  }

  /** Runs `work` as one transaction: when it returns, what it wrote is on the disk. */
  transaction(work: () => void): void {
    this.db.run("BEGIN IMMEDIATE");
    try {
      work();
      this.db.run("COMMIT");
    } catch (error) {
      try {
        this.db.run("ROLLBACK");
      } catch {} // SQLite has rolled back already
      throw error;
    }
  }

  /** Everything that `work` reads is of one moment, whatever others write in the meantime. */
  atOneMoment<T>(work: () => T): T {
    this.db.run("BEGIN");
    try {
      return work();
    } finally {
      this.db.run("ROLLBACK");
    }
  }

  /** Moves everything from the write-ahead log into the file itself. */
  settle(): void {
    this.db.run("PRAGMA wal_checkpoint(TRUNCATE)");
  }

  /** Makes a copy of the file as it is now, on the disk when it resolves. */
  async copyTo(path: string): Promise<void> {
    this.db.query("VACUUM INTO ?").run(path);
    (await SqliteFile.open(path, "write")).close(); // or the first `open` would have to give it a write-ahead log
    syncFile(path);
    syncFile(dirname(path));
  }

  isEmpty(): boolean {
    return this.db.query("SELECT 1 FROM sqlite_master LIMIT 1").get() === null;
  }

  /** The value of a pragma that is a number. */
  pragma(name: string): number {
    const row = this.db.query<Record<string, number>, []>(`PRAGMA ${name}`).get();
    return Object.values(row ?? {})[0] ?? 0;
  }

  /** Throws Damage when a page of the file is broken: some lead queries in circles that do not end. Reads all of it. */
  expectSound(): void {
    const [broken] = this.check("quick");
    if (broken !== undefined) throw new Damage(`${this.path}: ${broken}`);
  }

  /** What SQLite finds wrong with the file, a line each; with "quick" the first problem only. Reads all of it. */
  check(how: "quick" | "thorough"): string[] {
    const rows = this.db.query(`PRAGMA ${how === "quick" ? "quick_check(1)" : "integrity_check"}`).values();
    return rows.map(([line]) => `${line}`.trim()).filter((line) => line !== "ok");
  }
}

/** Whether there is a log, but not its index -shm, which can't be created. Then no process can write there either. */
function hasUnreadableLog(path: string): boolean {
  return existsSync(`${path}-wal`) && !existsSync(`${path}-shm`) && !isWritable(dirname(path));
}

/** Changes with every write; null while a log of SQLite's lies beside the file: it may be open elsewhere. */
function stateOf(path: string): string | null {
  if (existsSync(`${path}-wal`) || existsSync(`${path}-journal`)) return null;
  const { size, mtimeNs } = statSync(path, { bigint: true });
  return `${size} ${mtimeNs}`;
}
