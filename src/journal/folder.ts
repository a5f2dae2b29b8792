/*
 * What lies in an index's folder, and is it one that can be opened?
 *
 *   journal.sqlite   groups of ops, and what snapshots there are (store.ts); -wal and -shm beside it are SQLite's
 *   journal.mark     how far the journal was at least (mark.ts)
 *   snapshots/       files of snapshots (snapshot-file.ts)
 *   lock             held while the folder is open (lock.ts)
 */
import { existsSync, mkdirSync, readdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { HnswError } from "../errors.ts";
import { FolderLock } from "./lock.ts";
import { Damage, FORMAT, JournalStore, type Meta, syncFile } from "./store.ts";

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

/** A locked folder. `meta` is null when it holds no index yet, or one that nothing tells of any more. */
export interface OpenFolder {
  paths: FolderPaths;
  lock: FolderLock;
  meta: Meta | null;
  /** What is wrong with the journal's file as a whole; the index can only be salvaged then. */
  damage: string | null;
}

/** Makes the folder if need be, and locks it. Throws PATH_IN_USE, PATH_FOREIGN, PATH_FAILED. */
export async function lockFolder(folder: string): Promise<OpenFolder> {
  const paths = pathsOf(folder);
  try {
    mkdirSync(folder, { recursive: true });
  } catch (cause) {
    throw new HnswError("PATH_FAILED", `The folder ${folder} can't be made: ${(cause as Error).message}.`, { cause });
  }
  const before = readdirSync(folder);
  const ours = before.some((name) => name === "lock" || name.startsWith("journal.") || name === "snapshots");
  if (before.length > 0 && !ours) {
    throw new HnswError("PATH_FOREIGN", `The folder ${folder} holds other files and no index: give one of its own.`);
  }
  const lock = await FolderLock.take(paths.lock, folder);
  try {
    // A crash between the two renames of a salvage.
    if (!existsSync(paths.journal) && existsSync(paths.fresh)) renameSync(paths.fresh, paths.journal);
    return { paths, lock, ...(await lookAt(paths)) };
  } catch (error) {
    lock.release();
    throw error;
  }
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
  const found = await lookAt(paths, "read");
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
  // After a crash between the two renames of a salvage; `open` would finish it.
  return existsSync(paths.journal) || !existsSync(paths.fresh) ? paths : { ...paths, journal: paths.fresh };
}

/** The error of a folder that is damaged as a whole. */
export function damaged(problem: string): HnswError {
  const cure = 'restore the folder from a backup, or keep what is readable with `open({ recover: "salvage" })`';
  return new HnswError("PATH_DAMAGED", `${problem}: ${cure}.`);
}

/** What the index in a folder was made for. Throws PATH_FOREIGN. */
export async function lookAt(
  paths: FolderPaths,
  mode: "write" | "read" = "write",
): Promise<Pick<OpenFolder, "meta" | "damage">> {
  if (!existsSync(paths.journal)) {
    const holds = existsSync(paths.mark) || (existsSync(paths.snapshots) && readdirSync(paths.snapshots).length > 0);
    return { meta: null, damage: holds ? `${paths.journal} is missing` : null };
  }
  let store: JournalStore | null = null;
  try {
    store = await JournalStore.open(paths.journal, mode);
    const format = store.format();
    if (format === 0 || (format === null && store.isEmpty())) return { meta: null, damage: null }; // its making was cut off
    if (format === null) throw new HnswError("PATH_FOREIGN", `${paths.journal} is not a journal of this package.`);
    if (format > FORMAT) {
      const message = `${paths.journal} has format ${format}, this version reads ${FORMAT}: use a newer version.`;
      throw new HnswError("PATH_FOREIGN", message);
    }
    return { meta: store.meta(), damage: null };
  } catch (error) {
    if (error instanceof HnswError) throw error;
    if (error instanceof Damage) return { meta: null, damage: error.message };
    const { code = "", message } = error as { code?: string; message: string };
    if (code === "SQLITE_NOTADB" || code.startsWith("SQLITE_CORRUPT")) {
      return { meta: null, damage: `${paths.journal}: ${message}` };
    }
    throw new HnswError("PATH_FAILED", `${paths.journal} can't be opened: ${message}.`, { cause: error });
  } finally {
    store?.close();
  }
}

/** Makes the folders of a new index, durably. */
export function makeFolders(paths: FolderPaths): void {
  mkdirSync(paths.snapshots, { recursive: true });
  syncFile(paths.folder);
}
