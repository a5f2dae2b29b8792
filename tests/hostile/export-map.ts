/*
 * Where is every field of an export, so that a test can change one and make the checksums right again? As
 * assembly/snapshot/write.ts writes the frames and src/snapshot/frames.ts joins them.
 */
import {
  CODE_HEADER,
  F_COUNT,
  F_FIRST,
  F_HEADER,
  F_KIND,
  FE_LEFT_OUT,
  FR_BYTES,
  FR_HEADER,
  FR_OFFSET,
  FR_ROW,
  FR_SLOT,
  FRAME_END,
  FRAME_FIELDS,
  FRAME_ROWS,
  FRAME_SLOTS,
  FRAME_SPACE,
  FS_CHANGED,
  FS_CREATED,
  FS_DIMENSIONS,
  FS_DOUBT,
  FS_ENTRY,
  FS_FLAGS,
  FS_FORMAT,
  FS_GRAPH_BIT,
  FS_HEADER,
  FS_ID,
  FS_LIVE,
  FS_M,
  FS_METRIC,
  FS_NAME,
  FS_SEED,
  FS_SEQUENCE,
  FS_SLOTS,
  FS_SOUND,
  FS_VERSION,
  LINKED,
  PENDING,
  R_AGE,
  R_HEADER,
  R_KEY,
  R_STATE,
  R_TWIN,
  ROW_BYTES,
  ROW_DOCUMENT,
  ROW_EXPIRES,
  ROW_FLAGS,
  ROW_HEADER,
  ROW_KNOWN,
  ROW_VALUES,
  STATE_MASK,
  VALUE_BYTES,
  VALUE_HEADER,
} from "../../assembly/layout.ts";
import { CHECKSUM_BYTES, FrameSplitter, kindOf, MAGIC, putFrame } from "../../src/snapshot/frames.ts";

export type Width = "u32" | "u64" | "f32" | "u8";

/** A value in a frame. */
export interface Field {
  /** Such as `record.twin`; the same for all of a kind. */
  name: string;
  frame: number;
  at: number;
  width: Width;
  /** Of a field in a record. */
  slot?: number;
  level?: number;
}

const SPACE_FIELDS: [string, number, Width][] = [
  ["first", F_FIRST, "u32"],
  ["count", F_COUNT, "u32"],
  ["format", FS_FORMAT, "u32"],
  ["dimensions", FS_DIMENSIONS, "u32"],
  ["metric", FS_METRIC, "u32"],
  ["M", FS_M, "u32"],
  ["seed", FS_SEED, "u32"],
  ["id", FS_ID, "u32"],
  ["sequence", FS_SEQUENCE, "u64"],
  ["slots", FS_SLOTS, "u32"],
  ["live", FS_LIVE, "u32"],
  ["flags", FS_FLAGS, "u32"],
  ["entry", FS_ENTRY, "u32"],
  ["sound", FS_SOUND, "u32"],
  ["name", FS_NAME, "u32"],
  ["doubt", FS_DOUBT, "u32"],
  ["created", FS_CREATED, "u64"],
  ["changed", FS_CHANGED, "u64"],
  ["version", FS_VERSION, "u64"],
];

/** What the export of one space was made with. */
export interface Shape {
  dimensions: number;
  M: number;
  seed: number;
}

export class ExportMap {
  /** Bodies, changed in place. */
  readonly frames: Uint8Array[];
  readonly fields: Field[] = [];
  private readonly shape: Shape;
  private slot = 0;

  constructor(bytes: Uint8Array) {
    const splitter = new FrameSplitter();
    this.frames = Array.from(splitter.push(bytes.subarray(MAGIC.length)), ({ body }) => body.slice());
    const words = this.words(this.frames.findIndex((body) => kindOf(body) === FRAME_SPACE));
    this.shape = {
      dimensions: words.getUint32(FS_DIMENSIONS, true),
      M: words.getUint32(FS_M, true),
      seed: words.getUint32(FS_SEED, true),
    };
    for (let frame = 0; frame < this.frames.length; frame++) this.map(frame);
  }

  /** A copy, to be changed. */
  copy(): ExportMap {
    return Object.assign(Object.create(ExportMap.prototype) as ExportMap, {
      ...this,
      frames: this.frames.map((body) => body.slice()),
    });
  }

  words(frame: number): DataView {
    const { buffer, byteOffset, byteLength } = this.frames[frame]!;
    return new DataView(buffer, byteOffset, byteLength);
  }

