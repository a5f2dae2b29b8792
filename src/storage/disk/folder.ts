/*
 * What lies in an index's folder, and is it one that can be opened?
 *
 *   journal.sqlite   groups of ops, and what snapshots there are (store.ts); -wal and -shm beside it are SQLite's
 *   journal.mark     how far the journal was at least (mark.ts)
 *   snapshots/       files of snapshots (snapshot-file.ts)
 *   lock             held while the folder is open (lock.ts)
 *   damaged-…/       what a salvage has put aside (salvage.ts)
 */
import { existsSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { HnswError } from "../../errors.ts";
import { FolderLock } from "./lock.ts";
import { Damage, FORMAT, JournalStore, type Meta, syncFile } from "./sqlite.ts";

export interface FolderPaths {
  folder: string;
  journal: string;
  /** A journal that salvage has made, and has not yet put in the old one's place. */
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

/**
 * Makes the folder if need be, and locks it. Its paths stay the same when the process goes to another folder. Throws
 * PATH_IN_USE, PATH_FOREIGN, PATH_FAILED.
 */
export async function lockFolder(given: string): Promise<{ paths: FolderPaths; lock: FolderLock }> {
  let folder = given;
  let before: string[];
  try {
    folder = resolve(given);
    makeDurably(folder);
    before = readdirSync(folder);
  } catch (cause) {
    throw new HnswError("PATH_FAILED", `The folder ${folder} can't be made: ${(cause as Error).message}.`, { cause });
  }
  const ours = before.some((name) => name === "lock" || name.startsWith("journal.") || name === "snapshots");
  if (before.length > 0 && !ours) {
    throw new HnswError("PATH_FOREIGN", `The folder ${folder} holds other files and no index: give one of its own.`);
  }
  const paths = pathsOf(folder);
  return { paths, lock: await FolderLock.take(paths.lock, folder) };
}

/**
 * Makes a folder, given by its whole path, and those above it that are not there; what holds their names is on the disk,
 * too, when it returns. Answers the uppermost that it made.
 */
export function makeDurably(folder: string): string | undefined {
  const first = mkdirSync(folder, { recursive: true });
  if (first === undefined) return undefined;
  for (let at = folder; at.length >= first.length; at = dirname(at)) syncFile(dirname(at));
  return first;
}

/** Locks a folder to read it; makes no more in it than the file of the lock. Throws like `lookToRead`, and PATH_IN_USE. */
export async function lockToRead(folder: string): Promise<OpenFolder> {
  const paths = pathsToRead(folder);
  const lock = await FolderLock.take(paths.lock, folder);
  try {
    return { lock, ...(await lookToRead(folder)) };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** What lies in a folder that is only read, be it open elsewhere. Throws PATH_FAILED or PATH_FOREIGN: no index. */
export async function lookToRead(folder: string): Promise<Omit<OpenFolder, "lock">> {
  const paths = pathsToRead(folder);
  const found = await lookAt(paths);
  if (found.meta !== null || found.damage !== null) return { paths, ...found };
  throw new HnswError("PATH_FOREIGN", `The folder ${folder} holds no index yet: its making was cut off.`);
}

function pathsToRead(folder: string): FolderPaths {
  const paths = pathsOf(folder);
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (cause) {
    const why = existsSync(folder) ? (cause as Error).message : "it is not there";
    throw new HnswError("PATH_FAILED", `The folder ${folder} can't be read: ${why}.`, { cause });
  }
  if (!names.some((name) => name.startsWith("journal.") || name === "snapshots")) {
    throw new HnswError("PATH_FOREIGN", `The folder ${folder} holds no index.`);
  }
  // A salvage that was cut off at its end; `open` would finish it.
  return existsSync(paths.fresh) ? { ...paths, journal: paths.fresh } : paths;
}

/** The error of a folder that is damaged. */
export function damaged(problem: string): HnswError {
  const cure = 'restore the folder from a backup, or keep what is readable with `open({ onDamage: "salvage" })`';
  return new HnswError("PATH_DAMAGED", `${problem}: ${cure}.`);
}

/** What the index in a folder was made for: null when there is none yet, or `damage` says why nothing tells. */
export interface FolderContents {
  meta: Meta | null;
  /** What is wrong with the journal's file as a whole: the index can only be salvaged then. */
  damage: string | null;
}

/** A locked folder, and what lies in it. */
export interface OpenFolder extends FolderContents {
  paths: FolderPaths;
  lock: FolderLock;
}

/** Looks into a folder without changing anything. Throws PATH_FOREIGN or PATH_FAILED. */
export async function lookAt(paths: FolderPaths): Promise<FolderContents> {
  const { journal } = paths;
  const nothing = (how: string) => ({ meta: null, damage: holdsSnapshots(paths) ? `${journal} is ${how}` : null });
  if (!existsSync(journal)) return nothing("missing");
  if (statSync(journal).size === 0 && !existsSync(`${journal}-wal`)) return nothing("empty");
  let store: JournalStore | null = null;
  try {
    store = await JournalStore.open(journal, "read");
    if (store.isEmpty()) return nothing("empty"); // its making was cut off
    const format = store.format();
    if (format === 0) return { meta: null, damage: `${journal} has no format number` };
    if (format === null) throw new HnswError("PATH_FOREIGN", `${journal} is not a journal of this package.`);
    if (format !== FORMAT) {
      const message = `${journal} has format ${format}, this version reads ${FORMAT}: use the version that made it.`;
      throw new HnswError("PATH_FOREIGN", message);
    }
    return { meta: store.meta(), damage: null };
  } catch (error) {
    if (error instanceof HnswError) throw error;
    if (error instanceof Damage) return { meta: null, damage: error.message };
    const { code = "", message } = error as { code?: string; message: string };
    // What was begun without the write-ahead log was not finished: it was being made one that has it.
    if (code === "SQLITE_READONLY_ROLLBACK") return nothing("empty");
    if (["SQLITE_NOTADB", "SQLITE_CORRUPT", "SQLITE_ERROR"].some((known) => code.startsWith(known))) {
      return { meta: null, damage: `${journal}: ${message}` };
    }
    throw new HnswError("PATH_FAILED", `${journal} can't be opened: ${message}.`, { cause: error });
  } finally {
    store?.close();
  }
}

function holdsSnapshots({ mark, snapshots }: FolderPaths): boolean {
  return existsSync(mark) || (existsSync(snapshots) && readdirSync(snapshots).length > 0);
}

/** Makes the folders of a new index, durably. */
export function makeFolders(paths: FolderPaths): void {
  mkdirSync(paths.snapshots, { recursive: true });
  syncFile(paths.folder);
}
