// Who links vectors fastest at the same recall? Contenders alternate, round by round, each build in a fresh process.

import { type Dataset, type DatasetName, loadDataset, sources } from "../datasets/index.ts";
import { measureInChild } from "../harness/child.ts";
import { allowedCores } from "../harness/machine.ts";
import { printTable, saveResult } from "../harness/report.ts";
import { type Spread, spread } from "../harness/statistics.ts";
import { EFS, type IngestMeasurement, type IngestTask } from "../measure/ingest.ts";
import type { Options } from "../options.ts";
import type { Contender } from "../peers/contender.ts";

export const ingest = {
  question: "who links vectors fastest at the same recall? Every contender, its recall and its search rate",
  run,
};

/** Ours has equal recall when it is not lower than the peer's by more than this. */
const RECALL_TOLERANCE = 0.002;

/** One line of the table: a contender on so many cores. */
interface Entry {
  contender: Contender;
  threads: number;
  cores: number;
  /** One for each round; null where the child failed. */
  rounds: (IngestMeasurement | null)[];
  failures: string[];
}

interface Summary {
  insertsPerSecond: Spread;
  cpuSeconds: Spread;
  memoryMB: Spread;
  searches: { ef: number; recall: Spread; searchesPerSecond: Spread }[];
}

async function run(options: Options): Promise<void> {
  const missing = options.contenders.flatMap((contender) => {
    const reason = contender.available();
    return reason === null ? [] : [{ name: contender.name, reason }];
  });
  for (const { name, reason } of missing) console.log(`without ${name}: ${reason}`);
  const present = options.contenders.filter((contender) => contender.available() === null);
  const results: object[] = [];
  for (const set of options.sets) {
    const n = Math.min(options.n ?? sources[set].size, sources[set].size);
    const data = await loadDataset(set, n);
    const entries = present.flatMap((contender) => entriesFor(contender, options.workers));
    for (let round = 0; round < options.repeats; round++) await runRound(entries, set, n, round);
    results.push(report(data, entries, options));
  }
  await saveResult("ingest", options.json, { workers: options.workers, repeats: options.repeats, missing, results });
}

/** One core per inserting thread for everybody; a library with a host thread also with a core for that one. */
function entriesFor(contender: Contender, workers: number): Entry[] {
  const threads = Math.min(workers, contender.maxThreads);
  const available = allowedCores().length;
  const cores = [Math.min(threads, available)];
  if (contender.hostThread && threads + 1 <= available) cores.unshift(threads + 1);
  return cores.map((count) => ({ contender, threads, cores: count, rounds: [], failures: [] }));
}

async function runRound(entries: Entry[], set: DatasetName, n: number, round: number): Promise<void> {
  for (const entry of entries) {
    const task: IngestTask = { contender: entry.contender.name, set, n, threads: entry.threads };
    const measured = await measureInChild<IngestTask, IngestMeasurement>("ingest.ts", task, entry.cores).catch(
      (error: Error) => {
        entry.failures.push(`round ${round + 1}: ${error.message}`);
        return null;
      },
    );
    entry.rounds.push(measured);
    const outcome = measured ? `${whole(measured.insertsPerSecond)} inserts/s` : entry.failures.at(-1);
    console.error(`${set} round ${round + 1}, ${title(entry)}: ${outcome}`);
  }
}

