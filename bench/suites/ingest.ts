// Who links vectors fastest at the same recall? Contenders alternate, round by round, each build in a fresh process.

import { type Dataset, type DatasetName, loadDataset, sources } from "../datasets/index.ts";
import { measureInChild } from "../harness/child.ts";
import { rateAtRecall } from "../harness/curve.ts";
import { allowedCores } from "../harness/machine.ts";
import { printTable, range, saveResult, times, whole } from "../harness/report.ts";
import { type Spread, spread } from "../harness/statistics.ts";
import { EFS, type IngestMeasurement, type IngestTask, MAIN_EF } from "../measure/ingest.ts";
import type { Options } from "../options.ts";
import type { Contender } from "../peers/contender.ts";
import type { Suite } from "./suite.ts";

export const ingest: Suite = {
  question: "who links vectors fastest at the same recall, and who searches fastest?",
  peers: true,
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

/** What everybody's rates are set against. */
interface Reference {
  /** The native peer that inserts fastest, of those with enough recall at MAIN_EF. */
  inserting: Entry;
  /** Its recall there: search rates are compared where curves pass it. */
  recall: number;
  /** The native peer that searches fastest at that recall. */
  searching: Entry;
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
  const reference = chooseReference(summaries, source.recallFloor);
  const rawMB = data.base.byteLength / 1e6;

  console.log(`\n${data.name}, ${data.n} x ${data.dimensions} (${rawMB.toFixed(0)} MB raw), k 10, cosine`);
  console.log(`inserting threads: ${options.workers}; rounds: ${options.repeats}; median (min-max)\n`);
  const head = ["contender", "inserts/s", "x native", "CPU s", "MB", `recall@${MAIN_EF}`, `searches/s@${MAIN_EF}`];
  if (reference) head.push(`searches/s at ${reference.recall.toFixed(4)}`, "x native");
  printTable(
    head,
    [...summaries].map(([entry, summary]) => row(entry, summary, reference)),
  );
  printVerdicts(summaries, reference, source.recallFloor);
  printFailures(entries);
  return {
    set: data.name,
    n: data.n,
    dimensions: data.dimensions,
    recipe: source.recipe,
    recallFloor: source.recallFloor,
    reference: reference && {
      inserting: title(reference.inserting),
      searching: title(reference.searching),
      recall: reference.recall,
    },
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

function row(entry: Entry, summary: Summary, reference: Reference | null): string[] {
  const main = atMainEf(summary);
  const cells = [
    title(entry),
    range(summary.insertsPerSecond, whole),
    reference ? range(insertRatios(entry, reference), times) : "-",
    summary.cpuSeconds.median.toFixed(1),
    whole(summary.memoryMB.median),
    main.recall.median.toFixed(4),
    range(main.searchesPerSecond, whole),
  ];
  if (!reference) return cells;
  const rates = searchRates(entry, reference.recall);
  const known = rates.filter((rate) => rate !== null);
  cells.push(known.length > 0 ? range(spread(known), whole) : "-");
  const ratios = searchRatios(entry, reference);
  cells.push(ratios ? range(ratios, times) : "-");
  return cells;
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

function atMainEf(summary: Summary) {
  return summary.searches[EFS.indexOf(MAIN_EF)] as Summary["searches"][number];
}

function chooseReference(summaries: Map<Entry, Summary>, recallFloor: number): Reference | null {
  const eligible = [...summaries].filter(
    ([{ contender }, summary]) => contender.native && atMainEf(summary).recall.median >= recallFloor,
  );
  const fastest = eligible.toSorted((a, b) => b[1].insertsPerSecond.median - a[1].insertsPerSecond.median)[0];
  if (!fastest) return null;
  const recall = atMainEf(fastest[1]).recall.median;
  const searchRate = ([entry]: [Entry, Summary]) => {
    const known = searchRates(entry, recall).filter((rate) => rate !== null);
    return known.length > 0 ? spread(known).median : 0;
  };
  const searching = eligible.toSorted((a, b) => searchRate(b) - searchRate(a))[0] ?? fastest;
  return { inserting: fastest[0], recall, searching: searching[0] };
}

/** Of each round, read off the round's own curve. */
function searchRates(entry: Entry, recall: number): (number | null)[] {
  return entry.rounds.map((round) => round && rateAtRecall(round.searches, recall));
}

/** Ratios are taken within each round, since the machine's speed drifts between rounds more than within one. */
function insertRatios(entry: Entry, reference: Reference): Spread {
  const rates = ({ rounds }: Entry) => rounds.map((round) => round?.insertsPerSecond ?? null);
  return ratiosOf(rates(entry), rates(reference.inserting)) ?? { median: NaN, min: NaN, max: NaN };
}

function searchRatios(entry: Entry, reference: Reference): Spread | null {
  return ratiosOf(searchRates(entry, reference.recall), searchRates(reference.searching, reference.recall));
}

function ratiosOf(rates: (number | null)[], others: (number | null)[]): Spread | null {
  const paired = rates.flatMap((rate, i) => (rate && others[i] ? [rate / others[i]] : []));
  return paired.length > 0 ? spread(paired) : null;
}

function printVerdicts(summaries: Map<Entry, Summary>, reference: Reference | null, recallFloor: number): void {
  if (!reference) {
    console.log(`\nno native peer reached recall ${recallFloor} at ef ${MAIN_EF}: nothing to compare with`);
    return;
  }
  console.log(`\nfastest native peer with recall >= ${recallFloor} at ef ${MAIN_EF}: ${title(reference.inserting)}`);
  console.log(`fastest of them to search at recall ${reference.recall.toFixed(4)}: ${title(reference.searching)}`);
  for (const [entry, summary] of summaries) {
    if (entry.contender.native) continue;
    const equal = atMainEf(summary).recall.median >= reference.recall - RECALL_TOLERANCE;
    const inserts = range(insertRatios(entry, reference), times);
    const searches = searchRatios(entry, reference);
    console.log(
      `${title(entry)}: inserts ${inserts} times as fast, ${equal ? "at equal recall" : "but at LOWER RECALL"}; ` +
        `searches ${searches ? range(searches, times) : "?"} times as fast at equal recall`,
    );
  }
}

/** A contender that failed is missing from medians, so the run as a whole has failed too. */
function printFailures(entries: Entry[]): void {
  for (const entry of entries) {
    for (const failure of entry.failures) console.log(`FAILED ${title(entry)}, ${failure}`);
    if (entry.failures.length > 0) process.exitCode = 1;
  }
}

function title({ contender, threads, cores }: Entry): string {
  return `${contender.name}, ${threads} ${threads === 1 ? "thread" : "threads"} on ${cores} ${cores === 1 ? "core" : "cores"}`;
}
