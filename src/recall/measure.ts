/*
 * How is a space's recall measured? Some stored vectors and some queries that came are compared with everything, then
 * searched for at wider and wider ef. Yields after each call of the core of about a millisecond; the result is written beside the graph.
 */
import { BY_BEAM, IN_F32, MEASURED_SHARES, OK } from "../../assembly/layout.ts";
import * as calls from "../core/calls.ts";
import type { Seat } from "../core/seat.ts";
import { ENOUGH, KS, LOWEST_EF, type Measured, REPORTED_KS, type ShareStep, type Step, WIDTHS } from "./curve.ts";
import { encodeNotes } from "./notes.ts";

/** What a measurement is to find out. */
export interface MeasureJob {
  /** Stored vectors that are queries, at most. */
  stored: number;
  /** Queries that came: a flat array of vectors. */
  searched: Float32Array;
  /** The recall at 10 that is to be reached: below it, and below .99, f32 is tried as well. */
  target: number;
  /** By which entries are expired or not. */
  now: number;
  /** Milliseconds after which no wider search is tried any more; the caller of `measure` counts them. */
  mostMs: number;
}

/** Has another thread measure a space. Resolves to the milliseconds that it took; rejects where none could. */
export type Measurer = (space: calls.SpaceRef, job: MeasureJob) => Promise<number>;

const PIECE_DISTANCES = 2 ** 18; // of four floats each: a millisecond
/** Where codes do not find this share, f32 is tried as well. */
const WITHOUT_F32 = 0.99;
const LITTLE = 0.002; // what four times the ef must find more, or a curve has come to its end
/** Up to this ef all queries are searched for; above it fewer and fewer, so that each step takes about as long. */
const ALL_QUERIES_EF = 512;

/** A measurement on its way: `next` hears of the milliseconds that it has taken so far. */
export type Measurement<T = Measured | null> = Generator<void, T, number | undefined>;

/**
 * Null where there is no graph to measure, or not now; else what was measured. The caller may stop at any step, and calls
 * `endMeasure` in the end: after a trap, once the seat is repaired.
 */
export function* measure(seat: Seat, space: calls.SpaceAt, job: MeasureJob): Measurement {
  const given = job.searched.length / seat.dimensions;
  const started = calls.startMeasure(seat, space, job.stored, given, job.now);
  if (typeof started === "number") return null;
  let searched = 0;
  for (let i = 0; i < given; i++) {
    seat.putVectors(job.searched, i, 1);
    if (calls.measureQuery(seat) === OK) searched++;
  }
  const queries = started.queries + searched;
  if (queries === 0) return null;
  const perSlot = Math.max(1, queries * Math.ceil(seat.dimensions / 4));
  while (calls.measurePiece(seat, Math.max(1, Math.ceil(PIECE_DISTANCES / perSlot)))) yield;
  const walk = { ...job, seat, queries, stored: started.queries, spent: 0 };
  const steps = yield* curveOf(walk, BY_BEAM);
  const found = steps.at(-1)?.recall[TEN] ?? 0;
  const isEnough = found >= Math.max(job.target, WITHOUT_F32) || !started.goesByCodes;
  const f32 = isEnough ? [] : yield* curveOf(walk, IN_F32);
  if (steps.length === 0) return null;
  const isWhole = walk.spent <= job.mostMs;
  const shares = yield* sharesOf(walk, started.live);
  const { live, linked, serial, goesByCodes } = started;
  const measured = {
    vectors: live,
    linked,
    serial,
    stored: started.queries,
    searched,
    goesByCodes,
    isWhole,
    steps,
    f32,
    shares,
  };
  while (calls.writeNotes(seat, space, encodeNotes(measured)) === calls.AGAIN) yield;
  return measured;
}

const TEN = KS.indexOf(10);

interface Walks extends Pick<MeasureJob, "target" | "mostMs"> {
  seat: Seat;
  queries: number;
  /** How many of them, the first, are stored vectors. */
  stored: number;
  /** Milliseconds so far. */
  spent: number;
}

