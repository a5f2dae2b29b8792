/* How are the rows of a .parquet file entries? One column holds the keys, one the vectors, the others the documents. */
import { HnswError, messageOf } from "../../errors.ts";
import { FileError } from "../terminal/failures.ts";
import { KEYS, VECTORS } from "./column-names.ts";
import { batchesOf, type Columns, columnOf, entryOf, type Row, unreadable } from "./columns.ts";
import { existing } from "./matrix.ts";
import type { Source } from "./sources.ts";

const MOST_ROWS = 1000; // of a batch
/** Of vectors, read at once: pages of lists are decoded from the beginning of their row group each time. */
const MOST_NUMBERS = 1 << 24;

/** Rejects with FileError, or UNSUPPORTED without the package that reads such files. */
export async function openParquet(path: string, columns: Columns): Promise<Source> {
  const { parquetMetadataAsync, parquetReadObjects, parquetSchema } = await loadReader();
  const bytes = await existing(path).catch((error) => {
    throw new FileError(`${path}: ${messageOf(error)}`);
  });
  const file = {
    byteLength: bytes.size,
    slice: (start: number, end?: number) => bytes.slice(start, end ?? bytes.size).arrayBuffer(),
  };
  const metadata = await reading(path, parquetMetadataAsync(file));
  const names = parquetSchema(metadata).children.map(({ element }) => element.name);
  const key = columnOf(path, "key", columns.key, KEYS, names);
  const vector = columnOf(path, "vector", columns.vector, VECTORS, names);
  const total = Number(metadata.num_rows);
  const rowsFrom = (rowStart: number, rowEnd: number): Promise<Row[]> =>
    reading(path, parquetReadObjects({ file, metadata, rowStart, rowEnd, utf8: false }));
  const [first] = total === 0 ? [] : await rowsFrom(0, 1);
  const dimensions = first === undefined ? undefined : entryOf(first, key, vector, `${path}, row 0`).vector?.length;
  const groups = metadata.row_groups.map(({ num_rows }) => Number(num_rows));
  return {
    ...{ dimensions, total, rows: total },
    async *batches(onRead) {
      for (const [start, end] of rangesOf(groups, Math.ceil(MOST_NUMBERS / (dimensions || 1)))) {
        const read = await rowsFrom(start, end);
        for (let from = start; from < end; from += MOST_ROWS) {
          const rows = read.slice(from - start, from - start + MOST_ROWS);
          const entries = rows.map((row, i) => entryOf(row, key, vector, `${path}, row ${from + i}`));
          yield* batchesOf(entries, from, path);
          onRead(rows.length);
        }
      }
    },
  };
}

/** Ranges of rows of at most so many, none over the end of a row group. */
export function* rangesOf(groups: readonly number[], most: number): Generator<[start: number, end: number]> {
  let start = 0;
  for (const rows of groups) {
    const end = start + rows;
    for (; start < end; start = Math.min(end, start + most)) yield [start, Math.min(end, start + most)];
  }
}

/** An optional peer: only these files need it. Rejects with UNSUPPORTED. */
async function loadReader() {
  try {
    return await import("hyparquet");
  } catch (error) {
    const message = "A .parquet file needs the package hyparquet: `bun add hyparquet`";
    throw new HnswError("UNSUPPORTED", `${message} (${messageOf(error)}).`, { cause: error });
  }
}

async function reading<T>(path: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw unreadable(path, error);
  }
}
