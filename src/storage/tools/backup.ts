/*
 * How is a folder copied while an index in it is open? First the journal's file, by SQLite and in one piece; then the
 * files of the snapshots that this copy names. A registered file never changes. It can only vanish when a round has
 * replaced it: then everything is copied again.
 *
 * The copy is made in a folder of its own inside the destination, brought to the disk, and moved up, the journal first:
 * a backup that was interrupted is no index, or one whose snapshots are missing, but never one that silently lacks ops.
 */
import { copyFileSync, existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { nextTurn } from "../../runtime/event-loop.ts";
import type { BackupReport } from "../../values/reports.ts";
import { damaged, pathError } from "../disk/damage.ts";
import { expectRegular, syncFile } from "../disk/files.ts";
import { findFolder, shapeIn } from "../disk/folder.ts";
import type { Look } from "../disk/identity.ts";
import type { FolderPaths } from "../disk/paths.ts";
import { SqliteFile } from "../disk/sqlite.ts";
import { GroupLog } from "../log/group-log.ts";
import { MarkFile } from "../log/mark.ts";
import { Catalog, filesOf } from "../snapshots/catalog.ts";
import { Destination } from "./backup-destination.ts";

const TRIES = 10; // a round of snapshots would have to end in each of them

type OnCopied = (bytes: number, total: number) => void;

/**
 * Copies the index in `folder` to `destination`, which must be missing or empty. Everything is on the disk when it
 * resolves. `onCopied` gets how many bytes of how many are copied. Rejects with BAD_OPTION, PATH_FOREIGN, PATH_FAILED
 * or PATH_DAMAGED, or what `look` throws; then the destination is as it was.
 */
export async function backUp(
  folder: string,
  destination: string,
  onCopied: OnCopied = () => {},
  look: Look = () => {},
): Promise<BackupReport> {
  const start = performance.now();
  look();
  const found = await findFolder(folder);
  const { partitions } = shapeIn(found);
  const place = Destination.take(folder, destination);
  try {
    const { sequences, names } = await copy(found.paths, place, partitions, onCopied);
    const { journal, snapshots } = place.unfinished;
    const bytes = [journal, ...names.map((name) => join(snapshots, name))].reduce((sum, path) => sum + sizeOf(path), 0);
    look(); // what was read by path is what was opened
    place.moveUp();
    return { sequences, files: names.length, bytes, ms: performance.now() - start };
  } catch (error) {
    place.takeBack();
    throw pathError(error, `${folder} can't be copied to ${destination}`);
  }
}

async function copy(from: FolderPaths, place: Destination, partitions: number, onCopied: OnCopied) {
  const to = place.unfinished;
  for (let tries = 0; tries < TRIES; tries++) {
    place.clear();
    const copied = await SqliteFile.using(from.journal, "read", async (journal) => {
      journal.expectSound();
      await journal.copyTo(to.journal);
      const found = await SqliteFile.using(to.journal, "read", (file) => readCopy(file, partitions));
      const vanished = await copyFiles(from, to, found.names, onCopied);
      if (!journal.counts) return null;
      if (vanished === null) return found;
      // A round registers what replaces a file before it deletes the file.
      const named = journal.atOneMoment(() => filesOf(new Catalog(journal).snapshots()));
      if (named.has(vanished)) throw damaged(`${join(from.snapshots, vanished)} is missing`);
      return null;
    });
    if (copied === null) continue;
    writeMark(to.mark, copied.sequences);
    return copied;
  }
  throw new Error(`snapshots were replaced ${TRIES} times while they were copied`);
}

/** What the copy of a journal holds, and which files it names. */
function readCopy(file: SqliteFile, partitions: number) {
  const [log, catalog] = [new GroupLog(file), new Catalog(file)];
  const states = catalog.partitions(partitions);
  const sequences = states.map(({ partition, trimmed }) => Math.max(trimmed, log.lastSequence(partition)));
  return { sequences, names: [...filesOf(catalog.snapshots())] };
}

/** Resolves to the name of a file that is missing, or to null. */
async function copyFiles(
  from: FolderPaths,
  to: FolderPaths,
  names: string[],
  onCopied: OnCopied,
): Promise<string | null> {
  try {
    let copied = sizeOf(to.journal);
    const sizes = names.map((name) => sizeOf(join(from.snapshots, name)));
    const total = sizes.reduce((sum, size) => sum + size, copied);
    onCopied(copied, total);
    for (const [i, name] of names.entries()) {
      expectRegular(join(from.snapshots, name));
      copyFileSync(join(from.snapshots, name), join(to.snapshots, name));
      syncFile(join(to.snapshots, name));
      copied += sizes[i]!;
      onCopied(copied, total);
      await nextTurn();
    }
    return null;
  } catch (error) {
    const missing = names.find((name) => !existsSync(join(from.snapshots, name)));
    if ((error as { code?: string }).code !== "ENOENT" || missing === undefined) throw error;
    return missing;
  }
}

function sizeOf(path: string): number {
  return statSync(path).size;
}

/** From what the copy itself holds: the folder's own mark may know of later ops by now. */
function writeMark(path: string, sequences: number[]): void {
  const mark = new MarkFile(path, sequences.length);
  try {
    mark.write((partition) => sequences[partition]!);
  } finally {
    mark.close();
  }
  syncFile(path);
}
