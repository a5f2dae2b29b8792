/* Is a folder one in which an index can be made or opened, and what was the index created with? */
import { existsSync, lstatSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { HnswError, messageOf } from "../../errors.ts";
import type { Settings } from "../../options/open.ts";
import type { Shape } from "../../options/shape.ts";
import { Damage, damaged, pathError } from "./damage.ts";
import { makeDurably, syncFile } from "./files.ts";
import { FolderLock } from "./lock.ts";
import { FORMAT, FORMER_FORMAT, formatOf, readMeta } from "./meta.ts";
import { type FolderPaths, pathsOf } from "./paths.ts";
import { SqliteFile } from "./sqlite.ts";
import { expectTables } from "./tables.ts";

/** What the index in a folder was created with: null when there is none yet, or when `damage` says why it can't be known. */
export interface FolderContents {
  shape: Shape | null;
  fields: Settings["fields"];
  /** What is wrong with the journal's file as a whole: the index can only be salvaged then. */
  damage: string | null;
}

export interface FoundFolder extends FolderContents {
  paths: FolderPaths;
}

export interface LockedFolder extends FoundFolder {
  lock: FolderLock;
}

/** What systems and tools put into a folder, so that it is as good as empty. */
export const OF_SYSTEMS = [
  ...["lost+found", ".snapshot", ".snapshots", ".zfs", ".gitkeep", ".keep", ".gitignore"],
  ...[".DS_Store", ".Trashes", ".Spotlight-V100", ".fseventsd", ".TemporaryItems", ".localized"],
  ...["Thumbs.db", "desktop.ini", "System Volume Information", "$RECYCLE.BIN", "@eaDir"],
];

/** Whether a folder holds an index, or what is left of one. */
export function holdsIndex(folder: string): boolean {
  try {
    return readdirSync(folder).some(isOfIndex);
  } catch {
    return false; // a call that needs it says why it can't be read
  }
}

/** Makes the folder if need be, and locks it. Rejects with PATH_IN_USE, PATH_FOREIGN or PATH_FAILED. */
export async function lockFolder(given: string): Promise<{ paths: FolderPaths; lock: FolderLock }> {
  let folder = given;
  let names: string[];
  try {
    folder = resolve(given);
    makeDurably(folder);
    names = readdirSync(folder).filter((name) => !OF_SYSTEMS.includes(name));
  } catch (error) {
    throw pathError(error, `The folder ${folder} can't be created`);
  }
  const isOurs = names.some((name) => name === "lock" || isOfIndex(name));
  if (names.length > 0 && !isOurs) {
    const message = `The folder ${folder} holds other files and no index: give the index a folder of its own.`;
    throw new HnswError("PATH_FOREIGN", message);
  }
  const paths = pathsOf(folder);
  expectFolder(paths.snapshots);
  return { paths, lock: await FolderLock.take(paths.lock, folder, "write") };
}

export function makeFolders(paths: FolderPaths): void {
  mkdirSync(paths.snapshots, { recursive: true });
  syncFile(paths.folder);
}

/** Locks a folder to read it; creates nothing in it but the lock's file. Rejects like `findFolder`, and with PATH_IN_USE. */
export async function lockToRead(folder: string): Promise<LockedFolder> {
  const lock = await FolderLock.take(pathsToRead(folder).lock, folder, "read");
  try {
    return { lock, ...(await findFolder(folder)) };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** What lies in a folder that is only read, and may be open elsewhere. Rejects with PATH_FAILED or PATH_FOREIGN. */
export async function findFolder(folder: string): Promise<FoundFolder> {
  const paths = pathsToRead(folder);
  const contents = await contentsOf(paths);
  if (contents.shape !== null || contents.damage !== null) return { paths, ...contents };
  throw new HnswError("PATH_FOREIGN", `The folder ${folder} holds no index yet: its creation was interrupted.`);
}

/** What the index was created with. Throws PATH_DAMAGED. */
export function shapeIn({ shape, damage }: FolderContents): Shape {
  if (shape === null) throw damaged(damage!);
  return shape;
}

function pathsToRead(folder: string): FolderPaths {
  const paths = pathsOf(folder);
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (cause) {
    const why = existsSync(folder) ? messageOf(cause) : "it does not exist";
    throw new HnswError("PATH_FAILED", `The folder ${folder} can't be read: ${why}.`, { cause });
  }
  if (!names.some(isOfIndex)) throw new HnswError("PATH_FOREIGN", `The folder ${folder} holds no index.`);
  expectFolder(paths.snapshots);
  // A salvage was interrupted at its end; `open` would finish it.
  return existsSync(paths.fresh) ? { ...paths, journal: paths.fresh } : paths;
}

/** Throws PATH_FOREIGN when something else has the folder's name: a link would lead to what belongs to others. */
function expectFolder(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory() !== false) return;
  throw new HnswError(
    "PATH_FOREIGN",
    `${path} is a link or a file, not a folder: an index's files lie in its own folder.`,
  );
}

function isOfIndex(name: string): boolean {
  return name.startsWith("journal.") || name === "snapshots";
}

/** Finds out without changing anything. Rejects with PATH_FOREIGN or PATH_FAILED. */
export async function contentsOf(paths: FolderPaths, wanted = FORMAT): Promise<FolderContents> {
  const { journal } = paths;
  const nothing = (how: string) => unknown(hasBeenUsed(paths) ? `${journal} is ${how}` : null);
  if (!existsSync(journal)) return nothing("missing");
  if (statSync(journal).size === 0 && !existsSync(`${journal}-wal`)) return nothing("empty");
  // Only creating a journal leaves it, before the file has its write-ahead log. SQLite would do what it says.
  if (existsSync(`${journal}-journal`)) return nothing("unfinished");
  try {
    return await SqliteFile.using(journal, "read", (file) => {
      if (file.isEmpty()) return nothing("empty"); // its creation was interrupted
      const format = formatOf(file);
      if (format === 0) return unknown(`${journal} has no format number`);
      if (format === null) throw new HnswError("PATH_FOREIGN", `${journal} is not a journal of this package.`);
      if (format !== wanted) throw otherFormat(paths, format, wanted);
      expectTables(file);
      return { ...readMeta(file), damage: null };
    });
  } catch (error) {
    if (error instanceof Damage) return unknown(error.message);
    const { code = "" } = error as { code?: string };
    if (["SQLITE_NOTADB", "SQLITE_CORRUPT", "SQLITE_ERROR"].some((known) => code.startsWith(known))) {
      return unknown(`${journal}: ${messageOf(error)}`);
    }
    throw pathError(error, `${journal} can't be opened`);
  }
}

function unknown(damage: string | null): FolderContents {
  return { shape: null, fields: {}, damage };
}

function otherFormat({ journal, folder }: FolderPaths, format: number, wanted: number): HnswError {
  const [does, isUpgrade] = wanted === FORMAT ? ["reads", false] : ["upgrades", true];
  let cure = "use the version that wrote it";
  if (format > FORMAT) cure = "a newer version wrote it, use that";
  if (isUpgrade && format === FORMAT) cure = "there is nothing to upgrade";
  if (!isUpgrade && format === FORMER_FORMAT) cure = `\`hnsw-workers upgrade ${folder} NEW\` converts it`;
  return new HnswError("PATH_FOREIGN", `${journal} has format ${format}, this version ${does} ${wanted}: ${cure}.`);
}

/** Whether there is more than the creation of an index leaves. */
function hasBeenUsed({ mark, snapshots }: FolderPaths): boolean {
  return existsSync(mark) || (existsSync(snapshots) && readdirSync(snapshots).length > 0);
}
