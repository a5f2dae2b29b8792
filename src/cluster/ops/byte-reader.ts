/* How is a message read that may hold anything? Piece by piece; what leads out of it or makes no key or text is refused. */
import { decodeKey, isEncodedKey, type Key } from "../../values/keys.ts";

const decoder = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });

/** What is read is not what any writer has written. */
export class Malformed extends Error {}

/** Whether it is a whole number from 0 on that no float rounds. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** Little endian; a key, a text and the floats of a vector are padded to 4 bytes. */
export class ByteReader {
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private readonly end: number;

  /** A `Buffer` of Node would share its memory with what is sliced of it. */
  constructor(
    { buffer, byteOffset, byteLength }: Uint8Array,
    private at = 0,
  ) {
    this.bytes = new Uint8Array(buffer, byteOffset, byteLength);
    this.view = new DataView(buffer, byteOffset, byteLength);
    this.end = byteLength;
  }

  get isDone(): boolean {
    return this.at === this.end;
  }

  u8(): number {
    return this.view.getUint8(this.next(1));
  }

  u16(): number {
    return this.view.getUint16(this.next(2), true);
  }

  u32(): number {
    return this.view.getUint32(this.next(4), true);
  }

  f64(): number {
    return this.view.getFloat64(this.next(8), true);
  }

  raw(count: number): Uint8Array {
    const at = this.next(count);
    return this.bytes.subarray(at, at + count);
  }

  /** Copied, so that they are aligned. */
  floats(count: number): Float32Array {
    return new Float32Array(this.raw(count * 4).slice().buffer);
  }

  /** UTF-8 behind its bytes as u32. */
  text(): string {
    const bytes = this.raw(this.u32());
    this.pad();
    try {
      return decoder.decode(bytes);
    } catch {
      throw new Malformed("a text is no UTF-8");
    }
  }

  /** A key, or the name of a space, behind its header. */
  key(): Key {
    const header = this.u32();
    const bytes = this.raw(header & 0xffffff);
    this.pad();
    if (!isEncodedKey(header, bytes)) throw new Malformed("a key or the name of a space makes no sense");
    return decodeKey(header, padded(bytes), 0);
  }

  json(): unknown {
    try {
      return JSON.parse(this.text());
    } catch (error) {
      throw error instanceof Malformed ? error : new Malformed("a text is no JSON");
    }
  }

  /** To the next multiple of 4. */
  pad(): void {
    this.next(-this.at & 3);
  }

  private next(count: number): number {
    const { at } = this;
    if (count > this.end - at) throw new Malformed(`it is cut off at byte ${at}`);
    this.at = at + count;
    return at;
  }
}

/** Keys are decoded where bytes may follow. */
function padded(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(bytes.length + 8);
  copy.set(bytes);
  return copy;
}
