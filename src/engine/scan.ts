/* How is all of a space looked at? As it was at one moment, in pieces of about a millisecond: others come in between. */
import * as calls from "../core/calls.ts";
import type { Seat } from "../core/seat.ts";
import { Slice } from "../runtime/event-loop.ts";
import type { Hit } from "../values/reports.ts";
import type { Host } from "./host.ts";

const FLOATS = 2 ** 18; // in the vectors of a piece
const MOST_SLOTS = 1024;

/** Looks at a piece by that seat. */
export type LookAt<T> = (seat: Seat, piece: calls.Piece) => T[] | calls.Refusal;

/** Hands on what is found in each piece of a space, in the order of slots. Rejects with OUT_OF_MEMORY, TIMEOUT, CLOSED. */
export function scanSpace<T>(
  host: Host,
  start: () => Promise<{ seat: Seat; pieces: calls.Piece[] } | null>,
  look: LookAt<T>,
  take: (found: T[]) => Promise<void> | void,
): Promise<void> {
  return host.inTurn("scan", async () => {
    const started = await start();
    if (started === null) return;
    const { seat, pieces } = started;
    const slice = new Slice();
    try {
      for (const piece of pieces.flatMap((whole) => cut(whole, seat.dimensions))) {
        const found = await host.whenFree(() => look(seat, piece) as T[] | typeof calls.AGAIN);
        if (typeof found === "number") throw host.refusal(found, seat, "The query");
        await take(found);
        if (slice.isOver) await slice.next();
      }
    } finally {
      calls.endScan(seat);
    }
  });
}

function cut({ from, to, ...rest }: calls.Piece, dimensions: number): calls.Piece[] {
  const slots = Math.min(MOST_SLOTS, Math.ceil(FLOATS / dimensions));
  const count = Math.max(0, Math.ceil((to - from) / slots));
  return Array.from({ length: count }, (_, i) => {
    const first = from + i * slots;
    return { from: first, to: Math.min(to, first + slots), ...rest };
  });
}

/** The k nearest of several lists, each of them nearest first. Of equal ones, those of earlier lists come first. */
export async function nearestOf(lists: Hit[][], k: number): Promise<Hit[]> {
  const slice = new Slice();
  let level = lists;
  while (level.length > 1) {
    const merged: Hit[][] = [];
    for (let i = 0; i < level.length; i += 2) merged.push(await merge(level[i]!, level[i + 1] ?? [], k, slice));
    level = merged;
  }
  return level[0]?.slice(0, k) ?? [];
}

async function merge(a: Hit[], b: Hit[], k: number, slice: Slice): Promise<Hit[]> {
  const merged: Hit[] = [];
  for (let i = 0, j = 0; merged.length < k && (i < a.length || j < b.length); ) {
    const isFirst = j === b.length || (i < a.length && a[i]!.distance <= b[j]!.distance);
    merged.push(isFirst ? a[i++]! : b[j++]!);
    if ((merged.length & 1023) === 0 && slice.isOver) await slice.next();
  }
  return merged;
}
