/* Which fault points are there, where can each be hit, and how often was it? */
import * as layout from "../../assembly/layout.ts";
import type { Seat } from "../../src/core/seat.ts";

/** Every fault point of the debug build, by number. */
export const POINT_NAMES = new Map<number, string>(
  Object.entries(layout)
    .filter(([name]) => name.startsWith("FAULT_"))
    .map(([name, point]) => [point as number, name.slice(6)]),
);
export const POINTS = [...POINT_NAMES.keys()];

/** Where rows and filters can trap. */
const ROW_POINTS = POINTS.filter((point) => point >= layout.FAULT_ROW_RECORD && point <= layout.FAULT_FILTER);

/** Points that few runs pass, or pass unseen: a column that is filled in the background is filled again. */
export const RARE_POINTS = [
  ...[layout.FAULT_ROW_FILL, layout.FAULT_ROW_BUFFER, layout.FAULT_ROW_FREE, layout.FAULT_TURN, layout.FAULT_RELINK],
  ...POINTS.filter((point) => POINT_NAMES.get(point)!.startsWith("BULK_")), // each call of `addMany` here is small
];

/** A worker accepts nothing, but compaction makes it write slots. */
export const WORKER_POINTS = POINTS.filter((point) => point !== layout.FAULT_ACCEPT_LOCKED);

/** What a thread that only accepts passes: its own ops, the arena, links that a census mends, rows and filters. */
export const CALLER_POINTS = POINTS.filter(
  (point) => point <= layout.FAULT_ARENA_SPLIT || point === layout.FAULT_ARENA_FREE || ROW_POINTS.includes(point),
);

/** After a trap here blocks may be lost: a table that is rebuilt leaves the old one behind, a half-made structure its parts. */
export const LOSING_POINTS = [
  ...[layout.FAULT_KEYS_GROW, layout.FAULT_ARENA_SPLIT, layout.FAULT_ARENA_FREE],
  ...ROW_POINTS.filter((point) => point !== layout.FAULT_FILTER),
];

export type Hits = Map<number, number>;

export function addHits(to: Hits, from: Iterable<[number, number]>): void {
  for (const [point, times] of from) to.set(point, (to.get(point) ?? 0) + times);
}

export function hitsInWords(hits: Hits): string {
  return POINTS.map((point) => `${POINT_NAMES.get(point)} ${hits.get(point) ?? 0}`).join(", ");
}

/** One thread's armed fault: at most one at a time, so that a trap is known to be at its point. */
export class Trigger {
  readonly hits: Hits = new Map();
  private armed: { seat: Seat; point: number } | null = null;
  private readonly seats: Seat[];

  constructor(seats: Seat[]) {
    this.seats = seats;
  }

  arm(partition: number, point: number, countdown: number): void {
    this.disarm();
    const seat = this.seats[partition]!;
    this.armed = { seat, point };
    seat.core.armFault(point, countdown);
  }

  disarm(): void {
    this.armed?.seat.core.armFault(0, 0);
    this.armed = null;
  }

  get isArmed(): boolean {
    return this.armed !== null;
  }

  /** Notes a trap of this thread. False when none was armed: the core trapped by itself. */
  fired(): boolean {
    if (this.armed === null) return false;
    addHits(this.hits, [[this.armed.point, 1]]);
    this.armed = null;
    return true;
  }
}
