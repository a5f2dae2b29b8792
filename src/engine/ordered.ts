/* In which order do entries come? By a field and then by age, or by age alone; those without a value of the field come last. */
import * as calls from "../core/calls.ts";
import type { Place } from "../documents/cursor.ts";
import type { Field } from "../documents/fields.ts";
import { compare } from "../documents/where.ts";
import type { Slice } from "../runtime/event-loop.ts";
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
  const first = new First(order, most);
  const values = order.field === null ? null : new FieldValues(host, seat, order.field);
  await eachMatch(host, seat, order.field?.number ?? calls.NO_FIELD, slice, (match) => {
    const value = values?.comparedOf(match);
    if (value === BUSY) return calls.AGAIN;
    const place = { ref: match.ref, age: match.age, value };
    if (after === null || isBefore(after, place, order)) first.offer(place);
  });
  return await sortInSlices(first.heap, (a, b) => isBefore(a, b, order), slice);
}

/** The first few of many, as a heap whose root is the last of them. */
class First {
  readonly heap: Placed[] = [];

  constructor(
    private readonly order: Order,
    private readonly most: number,
  ) {}

  offer(place: Placed): void {
    const { heap, most } = this;
    if (heap.length < most) {
      heap.push(place);
      this.rise(heap.length - 1);
    } else if (most > 0 && isBefore(place, heap[0]!, this.order)) {
      heap[0] = place;
      this.sink();
    }
  }

  private rise(at: number): void {
    for (let i = at; i > 0; ) {
      const parent = (i - 1) >> 1;
      if (!isBefore(this.heap[parent]!, this.heap[i]!, this.order)) return;
      this.swap(i, parent);
      i = parent;
    }
  }

  private sink(): void {
    for (let i = 0; ; ) {
      let last = i;
      for (const child of [2 * i + 1, 2 * i + 2]) {
        if (child < this.heap.length && isBefore(this.heap[last]!, this.heap[child]!, this.order)) last = child;
      }
      if (last === i) return;
      this.swap(i, last);
      i = last;
    }
  }

  private swap(i: number, j: number): void {
    const kept = this.heap[i]!;
    this.heap[i] = this.heap[j]!;
    this.heap[j] = kept;
  }
}
