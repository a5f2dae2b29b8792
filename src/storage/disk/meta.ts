/* What was the index in a journal's file created with, and which fields has it? */
import { checkedFields } from "../../options/documents.ts";
import type { Settings } from "../../options/open.ts";
import { isShape, type Shape } from "../../options/shape.ts";
import { checksumOf } from "./checksum.ts";
import { Damage } from "./damage.ts";
import type { SqliteFile } from "./sqlite.ts";

export const FORMAT = 3;
/** Of the release before; `hnsw-workers upgrade` reads it. */
export const FORMER_FORMAT = 1;
const NO_FIELDS = "[]";
const APPLICATION_ID = 0x686e7377; // "hnsw"

/** What a folder knows of its index. */
export interface Meta {
  shape: Shape;
  fields: Settings["fields"];
}

/** Marks the file as ours, with what the index is created with; or writes its fields again. Within a transaction. */
export function writeMeta({ db }: SqliteFile, { shape, fields }: Meta): void {
  const insert = db.query("INSERT OR REPLACE INTO meta VALUES (?, ?)");
  const listed = JSON.stringify(Object.entries(fields));
  for (const [name, value] of Object.entries(shape)) insert.run(name, String(value));
  if (listed !== NO_FIELDS) insert.run("fields", listed);
  insert.run("checksum", metaChecksum(shape, listed));
  db.run(`PRAGMA application_id = ${APPLICATION_ID}`);
  db.run(`PRAGMA user_version = ${FORMAT}`);
}

/** The file's format: FORMAT is ours; null when it is not a journal at all. */
export function formatOf(file: SqliteFile): number | null {
  return file.pragma("application_id") === APPLICATION_ID ? file.pragma("user_version") : null;
}

/** Throws Damage when a value is missing, changed, or one that no index has. */
export function readMeta({ db, path }: SqliteFile): Meta {
  const rows = db.query<{ name: string; value: string }, []>("SELECT name, value FROM meta LIMIT 10").all();
  const values = Object.fromEntries(rows.map(({ name, value }) => [name, value]));
  const shape: Shape = {
    dimensions: Number(values.dimensions),
    metric: values.metric as Shape["metric"],
    M: Number(values.M),
    seed: Number(values.seed),
    partitions: Number(values.partitions),
  };
  const { fields: listed = NO_FIELDS, checksum } = values;
  const fields = checksum === metaChecksum(shape, listed) && isShape(shape) ? readFields(listed) : null;
  if (fields === null) throw new Damage(`${path}: the table \`meta\` is damaged`);
  return { shape, fields };
}

/** Null when they are none that an index may have. */
function readFields(listed: string): Settings["fields"] | null {
  try {
    return checkedFields(JSON.parse(listed));
  } catch {
    return null;
  }
}

/** Throws what SQLite would say to a write; BEGIN alone says nothing. */
export function tryWriting({ db }: SqliteFile): void {
  db.run("DELETE FROM meta WHERE name = ''");
}

function metaChecksum({ dimensions, metric, M, seed, partitions }: Shape, fields: string): string {
  return checksumOf(dimensions, metric, M, seed, partitions, ...(fields === NO_FIELDS ? [] : [fields]));
}
