/*
 * Which ef finds the share of the nearest that was asked for? Read off a curve that was measured: recall for some k at some
 * widths. Pure functions.
 */
import { MAX_EF, MEASURED_SHARES } from "../../assembly/layout.ts";
import { STEEPNESS, tableEf } from "./table.ts";

/** The k that recall is measured for: the figures of assembly/space/measure.ts, in their order. */
export const KS = [1, 2, 4, 8, 10, 16, 32, 64, 100] as const;
/** Those of them whose error is kept and reported. */
export const REPORTED_KS = [1, 10, 100] as const;
/** The ef that recall is measured at. */
export const WIDTHS = [64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048, 3072, 4096] as const;
/** No ef that is chosen is below. */
export const LOWEST_EF = WIDTHS[0];
/** An ef of a search that compares every vector: above MAX_EF. */
export const EXACT_EF = 0xfffffff;

/** What was found at one width. */
export interface Step {
  ef: number;
  /** For each of KS the share of the nearest that was found, 0 to 1; 0 where k is above `ef`. */
  recall: number[];
  /** For each of REPORTED_KS, the standard error. */
  error: number[];
  /** Recall at 10 of the queries that came from searches alone; 0 without any. */
  ofSearches: number;
}

/** What was found among matches at one width, of the 10 nearest. */
export interface ShareStep {
  ef: number;
  recall: number;
}

/** What was measured of a graph. */
export interface Measured {
  /** Live vectors, vectors ever linked, and the graph's serial at that time. */
  vectors: number;
  linked: number;
  serial: number;
  /** Queries that were stored vectors, and those that came from searches. */
  stored: number;
  searched: number;
  /** By ascending ef. `f32`: without codes, only where these do not reach the target. */
  steps: Step[];
  f32: Step[];
  /** Where 1/2, 1/4, … of all match, by ascending ef; empty where these are scanned. */
  shares: ShareStep[][];
  goesByCodes: boolean;
  /** Whether all widths were tried: else the time was over before one reached the target. */
  isWhole: boolean;
}

/** How a search walks: with that ef, EXACT_EF for none; in f32 where codes would do. */
export interface Choice {
  ef: number;
  inF32: boolean;
}

/** What is asked for: `target` of the `k` nearest, in a graph of `live` vectors. */
export interface Wish {
  k: number;
  target: number;
  live: number;
  dimensions: number;
  /** Vectors that match a filter; left out: there is none. */
  matches?: number;
}

/** Half of its standard error is what a measured recall must lie above the target, so that it seldom is luck. */
const MARGIN = 0.5;
const MOST_K = KS[KS.length - 1]!;

/** The lowest ef that reaches the target; in f32 if codes never do; else a scan, but for a curve that goes on. Without a measurement by the table. */
export function choose(measured: Measured | null, wish: Wish): Choice {
  if (measured === null) return { ef: limited(tableEf(wish), wish.k), inF32: false };
  const wider = growth(measured, wish);
  for (const [steps, inF32] of [[measured.steps, false] as const, [measured.f32, true] as const]) {
    const ef = efOn(steps, wish.k, wish.target);
    if (ef !== null) return { ef: limited(ef * wider * among(measured, wish), wish.k), inF32 };
  }
  const beyond = beyondCurve(measured, wish) * wider * among(measured, wish);
  return { ef: beyond > MAX_EF ? EXACT_EF : limited(beyond, wish.k), inF32: false };
}

/** A curve that finds this share of the 10 nearest was not measured any further. */
export const ENOUGH = 0.995;

/** The ef that may reach a target that a curve does not; infinite where wider searches were seen to find no more. */
function beyondCurve({ steps, isWhole }: Measured, { k, target }: Wish): number {
  const last = steps.at(-1)!;
  if (isWhole && (last.recall[KS.indexOf(10)]! < ENOUGH || last.ef === WIDTHS.at(-1))) return Number.POSITIVE_INFINITY;
  const missed = 1 - last.recall[figureFor(k)]!;
  return last.ef * (missed / (1 - target)) ** STEEPNESS * Math.max(1, k / MOST_K);
}

function limited(ef: number, k: number): number {
  return Math.min(MAX_EF, Math.max(LOWEST_EF, k, Math.ceil(ef)));
}

/** Of some shares of matches, 1 and powers of 1/2, the number of the one below: 0 for all. */
export function shareOf(matches: number, live: number): number {
  return Math.max(0, Math.min(MEASURED_SHARES, Math.ceil(Math.log2(live / Math.max(1, matches)) - 1e-9)));
}

/** The ef for that many matches, of those for each share. */
export function efFor({ efs, live }: { efs: readonly number[]; live: number }, matches: number): number {
  return efs[shareOf(matches, live)] ?? efs.at(-1)!;
}

/** How much wider a search among matches walks than one among all. */
function among({ shares, steps }: Measured, { matches, live, target }: Wish): number {
  const curve = matches === undefined ? undefined : shares[shareOf(matches, live) - 1];
  if (curve === undefined || curve.length === 0) return 1;
  const reached = curve.find(({ recall }) => recall >= target) ?? { ef: 2 * curve.at(-1)!.ef };
  return Math.max(1, reached.ef / (efOn(steps, 10, target) ?? reached.ef));
}

/** How much wider than at the measurement, since the space has grown. */
function growth({ vectors }: Measured, wish: Wish): number {
  if (wish.live <= vectors) return 1;
  return tableEf(wish) / tableEf({ ...wish, live: vectors });
}

/** Of KS, the place of the lowest that is not below k. */
function figureFor(k: number): number {
  return KS.findIndex((known) => known >= Math.min(k, MOST_K));
}

/** The ef at which a curve passes the target, in between two widths in proportion to the logarithm; null: nowhere. */
export function efOn(steps: readonly Step[], k: number, target: number): number | null {
  const figure = figureFor(k);
  const widening = Math.max(1, k / MOST_K); // more hits than were measured
  let before = null as { ef: number; recall: number } | null;
  for (const step of steps) {
    if (step.ef < KS[figure]!) continue;
    const recall = step.recall[figure]! - MARGIN * errorOf(step, figure);
    if (recall >= target) {
      if (before === null || before.recall >= recall) return step.ef * widening;
      const share = (target - before.recall) / (recall - before.recall);
      return before.ef * (step.ef / before.ef) ** share * widening;
    }
    before = { ef: step.ef, recall: Math.max(recall, before?.recall ?? 0) };
  }
  return null;
}

/** Kept for some k; that of the nearest k below serves the others. */
function errorOf(step: Step, figure: number): number {
  return step.error[figure >= 8 ? 2 : figure >= 4 ? 1 : 0]!;
}

/** What a curve says of one k at an ef, in between two widths as `efOn`. */
export function recallAt(steps: readonly Step[], reported: number, ef: number): { recall: number; error: number } {
  const figure = KS.indexOf(REPORTED_KS[reported]!);
  const wide = Math.max(ef, KS[figure]!);
  const known = steps.filter((step) => step.ef >= KS[figure]!);
  const above = known.findIndex((step) => step.ef >= wide);
  const read = (step: Step) => ({ recall: step.recall[figure]!, error: step.error[reported]! });
  if (above < 0) return read(known.at(-1)!);
  if (above === 0) return read(known[0]!);
  const [low, high] = [known[above - 1]!, known[above]!];
  const share = Math.log(wide / low.ef) / Math.log(high.ef / low.ef);
  const between = (a: number, b: number) => a + share * (b - a);
  const [a, b] = [read(low), read(high)];
  return { recall: between(a.recall, b.recall), error: between(a.error, b.error) };
}
