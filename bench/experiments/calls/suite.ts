// How long does each public call keep the event loop waiting, in a large space, with many spaces, and with documents?

import type { Experiment } from "../../experiment.ts";
import { twoCores } from "../../kit/machine.ts";
import type { Options } from "../../kit/options.ts";
import { type Case, playRounds } from "../../kit/rounds.ts";
import { short } from "../../kit/table.ts";
import type { CallsMeasurement, CallsTask } from "./measure.ts";
import { section } from "./page.ts";

const VECTORS = 100_000;
const SPACES = 20_000;

export const calls: Experiment = {
  ...section,
  question: "how long does each public call keep the event loop waiting?",
  quick: ["--n", "20000", "--repeats", "1"],
  withoutData: true,
  run,
};

/** `--n` vectors, or a fifth as many spaces. */
async function run({ n, repeats }: Options): Promise<object> {
  const cases = [
    caseOf("one space", { vectors: n ?? VECTORS }),
    caseOf("many spaces", { spaces: n === null ? SPACES : Math.ceil(n / 5) }),
    caseOf("documents", { documents: n ?? VECTORS }),
  ];
  const worst = ({ gaps }: CallsMeasurement) => {
    const { call, gapMs } = gaps.reduce((most, gap) => (gap.gapMs > most.gapMs ? gap : most));
    return `at most ${short(gapMs)} ms (${call})`;
  };
  await playRounds("experiments/calls/measure.ts", cases, repeats, worst);
  return { cases };
}

function caseOf(title: string, task: CallsTask): Case<CallsTask, CallsMeasurement> {
  return { title, task, cores: twoCores(), answers: [] };
}
