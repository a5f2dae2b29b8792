/*
 * How do arguments and results travel between members? Little endian, behind a byte that says what follows:
 *
 *   0 undefined │ 1 null │ 2 false │ 3 true │ 4 number f64 │ 5 bigint: text │ 6 text │ 7 text of UTF-16 units
 *   8 floats [count u32][padded to 4][f32 …] │ 9 list [count u32] values │ 10 object [count u32] (text, value) pairs │ 11 JSON: text
 *
 *   text   [bytes u32] and UTF-8, padded to 4
 *
 * What lies deeper than the shape of a call is of a document or filter, which is JSON.
 */
import { setOwn } from "../../documents/json.ts";
import { ByteWriter } from "../../documents/row.ts";
import { ByteReader, Malformed } from "../ops/byte-reader.ts";

const DEEPEST = 8;

export function encodeValue(value: unknown): Uint8Array {
  const writer = new ByteWriter();
  put(writer, value, 0);
  return writer.written.slice();
}

function put(writer: ByteWriter, value: unknown, depth: number): void {
  if (value === undefined) writer.u8(0);
  else if (value === null) writer.u8(1);
  else if (typeof value === "boolean") writer.u8(value ? 3 : 2);
  else if (typeof value === "number") {
    writer.u8(4);
    writer.f64(value);
  } else if (typeof value === "bigint") putText(writer, 5, value.toString(16));
  else if (typeof value === "string") putString(writer, value);
  else if (value instanceof Date) putString(writer, value.toISOString());
  else if (ArrayBuffer.isView(value)) putFloats(writer, value as unknown as ArrayLike<number>);
  else if (typeof value !== "object") throw new Malformed(`a ${typeof value} can't be sent`);
  else if (depth === DEEPEST) putText(writer, 11, JSON.stringify(value));
  else if (Array.isArray(value)) putList(writer, value, depth);
  else putObject(writer, value, depth);
}

function putList(writer: ByteWriter, list: readonly unknown[], depth: number): void {
  writer.u8(9);
  writer.u32(list.length);
  for (const one of list) put(writer, one, depth + 1);
}

function putObject(writer: ByteWriter, object: object, depth: number): void {
  const entries = Object.entries(object);
  writer.u8(10);
  writer.u32(entries.length);
  for (const [name, value] of entries) {
    putString(writer, name);
    put(writer, value, depth + 1);
  }
}

function putString(writer: ByteWriter, value: string): void {
  if (value.isWellFormed()) putText(writer, 6, value);
  else {
    writer.u8(7);
    writer.u32(value.length);
    for (let i = 0; i < value.length; i++) writer.u16(value.charCodeAt(i));
  }
}

function putText(writer: ByteWriter, kind: number, text: string): void {
  writer.u8(kind);
  const at = writer.length;
  writer.u32(0);
  writer.setU32(at, writer.text(text));
  writer.pad(4);
}

function putFloats(writer: ByteWriter, values: ArrayLike<number>): void {
  writer.u8(8);
  writer.u32(values.length);
  writer.pad(4);
  const floats = Float32Array.from(values);
  writer.raw(new Uint8Array(floats.buffer));
}

/** Throws Malformed. */
export function decodeValue(bytes: Uint8Array): unknown {
  const reader = new ByteReader(bytes);
  const value = take(reader, 0);
  if (!reader.isDone) throw new Malformed("something follows a value");
  return value;
}

function take(reader: ByteReader, depth: number): unknown {
  const kind = reader.u8();
  switch (kind) {
    case 0:
      return undefined;
    case 1:
      return null;
    case 2:
      return false;
    case 3:
      return true;
    case 4:
      return reader.f64();
    case 5:
      return bigintOf(reader.text());
    case 6:
      return reader.text();
    case 7:
      return unitsIn(reader);
    case 8: {
      const count = reader.u32();
      reader.pad();
      return reader.floats(count);
    }
    case 11:
      return reader.json();
  }
  if (depth === DEEPEST) throw new Malformed("a value is too deep");
  if (kind === 9) {
    const list: unknown[] = [];
    for (let left = reader.u32(); left > 0; left--) list.push(take(reader, depth + 1));
    return list;
  }
  if (kind !== 10) throw new Malformed(`a value of kind ${kind}`);
  const object: { [name: string]: unknown } = {};
  for (let left = reader.u32(); left > 0; left--) {
    const name = take(reader, DEEPEST);
    if (typeof name !== "string") throw new Malformed("a name is no text");
    setOwn(object as never, name, take(reader, depth + 1) as never);
  }
  return object;
}

function unitsIn(reader: ByteReader): string {
  const count = reader.u32();
  const bytes = reader.raw(2 * count);
  let text = "";
  for (let i = 0; i < count; i++) text += String.fromCharCode(bytes[2 * i]! | (bytes[2 * i + 1]! << 8));
  return text;
}

function bigintOf(text: string): bigint {
  if (!/^-?[0-9a-f]{1,4096}$/.test(text)) throw new Malformed("a bigint is no number");
  return text.startsWith("-") ? -BigInt(`0x${text.slice(1)}`) : BigInt(`0x${text}`);
}
