/*
 * How do the frames of a collection's space leave an index that collections share? As those of an index of its own: under the
 * name that the collection gave it, and with rows whose fields have their places in the collection's table as numbers.
 */
import * as layout from "../../assembly/layout.ts";
import type { FieldTable } from "../documents/fields.ts";
import { padded, ROW_HEADER, VALUE_HEADER, VALUES } from "../documents/row.ts";
import { encodeKey } from "../values/keys.ts";
import { kindOf, viewOn } from "./frames.ts";

/** A piece of a row that takes more than a frame. */
interface Piece {
  bytes: Uint8Array;
  /** Where it is in the row. */
  offset: number;
}

export class OwnFrames {
  /** By the numbers of columns. */
  private readonly places: ReadonlyMap<number, number>;
  private readonly isSame: boolean;
  /** Frames with the beginning of a row that goes on in the next one. */
  private readonly held: Uint8Array[] = [];
  private begun: { row: Uint8Array; pieces: Piece[] } | null = null;

  /** `name`: the space's own. */
  constructor(
    private readonly name: string,
    { list }: FieldTable,
  ) {
    this.places = new Map(list.map(({ number }, place) => [number, place]));
    this.isSame = list.every(({ number }, place) => number === place);
  }

  /** What goes out for a frame: nothing while one of its rows is not complete. Valid until the next one is put in. */
  *of(body: Uint8Array): Generator<Uint8Array> {
    const kind = kindOf(body);
    if (kind === layout.FRAME_SPACE) yield this.renamed(body);
    else if (kind !== layout.FRAME_ROWS || this.isSame) yield body;
    else {
      this.held.push(this.renumbered(body.slice()));
      if (this.begun === null) yield* this.held.splice(0);
    }
  }

  private renamed(body: Uint8Array): Uint8Array {
    const name = new Uint8Array(layout.MAX_KEY_BYTES);
    const header = encodeKey(this.name, name, 0);
    const behindName = (bytes: number) => layout.FS_HEADER + ((bytes + 3) & ~3);
    const before = behindName(viewOn(body).getUint32(layout.FS_NAME, true) & layout.KEY_LENGTH);
    const after = behindName(header & layout.KEY_LENGTH);
    const centroid = body.subarray(before, before + ((body.length - before) & ~15));
    const renamed = new Uint8Array(padded(after + centroid.length));
    renamed.set(body.subarray(0, layout.FS_HEADER));
    renamed.set(name.subarray(0, header & layout.KEY_LENGTH), layout.FS_HEADER);
    renamed.set(centroid, after);
    const words = viewOn(renamed);
    words.setUint32(layout.F_BYTES, renamed.length, true);
    words.setUint32(layout.FS_NAME, header, true);
    return renamed;
  }

  /** The same frame, which is changed. */
  private renumbered(body: Uint8Array): Uint8Array {
    const words = viewOn(body);
    let at = layout.F_HEADER;
    for (let left = words.getUint32(layout.F_COUNT, true); left > 0; left--) {
      const size = words.getUint32(at + layout.FR_ROW, true);
      const offset = words.getUint32(at + layout.FR_OFFSET, true);
      const bytes = words.getUint32(at + layout.FR_BYTES, true);
      const piece = body.subarray(at + layout.FR_HEADER, at + layout.FR_HEADER + bytes);
      at += layout.FR_HEADER + bytes;
      if (bytes === size) this.renumber(piece);
      else this.collect(size, { bytes: piece, offset });
    }
    return body;
  }

  private collect(size: number, piece: Piece): void {
    if (piece.offset === 0) this.begun = { row: new Uint8Array(size), pieces: [] };
    const { row, pieces } = this.begun!;
    row.set(piece.bytes, piece.offset);
    pieces.push(piece);
    if (piece.offset + piece.bytes.length < size) return;
    this.renumber(row);
    for (const { bytes, offset } of pieces) bytes.set(row.subarray(offset, offset + bytes.length));
    this.begun = null;
  }

  /** A row has its values in the order of their fields' numbers. */
  private renumber(row: Uint8Array): void {
    const words = viewOn(row);
    const values: { number: number; bytes: Uint8Array }[] = [];
    let at = ROW_HEADER;
    for (let left = words.getUint32(VALUES, true); left > 0; left--) {
      const end = at + VALUE_HEADER + padded(words.getUint32(at + 4, true));
      const number = this.places.get(words.getUint16(at, true))!;
      words.setUint16(at, number, true);
      values.push({ number, bytes: row.slice(at, end) });
      at = end;
    }
    at = ROW_HEADER;
    for (const { bytes } of values.sort((a, b) => a.number - b.number)) {
      row.set(bytes, at);
      at += bytes.length;
    }
  }
}
