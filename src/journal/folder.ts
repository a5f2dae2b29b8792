/*
 * What lies in an index's folder, and is it one that can be opened?
 *
 *   journal.sqlite   groups of ops, and what snapshots there are (store.ts); -wal and -shm beside it are SQLite's
 *   journal.mark     how far the journal was at least (mark.ts)
 *   snapshots/       files of snapshots (snapshot-file.ts)
 *   lock             held while the folder is open (lock.ts)
 */
import { accessSync, constants, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
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
    makeDurably(folder);
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
    if (existsSync(paths.fresh)) putInPlace(paths); // a salvage that was cut off there
    return { paths, lock, ...(await lookAt(paths)) };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** Makes a folder and those above it that are not there; what holds their names is on the disk, too, when it returns. */
function makeDurably(folder: string): void {
  const first = mkdirSync(folder, { recursive: true });
  if (first === undefined) return;
  for (let at = resolve(folder); at.length >= resolve(first).length; at = dirname(at)) syncFile(dirname(at));
}

/** What the index in a folder was made for. Throws PATH_FOREIGN. */
export async function lookAt(paths: FolderPaths): Promise<Pick<OpenFolder, "meta" | "damage">> {
  const holds = existsSync(paths.mark) || (existsSync(paths.snapshots) && readdirSync(paths.snapshots).length > 0);
  if (!existsSync(paths.journal)) return { meta: null, damage: holds ? `${paths.journal} is missing` : null };
  let store: JournalStore | null = null;
  try {
    store = await JournalStore.open(paths.journal, "write");
    const format = store.format();
    // Its making was cut off, unless there is what comes later.
    if (store.isEmpty()) return { meta: null, damage: holds ? `${paths.journal} is empty` : null };
    if (format === 0) return { meta: null, damage: `${paths.journal} has no format number` };
    if (format === null) throw new HnswError("PATH_FOREIGN", `${paths.journal} is not a journal of this package.`);
    if (format > FORMAT) {
      const message = `${paths.journal} has format ${format}, this version reads ${FORMAT}: use a newer version.`;
      throw new HnswError("PATH_FOREIGN", message);
    }
    store.tryWriting();
    return { meta: store.meta(), damage: null };
  } catch (error) {
    if (error instanceof HnswError) throw error;
    if (error instanceof Damage) return { meta: null, damage: error.message };
    const { code = "", message } = error as { code?: string; message: string };
    if (isDamage(code, paths.journal)) return { meta: null, damage: `${paths.journal}: ${message}` };
    throw new HnswError("PATH_FAILED", `${paths.journal} can't be opened: ${message}.`, { cause: error });
  } finally {
    store?.close();
  }
}

/** Whether SQLite refuses a file for what is in it. */
function isDamage(code: string, file: string): boolean {
  if (code === "SQLITE_NOTADB" || code.startsWith("SQLITE_CORRUPT")) return true;
  if (code === "SQLITE_ERROR") return true; // what we ask for does not fit the tables that we made
  return code.startsWith("SQLITE_READONLY") && isWritable(file); // its header says that it is of a newer SQLite
}

function isWritable(file: string): boolean {
  try {
    accessSync(file, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Puts the journal that a salvage has made in the place of the old one, which stays under another name. Its log goes
 * first: beside another file SQLite would take it for that one's. Cut off anywhere, it is done again from the start.
 */
export function putInPlace(paths: FolderPaths): void {
  const aside = `journal.damaged-${new Date().toISOString().replaceAll(":", "-")}.sqlite`;
  for (const suffix of ["-wal", "-shm", ""]) {
    const old = `${paths.journal}${suffix}`;
    if (existsSync(old)) renameSync(old, join(paths.folder, `${aside}${suffix}`));
  }
  renameSync(paths.fresh, paths.journal);
  rmSync(paths.mark, { force: true });
  syncFile(paths.folder);
}

/** Makes the folders of a new index, durably. */
export function makeFolders(paths: FolderPaths): void {
  mkdirSync(paths.snapshots, { recursive: true });
  syncFile(paths.folder);
}
