/*
 * What is still readable in a damaged folder, and how does the folder become sound again?
 *
 * By then the index is in memory. First come snapshots of everything in it, then a journal under a name of its own that
 * knows of nothing else. With its last rename the folder is the new one; what remains is to move the old journal and the
 * old snapshots aside and to put the new journal in its place. After a crash in between, the next `open` does that.
 */
import { existsSync, lstatSync, mkdirSync, readdirSync, renameSync } from "node:fs";
import { basename, join } from "node:path";
import type { Handle } from "../../engine/handle.ts";
import { listSpaces } from "../../engine/list-spaces.ts";
import type { Shape } from "../../options/shape.ts";
import { MAGIC } from "../../snapshot/frames.ts";
import { type PartitionState, partitionOfName } from "../../snapshot/partition-state.ts";
import { Damage, type Findings } from "../disk/damage.ts";
import { syncFile } from "../disk/files.ts";
import type { Look } from "../disk/identity.ts";
import type { FolderPaths } from "../disk/paths.ts";
import { SqliteFile } from "../disk/sqlite.ts";
import { expectTables } from "../disk/tables.ts";
import { Catalog, filesOf, isSnapshotFile } from "../snapshots/catalog.ts";
import { sectionAt, type WantedSection } from "../snapshots/file.ts";
import { type RoundSpace, writeSnapshots } from "../snapshots/rounds.ts";
import { createJournal } from "./create.ts";

/** Sections of one space, newest first. */
export interface FoundSections {
  partition: number;
  sections: WantedSection[];
}

/** Every space that any file of snapshots holds. What can't be read goes to the findings. */
export function scanSnapshots(handle: Handle, folder: string, findings: Findings): FoundSections[] {
  const spaces = new Map<string, FoundSections>();
  for (const file of existsSync(folder) ? readdirSync(folder).sort() : []) {
    if (!isSnapshotFile(file)) continue;
    const path = join(folder, file);
    try {
      for (const { name, partition, section } of sectionsIn(handle, path)) {
        const known = spaces.get(name) ?? { partition, sections: [] };
        spaces.set(name, known);
        known.sections.push(section);
      }
    } catch (error) {
      if (!(error instanceof Damage)) throw error;
      findings.lost(error.message); // where the next section begins is unknown
    }
  }
  for (const { sections } of spaces.values()) sections.sort((a, b) => b.sequence - a.sequence);
  return [...spaces.values()];
}

function* sectionsIn(handle: Handle, path: string) {
  let offset = MAGIC.length;
  for (let found = sectionAt(path, offset); found !== null; found = sectionAt(path, offset)) {
    const { id, sequence, nameHeader, name, bytes } = found;
    const partition = partitionOfName(handle, nameHeader, name);
    const section: WantedSection = { path, offset, bytes, space: id, sequence };
    yield { name: `${nameHeader} ${Buffer.from(name).toString("latin1")}`, partition, section };
    offset += bytes;
  }
}

/** Makes the folder one that holds exactly what is in memory. Rejects with what the disk says, or `look` throws. */
export async function rebuildFolder(
  handle: Handle,
  paths: FolderPaths,
  shape: Shape,
  partitions: PartitionState[],
  look: Look,
): Promise<void> {
  const spaces: RoundSpace[] = [];
  for (const { number, seat } of partitions) {
    for (const space of await listSpaces(handle, seat)) spaces.push({ ...space, partition: number });
  }
  const snapshots = await writeSnapshots(handle.seats, spaces, paths.snapshots, look);
  if (snapshots.length < spaces.length) throw new Error("there is no memory left for the notes of a snapshot");
  look();
  const unfinished = `${paths.fresh}.tmp`;
  const states = partitions.map(({ number, last, nextSpace }) => {
    return { partition: number, trimmed: last, held: last, nextSpace };
  });
  await createJournal(unfinished, { shape, fields: handle.settings.fields }, states, snapshots);
  renameSync(unfinished, paths.fresh);
  syncFile(paths.folder);
  await promoteFresh(paths);
}

function moveIfThere(path: string, folder: string): void {
  if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) renameSync(path, join(folder, basename(path)));
}

/** Puts a journal that a salvage has made in the old one's place. */
export async function promoteFresh(paths: FolderPaths): Promise<void> {
  const named = await SqliteFile.using(paths.fresh, "read", (file) => {
    expectTables(file);
    return filesOf(new Catalog(file).snapshots());
  });
  const aside = join(paths.folder, `damaged-${new Date().toISOString().replaceAll(":", "-")}`);
  mkdirSync(join(aside, "snapshots"), { recursive: true });
  // The logs first: SQLite would take them for the new file's.
  for (const suffix of ["-wal", "-shm", "-journal", ""]) moveIfThere(`${paths.journal}${suffix}`, aside);
  moveIfThere(paths.mark, aside);
  for (const name of readdirSync(paths.snapshots)) {
    if (!named.has(name)) renameSync(join(paths.snapshots, name), join(aside, "snapshots", name));
  }
  renameSync(paths.fresh, paths.journal);
  syncFile(paths.folder);
}
