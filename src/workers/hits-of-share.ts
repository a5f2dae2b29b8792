/* How does a worker search for a share of queries? With a condition, all of them among the matches of one moment. */
import { E_BUSY, OK } from "../../assembly/layout.ts";
import * as calls from "../core/calls.ts";
import type { Seat } from "../core/seat.ts";
import { efFor } from "../recall/curve.ts";
import type { SearchJob } from "./protocol.ts";

const MOST_TRIES = 1000;

/** Hits of each query, or what the core refused with. */
export function hitsOfShare(
  seat: Seat,
  space: calls.SpaceAt,
  queries: Float32Array,
  { k, ef, widths, beam, now, program, wanted }: SearchJob,
): calls.FoundHit[][] | calls.Refusal {
  const count = queries.length / seat.dimensions;
  if (program === null) {
    return hitsOfEach(seat, queries, count, () => calls.searchRows(seat, space, k, ef, now, wanted, beam));
  }
  let status = E_BUSY;
  for (let tries = 0; status === E_BUSY && tries < MOST_TRIES; tries++) {
    status = calls.startFilter(seat, space, program, now);
  }
  if (status !== OK) return status;
  try {
    let matches: number | null = null;
    while (matches === null) matches = calls.filterPiece(seat);
    const wide = widths === null ? ef : efFor(widths, matches);
    return hitsOfEach(seat, queries, count, () => {
      const found = calls.searchMatches(seat, k, wide, wanted, beam);
      return typeof found === "number" ? found : found.hits;
    });
  } finally {
    calls.endScan(seat);
  }
}

function hitsOfEach(seat: Seat, queries: Float32Array, count: number, search: () => calls.FoundHit[] | calls.Refusal) {
  const all: calls.FoundHit[][] = [];
  for (let i = 0; i < count; i++) {
    seat.putVectors(queries, i, 1);
    const hits = search();
    if (typeof hits === "number") return hits;
    all.push(hits);
  }
  return all;
}
