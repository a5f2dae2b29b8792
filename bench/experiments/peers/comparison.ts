// How does each contender compare with the fastest peer, over all rounds?

import { TRUTH_K } from "../../datasets/index.ts";
import { type CurvePoint, MAIN_EF, rateAtEqualRecall } from "../../kit/curve.ts";
import { figures, overKnown } from "../../kit/rounds.ts";
import { medians, type Spread, spread } from "../../kit/statistics.ts";
import type { PeersMeasurement } from "./measure.ts";

/** A contender with this many threads on this many cores. */
export interface Entry {
  name: string;
  settings: string;
  ours: boolean;
  threads: number;
  cores: number;
  /** null where the child failed; a slow one has fewer than the others. */
  rounds: (PeersMeasurement | null)[];
  failures: string[];
}

export interface Row {
  name: string;
  settings: string;
  ours: boolean;
  threads: number;
  cores: number;
  insertsPerSecond: Spread;
  /** At MAIN_EF. */
  recall: number;
  cpuSeconds: number;
  bytesPerVector: number;
  /** Medians of each ef. */
  curve: CurvePoint[];
  /** At EQUAL_RECALL, where its curves reach it. */
  searchesPerSecond?: Spread;
  /** Against the fastest peer with no more threads, within each round. */
  inserting?: Against;
  searching?: Against;
  saved?: { bytes: number; saveSeconds: number; loadSeconds?: number };
}

interface Against {
  peer: string;
  /** The peer's recall at MAIN_EF. */
  recall: number;
  times: Spread;
}

/** The fastest peer is one of those that have `recallFloor` at MAIN_EF. */
export function compare(entries: Entry[], n: number, recallFloor: number): Row[] {
  const measured = entries.filter(({ rounds }) => rounds.some((round) => round !== null));
  const eligible = measured.filter((entry) => !entry.ours && recallOf(entry) >= recallFloor);
  return measured.map((entry) => {
    const rivals = eligible.filter(({ threads }) => threads <= entry.threads);
    const saved = present(entry).flatMap((round) => round.saved ?? []);
    return {
      ...{ name: entry.name, settings: entry.settings, ours: entry.ours, threads: entry.threads, cores: entry.cores },
      insertsPerSecond: spread(known(insertRates(entry))),
      recall: recallOf(entry),
      cpuSeconds: spread(present(entry).map(({ cpuSeconds }) => cpuSeconds)).median,
      bytesPerVector: (spread(present(entry).map(({ memoryMB }) => memoryMB)).median * 1e6) / n,
      curve: curveOf(entry),
      searchesPerSecond: overKnown(searchRates(entry), (rate) => rate ?? undefined),
      inserting: against(entry, rivals, insertRates),
      searching: against(entry, rivals, searchRates),
      saved: saved.length > 0 ? savingOf(saved) : undefined,
    };
  });
}

export function title({ name, threads, cores }: Pick<Row, "name" | "threads" | "cores">): string {
  return `${name}, ${threads} ${threads === 1 ? "thread" : "threads"} on ${cores} ${cores === 1 ? "core" : "cores"}`;
}

type Rates = (entry: Entry) => (number | null)[];

const insertRates: Rates = ({ rounds }) => rounds.map((round) => round?.insertsPerSecond ?? null);
/** Of each round, read off the round's own curve. */
const searchRates: Rates = ({ rounds }) => rounds.map((round) => round && rateAtEqualRecall(round.curve, TRUTH_K));

/** Ratios are taken within each round: the machine's speed drifts between rounds more than within one. */
function against(entry: Entry, rivals: Entry[], rates: Rates): Against | undefined {
  const candidates = rivals.filter((rival) => known(rates(rival)).length > 0);
  const typical = (rival: Entry) => spread(known(rates(rival))).median;
  const fastest = candidates.toSorted((a, b) => typical(b) - typical(a))[0];
  if (!fastest) return undefined;
  const others = rates(fastest);
  const ratios = rates(entry).flatMap((rate, round) => (rate && others[round] ? [rate / others[round]] : []));
  if (ratios.length === 0) return undefined;
  return { peer: fastest.name, recall: recallOf(fastest), times: spread(ratios) };
}

function savingOf(saved: NonNullable<PeersMeasurement["saved"]>[]): Row["saved"] {
  const { bytes, saveSeconds } = medians(figures(saved, "bytes", "saveSeconds"));
  return { bytes, saveSeconds, loadSeconds: overKnown(saved, ({ loadSeconds }) => loadSeconds)?.median };
}

function curveOf(entry: Entry): CurvePoint[] {
  const points = present(entry).flatMap(({ curve }) => curve);
  const efs = [...new Set(points.map(({ ef }) => ef))].sort((a, b) => a - b);
  return efs.map((ef) => {
    const same = points.filter((point) => point.ef === ef);
    return medians(figures(same, "recall", "searchesPerSecond"));
  });
}

function recallOf(entry: Entry): number {
  const there = present(entry).flatMap(({ curve }) => curve.filter(({ ef }) => ef === MAIN_EF));
  return spread(there.map(({ recall }) => recall)).median;
}

function present({ rounds }: Entry): PeersMeasurement[] {
  return rounds.filter((round) => round !== null);
}

function known(rates: (number | null)[]): number[] {
  return rates.filter((rate) => rate !== null);
}
