/* How are the vectors of a file of usearch or hnswlib imported? Under the keys that it has, without what was deleted there. */
import { HnswError } from "../../errors.ts";
import { readHnswlibGraph } from "../../foreign/hnswlib.ts";
import { readUsearch } from "../../foreign/usearch.ts";
import type { ForeignVectors } from "../../foreign/vectors.ts";
import { FileError } from "../terminal/failures.ts";
import { wholeOf } from "./matrix.ts";
import { type Batch, mostRowsOf, type Source } from "./sources.ts";

export type ForeignFormat = "usearch" | "hnswlib";

/** The library whose file it is by its name, or null. */
export function foreignFormatOf(path: string): ForeignFormat | null {
  const ending = /\.(usearch|hnswlib)$/i.exec(path)?.[1];
  return (ending?.toLowerCase() as ForeignFormat | undefined) ?? null;
}

/** Rejects with FileError. */
export async function openForeign(path: string, format: ForeignFormat): Promise<Source> {
  const found = await opened(path, format);
  const rows: number[] = [];
  for (let i = 0; i < found.count; i++) if (!found.isDeleted(i)) rows.push(i);
  const { dimensions, metric } = found;
  return {
    ...{ dimensions, total: rows.length, rows: rows.length, ...(metric !== null && { metric }) },
    async *batches(onRead) {
      const most = mostRowsOf(dimensions);
      for (let first = 0; first < rows.length; first += most) {
        const some = rows.slice(first, first + most);
        yield batchOf(path, found, some);
        onRead(some.length);
      }
    },
  };
}

function batchOf(path: string, found: ForeignVectors, rows: readonly number[]): Batch {
  return {
    ...{ space: undefined, metadata: null, expiresAt: undefined },
    keys: rows.map((i) => found.keyAt(i)),
    vectors: rows.map((i) => found.vectorAt(i)),
    placeOf: (i) => `${path}, vector ${rows[i]}`,
  };
}

async function opened(path: string, format: ForeignFormat): Promise<ForeignVectors> {
  try {
    const bytes = await wholeOf(path);
    if (format === "hnswlib") return readHnswlibGraph(bytes);
    const found = readUsearch(bytes);
    if (!found.multi) return found;
    throw new FileError("its keys may have several vectors (`multi`), and here each has one");
  } catch (error) {
    const message = error instanceof HnswError ? error.message.replace(/\.$/, "") : (error as Error).message;
    throw error instanceof HnswError || error instanceof FileError ? new FileError(`${path}: ${message}`) : error;
  }
}
