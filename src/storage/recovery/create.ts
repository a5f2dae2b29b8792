/* How is a journal's file created: for a new index, or for what a salvage has kept? */
import { rmSync } from "node:fs";
import { type Meta, writeMeta } from "../disk/meta.ts";
import { SqliteFile } from "../disk/sqlite.ts";
import { createTables } from "../disk/tables.ts";
import { Catalog, type PartitionRow, type SnapshotRow } from "../snapshots/catalog.ts";

/** Makes the file with everything in it, in place of what a crash in the middle has left. Rejects with SQLite's errors. */
export async function createJournal(
  path: string,
  meta: Meta,
  partitions: PartitionRow[],
  snapshots: SnapshotRow[],
): Promise<void> {
  for (const suffix of ["", "-journal", "-wal", "-shm"]) rmSync(`${path}${suffix}`, { force: true });
  await SqliteFile.using(path, "create", (file) => {
    file.transaction(() => {
      createTables(file);
      writeMeta(file, meta);
      new Catalog(file).begin(partitions, snapshots);
    });
    file.settle();
  });
}