  get({ frame, at, width }: Field): number {
    const words = this.words(frame);
    if (width === "u8") return words.getUint8(at);
    if (width === "f32") return words.getFloat32(at, true);
    return width === "u32" ? words.getUint32(at, true) : Number(words.getBigUint64(at, true));
  }

  set({ frame, at, width }: Field, value: number): void {
    const words = this.words(frame);
    if (width === "u8") words.setUint8(at, value);
    else if (width === "f32") words.setFloat32(at, value, true);
    else if (width === "u32") words.setUint32(at, value, true);
    else words.setBigUint64(at, BigInt(value), true);
  }

  /** The only field of that name, or the one of that slot (and level). */
  field(name: string, slot?: number, level?: number): Field {
    const found = this.fields.find(
      (field) => field.name === name && field.slot === slot && (level === undefined || field.level === level),
    );
    if (found === undefined) throw new Error(`there is no ${name} of slot ${slot}`);
    return found;
  }

  /** All of that name. */
  all(name: string): Field[] {
    return this.fields.filter((field) => field.name === name);
  }

  /** The bytes of the export, with right checksums whatever was changed. */
  bytes(frames = this.frames): Uint8Array<ArrayBuffer> {
    const size = frames.reduce((sum, body) => sum + body.length + CHECKSUM_BYTES, MAGIC.length);
    const bytes = new Uint8Array(size);
    bytes.set(MAGIC);
    let at = MAGIC.length;
    for (const body of frames) {
      putFrame(body, (of) => Bun.hash.xxHash64(of), bytes, at);
      at += body.length + CHECKSUM_BYTES;
    }
    return bytes;
  }

  private map(frame: number): void {
    const kind = kindOf(this.frames[frame]!);
    this.add("frame.bytes", frame, 0, "u32");
    this.add("frame.kind", frame, F_KIND, "u32");
    if (kind === FRAME_SPACE) this.mapSpace(frame);
    else if (kind === FRAME_SLOTS) this.mapSlots(frame);
    else if (kind === FRAME_ROWS) this.mapRows(frame);
    else if (kind === FRAME_FIELDS) this.mapFields(frame);
    else {
      this.add(kind === FRAME_END ? "end.slots" : "finish.first", frame, F_FIRST, "u32");
      this.add(kind === FRAME_END ? "end.linked" : "finish.count", frame, F_COUNT, "u32");
      if (kind === FRAME_END) this.add("end.leftOut", frame, FE_LEFT_OUT, "u64");
    }
  }

  private mapSpace(frame: number): void {
    this.slot = 0;
    for (const [name, at, width] of SPACE_FIELDS) this.add(`space.${name}`, frame, at, width);
    const words = this.words(frame);
    const length = words.getUint32(FS_NAME, true) & 0xffffff;
    this.addMany("space.nameByte", frame, FS_HEADER, length, "u8");
    if ((words.getUint32(FS_FLAGS, true) & FS_GRAPH_BIT) === 0) return;
    const centroid = FS_HEADER + ((length + 3) & ~3);
    this.addMany("space.centroid", frame, centroid, (this.shape.dimensions + 3) & ~3, "f32");
  }

  private mapSlots(frame: number): void {
    this.add("slots.first", frame, F_FIRST, "u32");
    this.add("slots.count", frame, F_COUNT, "u32");
    const count = this.words(frame).getUint32(F_COUNT, true);
    let at = F_HEADER;
    for (let i = 0; i < count; i++) at = this.mapRecord(frame, at, this.slot++);
  }

  private mapFields(frame: number): void {
    this.add("fields.length", frame, F_FIRST, "u32");
    this.add("fields.count", frame, F_COUNT, "u32");
    this.addMany("fields.byte", frame, F_HEADER, this.words(frame).getUint32(F_FIRST, true), "u8");
  }

  /** Parts of rows; those of a row that goes on in another frame are bytes. */
  private mapRows(frame: number): void {
    this.add("rows.first", frame, F_FIRST, "u32");
    this.add("rows.count", frame, F_COUNT, "u32");
    const words = this.words(frame);
    let at = F_HEADER;
    for (let left = words.getUint32(F_COUNT, true); left > 0; left--) {
      const slot = words.getUint32(at + FR_SLOT, true);
      for (const [name, offset] of Object.entries({ slot: FR_SLOT, row: FR_ROW, offset: FR_OFFSET, bytes: FR_BYTES })) {
        this.add(`part.${name}`, frame, at + offset, "u32", slot);
      }
      const bytes = words.getUint32(at + FR_BYTES, true);
      const isWhole = bytes === words.getUint32(at + FR_ROW, true);
      if (isWhole) this.mapRow(frame, at + FR_HEADER, slot);
      else this.addMany("part.byte", frame, at + FR_HEADER, bytes, "u8", slot);
      at += FR_HEADER + bytes;
    }
  }

