/*
 * How are a document, its field values and its expiry laid out as bytes? As one "row", the same in an add, the journal,
 * snapshots and exports. Little endian; every part is padded to 8 bytes.
 *
 *   [bytes u32][flags u32][expires f64][bytes of the document u32][values u32][known u32][0 u32]
 *   values   [field u16][type u8][form u8][bytes u32] and the payload, in the order of the fields' numbers; none where a field is missing
 *   payload  number, date: f64; boolean: a byte; keyword: UTF-8; an array's: one after the other, each keyword behind
 *            its bytes as u32
 *   document JSON, UTF-8
 *
 * `known`: how many fields the table of its space had when the row was made: it says nothing of later ones.
 */
import { HnswError } from "../errors.ts";
import {
  FIELD_TYPES,
  type Field,
  type FieldTable,
  type FieldType,
  type FieldValue,
  placesByNumber,
  type Scalar,
} from "./fields.ts";
import type { Json } from "./json.ts";

export const ROW_HEADER = 32;
export const FLAGS = 4; // at that byte
const DOCUMENT = 16;
export const VALUES = 20;
export const KNOWN = 24;
export const HAS_DOCUMENT = 1;
export const NO_VECTOR = 2;
export const EXPIRES = 4;
export const VALUE_HEADER = 8;
export const FORM_NULL = 0;
export const FORM_SCALAR = 1;
export const FORM_ARRAY = 2;

/** What a row holds besides its field values. */
export interface RowContents {
  /** JSON; null: no document. */
  text: string | null;
  hasVector: boolean;
  /** Milliseconds since 1970; null: never. */
  expiresAt: number | null;
}

const SHORT = 256; // characters that are written by a loop, without the view that TextEncoder needs; tried with 256 alone

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Bytes that are written from the front; there is always room for what comes. */
export class ByteWriter {
  private bytes = new Uint8Array(1024);
  private view = new DataView(this.bytes.buffer);
  length = 0;

  clear(): void {
    this.length = 0;
  }

  /** What was written since the last `clear`; valid until something else is written. */
  get written(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }

  u8(value: number): void {
    this.room(1);
    this.bytes[this.length++] = value;
  }

  u16(value: number): void {
    this.room(2);
    this.view.setUint16(this.length, value, true);
    this.length += 2;
  }

  u32(value: number): void {
    this.room(4);
    this.view.setUint32(this.length, value, true);
    this.length += 4;
  }

  f64(value: number): void {
    this.room(8);
    this.view.setFloat64(this.length, value, true);
    this.length += 8;
  }

  /** Returns its bytes. */
  text(value: string): number {
    this.room(value.length * 3);
    if (this.shortText(value)) return value.length;
    const { written } = encoder.encodeInto(value, this.bytes.subarray(this.length));
    this.length += written;
    return written;
  }

  /** A short ASCII text, which a loop writes sooner than an encoder would; false: it is none. */
  private shortText(value: string): boolean {
    const { bytes, length } = this;
    if (value.length > SHORT) return false;
    for (let i = 0; i < value.length; i++) {
      const unit = value.charCodeAt(i);
      if (unit > 127) return false;
      bytes[length + i] = unit;
    }
    this.length += value.length;
    return true;
  }

  raw(value: Uint8Array): void {
    this.room(value.length);
    this.bytes.set(value, this.length);
    this.length += value.length;
  }

  pad(to: number): void {
    this.room(to);
    while (this.length % to !== 0) this.bytes[this.length++] = 0;
  }

  setU32(at: number, value: number): void {
    this.view.setUint32(at, value, true);
  }

  private room(count: number): void {
    if (this.length + count <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(this.bytes.length * 2, this.length + count));
    larger.set(this.written);
    this.bytes = larger;
    this.view = new DataView(larger.buffer);
  }
}

const row = new ByteWriter();

/** A row, valid until the next one is encoded. `values`: of the fields in the table's list, in its order. */
export function encodeRow(
  contents: RowContents,
  { list, byNumber }: Pick<FieldTable, "list" | "byNumber">,
  values: readonly (FieldValue | undefined)[],
): Uint8Array {
  const { text, hasVector, expiresAt } = contents;
  row.clear();
  row.u32(0);
  row.u32((text === null ? 0 : HAS_DOCUMENT) | (hasVector ? 0 : NO_VECTOR) | (expiresAt === null ? 0 : EXPIRES));
  row.f64(expiresAt ?? 0);
  row.u32(0);
  row.u32(0);
  row.u32(list.length);
  row.u32(0);
  let count = 0;
  for (const place of byNumber) {
    const value = values[place];
    if (value === undefined) continue;
    putValue(row, list[place]!, value);
    count++;
  }
  const bytes = text === null ? 0 : row.text(text);
  row.pad(8);
  row.setU32(0, row.length);
  row.setU32(DOCUMENT, bytes);
  row.setU32(VALUES, count);
  return row.written;
}

