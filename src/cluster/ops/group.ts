/*
 * What is one message of the log? A group of ops of one partition, all by one writer, with what makes it known again.
 *
 *    0  "HWOG"
 *    4  version u16 │ 0 u16
 *    8  incarnation   16 bytes, of the log that it was written for
 *   24  writer        16 bytes
 *   40  number f64    of the group among those of its writer in this partition: 1 and up, never twice
 *   48  ops u32 │ bytes of them u32
 *   56  the ops, as `codec.ts` writes them
 *    …  digest        16 bytes: the first half of SHA-256 over everything before
 */
import { createHash } from "node:crypto";
import { Malformed } from "./byte-reader.ts";
import { decodeOps, NewerOp } from "./codec.ts";
import type { Op } from "./op.ts";

export { Malformed } from "./byte-reader.ts";
export { NewerOp } from "./codec.ts";

const MAGIC = 0x474f5748; // "HWOG"
const VERSION = 1;
const HEADER = 56;
export const ID_BYTES = 16;
const DIGEST_BYTES = 16;
/** What a group takes beside its ops. */
export const GROUP_OVERHEAD = HEADER + DIGEST_BYTES;

export interface GroupHead {
  /** 32 hexadecimal digits each. */
  incarnation: string;
  writer: string;
  number: number;
}

export interface Group extends GroupHead {
  ops: Op[];
}

/** `ops`: encoded. */
export function encodeGroup({ incarnation, writer, number }: GroupHead, ops: readonly Uint8Array[]): Uint8Array {
  const length = ops.reduce((sum, op) => sum + op.length, 0);
  const bytes = new Uint8Array(GROUP_OVERHEAD + length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint16(4, VERSION, true);
  bytes.set(bytesOfId(incarnation), 8);
  bytes.set(bytesOfId(writer), 24);
  view.setFloat64(40, number, true);
  view.setUint32(48, ops.length, true);
  view.setUint32(52, length, true);
  let at = HEADER;
  for (const op of ops) {
    bytes.set(op, at);
    at += op.length;
  }
  bytes.set(digestOf(bytes.subarray(0, at)), at);
  return bytes;
}

/** A message that says nothing, and is unlike all others. Its writer is none; it has no ops, so its number does not matter. */
export function encodeBarrier(incarnation: string): Uint8Array {
  const number = 1 + Math.floor(Math.random() * 2 ** 52);
  return encodeGroup({ incarnation, writer: "0".repeat(2 * ID_BYTES), number }, []);
}

/** Throws Malformed, or NewerOp for what a newer version has written. */
export function decodeGroup(bytes: Uint8Array, dimensions: number): Group {
  if (bytes.length < GROUP_OVERHEAD) throw new Malformed(`it has ${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0, true) !== MAGIC) throw new Malformed("it is no group of ops");
  const end = bytes.length - DIGEST_BYTES;
  if (!isSame(digestOf(bytes.subarray(0, end)), bytes.subarray(end))) throw new Malformed("its digest is another");
  const version = view.getUint16(4, true);
  if (version > VERSION) throw new NewerOp(`version ${version} of groups`);
  const number = view.getFloat64(40, true);
  const length = view.getUint32(52, true);
  if (version === 0 || !Number.isSafeInteger(number) || number < 1 || HEADER + length !== end) {
    throw new Malformed("its head makes no sense");
  }
  return {
    ...{ incarnation: idOf(bytes.subarray(8, 24)), writer: idOf(bytes.subarray(24, 40)), number },
    ops: decodeOps(bytes.subarray(HEADER, end), view.getUint32(48, true), dimensions),
  };
}

/** What a message is known by: the digest at its end, or of all of it where it is too short to have one. */
export function digestIn(bytes: Uint8Array): string {
  return idOf(bytes.length < DIGEST_BYTES ? digestOf(bytes) : bytes.subarray(bytes.length - DIGEST_BYTES));
}

/** 32 hexadecimal digits. */
export function idOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function newId(): string {
  return idOf(crypto.getRandomValues(new Uint8Array(ID_BYTES)));
}

function bytesOfId(id: string): Uint8Array {
  return Uint8Array.from({ length: ID_BYTES }, (_, i) => Number.parseInt(id.slice(2 * i, 2 * i + 2), 16));
}

function digestOf(bytes: Uint8Array): Uint8Array {
  return createHash("sha256").update(bytes).digest().subarray(0, DIGEST_BYTES);
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.every((byte, i) => byte === b[i]);
}
