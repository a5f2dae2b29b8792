/* What was the index in a journal's file created with? */
import { isShape, type Shape } from "../../options/shape.ts";
import { checksumOf } from "./checksum.ts";
import { Damage } from "./damage.ts";
import type { SqliteFile } from "./sqlite.ts";

export const FORMAT = 2;
const APPLICATION_ID = 0x686e7377; // "hnsw"

/** Marks the file as ours, with what the index is created with. */
export function writeMeta({ db }: SqliteFile, shape: Shape): void {
  const insert = db.query("INSERT INTO meta VALUES (?, ?)");
  for (const [name, value] of Object.entries(shape)) insert.run(name, String(value));
  insert.run("checksum", metaChecksum(shape));
  db.run(`PRAGMA application_id = ${APPLICATION_ID}`);
  db.run(`PRAGMA user_version = ${FORMAT}`);
}

/** The file's format: FORMAT is ours; null when it is not a journal at all. */
export function formatOf(file: SqliteFile): number | null {
  return file.pragma("application_id") === APPLICATION_ID ? file.pragma("user_version") : null;
}

/** Throws Damage when a value is missing, changed, or one that no index has. */
export function readMeta({ db, path }: SqliteFile): Shape {
  const rows = db.query<{ name: string; value: string }, []>("SELECT name, value FROM meta LIMIT 10").all();
  const values = Object.fromEntries(rows.map(({ name, value }) => [name, value]));
  const shape: Shape = {
    dimensions: Number(values.dimensions),
    metric: values.metric as Shape["metric"],
    M: Number(values.M),
    seed: Number(values.seed),
    partitions: Number(values.partitions),
  };
  if (values.checksum !== metaChecksum(shape) || !isShape(shape))
    throw new Damage(`${path}: the table \`meta\` is damaged`);
  return shape;
}

/** Throws what SQLite would say to a write; BEGIN alone says nothing. */
export function tryWriting({ db }: SqliteFile): void {
  db.run("DELETE FROM meta WHERE name = ''");
}

function metaChecksum({ dimensions, metric, M, seed, partitions }: Shape): string {
  return checksumOf(dimensions, metric, M, seed, partitions);
}
