/*
 * Where are the rows of a bulk add until they are accepted? Read once, each as bytes behind the one before. A view of one is
 * made when it is asked for: collecting garbage looks at all that there are.
 */
import { bytesIn, type RowContents } from "../documents/row.ts";
import { HnswError } from "../errors.ts";
import type { Handle } from "./handle.ts";
import { readDocument, rowOf } from "./rows.ts";

const CHUNK_BYTES = 1 << 20;
const NONE = -1;

export class RowList {
  /** Of all rows. */
  bytes = 0;
  private readonly chunks: Uint8Array[] = [];
  private filled = 0; // of the last chunk
  /** For each row the number of its chunk, and the byte that it begins at; NONE: there is no row. */
  private readonly chunkOf: number[] = [];
  private readonly starts: number[] = [];

  constructor(
    private readonly handle: Handle,
    private readonly metadata: readonly unknown[] | undefined,
    private readonly about: Omit<RowContents, "text">,
  ) {}

  /** Reads the document of the next entry, number `i`. Throws like `add`. */
  read(i: number): void {
    const { settings, fields } = this.handle;
    try {
      const document = readDocument(this.metadata?.[i], settings);
      if (document === undefined && !this.about.hasVector) {
        throw new HnswError("BAD_VECTOR", "It is missing, and so is the vector: an entry needs one of them.");
      }
      const row = rowOf(document, this.about, fields.table, settings);
      if (row === null) this.place(NONE);
      else this.keep(row);
    } catch (error) {
      if (!(error instanceof HnswError)) throw error;
      throw new HnswError(error.code, `Document ${i}: ${error.message}`, { cause: error });
    }
  }

  at(i: number): Uint8Array | null {
    const start = this.starts[i]!;
    if (start === NONE) return null;
    const chunk = this.chunks[this.chunkOf[i]!]!;
    return chunk.subarray(start, start + bytesIn(chunk, start));
  }

  private keep(row: Uint8Array): void {
    this.bytes += row.length;
    let chunk = this.chunks.at(-1);
    if (chunk === undefined || this.filled + row.length > chunk.length) {
      chunk = new Uint8Array(Math.max(CHUNK_BYTES, row.length));
      this.chunks.push(chunk);
      this.filled = 0;
    }
    chunk.set(row, this.filled);
    this.place(this.filled);
    this.filled += row.length;
  }

  private place(start: number): void {
    this.chunkOf.push(this.chunks.length - 1);
    this.starts.push(start);
  }
}