  private mapRow(frame: number, row: number, slot: number): void {
    const words = this.words(frame);
    const headers = {
      bytes: ROW_BYTES,
      flags: ROW_FLAGS,
      document: ROW_DOCUMENT,
      values: ROW_VALUES,
      known: ROW_KNOWN,
    };
    for (const [name, offset] of Object.entries(headers)) this.add(`row.${name}`, frame, row + offset, "u32", slot);
    this.add("row.expires", frame, row + ROW_EXPIRES, "u64", slot);
    let at = row + ROW_HEADER;
    for (let left = words.getUint32(row + ROW_VALUES, true); left > 0; left--) {
      this.addMany("value.header", frame, at, VALUE_BYTES, "u8", slot);
      this.add("value.bytes", frame, at + VALUE_BYTES, "u32", slot);
      const bytes = words.getUint32(at + VALUE_BYTES, true);
      this.addMany("value.byte", frame, at + VALUE_HEADER, bytes, "u8", slot);
      at += VALUE_HEADER + ((bytes + 7) & ~7);
    }
    this.addMany("document.byte", frame, at, words.getUint32(row + ROW_DOCUMENT, true), "u8", slot);
  }

  private mapRecord(frame: number, at: number, slot: number): number {
    const { dimensions } = this.shape;
    const words = this.words(frame);
    this.add("record.state", frame, at + R_STATE, "u32", slot);
    this.add("record.key", frame, at + R_KEY, "u32", slot);
    this.add("record.twin", frame, at + R_TWIN, "u32", slot);
    this.add("record.age", frame, at + R_AGE, "u64", slot);
    this.addMany("record.vector", frame, at + R_HEADER, dimensions, "f32", slot);
    const length = words.getUint32(at + R_KEY, true) & 0xffffff;
    const key = at + R_HEADER + dimensions * 4;
    this.addMany("record.keyByte", frame, key, length, "u8", slot);
    const code = key + ((length + 3) & ~3);
    const state = words.getUint32(at + R_STATE, true) & STATE_MASK;
    if (state === PENDING) return code;
    this.add("code.scale", frame, code, "f32", slot);
    this.add("code.bias", frame, code + 4, "f32", slot);
    this.add("code.sum", frame, code + 8, "u32", slot);
    this.addMany("code.byte", frame, code + CODE_HEADER, dimensions, "u8", slot);
    let end = code + ((CODE_HEADER + dimensions + 3) & ~3);
    if (state !== LINKED) return end;
    for (let level = 0; level <= levelOf(slot, this.shape); level++) end = this.mapList(frame, end, slot, level);
    return end;
  }

  private mapList(frame: number, at: number, slot: number, level: number): number {
    const which = level === 0 ? "list" : "upper";
    this.add(`${which}.count`, frame, at, "u32", slot, level);
    this.add(`${which}.kept`, frame, at + 4, "u32", slot, level);
    const count = this.words(frame).getUint32(at, true);
    this.addMany(`${which}.id`, frame, at + 8, count, "u32", slot, level);
    const ids = at + 8 + count * 4;
    if (level === 0) return ids;
    this.addMany("upper.distance", frame, ids, count, "f32", slot, level);
    return ids + count * 4;
  }

  private add(name: string, frame: number, at: number, width: Width, slot?: number, level?: number): void {
    const field: Field = { name, frame, at, width };
    if (slot !== undefined) field.slot = slot;
    if (level !== undefined) field.level = level;
    this.fields.push(field);
  }

  private addMany(
    name: string,
    frame: number,
    at: number,
    count: number,
    width: Width,
    slot?: number,
    level?: number,
  ): void {
    for (let i = 0; i < count; i++) this.add(name, frame, at + i * (width === "u8" ? 1 : 4), width, slot, level);
  }
}

/** As assembly/memory/settings.ts has it. */
export function levelOf(slot: number, { M, seed }: Pick<Shape, "M" | "seed">): number {
  let u = mix((Math.imul(slot, 0x9e3779b9) + seed) >>> 0);
  const bound = Math.floor(0xffffffff / M);
  let level = 0;
  while (u < bound && level < 15) {
    level++;
    u = Math.imul(u, M) >>> 0;
    u = (u + (mix((u + level) >>> 0) % M)) >>> 0;
  }
  return level;
}

function mix(h: number): number {
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
