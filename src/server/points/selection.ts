/* What of a point does a response hold? Its id, and what of payload and vector was asked for. */
import type { Key } from "../../values/keys.ts";
import type { Value } from "../wire/json.ts";
import { notServed } from "../wire/refusals.ts";
import { boolean, byKind, list, mapped, maybe, object, type Schema, text } from "../wire/schema.ts";
import type { Collection } from "./collection.ts";
import { isZeroIn, payloadOf } from "./documents.ts";
import { excluding, including, type Payload, readPath } from "./paths.ts";

const paths = list(mapped(text(1024), readPath), 1000);

/** Null: no payload. */
export type PayloadChoice = ((payload: Payload) => Payload) | null;
const whole = (payload: Payload) => payload;

export const withPayload = maybe(
  byKind({
    boolean: mapped(boolean, (wanted): PayloadChoice => (wanted ? whole : null)),
    array: mapped(
      paths,
      (chosen): PayloadChoice =>
        (payload) =>
          including(payload, chosen),
    ),
    object: mapped(object({ include: maybe(paths), exclude: maybe(paths) }), ({ include, exclude }): PayloadChoice => {
      return (payload) => {
        const some = include === undefined ? payload : including(payload, include);
        return exclude === undefined ? some : excluding(some, exclude);
      };
    }),
  }) as Schema<PayloadChoice>,
);

export const withVector = maybe(
  byKind({
    boolean,
    array: mapped(list(text(), 1), ([name]) => {
      if (name !== undefined && name !== "") throw notServed(`the named vector "${name}"`);
      return name !== undefined;
    }),
  }) as Schema<boolean>,
);

export interface Chosen {
  payload: PayloadChoice;
  vector: boolean;
}

export function includeFor({ payload, vector }: Chosen): ("metadata" | "vector")[] {
  return [...(payload !== null || vector ? (["metadata"] as const) : []), ...(vector ? (["vector"] as const) : [])];
}

interface Found {
  key: Key;
  metadata?: unknown;
  vector?: Float32Array | undefined;
}

/** As clients read it. */
export function recordOf({ key, metadata, vector }: Found, chosen: Chosen, { size }: Collection) {
  const record: { id: Key; payload?: Payload; vector?: Value } = { id: key };
  if (chosen.payload !== null) record.payload = chosen.payload(payloadOf(metadata));
  if (chosen.vector) {
    if (vector !== undefined) record.vector = shortest(vector);
    else record.vector = isZeroIn(metadata) ? Array<number>(size).fill(0) : {};
  }
  return record;
}

/** Each float as the shortest number that is the same in 32 bits: 0.1, not 0.10000000149011612. */
function shortest(vector: Float32Array): number[] {
  return Array.from(vector, (value) => {
    for (const digits of [6, 7, 8]) {
      const short = Number(value.toPrecision(digits));
      if (Math.fround(short) === value) return short;
    }
    return Number(value.toPrecision(9));
  });
}
