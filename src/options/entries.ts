/* What can a user choose of a call that reads or changes entries by their documents? */
import type { FieldPath, Include, Where } from "../documents/types.ts";
import { badOption, isObject, refuseUnknown, show } from "./checks.ts";

interface Clock {
  /** The time, in milliseconds since 1970, by which entries are expired or not. Default: now. */
  now?: number | undefined;
}

export interface AddOptions {
  /** From then on it is gone for every reader: milliseconds since 1970, or a `Date`. */
  expiresAt?: number | Date | undefined;
}

export interface UpdateOptions extends Clock {
  /** As in `add`; null: never. What is not given stays. */
  expiresAt?: number | Date | null | undefined;
}

export interface GetOptions<I extends Include> extends Clock {
  /** What comes beside the key. */
  include?: readonly I[] | undefined;
}

export interface CountOptions<M> extends Clock {
  where?: Where<M> | undefined;
}

export interface FacetOptions<M> extends CountOptions<M> {
  /** How many values at most, the most frequent first: 1 to 10,000. Default 100. */
  limit?: number | undefined;
}

export interface EntryOptions<M, I extends Include> extends CountOptions<M>, GetOptions<I> {
  /** A field; entries that have not one value there come last. Default: their age, which an update keeps. */
  orderBy?: FieldPath<M> | undefined;
  descending?: boolean | undefined;
}

export interface PageOptions<M, I extends Include> extends EntryOptions<M, I> {
  /** 1 to 10,000. Default 100. */
  limit?: number | undefined;
  /** Where the page before ended: its `next`. */
  after?: string | null | undefined;
}

/** @internal */
export const INCLUDES: readonly Include[] = ["metadata", "vector", "expiresAt"];
const FARTHEST_MS = 8.64e15;

/** @internal The options of a call, once they are an object with known names. Throws BAD_OPTION. */
export function optionsOf<T extends object>(
  given: T | undefined,
  known: readonly string[],
  method: string,
): Partial<T> {
  if (given === undefined) return {};
  if (!isObject(given) || Array.isArray(given)) throw badOption(`The options of \`${method}\` must be an object.`);
  refuseUnknown(given, known, method);
  return given;
}

/** @internal Throws BAD_OPTION. */
export function readNow(given: unknown): number {
  if (given === undefined) return Date.now();
  if (typeof given === "number" && Math.abs(given) <= FARTHEST_MS) return given;
  throw badOption(`\`now\` must be milliseconds since 1970, not ${show(given)}.`);
}

/** @internal Milliseconds; undefined where nothing is given. Throws BAD_OPTION. */
export function readExpiry(given: unknown): number | undefined {
  if (given === undefined) return undefined;
  const ms = given instanceof Date ? given.getTime() : given;
  if (typeof ms === "number" && Math.abs(ms) <= FARTHEST_MS) return ms;
  throw badOption(`\`expiresAt\` must be a \`Date\` or milliseconds since 1970, not ${show(given)}.`);
}

/** @internal Throws BAD_OPTION. */
export function readInclude(given: unknown): ReadonlySet<Include> {
  if (given === undefined) return NOTHING;
  if (!Array.isArray(given))
    throw badOption(`\`include\` must be an array such as \`["metadata"]\`, not ${show(given)}.`);
  for (const one of given) {
    if (INCLUDES.includes(one)) continue;
    throw badOption(`\`include\` takes ${INCLUDES.map((name) => `"${name}"`).join(", ")}, not ${show(one)}.`);
  }
  return new Set(given);
}

const NOTHING: ReadonlySet<Include> = new Set();

/** @internal */
export function readFlag(name: string, given: unknown): boolean {
  if (given === undefined || typeof given === "boolean") return given === true;
  throw badOption(`\`${name}\` must be true or false, not ${show(given)}.`);
}
