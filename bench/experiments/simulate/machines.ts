// Which machines are simulated? Ones with as many cores as threads, and the costs that were measured here.

import { DEFAULT_BATCHING } from "../../../src/scheduler/batching.ts";
import { DEFAULT_STEALING } from "../../../src/scheduler/stealing.ts";
import { type Load, shares } from "../../kit/loads.ts";
import type { Costs } from "../../simulator/costs.ts";
import { hashesOf, type Outcome, type Setup, simulate } from "../../simulator/simulate.ts";

const PARTITIONS = 4;
const PREFILLED = 10_000; // vectors in each space of up to 20; the same number in all where there are more
const PREFILLED_SPACES = 20;
const ACCEPTED_PER_THREAD = 100_000; // ops a second that one adding thread has to accept

export interface Workload {
  workers: number;
  spaces: number;
  load: Load;
  /** Adds a second, at random times. */
  perSecond: number;
  seconds: number;
}

/** What all experiments share; `changes` make the difference. The first quarter of the time is not recorded. */
export function setupOf(costs: Costs, workload: Workload, seed: number, changes: Partial<Setup> = {}): Setup {
  const { workers, spaces, load, perSecond, seconds } = workload;
  const threads = Math.max(1, Math.ceil(perSecond / ACCEPTED_PER_THREAD));
  return {
    ...{ workers, cores: workers + threads, partitions: PARTITIONS, hashes: hashesOf(spaces, seed) },
    prefilled: Math.max(1001, Math.round(PREFILLED * Math.min(1, PREFILLED_SPACES / spaces))),
    ...{ flatBelow: 1000, maxPending: 16384, batching: DEFAULT_BATCHING, stealing: DEFAULT_STEALING },
    costs,
    load: { kind: "open", shares: shares(load, spaces), perSecond, seconds, threads },
    ...{ warmUpMs: seconds * 250, stalls: [], seed },
    ...changes,
  };
}

/** One workload on several draws of homes and arrivals. */
export function overSeeds(costs: Costs, workload: Workload, seeds: number, changes: Partial<Setup> = {}): Outcome[] {
  return Array.from({ length: seeds }, (_, i) => simulate(setupOf(costs, workload, i + 1, changes)));
}

/** Ops a second that this many workers link if they never run out of work: more is offered than they can take. */
export function capacity(costs: Costs, workers: number, spaces: number, seconds: number): number {
  const perSecond = workers * 40_000;
  return simulate(setupOf(costs, { workers, spaces, load: "even", perSecond, seconds }, 1)).linkedPerSecond;
}

export function median(outcomes: Outcome[], figure: (outcome: Outcome) => number): number {
  return outcomes.map(figure).toSorted((a, b) => a - b)[outcomes.length >> 1]!;
}

export function worst(outcomes: Outcome[], figure: (outcome: Outcome) => number): number {
  return Math.max(...outcomes.map(figure));
}
