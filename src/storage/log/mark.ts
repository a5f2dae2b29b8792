/*
 * Up to which op was each partition durable, at least? SQLite takes a damaged write-ahead log for one that ends there,
 * and says nothing. So after each commit the numbers of the last durable ops go into a small file of their own, without
 * waiting for the disk: after a crash of the machine it may be behind or unreadable, and then says less.
 */
import { closeSync, constants, openSync, readFileSync, writeSync } from "node:fs";
import type { Mark } from "../../journal/log.ts";
import { checksum } from "../disk/checksum.ts";
import type { Look } from "../disk/identity.ts";

const CHECKSUM_BYTES = 16;

export class MarkFile implements Mark {
  /** Opened by the first write. */
  private file: number | null = null;
  private readonly bytes: Uint8Array;
  private readonly numbers: Float64Array;

  constructor(
    private readonly path: string,
    partitions: number,
    private readonly look: Look = () => {},
  ) {
    this.bytes = new Uint8Array(CHECKSUM_BYTES + partitions * 8);
    this.numbers = new Float64Array(this.bytes.buffer, CHECKSUM_BYTES);
  }

  /** One write: a killed process leaves the old numbers or the new. If the disk refuses, the mark only says less. */
  write(durable: (partition: number) => number): void {
    for (let i = 0; i < this.numbers.length; i++) this.numbers[i] = durable(i);
    const digits = checksum(this.bytes.subarray(CHECKSUM_BYTES));
    for (let i = 0; i < CHECKSUM_BYTES; i++) this.bytes[i] = digits.charCodeAt(i);
    try {
      this.file ??= this.open();
      writeSync(this.file, this.bytes, 0, this.bytes.length, 0);
    } catch {} // the next commit tries again
  }

  private open(): number {
    this.look();
    return openSync(this.path, constants.O_RDWR | constants.O_CREAT, 0o644);
  }

  close(): void {
    if (this.file !== null) closeSync(this.file);
  }
}

/** The numbers in a mark, or null when it is missing or can't be read. */
export function readMark(path: string, partitions: number): Float64Array | null {
  try {
    const found = readFileSync(path);
    const numbers = new Uint8Array(found.subarray(CHECKSUM_BYTES));
    if (numbers.length !== partitions * 8) return null;
    if (found.subarray(0, CHECKSUM_BYTES).toString("latin1") !== checksum(numbers)) return null;
    return new Float64Array(numbers.buffer);
  } catch {
    return null;
  }
}
