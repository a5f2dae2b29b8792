/*
 * Which tables does a journal's file have? A file from elsewhere may have others under their names, such as a view
 * without end, and triggers that undo what is written. So before anything else is read of it, its schema is compared.
 */
import { Damage } from "./damage.ts";
import type { SqliteFile } from "./sqlite.ts";

/** log/group-log.ts, meta.ts and snapshots/catalog.ts say what is in them. */
export const TABLES = {
  journal:
    "CREATE TABLE journal (id INTEGER PRIMARY KEY, partition INTEGER NOT NULL, first INTEGER NOT NULL, " +
    "count INTEGER NOT NULL, checksum TEXT NOT NULL, payload BLOB NOT NULL)",
  meta: "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
  partitions:
    "CREATE TABLE partitions (partition INTEGER PRIMARY KEY, trimmed INTEGER NOT NULL, held INTEGER NOT NULL, " +
    "next_space INTEGER NOT NULL, digest TEXT NOT NULL, checksum TEXT NOT NULL)",
  snapshots:
    "CREATE TABLE snapshots (partition INTEGER NOT NULL, space INTEGER NOT NULL, sequence INTEGER NOT NULL, " +
    "created INTEGER NOT NULL, file TEXT NOT NULL, offset INTEGER NOT NULL, bytes INTEGER NOT NULL, " +
    "checksum TEXT NOT NULL, PRIMARY KEY (partition, space, sequence, file)) WITHOUT ROWID",
};

const NAMES = Object.keys(TABLES) as (keyof typeof TABLES)[];

export function createTables({ db }: SqliteFile): void {
  for (const statement of Object.values(TABLES)) db.run(statement);
}

/** Throws Damage when the file has other tables, or anything but tables. */
export function expectTables({ db, path }: SqliteFile): void {
  const found = db
    .query<{ name: string; sql: string }, []>(
      `SELECT name, sql FROM sqlite_schema ORDER BY type, name LIMIT ${NAMES.length + 1}`,
    )
    .all();
  const odd =
    NAMES.find((name) => !found.some((each) => each.name === name && each.sql === TABLES[name])) ??
    found.find(({ name }) => !Object.hasOwn(TABLES, name))?.name;
  if (odd !== undefined) throw new Damage(`${path}: its schema is not a journal's (${odd})`);
}
