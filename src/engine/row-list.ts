/* Where are the rows of a bulk add until they are accepted? Read once, each as bytes behind the one before. */
import type { RowContents } from "../documents/row.ts";
import { HnswError } from "../errors.ts";
import type { Handle } from "./handle.ts";
import { readDocument, rowOf } from "./rows.ts";

const CHUNK_BYTES = 1 << 20;

export class RowList {
  /** Of all rows. */
  bytes = 0;
  private readonly rows: (Uint8Array | null)[] = [];
  private chunk = new Uint8Array(0);
  private filled = 0;

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
      this.rows.push(row && this.keep(row));
    } catch (error) {
      if (!(error instanceof HnswError)) throw error;
      throw new HnswError(error.code, `Document ${i}: ${error.message}`, { cause: error });
    }
  }

  at(i: number): Uint8Array | null {
    return this.rows[i]!;
  }

  private keep(row: Uint8Array): Uint8Array {
    this.bytes += row.length;
    if (this.filled + row.length > this.chunk.length) {
      this.chunk = new Uint8Array(Math.max(CHUNK_BYTES, row.length));
      this.filled = 0;
    }
    const kept = this.chunk.subarray(this.filled, this.filled + row.length);
    kept.set(row);
    this.filled += row.length;
    return kept;
  }
}
