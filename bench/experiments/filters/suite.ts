// What does a filter cost, and what does it miss? Searches with conditions that from half of the vectors to three match,
// beside a plain loop and LanceDB. usearch's filter is not in its JavaScript binding.

import { countOf } from "../../datasets/index.ts";
import type { Experiment } from "../../experiment.ts";
import { twoCores } from "../../kit/machine.ts";
import type { Options } from "../../kit/options.ts";
import { type Case, playRounds } from "../../kit/rounds.ts";
import { short } from "../../kit/table.ts";
import { missingPackage } from "../../peers/contender.ts";
import type { LanceMeasurement } from "./lancedb.ts";
import type { FiltersMeasurement, FiltersTask } from "./measure.ts";
import { type SetResult, section } from "./page.ts";

const QUERIES = 100;

export const filters: Experiment = {
  ...section,
  question: "what does a filter cost, and what does it miss? Beside a plain loop and LanceDB",
  quick: ["--n", "10000", "--repeats", "1"],
  peers: true,
  run,
};

async function run({ n, sets, repeats, contenders }: Options): Promise<object> {
  const cores = twoCores();
  const reason = contenders.length > 0 ? "not asked for" : missingPackage("@lancedb/lancedb");
  const results: SetResult[] = [];
  for (const set of sets) {
    const task = { set, n: countOf(set, n), queries: QUERIES };
    const ours: Case<FiltersTask, FiltersMeasurement> = { title: `${set}, ours`, task, cores, answers: [] };
    const lance: Case<FiltersTask, LanceMeasurement> = { title: `${set}, LanceDB`, task, cores, answers: [] };
    const slowest = ({ rows }: { rows: { ms: number }[] }) =>
      `at most ${short(Math.max(...rows.map(({ ms }) => ms)))} ms`;
    await playRounds("experiments/filters/measure.ts", [ours], repeats, slowest);
    if (reason === null) await playRounds("experiments/filters/lancedb.ts", [lance], Math.min(repeats, 2), slowest);
    results.push({ set, n: task.n, ours: ours.answers, lancedb: lance.answers });
  }
  return { cores, results, missing: reason === null ? [] : [{ name: "LanceDB", reason }] };
}
