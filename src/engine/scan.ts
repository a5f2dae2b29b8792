/* How is all of a space looked at? As it was at one moment, in pieces of about a millisecond: others come in between. */
import * as calls from "../core/calls.ts";
import type { RankedHit, Seat } from "../core/seat.ts";
import { Slice } from "../runtime/event-loop.ts";
import type { Host } from "./host.ts";

const FLOATS = 2 ** 18; // in the vectors of a piece
const MOST_SLOTS = 1024;

/** Looks at a piece by that seat. */
export type LookAt = (seat: Seat, piece: calls.Piece) => RankedHit[] | calls.Refusal;

/** Hands on what is found in each piece of a space, in the order of slots. Rejects with OUT_OF_MEMORY, TIMEOUT, CLOSED. */
export function scanSpace(
  host: Host,
  start: () => Promise<{ seat: Seat; pieces: calls.Piece[] } | null>,
  look: LookAt,
  take: (found: RankedHit[]) => Promise<void> | void,
): Promise<void> {
  return host.inTurn("scan", async () => {
    const started = await start();
    if (started === null) return;
    const { seat, pieces } = started;
    const slice = new Slice();
    try {
      for (const piece of pieces.flatMap((whole) => cut(whole, seat.dimensions))) {
        const found = await host.whenFree(() => look(seat, piece) as RankedHit[] | typeof calls.AGAIN);
        if (typeof found === "number") throw host.refusal(found, seat, "The query");
        await take(found);
        if (slice.isOver) await slice.next();
      }
    } finally {
      host.guarded(() => calls.endScan(seat));
    }
  });
}

/** A piece in those that are looked at in one call. */
export function cut({ from, to, ...rest }: calls.Piece, dimensions: number): calls.Piece[] {
  const slots = Math.min(MOST_SLOTS, Math.ceil(FLOATS / dimensions));
  const count = Math.max(0, Math.ceil((to - from) / slots));
  return Array.from({ length: count }, (_, i) => {
    const first = from + i * slots;
    return { from: first, to: Math.min(to, first + slots), ...rest };
  });
}

/** Of two hits at one distance, the one whose vector is older comes first. */
export const isNearer = (a: RankedHit, b: RankedHit) => a.rank < b.rank || (a.rank === b.rank && a.age < b.age);
export const isOlder = (a: RankedHit, b: RankedHit) => a.age < b.age;
