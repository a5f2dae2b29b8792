// Does a busy index hold up its caller? Event-loop gaps and search times while one worker links at full speed.

import { sources } from "../datasets/index.ts";
import { allowedCores } from "../harness/machine.ts";
import { printTable, range, saveResult, times, whole } from "../harness/report.ts";
import { type Case, over, playRounds } from "../harness/rounds.ts";
import type { FreshnessMeasurement, FreshnessTask } from "../measure/freshness.ts";
import type { Options } from "../options.ts";
import type { Suite } from "./suite.ts";

const VECTORS = 50_000;

export const freshness: Suite = {
  question: "does a busy index hold up its caller? Event-loop gaps, searches, and whether adds are found at once",
  peers: false,
  run,
};

async function run({ n, sets, repeats, json }: Options): Promise<void> {
  const cores = Math.min(2, allowedCores().length);
  const cases = sets.map((set): Case<FreshnessTask, FreshnessMeasurement> => {
    const count = Math.min(n ?? VECTORS, sources[set].size);
    return { title: `${set}, ${whole(count)} vectors`, task: { set, n: count }, cores, answers: [] };
  });
  const tell = ({ longestGapMs, searchMs }: FreshnessMeasurement) =>
    `longest gap ${times(longestGapMs)} ms, search p99 ${times(searchMs.p99)} ms`;
  await playRounds("freshness.ts", cases, repeats, tell);
  console.log(
    `\none worker linking, one addMany on the main thread, ${cores} cores; rounds: ${repeats}; median (min-max)\n`,
  );
  printTable(
    ["case", "longest gap ms", "search p50 ms", "p99 ms", "longest ms", "inserts/s", "found at once"],
    cases.map(({ title, answers }) => {
      const probes = answers.reduce((sum, answer) => sum + answer.probes, 0);
      const found = answers.reduce((sum, answer) => sum + answer.found, 0);
      const ms = (figure: (answer: FreshnessMeasurement) => number) => range(over(answers, figure), times);
      return [
        title,
        ms(({ longestGapMs }) => longestGapMs),
        ms(({ searchMs }) => searchMs.p50),
        ms(({ searchMs }) => searchMs.p99),
        ms(({ searchMs }) => searchMs.max),
        range(
          over(answers, ({ insertsPerSecond }) => insertsPerSecond),
          whole,
        ),
        `${found} of ${probes}`,
      ];
    }),
  );
  await saveResult("freshness", json, { repeats, cores, cases });
}
