/*
 * What can the core be asked about recall: to measure it, and to keep what was measured beside a graph? As in calls.ts, one
 * function is one call (assembly/abi/recall.ts).
 */
import { BEAM_CODES, E_BUSY, MEASURED_KS, NOT_FOUND, NOTES_BYTES, OK } from "../../assembly/layout.ts";
import { AGAIN, type Refusal } from "./retry.ts";
import type { Seat } from "./seat.ts";
import type { SpaceAt } from "./spaces.ts";

/** How a search walks: by its beam, or in f32 where codes would do. */
export { BY_BEAM, IN_F32 } from "../../assembly/layout.ts";

/** What is known of a space with a graph. */
export interface GraphFigures {
  /** How often its notes were written, 0: never. */
  notes: number;
  live: number;
  /** Vectors ever linked into this graph. */
  linked: number;
  /** Tells this graph apart from those before and after a compaction. */
  serial: number;
  pending: number;
  goesByCodes: boolean;
  isCompacting: boolean;
  /** What its notes say of the time when they were written: `linked` and `serial` then, and queries that came from searches. */
  noted: { linked: number; serial: number; searched: number };
}

/** The space after the one at `address` (0: the first) that has a graph, or null. */
export function nextGraph(seat: Seat, address: number): SpaceAt | null {
  return seat.core.nextGraph(address) === 0 ? null : { address: seat.infoAt(0), incarnation: seat.infoAt(1) };
}

/** Null without a graph, or where the space was dropped. */
export function graphOf(seat: Seat, { address, incarnation }: SpaceAt): GraphFigures | null {
  if (seat.core.graphOf(address, incarnation) !== OK) return null;
  return {
    notes: seat.infoAt(0),
    live: seat.infoAt(1),
    linked: seat.infoAt(2),
    serial: seat.infoAt(3),
    pending: seat.infoAt(4),
    goesByCodes: seat.infoAt(5) === BEAM_CODES,
    isCompacting: seat.infoAt(6) !== 0,
    noted: { linked: seat.infoAt(7), serial: seat.infoAt(8), searched: seat.infoAt(9) },
  };
}

/** A copy of a graph's notes; null without a graph. */
export function readNotes(seat: Seat, { address, incarnation }: SpaceAt): Uint8Array | null | typeof AGAIN {
  const status = seat.core.readNotes(address, incarnation);
  if (status === E_BUSY) return AGAIN;
  return status === NOT_FOUND ? null : seat.intakeBytes.slice(0, NOTES_BYTES);
}

/** Replaces them, but for the first word, which is the core's. OK, NOT_FOUND without a graph, or E_BUSY. */
export function writeNotes(seat: Seat, { address, incarnation }: SpaceAt, notes: Uint8Array): number {
  seat.intakeBytes.set(notes);
  return seat.core.writeNotes(address, incarnation);
}

/** What a measurement begins with. */
export type Started = Exclude<ReturnType<typeof startMeasure>, Refusal>;

/**
 * Begins a measurement with up to `stored` of a space's vectors as queries, and room for `given` others; until `endMeasure`
 * the seat can't begin another. `queries`: how many of the stored ones are some; `slots`: what they are compared with.
 */
export function startMeasure(
  seat: Seat,
  { address, incarnation }: SpaceAt,
  stored: number,
  given: number,
  now: number,
) {
  const status = seat.core.startMeasure(address, incarnation, stored, given, now);
  if (status !== OK) return status as Refusal;
  const [queries, slots, live] = [seat.infoAt(0), seat.infoAt(1), seat.infoAt(2)];
  const [linked, serial] = [seat.infoAt(3), seat.infoAt(4)];
  return { queries, slots, live, linked, serial, goesByCodes: seat.infoAt(5) === BEAM_CODES };
}

/** Adds the first vector of the intake to the queries. OK, or what is wrong with it. */
export const measureQuery = (seat: Seat): number => seat.core.measureQuery();
/** Compares all queries with the next `slots` slots. Whether there are more. */
export const measurePiece = (seat: Seat, slots: number): boolean => seat.core.measurePiece(slots) !== OK;

/** Once all were compared: how many vectors match where 1/2 do (`share` 1), 1/4 (2), … */
export const measureShare = (seat: Seat, share: number): number => seat.core.measureShare(share);

/** Searches for a query among them: how many of the SHARE_K nearest were found, and how many there are. Null: not one for that. */
export function measureAmong(seat: Seat, query: number, ef: number, share: number): [number, number] | null | Refusal {
  const status = seat.core.measureAmong(query, ef, share);
  if (status === NOT_FOUND) return null;
  return status === OK ? [seat.infoAt(0), seat.infoAt(1)] : status;
}

/** Gives back what the measurement took, now or when the next one begins. */
export const endMeasure = (seat: Seat): void => void seat.core.endMeasure();

/**
 * Searches for a query as `way`. For each of MEASURED_KS: how many of the k nearest were found, and last how many there
 * are, up to 100. Null for a query that can't be left out; AGAIN or E_MEMORY.
 */
export function measureWalk(seat: Seat, query: number, ef: number, way: number): number[] | null | Refusal {
  const status = seat.core.measureWalk(query, ef, way);
  if (status === NOT_FOUND) return null;
  return status === OK ? Array.from({ length: MEASURED_KS + 1 }, (_, i) => seat.infoAt(i)) : status;
}
