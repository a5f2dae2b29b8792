// What does the simulator need to know, and does it then reproduce what was measured? Costs, and whole runs with 1 and 2
// workers, in the same rounds; then those runs are simulated. `bun run bench report FILE` makes a result what it uses.

import { DEFAULT_STEALING } from "../../../src/scheduler/stealing.ts";
import { countOf, type DatasetName, sources } from "../../datasets/index.ts";
import type { Experiment } from "../../experiment.ts";
import type { Load } from "../../kit/loads.ts";
import { twoCores } from "../../kit/machine.ts";
import type { Options } from "../../kit/options.ts";
import { type Case, playRounds } from "../../kit/rounds.ts";
import { SLICE } from "../../kit/rows.ts";
import type { SkewTask } from "../../kit/skewed-fill.ts";
import { spread, sum } from "../../kit/statistics.ts";
import { short, whole } from "../../kit/table.ts";
import { type CostsMeasurement, type CostsTask, meanCost } from "../../kit/worker-costs.ts";
import { type Case as CalibratedCase, type Calibration, figuresOf, titleOf } from "../../simulator/calibration.ts";
import { measuredCosts } from "./measured-costs.ts";
import type { NeighboursMeasurement, NeighboursTask } from "./neighbours.ts";
import { section } from "./page.ts";
import type { WholeRun } from "./whole-run.ts";

const VECTORS = 40_000;
const LOADS: Load[] = ["even", "one half", "zipf 1.0", "zipf 1.5"];
const LEAST = 1200; // vectors of a space: those with up to 1,000 are scanned, and nothing of them is ever linked
const LEAST_BESIDE = 10_000; // vectors of each of two spaces: with fewer there are no turns to compare
const FEWEST_KEPT = 3; // repetitions

export const calibrate: Experiment = {
  ...section,
  question: "what do a worker's steps cost, and does the simulator reproduce whole runs with it?",
  quick: ["--set", "synth128", "--n", "20000", "--repeats", "1"],
  run,
};

type RunCase = Case<SkewTask, WholeRun>;

async function run({ n, sets, repeats, rate }: Options): Promise<Omit<Calibration, "date" | "machine">> {
  const set = sets[0] as DatasetName;
  const count = countOf(set, n, VECTORS);
  const cores = twoCores();
  const batches = (batch: number): Case<CostsTask, CostsMeasurement> => ({
    ...{ title: `batches of ${batch}`, cores, answers: [] },
    task: { set, n: Math.max(LEAST, Math.floor(count / 4)), workers: 1, spaces: 1, batch },
  });
  const [small, large] = [batches(1), batches(500)];
  const neighbours: Case<NeighboursTask, NeighboursMeasurement> = {
    ...{ title: "two workers", cores, answers: [] },
    task: { set, n: Math.min(Math.max(LEAST_BESIDE, count), Math.floor(sources[set].size / 2)) },
  };
  const runs = runsToMeasure(set, count, cores, rate);
  const single = runs.filter(({ task }) => task.workers === 1);
  const besideAnother = ({ beside }: NeighboursMeasurement) => `${short(beside)} times the cost beside another`;
  for (let round = 1; round <= repeats; round++) {
    console.error(`\nround ${round} of ${repeats}`);
    await playRounds("kit/worker-costs.ts", [small, large], 1, ({ samples }) => `${short(meanCost(samples))} µs`);
    await playRounds("experiments/calibrate/neighbours.ts", [neighbours], 1, besideAnother);
    await playRounds("experiments/calibrate/whole-run.ts", runs, 1, progress);
  }
  return {
    command: `bun run bench calibrate --set ${set} --n ${count} --repeats ${repeats} --rate ${rate}`,
    ...{ set, n: count, cores, partitions: 4, slice: SLICE },
    ...measuredCosts({
      ops: quietest(single[0]!).map((_, i) => single.flatMap((one) => quietest(one)[i]!.samples)),
      ...{ smallBatches: small.answers, largeBatches: large.answers, neighbours: neighbours.answers },
    }),
    waited: spread(single.map((one) => spread(quietest(one).map(waitedShare)).median)).median,
    cases: runs.map((one) => calibrated(one, count)),
  };
}

function runsToMeasure(set: DatasetName, n: number, cores: number, rate: number): RunCase[] {
  const make = (workers: number, load: Load, enabled: boolean, at?: number): RunCase => {
    const stealing = { ...DEFAULT_STEALING, enabled };
    const title = titleOf({ workers, load, stealing, rate: at, spaces: [] });
    return { title, cores, answers: [], task: { set, n, workers, load, stealing, rate: at } };
  };
  return [
    ...LOADS.map((load) => make(1, load, false)),
    ...LOADS.flatMap((load) => [make(2, load, false), make(2, load, true)]),
    ...[false, true].map((enabled) => make(2, "one half", enabled, rate)),
  ];
}

const waitedShare = ({ seconds, waitedSeconds, linked }: WholeRun) => waitedSeconds / seconds / linked.length;

function progress(run: WholeRun): string {
  const ops = sum(run.spaces.map((space) => space.ops));
  return `${whole(ops / run.seconds)} inserts/s, ${whole(waitedShare(run) * 100)} % of the time without a core`;
}

/** The half of the repetitions in which the workers waited least for a core: steals depend on such waits. */
function quietest({ answers }: RunCase): WholeRun[] {
  const kept = Math.max(FEWEST_KEPT, Math.ceil(answers.length / 2));
  return answers.toSorted((a, b) => waitedShare(a) - waitedShare(b)).slice(0, kept);
}

function calibrated(one: RunCase, n: number): CalibratedCase {
  const { workers, load, stealing, rate } = one.task;
  const kept = quietest(one);
  const { spaces } = kept[0] as WholeRun;
  const policy = { ...DEFAULT_STEALING, ...stealing };
  return { workers, load, stealing: policy, rate, spaces, measured: figuresOf(kept, n) };
}