/** Lets the caller go on with something else, and hears what was spent. */
function* pause(walks: Walks): Measurement<void> {
  walks.spent = (yield) ?? walks.spent;
}

/** Wider and wider, until hardly anything is missed, or found more, or the time is over. */
function* curveOf(walks: Walks, way: number): Measurement<Step[]> {
  const { target, mostMs } = walks;
  const steps: Step[] = [];
  for (const ef of WIDTHS) {
    if (walks.spent > mostMs && ef > REPORTED_KS[2]) break;
    const step = yield* stepAt(walks, ef, way);
    if (step === null) break;
    steps.push(step);
    const found = step.recall[TEN]!;
    if (found >= Math.max(ENOUGH, target + LITTLE) && ef >= REPORTED_KS[2]) break;
    const before = steps.at(-5)?.recall[TEN];
    if (before !== undefined && found - before < LITTLE) break;
  }
  return steps;
}

/** A walk among matches is measured only where a search would not rather scan them (assembly/space/filter.ts). */
const isWalked = (matches: number, live: number) => matches * matches > 12 * LOWEST_EF * live;
const WIDEST_AMONG = 512;

/** Among fewer and fewer matches, each time wider and wider until the target is reached. */
function* sharesOf(walks: Walks, live: number): Measurement<ShareStep[][]> {
  const { seat, queries, target, mostMs } = walks;
  const shares: ShareStep[][] = Array.from({ length: MEASURED_SHARES }, () => []);
  for (const [i, steps] of shares.entries()) {
    if (!isWalked(calls.measureShare(seat, i + 1), live)) break;
    for (const ef of WIDTHS) {
      if (ef > WIDEST_AMONG || walks.spent > mostMs) break;
      const recall = new Mean();
      for (let query = 0; query < queries; query++) {
        const found = calls.measureAmong(seat, query, ef, i + 1);
        if (found === null) continue;
        if (typeof found === "number") break; // no memory for it
        recall.add(found[0] / Math.max(1, found[1]));
        yield* pause(walks);
      }
      if (recall.count === 0) break;
      steps.push({ ef, recall: recall.mean });
      if (recall.mean >= target) break;
    }
  }
  return shares;
}

/** Null when there is no memory for it. */
function* stepAt(walks: Walks, ef: number, way: number): Measurement<Step | null> {
  const { seat, queries, stored } = walks;
  const sums = KS.map(() => new Mean());
  const ofSearches = new Mean();
  const every = Math.max(1, Math.round(ef / ALL_QUERIES_EF));
  for (let query = 0; query < queries; query += every) {
    let found = calls.measureWalk(seat, query, ef, way);
    for (; found === calls.AGAIN; found = calls.measureWalk(seat, query, ef, way)) yield* pause(walks);
    if (typeof found === "number") return null;
    if (found === null) continue;
    const trues = found[KS.length]!;
    for (const [i, k] of KS.entries()) sums[i]!.add(found[i]! / Math.max(1, Math.min(k, trues)));
    if (query >= stored) ofSearches.add(found[TEN]! / Math.max(1, Math.min(10, trues)));
    yield* pause(walks);
  }
  if (sums[0]!.count === 0) return null;
  return {
    ef,
    recall: sums.map(({ mean }) => mean),
    error: REPORTED_KS.map((k) => sums[KS.indexOf(k)]!.error),
    ofSearches: ofSearches.mean,
  };
}

/** Of figures from 0 to 1. */
class Mean {
  count = 0;
  private sum = 0;
  private squares = 0;

  add(figure: number): void {
    this.count++;
    this.sum += figure;
    this.squares += figure * figure;
  }

  get mean(): number {
    return this.count === 0 ? 0 : this.sum / this.count;
  }

  /** The standard error of the mean; never 0, since even no miss in n is none in all. */
  get error(): number {
    if (this.count < 2) return 1;
    const variance = Math.max(0, this.squares / this.count - this.mean ** 2);
    return Math.max(Math.sqrt(variance / (this.count - 1)), 1 / (this.count * 10));
  }
}
