/*
 * Up to which op was each partition durable, at least? SQLite takes a damaged write-ahead log for one that ends there,
 * and says nothing. So after each commit the numbers of the last durable ops go into a small file of their own, without
 * waiting for the disk: after a crash of the machine it may be behind or unreadable, and then says less.
 */
import { closeSync, constants, readFileSync, statSync, writeSync } from "node:fs";
import { isCount, type Mark, MOST_OPS } from "../../journal/log.ts";
import { checksum } from "../disk/checksum.ts";
import { expectRegular, openRegular } from "../disk/files.ts";
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
    return openRegular(this.path, constants.O_RDWR | constants.O_CREAT);
  }

  /** A later `write` opens it again. */
  close(): void {
    const { file } = this;
    this.file = null; // first: a number that is closed twice may be another thread's file by then
    if (file !== null) closeSync(file);
  }
}

/** The numbers in a mark, or null when it is missing or unreadable. Throws Damage when it is no regular file. */
export function readMark(path: string, partitions: number): Float64Array | null {
  const bytes = new Uint8Array(CHECKSUM_BYTES + partitions * 8);
  expectRegular(path);
  try {
    if (statSync(path).size !== bytes.length) return null;
    bytes.set(readFileSync(path));
  } catch {
    return null;
  }
  const numbers = new Float64Array(bytes.buffer, CHECKSUM_BYTES);
  const digits = String.fromCharCode(...bytes.subarray(0, CHECKSUM_BYTES));
  if (digits !== checksum(bytes.subarray(CHECKSUM_BYTES))) return null;
  return numbers.every((number) => isCount(number, MOST_OPS)) ? numbers : null;
}
