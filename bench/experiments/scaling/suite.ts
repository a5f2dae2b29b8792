// What do more workers bring: behind one mutex, inside one space, with spaces of their own, and for 20 by stealing?

import { type DatasetName, sources } from "../../datasets/index.ts";
import type { Suite } from "../../experiment.ts";
import { allowedCores } from "../../kit/machine.ts";
import type { Options } from "../../kit/options.ts";
import { printTable, range, saveResult, times, whole } from "../../kit/results.ts";
import { type Case, over, playRounds, ratio } from "../../kit/rounds.ts";
import type { ScalingKind, ScalingTask } from "./measure.ts";
import type { ScalingMeasurement } from "./types.ts";

const VECTORS = 40_000;
const WORKERS = [1, 2, 4, 8];
const KINDS: Record<ScalingKind, string> = {
  "one mutex": "one index behind one mutex",
  "one space": "one space, all workers in it",
  "own spaces": "8 spaces, each with one worker",
  "20 spaces": "20 spaces, stealing",
};

export const scaling: Suite = {
  question: "what do more workers bring, inside one space and for many, and what does one mutex leave of it?",
  quick: ["--n", "20000", "--repeats", "1"],
  peers: false,
  run,
};

export interface ScalingCase extends Case<ScalingTask, ScalingMeasurement> {
  /** More workers than cores: they share them. */
  oversubscribed: boolean;
}

async function run(options: Options): Promise<void> {
  const results: object[] = [];
  for (const set of options.sets) results.push(await compare(set, options));
  await saveResult("scaling", options.json, { repeats: options.repeats, results });
}

async function compare(set: DatasetName, { n, repeats }: Options): Promise<object> {
  const count = Math.min(n ?? VECTORS, sources[set].size);
  const groups = (Object.keys(KINDS) as ScalingKind[]).map((kind) => casesOf(kind, set, count));
  await playRounds(
    "experiments/scaling/measure.ts",
    groups.flat(),
    repeats,
    (answer) => `${whole(perSecond(answer))} inserts/s`,
  );
  console.log(`\n${set}, ${whole(count)} vectors in all; rounds: ${repeats}; median (min-max)\n`);
  printTable(
    ["case", "inserts/s", "x 1 worker on 1 core", "recall@10", "steals"],
    groups.flatMap((group) =>
      group.map(({ title, answers }) => [
        title,
        range(over(answers, perSecond), whole),
        range(ratio(answers, group[0]!.answers, perSecond), times),
        over(answers, ({ recall }) => recall).median.toFixed(4),
        whole(over(answers, ({ steals }) => steals).median),
      ]),
    ),
  );
  return { set, n: count, groups };
}

const perSecond = ({ insertsPerSecond }: ScalingMeasurement) => insertsPerSecond;

/** A core for each worker, as far as there are any; first one worker alone, which the others are set against. */
function casesOf(kind: ScalingKind, set: DatasetName, n: number): ScalingCase[] {
  const most = allowedCores().length;
  const make = (workers: number, cores: number): ScalingCase => ({
    title: `${KINDS[kind]}, ${plural(workers, "worker")} on ${plural(cores, "core")}${workers > cores ? ", oversubscribed" : ""}`,
    task: { set, n, kind, workers },
    ...{ cores, oversubscribed: workers > cores, answers: [] },
  });
  const cases = WORKERS.map((workers) => make(workers, Math.min(workers, most)));
  // With two workers they are three threads on two cores: here is what one gains from the second, which adds.
  if (kind !== "one mutex" && most > 1) cases.splice(1, 0, make(1, 2));
  return cases;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
