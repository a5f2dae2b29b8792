/*
 * How does what is larger than a message of NATS travel? In parts, put together by what they belong to.
 *
 *   [part u32 │ parts u32][bytes]
 */
import { atOnce } from "../../runtime/event-loop.ts";
import { joined } from "../../snapshot/export.ts";

const HEADER = 8;
const MOST_PARTS = 4096;
const MOST_BYTES = 256 * 2 ** 20;
/** What is incomplete after that long is forgotten; and the oldest, where there are that many. */
const FORGET_MS = 60_000;
const MOST_INCOMPLETE = 1_000;

export class TooLarge extends Error {}

/** `size`: of a message. Throws TooLarge. */
export function partsOf(bytes: Uint8Array, size: number): Uint8Array[] {
  const each = size - HEADER;
  const count = Math.max(1, Math.ceil(bytes.length / each));
  if (count > MOST_PARTS || bytes.length > MOST_BYTES) throw new TooLarge(`${bytes.length} bytes`);
  return Array.from({ length: count }, (_, part) => {
    const some = bytes.subarray(part * each, (part + 1) * each);
    const message = new Uint8Array(HEADER + some.length);
    const view = new DataView(message.buffer);
    view.setUint32(0, part, true);
    view.setUint32(4, count, true);
    message.set(some, HEADER);
    return message;
  });
}

interface Incomplete {
  parts: (Uint8Array | undefined)[];
  missing: number;
  bytes: number;
  since: number;
}

export class Assembly {
  private readonly incomplete = new Map<string, Incomplete>();

  /** The whole, once its last part is there; null before, and for what makes no sense. */
  take(of: string, message: Uint8Array, now: number): Uint8Array | null {
    if (message.length < HEADER) return null;
    const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
    const [part, count] = [view.getUint32(0, true), view.getUint32(4, true)];
    if (count === 0 || count > MOST_PARTS || part >= count) return null;
    const bytes = message.subarray(HEADER);
    if (count === 1) return bytes;
    this.forget(now);
    const known = this.incomplete.get(of) ?? { parts: new Array(count), missing: count, bytes: 0, since: now };
    this.incomplete.set(of, known);
    const isNew = known.parts.length === count && known.parts[part] === undefined;
    if (!isNew || known.bytes + bytes.length > MOST_BYTES) return null;
    known.parts[part] = bytes.slice();
    known.bytes += bytes.length;
    if (--known.missing > 0) return null;
    this.incomplete.delete(of);
    return atOnce(joined(known.parts as Uint8Array[]));
  }

  drop(of: string): void {
    this.incomplete.delete(of);
  }

  private forget(now: number): void {
    for (const [of, { since }] of this.incomplete) {
      if (now - since < FORGET_MS && this.incomplete.size < MOST_INCOMPLETE) break;
      this.incomplete.delete(of);
    }
  }
}
