/* How is a point kept as an entry of the index, and read back? Its payload is the entry's document, with a hidden property. */

import { hasBigint, isDeeperThan, isRecord, parse, print, type Value } from "../wire/json.ts";
import { badFormat, wrongInput } from "../wire/refusals.ts";
import { anything, mapped, record } from "../wire/schema.ts";
import { HIDDEN, type Index, keptFor } from "./indexes.ts";
import type { Payload } from "./paths.ts";

const DEEPEST = 32;

/** What is kept beside a payload: values for indexes under their names, and: */
interface Hidden {
  /** The payload's text, where it has integers that a number can't hold. */
  raw?: string;
  /** The vector is zero, which under cosine is kept as none. */
  zero?: true;
  [index: string]: unknown;
}

export const payload = mapped(record(anything, 10_000), (value, at) => {
  if (Object.hasOwn(value, HIDDEN)) throw wrongInput(`${at} must not have a property "${HIDDEN}"`);
  if (isDeeperThan(value, DEEPEST)) throw badFormat(`${at} is nested deeper than ${DEEPEST} levels`);
  return value as Payload;
});

/** Undefined where there is nothing to keep. */
export function documentOf(payload: Payload, indexes: readonly Index[], isZero: boolean): object | undefined {
  const hidden: Hidden = {};
  const isRaw = hasBigint(payload);
  if (isRaw) hidden.raw = print(payload);
  if (isZero) hidden.zero = true;
  for (const index of indexes) {
    const kept = keptFor(index, payload);
    if (kept !== undefined) hidden[index.name] = kept;
  }
  const shown = isRaw ? {} : payload;
  if (Object.keys(hidden).length > 0) return { ...shown, [HIDDEN]: hidden };
  return Object.keys(shown).length === 0 ? undefined : shown;
}

export function payloadOf(document: unknown): Payload {
  if (!isRecord(document as Value)) return {};
  const { [HIDDEN]: hidden, ...payload } = document as { [HIDDEN]?: Hidden };
  return hidden?.raw === undefined ? (payload as Payload) : (parse(hidden.raw) as Payload);
}

export function isZeroIn(document: unknown): boolean {
  return isRecord(document as Value) && (document as { [HIDDEN]?: Hidden })[HIDDEN]?.zero === true;
}

/** What turns one document into another, as `update` takes it: properties that are gone are undefined. */
export function patchBetween(before: unknown, after: object | undefined): Record<string, unknown> {
  const patch: [string, unknown][] = Object.entries(after ?? {});
  const gone = Object.keys(isRecord(before as Value) ? (before as object) : {}).filter(
    (name) => !Object.hasOwn(after ?? {}, name),
  );
  return Object.fromEntries([...patch, ...gone.map((name) => [name, undefined] as const)]);
}
