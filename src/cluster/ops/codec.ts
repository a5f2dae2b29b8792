/*
 * How does an op become bytes, and an op again? Little endian; keys, names and texts are padded to 4 bytes.
 *
 *   [bytes u32, all of the op][kind u8][flags u8][0 u16][space: key] and, by kind:
 *
 *   add           [key][expires f64, if it does][floats, if it has a vector][document: text, if it has one]
 *   update        [key][expires f64, if it is given][patch: text]
 *   updateWhere   [where: text][expires f64, if it is given][patch: text]
 *   delete        [key]
 *   deleteWhere   [where: text]
 *   dropSpace     nothing
 *   addField      [type u32, as rows number it]; in place of the space, the name of the field
 *
 *   key           [tag << 24 | bytes, u32] and the bytes, as `src/values/keys.ts` encodes them
 *   text          [bytes u32] and UTF-8
 *   patch         [{ … what is set … }, [ … names that are removed … ]]
 */
import { MAX_KEY_BYTES } from "../../../assembly/layout.ts";
import { FIELD_TYPES } from "../../documents/fields.ts";
import { type Json, setOwn } from "../../documents/json.ts";
import type { ReadPatch } from "../../documents/patch.ts";
import { ByteWriter } from "../../documents/row.ts";
import { encodeKey, type Key } from "../../values/keys.ts";
import { ByteReader, Malformed } from "./byte-reader.ts";
import { type ExpiryChange, KINDS, type Op, placeOf } from "./op.ts";

const HAS_VECTOR = 1;
const HAS_DOCUMENT = 2;
const EXPIRES = 4;
const NEVER_EXPIRES = 8;
const HEADER = 8;

const writer = new ByteWriter();
const keyRoom = new Uint8Array(MAX_KEY_BYTES + 8);

/** A kind of op that a newer version writes: it must not be passed by. */
export class NewerOp extends Error {}

export function encodeOp(op: Op): Uint8Array {
  writer.clear();
  writer.u32(0);
  writer.u8(KINDS[op.kind]);
  writer.u8(flagsOf(op));
  writer.u16(0);
  putKey(placeOf(op));
  switch (op.kind) {
    case "add":
      putKey(op.key);
      if (op.expiresAt !== null) writer.f64(op.expiresAt);
      if (op.vector !== null) writer.raw(bytesOf(op.vector));
      if (op.document !== null) putText(op.document);
      break;
    case "update":
      putKey(op.key);
      putChange(op.expiresAt, op.patch);
      break;
    case "updateWhere":
      putText(op.where);
      putChange(op.expiresAt, op.patch);
      break;
    case "delete":
      putKey(op.key);
      break;
    case "deleteWhere":
      putText(op.where);
      break;
    case "addField":
      writer.u32(FIELD_TYPES.indexOf(op.type) + 1);
      break;
  }
  writer.setU32(0, writer.length);
  return writer.written.slice();
}

function flagsOf(op: Op): number {
  if (!("expiresAt" in op)) return 0;
  const expiry =
    op.expiresAt === undefined ? 0 : op.expiresAt !== null ? EXPIRES : op.kind === "add" ? 0 : NEVER_EXPIRES;
  if (op.kind !== "add") return expiry;
  return expiry | (op.vector === null ? 0 : HAS_VECTOR) | (op.document === null ? 0 : HAS_DOCUMENT);
}

/** Throws BAD_KEY. */
function putKey(key: Key): void {
  const header = encodeKey(key, keyRoom, 0);
  writer.u32(header);
  writer.raw(keyRoom.subarray(0, header & 0xffffff));
  writer.pad(4);
}

function putText(text: string): void {
  const at = writer.length;
  writer.u32(0);
  writer.setU32(at, writer.text(text));
  writer.pad(4);
}

