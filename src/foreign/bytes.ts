/* How are the numbers of a file read that someone else may have made? Within the file, or it is refused as cut off. */
import { HnswError } from "../errors.ts";

/** Of a file that is not what its beginning says. `what`: which file, "The usearch file". */
export function damaged(what: string, problem: string): HnswError {
  return new HnswError("EXPORT_DAMAGED", `${what} is damaged: ${problem}.`);
}

/** Of a file that this version can't read. */
export function unreadable(what: string, problem: string): HnswError {
  return new HnswError("EXPORT_FOREIGN", `${what} can't be read: ${problem}.`);
}

export class FileBytes {
  readonly view: DataView;

  constructor(
    readonly bytes: Uint8Array,
    /** As errors call it. */
    readonly what: string,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get length(): number {
    return this.bytes.length;
  }

  /** A 64-bit count or size. Throws where it is none that a file could have. */
  size(at: number): number {
    const value = this.key(at);
    if (typeof value === "bigint") throw damaged(this.what, `it says ${value} at byte ${at}`);
    return value;
  }

  /** A 64-bit key: a number where that is exact. */
  key(at: number): number | bigint {
    this.expect(at, 8);
    const high = this.view.getUint32(at + 4, true);
    if (high < 2 ** 21) return high * 2 ** 32 + this.view.getUint32(at, true);
    return this.view.getBigUint64(at, true);
  }

  word(at: number): number {
    this.expect(at, 4);
    return this.view.getUint32(at, true);
  }

  /** 32-bit floats; where they lie need not be aligned. */
  floats(at: number, count: number): Float32Array<ArrayBuffer> {
    this.expect(at, 4 * count);
    return new Float32Array(this.bytes.slice(at, at + 4 * count).buffer);
  }

  expect(at: number, count: number): void {
    if (at + count > this.length)
      throw damaged(this.what, `it ends at byte ${this.length}, where ${at + count} are needed`);
  }
}
