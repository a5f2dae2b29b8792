/*
 * How does the core evaluate a condition? As a program in postfix order, over columns and bitmaps of slots.
 *
 *   program  [bytes u32][ops u32], then the ops
 *   op       [op u16][field u16][bytes u32 of the payload] and the payload, padded to 8
 */
import { MAX_KEY_BYTES } from "../../assembly/layout.ts";
import { encodeKey, type Key } from "../values/keys.ts";
import { FIELD_TYPES, type Field, type Scalar } from "./fields.ts";
import { ByteWriter, FORM_SCALAR } from "./row.ts";
import type { Bound, Condition, Test } from "./where.ts";

export const OP_EXISTS = 1;
export const OP_NULL = 2;
export const OP_EQUAL = 3;
export const OP_IN = 4;
export const OP_RANGE = 5;
export const OP_AND = 6;
export const OP_OR = 7;
export const OP_NOT = 8;
export const OP_ALL = 9;
export const OP_NONE = 10;
export const OP_HAS_DOCUMENT = 11;
export const OP_KEYS = 12;
export const OP_BEHIND = 13;

const LOW = 1;
const LOW_INCLUSIVE = 2;
const HIGH = 4;
const HIGH_INCLUSIVE = 8;

const out = new ByteWriter();
const key = new Uint8Array(MAX_KEY_BYTES);
let ops = 0;

/** The program of a condition, valid until the next one is compiled. */
export function programOf(condition: Condition): Uint8Array {
  out.clear();
  ops = 0;
  out.u32(0);
  out.u32(0);
  put(condition);
  out.setU32(0, out.length);
  out.setU32(4, ops);
  return out.written;
}

function put(condition: Condition): void {
  if (condition.is === "and") putAll(condition.of, OP_AND);
  else if (condition.is === "or") putAll(condition.of, OP_OR);
  else if (condition.is === "not") {
    put(condition.of);
    op(OP_NOT);
  } else if (condition.is === "all") op(OP_ALL);
  else if (condition.is === "none") op(OP_NONE);
  else if (condition.is === "behind") op(OP_BEHIND, condition.fields);
  else if (condition.is === "documented") op(OP_HAS_DOCUMENT);
  else if (condition.is === "keys") op(OP_KEYS, 0, () => putKeys(condition.keys));
  else putTest(condition);
}

/** Of one field. */
function putTest(test: Test): void {
  const { field } = test;
  if (test.is === "exists") op(OP_EXISTS, field.number);
  else if (test.is === "null") op(OP_NULL, field.number);
  else if (test.is === "equal") op(OP_EQUAL, field.number, () => putOperand(field, test.value));
  else if (test.is === "range") op(OP_RANGE, field.number, () => putRange(field, test.low, test.high));
  else op(OP_IN, field.number, () => putList(field, test.values));
}

/** Two at a time, so that few bitmaps are held at once. */
function putAll(conditions: Condition[], between: number): void {
  for (const [i, condition] of conditions.entries()) {
    put(condition);
    if (i > 0) {
      op(between, 0, () => {
        out.u32(2);
        out.u32(0);
      });
    }
  }
}

function op(number: number, field = 0, payload = () => {}): void {
  ops++;
  out.u16(number);
  out.u16(field);
  const at = out.length;
  out.u32(0);
  payload();
  out.setU32(at, out.length - at - 4);
  out.pad(8);
}

/** `[type u8][form u8][0 u16][bytes u32]` and the payload. */
function putOperand({ type }: Field, value: Scalar): void {
  out.u8(FIELD_TYPES.indexOf(type) + 1);
  out.u8(FORM_SCALAR);
  out.u16(0);
  const at = out.length;
  out.u32(0);
  if (typeof value === "number") out.f64(value);
  else if (typeof value === "boolean") out.u8(value ? 1 : 0);
  else out.text(value);
  out.setU32(at, out.length - at - 4);
  out.pad(8);
}

function putList(field: Field, values: Scalar[]): void {
  out.u32(values.length);
  out.u32(0);
  for (const value of ascending(values)) putOperand(field, value);
}

/** Numbers in their order, which the core searches by halving; others as they are. */
function ascending(values: Scalar[]): Scalar[] {
  return values.every((value) => typeof value === "number") ? values.toSorted((a, b) => a - b) : values;
}

function putRange(field: Field, low: Bound | null, high: Bound | null): void {
  const flags = [
    low !== null && LOW,
    low?.inclusive && LOW_INCLUSIVE,
    high !== null && HIGH,
    high?.inclusive && HIGH_INCLUSIVE,
  ];
  out.u32(flags.reduce<number>((sum, flag) => sum + (flag || 0), 0));
  out.u32(0);
  for (const bound of [low, high]) {
    if (field.type === "keyword") putText((bound?.value as string | undefined) ?? "");
    else out.f64((bound?.value as number | undefined) ?? 0);
  }
}

function putText(text: string): void {
  const at = out.length;
  out.u32(0);
  out.setU32(at, out.text(text));
  out.pad(8);
}

/** `[count u32][0 u32]`, then `[header u32][bytes, padded to 4]` each. */
function putKeys(keys: readonly Key[]): void {
  out.u32(keys.length);
  out.u32(0);
  for (const one of keys) {
    const header = encodeKey(one, key, 0);
    out.u32(header);
    out.raw(key.subarray(0, header & 0xffffff));
    out.pad(4);
  }
}
