/* What does a member ask another, and what does it get? Everything that arrives is checked before it is believed. */
import { HnswError, type HnswErrorCode } from "../../errors.ts";
import { isCount, Malformed } from "../ops/byte-reader.ts";
import { decodeValue, encodeValue } from "./values.ts";

const VERSION = 1;

/** What is asked of a replica of a partition. */
export interface Request {
  partition: number;
  call: string;
  args: readonly unknown[];
  /** Of the placement by which that member was chosen. */
  revision: number;
  /** Number of the message that must have been applied there. */
  atLeast: number;
  /** How long the caller waits for it. */
  waitMs: number;
}

export interface Reply {
  /** Of the placement that the replica knows. */
  revision: number;
  /** What the replica had applied when it began to read. */
  applied: number;
  value: unknown;
}

/** The replica does not do it: another may. */
export class NotHere extends Error {}

/** Codes that refuse a call for its arguments: every member would refuse it. */
const FINAL: ReadonlySet<HnswErrorCode> = new Set([
  ...(["BAD_OPTION", "BAD_DIMENSIONS", "BAD_VECTOR", "NOT_FINITE", "NORM_OVERFLOW", "NORM_UNDERFLOW"] as const),
  ...(["ZERO_VECTOR", "BAD_KEY", "BAD_WHERE", "BAD_SPACE", "BAD_K"] as const),
]);

export function encodeRequest(request: Request): Uint8Array {
  return encodeValue([VERSION, ...REQUEST.map((name) => request[name])]);
}

const REQUEST = ["partition", "call", "args", "revision", "atLeast", "waitMs"] as const;

/** Throws Malformed. */
export function decodeRequest(bytes: Uint8Array, partitions: number): Request {
  const given = decodeValue(bytes);
  if (!Array.isArray(given) || given[0] !== VERSION) throw new Malformed("a request of another version");
  const request = Object.fromEntries(REQUEST.map((name, i) => [name, given[i + 1]])) as unknown as Request;
  const { partition, call, args, revision, atLeast, waitMs } = request;
  const isSound =
    isCount(partition) &&
    partition < partitions &&
    typeof call === "string" &&
    Array.isArray(args) &&
    [revision, atLeast].every(isCount) &&
    typeof waitMs === "number" &&
    waitMs >= 0 &&
    waitMs <= 600_000;
  if (!isSound) throw new Malformed("a request makes no sense");
  return request;
}

export function encodeReply({ revision, applied, value }: Reply): Uint8Array {
  return encodeValue([VERSION, revision, applied, true, value]);
}

export function encodeRefusal(error: unknown, revision: number, applied: number): Uint8Array {
  const isFinal = error instanceof HnswError && FINAL.has(error.code);
  const code = error instanceof HnswError ? error.code : "NOT_HERE";
  const message = error instanceof Error ? error.message : String(error);
  return encodeValue([VERSION, revision, applied, false, [code, message.slice(0, 2_000), isFinal]]);
}

/** Throws what every member would refuse the call with, NotHere or Malformed. */
export function decodeReply(bytes: Uint8Array): Reply {
  const given = decodeValue(bytes);
  if (!Array.isArray(given) || given[0] !== VERSION || given.length !== 5) throw new Malformed("it is no reply");
  const [, revision, applied, isDone, value] = given;
  if (!isCount(revision) || !isCount(applied) || typeof isDone !== "boolean") throw new Malformed("it makes no sense");
  if (isDone) return { revision, applied, value };
  if (!Array.isArray(value) || value.length !== 3) throw new Malformed("it refuses without a reason");
  const [code, message, isFinal] = value;
  if (typeof code !== "string" || typeof message !== "string") throw new Malformed("it refuses without a reason");
  if (isFinal === true && FINAL.has(code as HnswErrorCode)) throw new HnswError(code as HnswErrorCode, message);
  throw new NotHere(`${code}: ${message}`);
}