function putChange(expiresAt: ExpiryChange, patch: ReadPatch): void {
  if (typeof expiresAt === "number") writer.f64(expiresAt);
  const given: { [name: string]: Json } = {};
  for (const [name, value] of patch) if (value !== undefined) setOwn(given, name, value);
  putText(JSON.stringify([given, patch.filter(([, value]) => value === undefined).map(([name]) => name)]));
}

function bytesOf(vector: Float32Array): Uint8Array {
  return new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
}

/** Reads one op after the other. `count`: how many there must be; null: any. Throws Malformed or NewerOp. */
export function decodeOps(bytes: Uint8Array, count: number | null, dimensions: number): Op[] {
  const ops: Op[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (at + HEADER > bytes.length) throw new Malformed(`an op is cut off at byte ${at}`);
    const length = new DataView(bytes.buffer, bytes.byteOffset + at, 4).getUint32(0, true);
    if (length < HEADER || length > bytes.length - at) throw new Malformed(`the op at byte ${at} has no such length`);
    ops.push(decodeOp(bytes.subarray(at, at + length), dimensions));
    at += length;
  }
  if (count !== null && ops.length !== count) throw new Malformed(`there are ${ops.length} ops, not ${count}`);
  return ops;
}

function decodeOp(bytes: Uint8Array, dimensions: number): Op {
  const reader = new ByteReader(bytes, 4);
  const kind = reader.u8();
  const flags = reader.u8();
  if (reader.u16() !== 0 || kind > KINDS.addField || flags >= 16) throw new NewerOp(`an op of kind ${kind}`);
  const place = reader.key();
  if (typeof place !== "string") throw new Malformed("the name of a space or field is no string");
  const op = bodyOf(reader, kind, flags, place, dimensions);
  if (!reader.isDone) throw new Malformed(`something follows an op of kind ${kind}`);
  return op;
}

function bodyOf(reader: ByteReader, kind: number, flags: number, space: string, dimensions: number): Op {
  switch (kind) {
    case KINDS.add: {
      const key = reader.key();
      const expiresAt = (flags & EXPIRES) === 0 ? null : reader.f64();
      const vector = (flags & HAS_VECTOR) === 0 ? null : reader.floats(dimensions);
      const document = (flags & HAS_DOCUMENT) === 0 ? null : reader.text();
      return { kind: "add", space, key, vector, document, expiresAt };
    }
    case KINDS.update:
      return { kind: "update", space, key: reader.key(), ...readChange(reader, flags) };
    case KINDS.updateWhere:
      return { kind: "updateWhere", space, where: reader.text(), ...readChange(reader, flags) };
    case KINDS.delete:
      return { kind: "delete", space, key: reader.key() };
    case KINDS.deleteWhere:
      return { kind: "deleteWhere", space, where: reader.text() };
    case KINDS.dropSpace:
      return { kind: "dropSpace", space };
    case KINDS.addField: {
      const number = reader.u32();
      const type = FIELD_TYPES[number - 1];
      if (type === undefined) throw new NewerOp(`a field of type ${number}`);
      return { kind: "addField", name: space, type };
    }
    default:
      throw new Malformed("an op of kind 0");
  }
}

function readChange(reader: ByteReader, flags: number): { patch: ReadPatch; expiresAt: ExpiryChange } {
  const expiresAt = (flags & EXPIRES) !== 0 ? reader.f64() : (flags & NEVER_EXPIRES) !== 0 ? null : undefined;
  const change = reader.json();
  if (!Array.isArray(change) || change.length !== 2) throw new Malformed("a patch is no pair");
  const [given, removed] = change;
  const isObject = typeof given === "object" && given !== null && !Array.isArray(given);
  if (!isObject || !Array.isArray(removed) || !removed.every((name) => typeof name === "string")) {
    throw new Malformed("a patch makes no sense");
  }
  const patch: ReadPatch = Object.entries(given as { [name: string]: Json });
  for (const name of removed) patch.push([name, undefined]);
  return { patch, expiresAt };
}
