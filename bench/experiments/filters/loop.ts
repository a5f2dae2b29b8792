// What does a plain loop cost? Every value is looked at, then every match compared: exact, and what a filter has to beat.

import type { Dataset } from "../../datasets/index.ts";
import type { Columns, Condition, Field } from "./conditions.ts";

/** The k nearest matches of a query, nearest first. */
export function loopOver(
  { base, queries, dimensions, n }: Dataset,
  columns: Columns,
  { below }: Condition,
  query: number,
  k: number,
): number[] {
  const conditions = Object.entries(below).map(([field, bound]) => ({ values: columns[field as Field], bound }));
  const nearest: { row: number; product: number }[] = [];
  const from = query * dimensions;
  for (let row = 0; row < n; row++) {
    if (!conditions.every(({ values, bound }) => values[row]! < bound)) continue;
    const at = row * dimensions;
    let product = 0;
    for (let i = 0; i < dimensions; i++) product += queries[from + i]! * base[at + i]!;
    if (nearest.length === k && product <= nearest[k - 1]!.product) continue;
    if (nearest.length === k) nearest.pop();
    let place = nearest.length;
    while (place > 0 && nearest[place - 1]!.product < product) place--;
    nearest.splice(place, 0, { row, product });
  }
  return nearest.map(({ row }) => row);
}
