// What does a step cost, according to the measurements? The cost of an op comes from the whole runs with one worker, so
// that a simulation predicts those with two. Medians over the rounds, as for the whole runs.

import { spread } from "../../kit/statistics.ts";
import { type CostsMeasurement, meanCost } from "../../kit/worker-costs.ts";
import { type Costs, neverFalling } from "../../simulator/costs.ts";
import type { NeighboursMeasurement } from "./neighbours.ts";
import type { CostSample } from "./op-costs.ts";

const SMALLEST = 32; // ops in a space
const LEAST_SHARE = 0.01; // of a round's ops: sizes with fewer are left out
const KIB_PER_OP = 120; // assumed: about 1,000 codes of 112 to 136 bytes, see docs/ARCHITECTURE.md
const GIB_PER_SECOND = 200; // assumed: a server of 2023 with 8 channels of DDR5

/** Measurements of each kind, one a round. */
export interface CostRounds {
  /** Of all whole runs with one worker. */
  ops: CostSample[][];
  /** One space, batches of 500 ops and of one. */
  largeBatches: CostsMeasurement[];
  smallBatches: CostsMeasurement[];
  neighbours: NeighboursMeasurement[];
}

export function measuredCosts(rounds: CostRounds): { costs: Costs; censusMicroseconds: number } {
  const { ops, largeBatches, smallBatches, neighbours } = rounds;
  const everything = [...largeBatches, ...smallBatches];
  const median = (figure: (answer: CostsMeasurement) => number) => round(spread(everything.map(figure)).median);
  const linkMicroseconds = curveOf(ops);
  const turn = median(({ turnMicroseconds }) => turnMicroseconds);
  const mean = (answers: CostsMeasurement[]) => spread(answers.map(({ samples }) => meanCost(samples))).median;
  const between = (figure: (answer: NeighboursMeasurement) => number) => spread(neighbours.map(figure)).median;
  const beside = between((answer) => answer.beside);
  return {
    costs: {
      linkMicroseconds,
      spread: round(spreadOf(ops.flat(), linkMicroseconds)),
      sliceMicroseconds: turn,
      batchMicroseconds: round(Math.max(0, mean(smallBatches) - mean(largeBatches) - turn)),
      parkMicroseconds: median(({ parkMicroseconds }) => parkMicroseconds),
      wakeMicroseconds: median(({ wakeMicrosecondsWall }) => wakeMicrosecondsWall),
      acceptMicroseconds: median(({ acceptMicroseconds }) => acceptMicroseconds),
      slowdownPerWorker: round(Math.max(0, beside - 1)),
      sharedSpace: round(Math.max(1, between(({ together }) => together) / beside)),
      memory: { kibPerOp: KIB_PER_OP, gibPerSecond: GIB_PER_SECOND },
    },
    censusMicroseconds: median(({ censusMicroseconds }) => censusMicroseconds),
  };
}

/** Of each size its median over the rounds. */
function curveOf(rounds: CostSample[][]): [number, number][] {
  const costs = new Map<number, number[]>();
  for (const samples of rounds) {
    for (const [size, cost] of byEachSize(samples)) costs.set(size, [...(costs.get(size) ?? []), cost]);
  }
  const curve = [...costs].map(([size, all]): [number, number] => [size, spread(all).median]);
  return neverFalling(curve.toSorted(([a], [b]) => a - b)).map(([size, cost]) => [size, round(cost)]);
}

/** Mean microseconds of an op by size of the space, in steps of √2. */
function byEachSize(samples: CostSample[]): [number, number][] {
  const cells = new Map<number, CostSample[]>();
  for (const sample of samples) {
    if (sample[0] < SMALLEST || sample[1] === 0) continue;
    const size = Math.round(2 ** (Math.round(2 * Math.log2(sample[0])) / 2));
    cells.set(size, [...(cells.get(size) ?? []), sample]);
  }
  const opsOf = (own: CostSample[]) => own.reduce((sum, [, ops]) => sum + ops, 0);
  const enough = opsOf(samples) * LEAST_SHARE;
  return [...cells].filter(([, own]) => opsOf(own) >= enough).map(([size, own]) => [size, meanCost(own)]);
}

/** Of the costs of a sample about the curve: by the median deviation, which a few disturbed samples do not move. */
function spreadOf(samples: CostSample[], curve: [number, number][]): number {
  const costs = samples.flatMap(([size, ops, ms]) => (ops > 0 ? [(ms * 1e3) / ops / nearest(curve, size)] : []));
  if (costs.length === 0) return 0;
  const { median } = spread(costs);
  return (1.48 * spread(costs.map((cost) => Math.abs(cost - median))).median) / median; // as of a normal distribution
}

function nearest(curve: [number, number][], size: number): number {
  return curve.reduce((best, point) => (Math.abs(point[0] - size) < Math.abs(best[0] - size) ? point : best))[1];
}

function round(value: number): number {
  return Number(value.toPrecision(3));
}