/** Values alone, as they lie in a row; valid until the next are encoded. `values`: of those fields, in their order. */
export function encodeValues(fields: readonly Field[], values: readonly (FieldValue | undefined)[]): Uint8Array {
  row.clear();
  for (const i of placesByNumber(fields)) if (values[i] !== undefined) putValue(row, fields[i]!, values[i]);
  return row.written;
}

/** Bytes of the row that begins at a byte. */
export function bytesIn(rows: Uint8Array, at: number): number {
  return u32At(rows, at);
}

/** How many fields a row says something of. */
export function knownIn(row: Uint8Array): number {
  return u32At(row, KNOWN);
}

/** Bytes of a row's document. */
export function documentBytesIn(row: Uint8Array): number {
  return u32At(row, DOCUMENT);
}

/** Without a view of its own, which would take longer than all else of it: each add asks three times. */
function u32At(row: Uint8Array, at: number): number {
  return (row[at]! | (row[at + 1]! << 8) | (row[at + 2]! << 16) | (row[at + 3]! << 24)) >>> 0;
}

/** A value with its header. */
export function putValue(to: ByteWriter, { number, type }: Field, value: FieldValue): void {
  to.u16(number);
  putForm(to, FIELD_TYPES.indexOf(type) + 1, value);
}

/** A value without the number of its field. */
export function putForm(to: ByteWriter, type: number, value: FieldValue): void {
  to.u8(type);
  to.u8(value === null ? FORM_NULL : Array.isArray(value) ? FORM_ARRAY : FORM_SCALAR);
  const at = to.length;
  to.u32(0);
  if (Array.isArray(value)) for (const one of value) putElement(to, one);
  else if (typeof value === "string") to.text(value);
  else if (value !== null) putElement(to, value);
  to.setU32(at, to.length - at - 4);
  to.pad(8);
}

function putElement(to: ByteWriter, value: Scalar): void {
  if (typeof value === "number") to.f64(value);
  else if (typeof value === "boolean") to.u8(value ? 1 : 0);
  else {
    const at = to.length;
    to.u32(0);
    to.setU32(at, to.text(value));
  }
}

/** What a row says besides its field values; it comes from the core, which has checked it. */
export function decodeRow(bytes: Uint8Array): RowContents {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const flags = view.getUint32(FLAGS, true);
  return {
    text: textOf(documentAt(bytes, view)),
    hasVector: (flags & NO_VECTOR) === 0,
    expiresAt: (flags & EXPIRES) === 0 ? null : view.getFloat64(8, true),
  };
}

/** Up to whole words of 8 bytes; of any number, and never less than that. */
export function padded(bytes: number): number {
  return bytes + (-bytes & 7);
}

function textOf(document: Uint8Array | null): string | null {
  return document === null ? null : decodeText(document);
}

/** The bytes of a row's document, or null. Throws RangeError where a row of unknown origin is shorter than it says. */
export function documentAt(row: Uint8Array, view: DataView): Uint8Array | null {
  if ((view.getUint32(FLAGS, true) & HAS_DOCUMENT) === 0) return null;
  let at = ROW_HEADER;
  for (let left = view.getUint32(VALUES, true); left > 0; left--) {
    at += VALUE_HEADER + padded(view.getUint32(at + 4, true));
  }
  return row.subarray(at, at + view.getUint32(DOCUMENT, true));
}

/** What a row has in a field; undefined where it has nothing. */
export function valueInRow(row: Uint8Array, field: Field): FieldValue | undefined {
  const view = new DataView(row.buffer, row.byteOffset, row.byteLength);
  let at = ROW_HEADER;
  for (let left = view.getUint32(VALUES, true); left > 0; left--) {
    const bytes = view.getUint32(at + 4, true);
    const payload = row.subarray(at + VALUE_HEADER, at + VALUE_HEADER + bytes);
    if (view.getUint16(at, true) === field.number) return valueOfPayload(payload, field.type, view.getUint8(at + 3));
    at += VALUE_HEADER + padded(bytes);
  }
  return undefined;
}

function valueOfPayload(payload: Uint8Array, type: FieldType, form: number): FieldValue {
  if (form === FORM_NULL) return null;
  if (type === "keyword" && form === FORM_SCALAR) return decodeText(payload);
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const values: Scalar[] = [];
  for (let at = 0; at < payload.length; ) {
    if (type === "keyword") {
      const bytes = view.getUint32(at, true);
      values.push(decodeText(payload.subarray(at + 4, at + 4 + bytes)));
      at += 4 + bytes;
    } else if (type === "boolean") values.push(payload[at++] === 1);
    else {
      values.push(view.getFloat64(at, true));
      at += 8;
    }
  }
  return form === FORM_ARRAY ? values : values[0]!;
}

/** Of a copy, because not every runtime decodes shared memory. */
export function decodeText(bytes: Uint8Array): string {
  return decoder.decode(bytes.slice());
}

export function documentOf(text: string): Json {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new HnswError("EXPORT_DAMAGED", "A document that was loaded is no JSON: no index has written it.", { cause });
  }
}
