// What do more workers bring: behind one mutex, inside one space, with spaces of their own, and for 20 by stealing?

import { countOf, type DatasetName } from "../../datasets/index.ts";
import type { Experiment } from "../../experiment.ts";
import { allowedCores } from "../../kit/machine.ts";
import type { Options } from "../../kit/options.ts";
import { playRounds } from "../../kit/rounds.ts";
import { whole } from "../../kit/table.ts";
import type { ScalingCase, ScalingKind } from "./measure.ts";
import { section } from "./page.ts";

const VECTORS = 40_000;
const WORKERS = [1, 2, 4, 8];
const KINDS: Record<ScalingKind, string> = {
  "one mutex": "one index behind one mutex",
  "one space": "one space, all workers in it",
  "own spaces": "8 spaces, each with one worker",
  "20 spaces": "20 spaces, stealing",
};

export const scaling: Experiment = {
  ...section,
  question: "what do more workers bring, inside one space and for many, and what does one mutex leave of it?",
  quick: ["--n", "20000", "--repeats", "1"],
  run,
};

async function run({ sets, n, repeats }: Options): Promise<object> {
  const results: object[] = [];
  for (const set of sets) {
    const count = countOf(set, n, VECTORS);
    const groups = (Object.keys(KINDS) as ScalingKind[]).map((kind) => casesOf(kind, set, count));
    const progress = ({ insertsPerSecond }: { insertsPerSecond: number }) => `${whole(insertsPerSecond)} inserts/s`;
    await playRounds("experiments/scaling/measure.ts", groups.flat(), repeats, progress);
    results.push({ set, n: count, groups });
  }
  return { results };
}

/** A core for each worker, as far as there are any; first one worker alone, which the others are set against. */
function casesOf(kind: ScalingKind, set: DatasetName, n: number): ScalingCase[] {
  const most = allowedCores().length;
  const make = (workers: number, cores: number): ScalingCase => ({
    title: `${KINDS[kind]}, ${plural(workers, "worker")} on ${plural(cores, "core")}${workers > cores ? ", oversubscribed" : ""}`,
    task: { set, n, kind, workers },
    ...{ cores, oversubscribed: workers > cores, answers: [] },
  });
  const cases = WORKERS.map((workers) => make(workers, Math.min(workers, most)));
  // One worker on two cores as well, where the thread that adds has the second one to itself: with two workers three
  // threads share two cores.
  if (kind !== "one mutex" && most > 1) cases.splice(1, 0, make(1, 2));
  return cases;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
