// Does a busy index hold up its caller, and how soon is an add found? Event-loop gaps and search times while one worker
// links at full speed; then requests at a set rate, for us and for libraries that insert on the event loop.

import { countOf } from "../../datasets/index.ts";
import type { Experiment } from "../../experiment.ts";
import { twoCores } from "../../kit/machine.ts";
import type { Options } from "../../kit/options.ts";
import { type Case, playRounds } from "../../kit/rounds.ts";
import { short, whole } from "../../kit/table.ts";
import type { ArrivalsMeasurement, ArrivalsTask } from "./arrivals.ts";
import { liveStores } from "./live-stores.ts";
import type { FreshnessMeasurement, FreshnessTask } from "./measure.ts";
import { section } from "./page.ts";

const VECTORS = 50_000;
const ARRIVING = 20_000;
const RATE = 2000; // vectors a second: less than the slowest of them takes

export const freshness: Experiment = {
  ...section,
  question: "does a busy index hold up its caller, and how soon is an add found? Beside libraries that block",
  quick: ["--n", "20000", "--repeats", "1"],
  run,
};

async function run(options: Options): Promise<object> {
  const cores = twoCores();
  return { cores, cases: await flood(options, cores), ...(await arrive(options, cores)) };
}

async function flood({ n, sets, repeats }: Options, cores: number): Promise<object[]> {
  const cases = sets.map((set): Case<FreshnessTask, FreshnessMeasurement> => {
    const count = countOf(set, n, VECTORS);
    return { title: `${set}, ${whole(count)} vectors`, task: { set, n: count }, cores, answers: [] };
  });
  const progress = ({ longestGapMs, searchMs }: FreshnessMeasurement) =>
    `longest gap ${short(longestGapMs)} ms, search p99 ${short(searchMs.p99)} ms`;
  await playRounds("experiments/freshness/measure.ts", cases, repeats, progress);
  return cases;
}

/** The same load for every library; one that is not here is named with the reason. */
async function arrive({ n, sets, repeats }: Options, cores: number): Promise<object> {
  const missing = liveStores.flatMap(({ name, available }) => {
    const reason = available();
    return reason === null ? [] : [{ name, reason }];
  });
  const present = liveStores.filter(({ available }) => available() === null);
  const arrivals = sets.flatMap((set) =>
    present.map(({ name: store }): Case<ArrivalsTask, ArrivalsMeasurement> => {
      const task = { store, set, n: Math.min(ARRIVING, countOf(set, n)), rate: RATE, threads: cores };
      return { title: `${store}, ${set}`, task, cores, answers: [] };
    }),
  );
  const progress = ({ foundMs, longestGapMs }: ArrivalsMeasurement) =>
    `found after ${short(foundMs.p50)} ms, longest gap ${short(longestGapMs)} ms`;
  await playRounds("experiments/freshness/arrivals.ts", arrivals, repeats, progress);
  return { rate: RATE, arrivals, missing };
}