function report(data: Dataset, entries: Entry[], options: Options): object {
  const source = sources[data.name];
  const summaries = new Map<Entry, Summary>();
  for (const entry of entries) {
    const measured = entry.rounds.filter((round) => round !== null);
    if (measured.length > 0) summaries.set(entry, summarise(measured));
  }
  const reference = fastestNative(summaries, source.recallFloor);
  const rawMB = data.base.byteLength / 1e6;

  console.log(`\n${data.name}, ${data.n} x ${data.dimensions} (${rawMB.toFixed(0)} MB raw), k 10, cosine`);
  console.log(`inserting threads: ${options.workers}; rounds: ${options.repeats}; median (min-max)\n`);
  const head = ["contender", "inserts/s", "CPU s", "x native", ...EFS.map((ef) => `recall@${ef}`)];
  head.push(...EFS.map((ef) => `searches/s@${ef}`), "MB");
  printTable(
    head,
    [...summaries].map(([entry, summary]) => [
      title(entry),
      range(summary.insertsPerSecond, whole),
      summary.cpuSeconds.median.toFixed(1),
      reference ? range(ratios(entry, reference), (ratio) => ratio.toFixed(2)) : "-",
      ...summary.searches.map(({ recall }) => recall.median.toFixed(4)),
      ...summary.searches.map(({ searchesPerSecond }) => range(searchesPerSecond, whole)),
      whole(summary.memoryMB.median),
    ]),
  );
  printVerdicts(summaries, reference, source.recallFloor);
  printFailures(entries);
  return {
    set: data.name,
    n: data.n,
    dimensions: data.dimensions,
    recipe: source.recipe,
    recallFloor: source.recallFloor,
    reference: reference ? title(reference) : null,
    entries: entries.map((entry) => ({
      name: entry.contender.name,
      settings: entry.contender.settings,
      threads: entry.threads,
      cores: entry.cores,
      summary: summaries.get(entry) ?? null,
      rounds: entry.rounds,
      failures: entry.failures,
    })),
  };
}

function summarise(rounds: IngestMeasurement[]): Summary {
  return {
    insertsPerSecond: spread(rounds.map((round) => round.insertsPerSecond)),
    cpuSeconds: spread(rounds.map((round) => round.cpuSeconds)),
    memoryMB: spread(rounds.map((round) => round.memoryMB)),
    searches: EFS.map((ef) => {
      const searches = rounds.flatMap((round) => round.searches.filter((search) => search.ef === ef));
      return {
        ef,
        recall: spread(searches.map(({ recall }) => recall)),
        searchesPerSecond: spread(searches.map(({ searchesPerSecond }) => searchesPerSecond)),
      };
    }),
  };
}

function fastestNative(summaries: Map<Entry, Summary>, recallFloor: number): Entry | null {
  const rate = ([, summary]: [Entry, Summary]) => summary.insertsPerSecond.median;
  const eligible = [...summaries].filter(
    ([{ contender }, summary]) => contender.native && recallAtFirstEf(summary) >= recallFloor,
  );
  return eligible.sort((a, b) => rate(b) - rate(a))[0]?.[0] ?? null;
}

/** Within each round, since the machine's speed drifts between rounds more than within one. */
function ratios(entry: Entry, reference: Entry): Spread {
  const paired = entry.rounds.flatMap((round, i) => {
    const other = reference.rounds[i];
    return round && other ? [round.insertsPerSecond / other.insertsPerSecond] : [];
  });
  return paired.length > 0 ? spread(paired) : { median: Number.NaN, min: Number.NaN, max: Number.NaN };
}

function printVerdicts(summaries: Map<Entry, Summary>, reference: Entry | null, recallFloor: number): void {
  const best = reference && summaries.get(reference);
  if (!reference || !best) {
    console.log(`\nno native peer reached recall ${recallFloor} at ef ${EFS[0]}: nothing to compare with`);
    return;
  }
  console.log(`\nfastest native peer with recall >= ${recallFloor} at ef ${EFS[0]}: ${title(reference)}`);
  for (const [entry, summary] of summaries) {
    if (entry.contender.native) continue;
    const equal = recallAtFirstEf(summary) >= recallAtFirstEf(best) - RECALL_TOLERANCE;
    const ratio = range(ratios(entry, reference), (value) => value.toFixed(2));
    console.log(`${title(entry)}: ${ratio} times its rate, ${equal ? "at equal recall" : "but at LOWER RECALL"}`);
  }
}

/** A contender that failed is missing from medians, so the run as a whole has failed too. */
function printFailures(entries: Entry[]): void {
  for (const entry of entries) {
    for (const failure of entry.failures) console.log(`FAILED ${title(entry)}, ${failure}`);
    if (entry.failures.length > 0) process.exitCode = 1;
  }
}

function recallAtFirstEf(summary: Summary): number {
  return summary.searches[0]?.recall.median ?? 0;
}

function title({ contender, threads, cores }: Entry): string {
  return `${contender.name}, ${threads} ${threads === 1 ? "thread" : "threads"} on ${cores} ${cores === 1 ? "core" : "cores"}`;
}

function range({ median, min, max }: Spread, format: (value: number) => string): string {
  return min === max ? format(median) : `${format(median)} (${format(min)}-${format(max)})`;
}

function whole(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}
