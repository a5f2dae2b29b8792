/*
 * How is a folder copied while somebody works in it? First the journal's file, by SQLite and in one piece; then the
 * files of the snapshots that this copy names. A file never changes once it is registered, it can only vanish when a
 * round has replaced it: then all is copied anew.
 *
 * Everything is made in a folder of its own inside the destination, brought to the disk, and moved up, the journal
 * first: a backup that was cut off is no index, or one whose snapshots are missing, but never one that lacks ops and
 * does not say so.
 */
import { copyFileSync, existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { HnswError } from "../../errors.ts";
import { nextTurn } from "../../runtime/event-loop.ts";
import { damaged, type FolderPaths, lookToRead } from "../disk/folder.ts";
import { Damage, JournalStore, syncFile } from "../disk/sqlite.ts";
import { Mark } from "../log/mark.ts";
import { Destination } from "./backup-destination.ts";

const TRIES = 10; // a round of snapshots would have to end in each of them

/** What a backup holds. */
export interface BackupReport {
  /** Number of the last op of each partition. */
  sequences: number[];
  /** Of snapshots. */
  files: number;
  bytes: number;
  ms: number;
}

/**
 * Copies the index in `folder` to `destination`, which must not be there or be empty. On the disk when it resolves.
 * `onCopied` is told how many bytes of how many are copied. Rejects with BAD_OPTION, PATH_FOREIGN, PATH_FAILED or
 * PATH_DAMAGED; the destination is as before then.
 */
export async function backUp(
  folder: string,
  destination: string,
  onCopied: (bytes: number, total: number) => void = () => {},
): Promise<BackupReport> {
  const start = performance.now();
  const { paths, meta, damage } = await lookToRead(folder);
  if (meta === null) throw damaged(damage!);
  const place = Destination.take(folder, destination);
  try {
    const { sequences, files, bytes } = await copy(paths, place, meta.partitions, onCopied);
    place.moveUp();
    return { sequences, files, bytes, ms: performance.now() - start };
  } catch (error) {
    place.takeBack();
    if (error instanceof HnswError) throw error;
    if (error instanceof Damage) throw damaged(error.message);
    const why = error instanceof Error ? error.message : String(error);
    throw new HnswError("PATH_FAILED", `${folder} can't be copied to ${destination}: ${why}.`, { cause: error });
  }
}

async function copy(
  from: FolderPaths,
  place: Destination,
  partitions: number,
  onCopied: (bytes: number, total: number) => void,
): Promise<Omit<BackupReport, "ms">> {
  const to = place.unfinished;
  for (let tries = 1; ; tries++) {
    place.clear();
    const store = await JournalStore.open(from.journal, "read");
    try {
      store.copyTo(to.journal);
      const { sequences, names } = await read(to.journal, partitions);
      const vanished = await copyFiles(from, to, names, onCopied);
      if (vanished === null && store.counts) {
        writeMark(to.mark, sequences);
        return { sequences, files: names.length, bytes: sizeOf(to.journal) + bytesIn(to.snapshots, names) };
      }
      // A round registers what replaces a file before it deletes it.
      const isNamed = () => store.snapshots().some(({ file }) => file === vanished);
      if (vanished !== null && store.counts && store.atOneMoment(isNamed)) {
        throw damaged(`${join(from.snapshots, vanished)} is missing`);
      }
    } finally {
      store.close();
    }
    if (tries === TRIES) throw new Error(`snapshots were replaced ${TRIES} times while they were copied`);
  }
}

function sizeOf(path: string): number {
  return statSync(path).size;
}

function bytesIn(folder: string, names: string[]): number {
  return names.reduce((sum, name) => sum + sizeOf(join(folder, name)), 0);
}

/** What the copy of a journal holds, and which files it names. */
async function read(journal: string, partitions: number): Promise<{ sequences: number[]; names: string[] }> {
  const store = await JournalStore.open(journal, "read");
  try {
    const states = store.partitions(partitions);
    const sequences = states.map(({ partition, trimmed }) => Math.max(trimmed, store.lastSequence(partition)));
    return { sequences, names: Array.from(new Set(store.snapshots().map(({ file }) => file))) };
  } finally {
    store.close();
  }
}

/** Answers the name of a file that is not there, or null. */
async function copyFiles(
  from: FolderPaths,
  to: FolderPaths,
  names: string[],
  onCopied: (bytes: number, total: number) => void,
): Promise<string | null> {
  const journalBytes = sizeOf(to.journal);
  let name = "";
  try {
    const sizes = names.map((each) => {
      name = each;
      return sizeOf(join(from.snapshots, name));
    });
    const total = sizes.reduce((sum, size) => sum + size, journalBytes);
    let copied = journalBytes;
    onCopied(copied, total);
    for (const [i, each] of names.entries()) {
      name = each;
      copyFileSync(join(from.snapshots, name), join(to.snapshots, name));
      syncFile(join(to.snapshots, name));
      copied += sizes[i]!;
      onCopied(copied, total);
      await nextTurn();
    }
    return null;
  } catch (error) {
    if ((error as { code?: string }).code !== "ENOENT" || existsSync(join(from.snapshots, name))) throw error;
    return name;
  }
}

/** From what the copy itself holds: the folder's own mark may know of later ops by now. */
function writeMark(path: string, sequences: number[]): void {
  const mark = new Mark(path, sequences.length);
  try {
    mark.write((partition) => sequences[partition]!);
  } finally {
    mark.close();
  }
  syncFile(path);
}
