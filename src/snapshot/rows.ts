/* Which rows come with a space's frames? One that does not fit into a frame goes on in the next one. */
import * as layout from "../../assembly/layout.ts";
import { viewOn } from "./frames.ts";

export interface FrameRow {
  slot: number;
  bytes: Uint8Array;
}

export class RowReader {
  /** The row that goes on in the next frame. */
  private begun = new Uint8Array(0);

  /** The rows that a frame of rows completes, which the core has found to fit together. Each is valid until the next one. */
  *rowsOf(body: Uint8Array): Generator<FrameRow> {
    const words = viewOn(body);
    let at = layout.F_HEADER;
    for (let left = words.getUint32(layout.F_COUNT, true); left > 0; left--) {
      const slot = words.getUint32(at + layout.FR_SLOT, true);
      const size = words.getUint32(at + layout.FR_ROW, true);
      const offset = words.getUint32(at + layout.FR_OFFSET, true);
      const bytes = words.getUint32(at + layout.FR_BYTES, true);
      at += layout.FR_HEADER;
      const part = body.subarray(at, at + bytes);
      at += bytes;
      if (bytes === size) {
        yield { slot, bytes: part };
        continue;
      }
      if (offset === 0) this.begun = new Uint8Array(size);
      this.begun.set(part, offset);
      if (offset + bytes === size) yield { slot, bytes: this.begun };
    }
  }
}

/** The most fields that an index can have had when a row in a frame was made; the frame may be of anyone. */
export function mostFieldsIn(body: Uint8Array): number {
  const words = viewOn(body);
  let most = 0;
  for (let at: number = layout.F_HEADER; at + layout.FR_HEADER <= body.length; ) {
    const isBeginning = words.getUint32(at + layout.FR_OFFSET, true) === 0;
    const end = at + layout.FR_HEADER + words.getUint32(at + layout.FR_BYTES, true);
    const known = at + layout.FR_HEADER + layout.ROW_KNOWN;
    if (isBeginning && known + 4 <= Math.min(end, body.length)) {
      const fields = words.getUint32(known, true);
      if (fields <= layout.MAX_FIELDS) most = Math.max(most, fields);
    }
    at = end;
  }
  return most;
}
