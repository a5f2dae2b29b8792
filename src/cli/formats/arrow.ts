/*
 * How are the rows of an Arrow IPC file entries (.arrow, .arrows; .feather of version 2)? As those of .parquet, by the package
 * @uwdata/flechette.
 */
import { HnswError, messageOf } from "../../errors.ts";
import { KEYS, VECTORS } from "./column-names.ts";
import { batchesOf, type Columns, columnOf, entryOf, type Row, unreadable } from "./columns.ts";
import { wholeOf } from "./matrix.ts";
import { named, type Source } from "./sources.ts";

const MOST_ROWS = 1000; // of a batch
const PACKAGE: string = "@uwdata/flechette"; // not an import that a compiler follows: it may be missing
const ZSTD = 1;

/** What is used of the package. */
interface Reader {
  tableFromIPC(bytes: Uint8Array, options: object): Table;
  setCompressionCodec(kind: number, codec: { decode(bytes: Uint8Array): Uint8Array }): void;
}

interface Table {
  readonly numRows: number;
  readonly schema: { readonly fields: readonly { readonly name: string }[] };
  getChild(name: string): { at(row: number): unknown };
}

/** Rejects with FileError, or UNSUPPORTED without the package that reads such files. */
export async function openArrow(path: string, columns: Columns): Promise<Source> {
  const { tableFromIPC, setCompressionCodec } = await loadReader();
  setCompressionCodec(ZSTD, { decode: (bytes) => Bun.zstdDecompressSync(bytes) });
  const bytes = await named(path, wholeOf(path));
  const table = reading(path, () => tableFromIPC(bytes, { useBigInt: true, useDate: true }));
  const names = table.schema.fields.map(({ name }) => name);
  const key = columnOf(path, "key", columns.key, KEYS, names);
  const vector = columnOf(path, "vector", columns.vector, VECTORS, names);
  const found = names.map((name) => [name, reading(path, () => table.getChild(name))] as const);
  const rowAt = (i: number): Row =>
    reading(path, () => Object.fromEntries(found.map(([name, one]) => [name, one.at(i)])));
  const entryAt = (i: number) => entryOf(rowAt(i), key, vector, `${path}, row ${i}`);
  const total = table.numRows;
  return {
    dimensions: total === 0 ? undefined : entryAt(0).vector?.length,
    ...{ total, rows: total },
    async *batches(onRead) {
      for (let start = 0; start < total; start += MOST_ROWS) {
        const count = Math.min(MOST_ROWS, total - start);
        yield* batchesOf(
          Array.from({ length: count }, (_, i) => entryAt(start + i)),
          start,
          path,
        );
        onRead(count);
      }
    },
  };
}

/** An optional peer: only these files need it. Rejects with UNSUPPORTED. */
async function loadReader(): Promise<Reader> {
  try {
    return await import(PACKAGE);
  } catch (error) {
    const message = `An Arrow file needs the package ${PACKAGE}: \`bun add ${PACKAGE}\``;
    throw new HnswError("UNSUPPORTED", `${message} (${messageOf(error)}).`, { cause: error });
  }
}

function reading<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw unreadable(path, error);
  }
}
