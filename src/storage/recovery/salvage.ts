/*
 * What is still readable in a damaged folder, and how does it become a sound one again?
 *
 * The index is in memory by then. Snapshots of everything that is there are written, then a journal that knows of nothing
 * else, under a name of its own. Its last rename is the moment from which the folder is the new one: what follows moves
 * the old journal and the old snapshots aside and puts the new journal in its place, and whoever opens the folder
 * after a crash in between finishes that.
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { listSpaces } from "../../engine/census.ts";
import type { Handle } from "../../engine/handle.ts";
import { partitionOf } from "../../scheduler/assignment.ts";
import { MAGIC } from "../../snapshot/magic.ts";
import type { RecoveredPartition } from "../../snapshot/partition-state.ts";
import type { Findings } from "../disk/findings.ts";
import type { FolderPaths } from "../disk/folder.ts";
import { Damage, JournalStore, type Meta, syncFile } from "../disk/sqlite.ts";
import { sectionAt } from "../snapshots/file.ts";
import { type RoundSpace, writeSnapshots } from "../snapshots/rounds.ts";
import type { WantedSection } from "./section-loader.ts";

/** Sections of one space, newest first. */
export interface FoundSections {
  partition: number;
  sections: WantedSection[];
}

/** Every space that any file of snapshots holds. What can't be read is among the findings. */
export function scanSnapshots(handle: Handle, folder: string, findings: Findings): FoundSections[] {
  const spaces = new Map<string, FoundSections>();
  for (const file of existsSync(folder) ? readdirSync(folder).sort() : []) {
    if (!file.endsWith(".hnsw")) continue;
    const path = join(folder, file);
    try {
      for (const { name, partition, section } of sectionsIn(handle, path)) {
        const known = spaces.get(name) ?? { partition, sections: [] };
        spaces.set(name, known);
        known.sections.push(section);
      }
    } catch (error) {
      if (!(error instanceof Damage)) throw error;
      findings.lost(error.message); // nobody knows where the next one begins
    }
  }
  for (const { sections } of spaces.values()) sections.sort((a, b) => b.sequence - a.sequence);
  return [...spaces.values()];
}

function* sectionsIn(handle: Handle, path: string) {
  const seat = handle.seats[0]!;
  let offset = MAGIC.length;
  for (let found = sectionAt(path, offset); found !== null; found = sectionAt(path, offset)) {
    const { id, sequence, nameHeader, name, bytes } = found;
    seat.putKeyBytes(name);
    const partition = partitionOf(seat.core.hashName(nameHeader) >>> 0, handle.settings.partitions);
    const section: WantedSection = { path, offset, bytes, space: id, sequence };
    yield { name: `${nameHeader} ${Buffer.from(name).toString("latin1")}`, partition, section };
    offset += bytes;
  }
}

/** Makes the folder one that holds exactly what is in memory. Rejects with what the disk says. */
export async function makeAnew(
  handle: Handle,
  paths: FolderPaths,
  meta: Meta,
  partitions: RecoveredPartition[],
): Promise<void> {
  const spaces: RoundSpace[] = [];
  for (const { number, seat } of partitions) {
    for (const space of await listSpaces(handle, seat)) spaces.push({ ...space, partition: number });
  }
  const rows = await writeSnapshots(handle.seats, spaces, paths.snapshots);
  for (const { seat } of partitions) seat.clearIntake();
  if (rows.length < spaces.length) throw new Error("there is no memory left for the notes of a snapshot");
  const unfinished = `${paths.fresh}.tmp`;
  for (const suffix of ["", "-wal", "-shm"]) rmSync(`${unfinished}${suffix}`, { force: true });
  const fresh = await JournalStore.open(unfinished, "create");
  const states = partitions.map(({ number, last, nextSpace }) => ({
    partition: number,
    trimmed: last,
    held: last,
    nextSpace,
  }));
  fresh.create(meta, states, rows);
  fresh.settle();
  fresh.close();
  renameSync(unfinished, paths.fresh);
  syncFile(paths.folder);
  await promoteFresh(paths);
}

/** Puts a journal that a salvage has made in the old one's place. */
export async function promoteFresh(paths: FolderPaths): Promise<void> {
  const fresh = await JournalStore.open(paths.fresh, "read");
  const named = new Set(fresh.snapshots().map(({ file }) => file));
  fresh.close();
  const aside = join(paths.folder, `damaged-${new Date().toISOString().replaceAll(":", "-")}`);
  mkdirSync(join(aside, "snapshots"), { recursive: true });
  // The log first: SQLite would take it for the new file's.
  for (const name of ["journal.sqlite-wal", "journal.sqlite-shm", "journal.sqlite", "journal.mark"]) {
    if (existsSync(join(paths.folder, name))) renameSync(join(paths.folder, name), join(aside, name));
  }
  for (const name of readdirSync(paths.snapshots)) {
    if (!named.has(name)) renameSync(join(paths.snapshots, name), join(aside, "snapshots", name));
  }
  renameSync(paths.fresh, paths.journal);
  syncFile(paths.folder);
}
