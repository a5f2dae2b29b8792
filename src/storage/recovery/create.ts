/* How is a journal's file created: for a new index, or for what a salvage has kept? */
import type { Shape } from "../../options/shape.ts";
import { META_TABLE, writeMeta } from "../disk/meta.ts";
import { SqliteFile } from "../disk/sqlite.ts";
import { GROUPS_TABLE } from "../log/group-log.ts";
import { CATALOG_TABLES, Catalog, type PartitionRow, type SnapshotRow } from "../snapshots/catalog.ts";

/** Makes the file with everything in it, in one transaction. Rejects with SQLite's errors. */
export async function createJournal(
  path: string,
  shape: Shape,
  partitions: PartitionRow[],
  snapshots: SnapshotRow[],
): Promise<void> {
  await SqliteFile.using(path, "create", (file) => {
    file.transaction(() => {
      for (const table of [META_TABLE, GROUPS_TABLE, ...CATALOG_TABLES]) file.db.run(table);
      writeMeta(file, shape);
      new Catalog(file).begin(partitions, snapshots);
    });
    file.settle();
  });
}
