/* In which order do entries come? By a field and then by age, or by age alone; those without a value of the field come last. */
import * as calls from "../core/calls.ts";
import type { Place } from "../documents/cursor.ts";
import type { Field } from "../documents/fields.ts";
import { compare } from "../documents/where.ts";
import type { Slice } from "../runtime/event-loop.ts";
import { First } from "../values/first.ts";
import { BUSY, FieldValues } from "./field-values.ts";
import type { Host } from "./host.ts";
import { eachMatch, type Matches } from "./matches.ts";
import { sortInSlices } from "./sorting.ts";

export interface Order {
  /** Null: by age. */
  field: Field | null;
  descending: boolean;
}

export interface Placed extends Place {
  ref: number;
}

/** By a field: ties go to the older one, whatever the direction. */
export function isBefore(a: Place, b: Place, { field, descending }: Order): boolean {
  if (field === null) return descending ? a.age > b.age : a.age < b.age;
  if (a.value === undefined || b.value === undefined) {
    return a.value === b.value ? a.age < b.age : a.value !== undefined;
  }
  const order = compare(a.value, b.value);
  if (order === 0) return a.age < b.age;
  return descending ? order > 0 : order < 0;
}

/** The first `most` matches behind a place, in order. */
export async function firstMatches(
  host: Host,
  { seat }: Matches,
  order: Order,
  after: Place | null,
  most: number,
  slice: Slice,
): Promise<Placed[]> {
  const first = new First<Placed>(most, (a, b) => isBefore(a, b, order));
  const values = order.field === null ? null : new FieldValues(host, seat, order.field);
  await eachMatch(host, seat, order.field?.number ?? calls.NO_FIELD, slice, (match) => {
    const value = values?.comparedOf(match);
    if (value === BUSY) return calls.AGAIN;
    const place = { ref: match.ref, age: match.age, value };
    if (after === null || isBefore(after, place, order)) first.offer(place);
  });
  return await sortInSlices(first.kept, (a, b) => isBefore(a, b, order), slice);
}
