// Does a busy index hold up its caller, and how soon is an add found? Event-loop gaps and search times while one worker
// links at full speed; then requests at a set rate, for us and for libraries that insert on the event loop.

import { type DatasetName, sources } from "../../datasets/index.ts";
import type { Suite } from "../../experiment.ts";
import { allowedCores } from "../../kit/machine.ts";
import type { Options } from "../../kit/options.ts";
import { printTable, range, saveResult, times, whole } from "../../kit/results.ts";
import { type Case, over, playRounds } from "../../kit/rounds.ts";
import { sum } from "../../kit/statistics.ts";
import { type ArrivalsMeasurement, type ArrivalsTask, REQUEST } from "./arrivals.ts";
import { liveStores } from "./live-stores.ts";
import type { FreshnessMeasurement, FreshnessTask } from "./measure.ts";

const VECTORS = 50_000;
const ARRIVING = 20_000;
const RATE = 2000; // vectors a second: less than the slowest of them takes

export const freshness: Suite = {
  question: "does a busy index hold up its caller, and how soon is an add found? Beside libraries that block",
  quick: ["--n", "20000", "--repeats", "1"],
  peers: false,
  run,
};

async function run(options: Options): Promise<void> {
  const cores = Math.min(2, allowedCores().length);
  const cases = await floods(options, cores);
  const arrivals = await arrive(options, cores);
  await saveResult("freshness", options.json, { repeats: options.repeats, cores, cases, ...arrivals });
}

async function floods({ n, sets, repeats }: Options, cores: number): Promise<object[]> {
  const cases = sets.map((set): Case<FreshnessTask, FreshnessMeasurement> => {
    const count = Math.min(n ?? VECTORS, sources[set].size);
    return { title: `${set}, ${whole(count)} vectors`, task: { set, n: count }, cores, answers: [] };
  });
  const tell = ({ longestGapMs, searchMs }: FreshnessMeasurement) =>
    `longest gap ${times(longestGapMs)} ms, search p99 ${times(searchMs.p99)} ms`;
  await playRounds("experiments/freshness/measure.ts", cases, repeats, tell);
  console.log(
    `\none worker linking, one addMany on the main thread, ${cores} cores; rounds: ${repeats}; median (min-max)\n`,
  );
  printTable(
    ["case", "longest gap ms", "search p50 ms", "p99 ms", "longest ms", "inserts/s", "found at once"],
    cases.map(({ title, answers }) => {
      const probes = sum(answers.map((answer) => answer.probes));
      const found = sum(answers.map((answer) => answer.found));
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
  return cases;
}

type ArrivalsCase = Case<ArrivalsTask, ArrivalsMeasurement>;

/** The same load for everybody: who is not here is named with the reason. */
async function arrive({ n, sets, repeats }: Options, cores: number): Promise<object> {
  const missing = liveStores.flatMap(({ name, available }) => {
    const reason = available();
    return reason === null ? [] : [{ name, reason }];
  });
  for (const { name, reason } of missing) console.log(`without ${name}: ${reason}`);
  const present = liveStores.filter(({ available }) => available() === null);
  const arrivals = sets.flatMap((set) => present.map(({ name }) => arrivalsCase(name, set, n, cores)));
  const tell = ({ foundMs, longestGapMs }: ArrivalsMeasurement) =>
    `found after ${times(foundMs.p50)} ms, longest gap ${times(longestGapMs)} ms`;
  await playRounds("experiments/freshness/arrivals.ts", arrivals, repeats, tell);
  console.log(
    `\n${whole(RATE)} vectors a second in requests of ${REQUEST}, and single ones that are searched for at once`,
  );
  console.log(`${cores} cores, as many threads; rounds: ${repeats}; median (min-max)\n`);
  printTable(
    ["case", "found after p50 ms", "p99 ms", "longest ms", "longest gap ms", "blocked", "found"],
    arrivals.map(({ title, answers }) => {
      const cell = (figure: (answer: ArrivalsMeasurement) => number) => range(over(answers, figure), times);
      const probes = sum(answers.map((answer) => answer.probes));
      const found = sum(answers.map((answer) => answer.found));
      return [
        ...[title, cell(({ foundMs }) => foundMs.p50), cell(({ foundMs }) => foundMs.p99)],
        ...[cell(({ foundMs }) => foundMs.max), cell(({ longestGapMs }) => longestGapMs)],
        `${whole(over(answers, ({ blocked }) => blocked).median * 100)} %`,
        `${found} of ${probes}`,
      ];
    }),
  );
  return { rate: RATE, arrivals, missing };
}

function arrivalsCase(store: string, set: DatasetName, n: number | null, cores: number): ArrivalsCase {
  const count = Math.min(n ?? ARRIVING, ARRIVING, sources[set].size);
  const task = { store, set, n: count, rate: RATE, threads: cores };
  return { title: `${store}, ${set}`, task, cores, answers: [] };
}
