/* Is every byte of a locked folder what was written? SQLite's own structures too, and both generations of snapshots. */
import { nextTurn } from "../../runtime/event-loop.ts";
import { CHECKSUM_BYTES } from "../../snapshot/frames.ts";
import { Damage } from "../disk/damage.ts";
import type { FolderPaths } from "../disk/paths.ts";
import { SqliteFile } from "../disk/sqlite.ts";
import { GroupLog } from "../log/group-log.ts";
import { bySpace, bytesOf, Catalog, filesOf } from "../snapshots/catalog.ts";
import { readSection, sectionOf, snapshotProblem, type WantedSection } from "../snapshots/file.ts";

export type Extent = Awaited<ReturnType<typeof extentOf>>;

/** How much there is to read. Rejects with Damage, or what SQLite says. */
export async function extentOf({ journal }: FolderPaths) {
  return await SqliteFile.using(journal, "read", async (file) => {
    file.expectSound();
    const { groups, ops, bytes } = await new GroupLog(file).size();
    const { rows } = new Catalog(file).readSnapshots();
    const newest = Array.from(bySpace(rows).values(), ([row]) => row!);
    return {
      groups,
      ops,
      journalBytes: bytes,
      snapshots: rows.length, // that are registered
      files: filesOf(rows).size,
      snapshotBytes: bytesOf(rows),
      newestBytes: bytesOf(newest), // of the newest snapshot of each space
    };
  });
}

/** A line for everything that is wrong. `onRead` gets the bytes of snapshots. Rejects with what SQLite says. */
export async function checkBytes(
  { journal, snapshots }: FolderPaths,
  partitions: number,
  onRead: (bytes: number) => void,
): Promise<string[]> {
  return await SqliteFile.using(journal, "read", async (file) => {
    const problems = file.check("thorough").map((line) => `${journal}: ${line}`);
    for (const [partition, { groups }] of new GroupLog(file).sizes()) {
      const exists = partition >= 0 && partition < partitions;
      if (!exists) problems.push(`${journal}: ${groups} groups are of partition ${partition}, which does not exist`);
    }
    for (const row of new Catalog(file).readSnapshots().rows) {
      const problem = checkSection(sectionOf(row, snapshots), row.partition, onRead);
      if (problem !== null) problems.push(problem);
      await nextTurn();
    }
    return problems;
  });
}

function checkSection(section: WantedSection, partition: number, onRead: (bytes: number) => void): string | null {
  try {
    for (const body of readSection(section)) onRead(body.length + CHECKSUM_BYTES);
    return null;
  } catch (error) {
    if (!(error instanceof Damage)) throw error;
    return snapshotProblem(error, section.space, partition);
  }
}
