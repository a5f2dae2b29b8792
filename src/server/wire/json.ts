/* How do integers of 64 bits survive parsing and printing? Those that a number can't hold are bigints. */

import { inSlices } from "../../runtime/event-loop.ts";

/** What a body can hold. */
export type Value = null | boolean | number | bigint | string | Value[] | { [name: string]: Value };

/** A token that may be an integer beyond 2^53; where there is none the runtime's own parser is enough. */
const LONG_INTEGER = /(^|[[:,\s-])\d{16,}($|[\s,\]}])/;
const MOST_DIGITS = 20;

export const hasLongInteger = (text: string) => LONG_INTEGER.test(text);

/** Throws SyntaxError; RangeError for what is nested too deeply for the runtime. */
export function parse(text: string): Value {
  if (!hasLongInteger(text)) return JSON.parse(text) as Value;
  return JSON.parse(text, ((_: string, value: Value, context?: { source?: string }) => {
    return typeof value === "number" ? exactly(value, context?.source ?? "") : value; // Node has it from 21 on
  }) as (name: string, value: unknown) => unknown) as Value;
}

function exactly(value: number, digits: string): number | bigint {
  const isExact = Number.isSafeInteger(value) || !/^-?\d+$/.test(digits) || digits.length > MOST_DIGITS;
  return isExact ? value : BigInt(digits);
}

/** Bigints as their digits. */
export function print(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (error instanceof TypeError) return printBigints(value);
    throw error;
  }
}

/** A large array in it, or in one of its properties, is printed in slices of time: other requests run in between. */
export async function printInSlices(value: { [name: string]: unknown }): Promise<string> {
  const parts: string[] = [];
  await inSlices(printedTo(parts, value, 3));
  return parts.join("");
}

/** Yields after each part that is printed as a whole. */
function* printedTo(parts: string[], value: unknown, depth: number): Generator<void, void> {
  if (depth === 0 || typeof value !== "object" || value === null) {
    parts.push(print(value) ?? "null");
    return yield;
  }
  const isList = Array.isArray(value);
  const given = isList ? value : Object.entries(value).filter(([, one]) => one !== undefined);
  parts.push(isList ? "[" : "{");
  for (let i = 0; i < given.length; i++) {
    if (i > 0) parts.push(",");
    if (!isList) parts.push(JSON.stringify(given[i][0]), ":");
    yield* printedTo(parts, isList ? given[i] : given[i][1], depth - 1);
  }
  parts.push(isList ? "]" : "}");
}

function printBigints(value: unknown): string {
  if (typeof value === "bigint") return `${value}`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((one) => printBigints(one ?? null)).join(",")}]`;
  const parts = Object.entries(value).filter(([, one]) => one !== undefined);
  return `{${parts.map(([name, one]) => `${JSON.stringify(name)}:${printBigints(one)}`).join(",")}}`;
}

/** Whether a bigint is in there. */
export function hasBigint(value: unknown): boolean {
  if (typeof value === "bigint") return true;
  if (typeof value !== "object" || value === null) return false;
  for (const one of Array.isArray(value) ? value : Object.values(value)) if (hasBigint(one)) return true;
  return false;
}

export function isRecord(value: unknown): value is { [name: string]: Value } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The levels of arrays and objects; counts no further than `most` + 1. */
export function isDeeperThan(value: unknown, most: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (most === 0) return true;
  for (const one of Array.isArray(value) ? value : Object.values(value)) {
    if (typeof one === "object" && isDeeperThan(one, most - 1)) return true;
  }
  return false;
}
