// How do we compare with other libraries? Contenders alternate, round by round, each build in a fresh process.

import { countOf, type DatasetName, sources } from "../../datasets/index.ts";
import type { Experiment } from "../../experiment.ts";
import { measureInChild } from "../../kit/child.ts";
import { EQUAL_RECALL } from "../../kit/curve.ts";
import { allowedCores } from "../../kit/machine.ts";
import type { Options } from "../../kit/options.ts";
import { whole } from "../../kit/table.ts";
import type { Contender } from "../../peers/contender.ts";
import { chooseContenders } from "../../peers/index.ts";
import { compare, type Entry, title } from "./comparison.ts";
import type { PeersMeasurement, PeersTask } from "./measure.ts";
import { section } from "./page.ts";

/** What three rounds of all contenders on two sets get through in ten minutes; glove340 takes an hour. */
const SIZES: Record<DatasetName, number> = {
  glove: 30_000,
  synth128: 30_000,
  synth768: 5000,
  glove340: 340_000,
  wordnet: 20_000,
};

export const peers: Experiment = {
  ...section,
  question: "how do we compare with other libraries: inserting, searching at equal recall, memory, saving and loading?",
  quick: ["--n", "10000", "--repeats", "1"],
  peers: true,
  run,
};

async function run({ n, sets, workers, repeats, contenders: names }: Options): Promise<object> {
  const contenders = chooseContenders(names);
  const missing = contenders.flatMap((contender) => {
    const reason = contender.available();
    return reason === null ? [] : [{ name: contender.name, reason }];
  });
  const present = contenders.filter((contender) => contender.available() === null);
  const threads = workers === null ? [...new Set([1, allowedCores().length])] : [workers];
  const results: object[] = [];
  for (const set of sets) {
    const { dimensions, recipe, recallFloor } = sources[set];
    const count = countOf(set, n, SIZES[set]);
    const entries = present.flatMap((contender) => entriesFor(contender, threads));
    for (let round = 1; round <= repeats; round++) await playRound(entries, present, set, count, round);
    const rows = compare(entries, count, recallFloor);
    printFailures(entries);
    results.push({ set, n: count, dimensions, recipe, recallFloor, rows, entries });
  }
  return { missing, equalRecall: EQUAL_RECALL, results };
}

/** One core per inserting thread for each of them; a library with a host thread also with a core for that one. */
function entriesFor({ name, settings, ours, maxThreads, hostThread }: Contender, threads: number[]): Entry[] {
  const available = allowedCores().length;
  const counts = new Set(threads.map((count) => Math.min(count, maxThreads)));
  return [...counts].flatMap((count) => {
    const cores = [Math.min(count, available)];
    if (hostThread && count + 1 <= available) cores.push(count + 1);
    return cores.map((cores) => ({ name, settings, ours, threads: count, cores, rounds: [], failures: [] }));
  });
}

async function playRound(entries: Entry[], present: Contender[], set: DatasetName, n: number, round: number) {
  const slow = new Set(present.filter(({ once }) => once).map(({ name }) => name));
  for (const entry of entries) {
    if (round > 1 && slow.has(entry.name)) continue;
    const task: PeersTask = { contender: entry.name, set, n, threads: entry.threads };
    const measured = await measureInChild<PeersTask, PeersMeasurement>(
      "experiments/peers/measure.ts",
      task,
      entry.cores,
    ).catch((error: Error) => {
      entry.failures.push(`round ${round}: ${error.message}`);
      return null;
    });
    entry.rounds.push(measured);
    const outcome = measured ? `${whole(measured.insertsPerSecond)} inserts/s` : entry.failures.at(-1);
    console.error(`${set} round ${round}, ${title(entry)}: ${outcome}`);
  }
}

/** A contender that failed is missing from the medians, so the whole run has failed. */
function printFailures(entries: Entry[]): void {
  for (const entry of entries) {
    for (const failure of entry.failures) console.log(`FAILED ${title(entry)}, ${failure}`);
    if (entry.failures.length > 0) process.exitCode = 1;
  }
}
