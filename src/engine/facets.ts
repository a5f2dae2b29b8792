/* Which values does a field have among the entries that match, and how often? */
import * as calls from "../core/calls.ts";
import type { Field, Scalar } from "../documents/fields.ts";
import { compare, readWhere } from "../documents/where.ts";
import { integer } from "../options/checks.ts";
import { type FacetOptions, optionsOf, readNow } from "../options/entries.ts";
import type { Slice } from "../runtime/event-loop.ts";
import { BUSY, FieldValues } from "./field-values.ts";
import type { Host } from "./host.ts";
import { eachMatch, type Matches, withMatches } from "./matches.ts";
import { sortInSlices } from "./sorting.ts";

export interface Facet {
  value: Scalar;
  count: number;
}

const MOST = 10_000;
const USUAL = 100;

/** The most frequent values of a field among the matches; of a list each value counts once. Of equal ones, the lesser first. */
export async function facets(
  host: Host,
  space: string,
  name: string,
  options?: FacetOptions<unknown>,
): Promise<Facet[]> {
  host.assertOpen();
  const given = optionsOf(options, ["where", "now", "limit"], "facets");
  const { table } = host.fields;
  const field = table.named(String(name), "BAD_OPTION");
  const limit = integer("limit", given.limit, USUAL, 1, MOST);
  const condition = readWhere(given.where, table);
  return await withMatches(
    host,
    space,
    condition,
    readNow(given.now),
    () => [],
    async (found, slice) => {
      const counts = await countValues(host, found, field, slice);
      const all = Array.from(counts, ([value, count]): Facet => ({ value, count }));
      return (await sortInSlices(all, comesFirst, slice)).slice(0, limit);
    },
  );
}

function comesFirst(a: Facet, b: Facet): boolean {
  return a.count > b.count || (a.count === b.count && orderOf(a.value, b.value) < 0);
}

function orderOf(a: Scalar, b: Scalar): number {
  return typeof a === "boolean" ? Number(a) - Number(b) : compare(a, b as string | number);
}

async function countValues(host: Host, { seat }: Matches, field: Field, slice: Slice): Promise<Map<Scalar, number>> {
  const counts = new Map<Scalar, number>();
  const values = new FieldValues(host, seat, field);
  await eachMatch(host, seat, field.number, slice, (match) => {
    const found = values.valuesOf(match);
    if (found === BUSY) return calls.AGAIN;
    for (const value of found) counts.set(value, (counts.get(value) ?? 0) + 1);
  });
  return counts;
}
